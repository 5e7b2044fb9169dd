"""Two processes that take half a batch each learn what one learns that takes all of it.

Dropout, which differs from process to process, and mixing with the neighbour in the batch are off.
"""

import os
import signal
import socket
import subprocess
import sys

import pytest
import torch

from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SETTINGS = [
    "data.processed_dir=processed",
    "preprocessing.shard_hours=0.005",
    "preprocessing.n_workers=1",
    "model.conv_channels=[4,4]",
    "model.frequency_pools=[8,8]",
    "model.gru_units=8",
    "model.gru_layers=1",
    "model.dropout=0.0",
    "augmentation.mixup_probability=0",
    "training.epochs=2",  # in longer runs rounding grows
    "training.window_s=1.0",
    "training.n_workers=0",
    "training.accelerator=cpu",
    # Drums that are seldom hit at all differ in number between the halves of a batch.
    "training.velocity_loss_weight=4.0",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    config = load_config(None, [*SETTINGS, f"data.root={root}"])
    write_dataset(config.data.dataset_path, SynthConfig(n_recordings=8, n_kits=2, duration_s=8.0))
    preprocess(config)
    return root


def start(root, run_name, *settings, launcher=()):
    """A training run, in a group of its own so that none of its processes is left behind."""
    named = [*SETTINGS, f"data.root={root}", f"training.run_name={run_name}", *settings]
    pairs = [part for setting in named for part in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "drumscribe", "train", *pairs],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


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
def alone(root):
    """The losses and the last checkpoint of the run that one process does."""
    finish([start(root, "alone", "training.batch_size=4")])
    return outcome(root, "alone")


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
def test_two_processes_learn_what_one_does(root, alone, train):
    train(root, train.__name__)
    losses, contents = outcome(root, train.__name__)
    expected_losses, expected = alone
    assert contents["global_step"] == expected["global_step"] > 10
    for name, curve in expected_losses.items():
        assert losses[name] == pytest.approx(curve, rel=1e-4), name
    for name, value in expected["state_dict"].items():
        found = contents["state_dict"][name]
        torch.testing.assert_close(found, value, rtol=1e-2, atol=1e-3, msg=name)
