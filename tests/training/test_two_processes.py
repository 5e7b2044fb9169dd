"""Training with two processes: they agree on when to write a checkpoint and when to stop."""

import os
import signal
import time

import pytest
import torch
from tiny_runs import start_training

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SETTINGS = [
    "training.batch_size=1",
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


def checkpoint_of(root, run_name):
    return root / "checkpoints" / run_name / "last.ckpt"


def output_of(process):
    """What a process said, which must end in time; no process of its group is left behind."""
    try:
        return process.communicate(timeout=240)[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_checkpoints_within_an_epoch_do_not_leave_a_process_waiting(larger_root, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(DISAGREEING)
    process = start_training(larger_root, "disagreeing", *SETTINGS, program=[program])
    output = output_of(process)
    assert process.returncode == 0, output
    assert torch.load(checkpoint_of(larger_root, "disagreeing"), weights_only=True)["epoch"] == 1


def test_ctrl_c_at_the_first_process_stops_both_after_the_same_batch(larger_root):
    endless = ("training.epochs=10000", "training.early_stopping_patience=9999")
    process = start_training(larger_root, "stopped", *SETTINGS, *endless)
    checkpoint = checkpoint_of(larger_root, "stopped")
    while not checkpoint.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = output_of(process)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert torch.load(checkpoint, weights_only=True)["global_step"] > 0
