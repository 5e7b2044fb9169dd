"""Training with two processes: they agree on when to write a checkpoint and when to stop."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = [
    "data.processed_dir=processed",
    "preprocessing.shard_hours=0.005",
    "preprocessing.n_workers=1",
    "model.conv_channels=[4,4]",
    "model.frequency_pools=[8,8]",
    "model.gru_units=8",
    "model.gru_layers=1",
    "training.run_name=run",
    "training.batch_size=1",
    "training.window_s=1.0",
    "training.n_workers=0",
    "training.accelerator=cpu",
    "training.devices=2",
    "training.checkpoint_minutes=0.001",
]

DISAGREEING = """
import os, sys
from drumscribe.cli import main
from drumscribe.training.callbacks import ResumePoint

begin = ResumePoint.__init__

def disagree(self, path, *, every_s):
    begin(self, path, every_s=3600 if "LOCAL_RANK" in os.environ else 0)

ResumePoint.__init__ = disagree
sys.exit(main())
"""
"""The program with a second process whose clock never says that a checkpoint is due."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    config = load_config(None, [*SETTINGS, f"data.root={root}"])
    write_dataset(config.data.dataset_path, SynthConfig(n_recordings=8, n_kits=2, duration_s=8.0))
    preprocess(config)
    return root


def train(program, root, *settings):
    pairs = [part for s in [*SETTINGS, f"data.root={root}", *settings] for part in ("--set", s)]
    return subprocess.Popen(
        [sys.executable, *program, "train", *pairs],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def output_of(process):
    """What a process said, which must end in time; no process of its group is left behind."""
    try:
        return process.communicate(timeout=240)[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_checkpoints_within_an_epoch_do_not_leave_a_process_waiting(store, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(DISAGREEING)
    process = train([program], store, "training.epochs=2")
    output = output_of(process)
    assert process.returncode == 0, output
    assert torch.load(store / "checkpoints/run/last.ckpt", weights_only=True)["epoch"] == 1


def test_ctrl_c_at_the_first_process_stops_both_after_the_same_batch(store):
    settings = ("training.run_name=stopped", "training.epochs=10000")
    process = train(["-m", "drumscribe"], store, *settings, "training.early_stopping_patience=9999")
    checkpoint = store / "checkpoints/stopped/last.ckpt"
    while not checkpoint.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = output_of(process)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert torch.load(checkpoint, weights_only=True)["global_step"] > 0
