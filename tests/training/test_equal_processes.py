"""Two processes that take half a batch each learn what one learns that takes all of it.

Dropout, which differs from process to process, and mixing with the neighbour in the batch are off.
"""

import os
import signal
import socket

import pytest
import torch
from tiny_runs import start_training

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SETTINGS = [
    "model.dropout=0.0",
    "training.learning_rate=0.0003",  # large steps make rounding grow, too
    "augmentation.mixup_probability=0",
    "training.epochs=2",  # in longer runs rounding grows
    # Drums that are seldom hit at all differ in number between the halves of a batch.
    "training.velocity_loss_weight=4.0",
]


def start(root, run_name, *settings, launcher=()):
    program = (*launcher, "-m", "drumscribe")
    return start_training(root, run_name, *SETTINGS, *settings, program=program)


def finish(processes):
    try:
        for process in processes:
            output = process.communicate(timeout=800)[0]
            assert process.returncode == 0, output
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # with what it started itself


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def train_on_two_devices(root, run_name):
    finish([start(root, run_name, "training.batch_size=2", "training.devices=2")])


def train_on_two_machines(root, run_name):
    """As two machines would that torchrun starts: here they are one."""
    address = ("--nnodes", "2", "--master-addr", "127.0.0.1", "--master-port", str(free_port()))
    settings = ("training.batch_size=2", "training.n_nodes=2")
    launchers = [
        ("-m", "torch.distributed.run", *address, "--node-rank", str(rank)) for rank in range(2)
    ]
    finish([start(root, run_name, *settings, launcher=launcher) for launcher in launchers])


@pytest.fixture(scope="module")
def alone(larger_root):
    """The losses and the last checkpoint of the run that one process does."""
    finish([start(larger_root, "alone", "training.batch_size=4")])
    return outcome(larger_root, "alone")


def outcome(root, run_name):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(root / "logs" / run_name))
    events.Reload()
    losses = {
        name: [event.value for event in events.Scalars(f"train/{name}_epoch")]
        for name in ("loss", "onset", "velocity", "beat")
    }
    path = root / "checkpoints" / run_name / "last.ckpt"
    return losses, torch.load(path, weights_only=True)


@pytest.mark.parametrize("train", [train_on_two_devices, train_on_two_machines])
def test_two_processes_learn_what_one_does(larger_root, alone, train):
    train(larger_root, train.__name__)
    losses, contents = outcome(larger_root, train.__name__)
    expected_losses, expected = alone
    assert contents["global_step"] == expected["global_step"] > 10
    for name, curve in expected_losses.items():
        assert losses[name] == pytest.approx(curve, rel=1e-4), name
    for name, value in expected["state_dict"].items():
        found = contents["state_dict"][name]
        torch.testing.assert_close(found, value, rtol=1e-2, atol=1e-3, msg=name)
