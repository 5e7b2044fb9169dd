"""A training run that is killed again and again ends as an undisturbed one does.

``DRUMSCRIBE_KILLS`` sets how often it is killed (default 2, so that the gate stays quick).
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from tiny_runs import start_training

N_KILLS = int(os.environ.get("DRUMSCRIBE_KILLS", "2"))

SETTINGS = [
    # Larger than others, so that many kills fall within steps.
    "model.conv_channels=[4,4]",
    "model.frequency_pools=[8,8]",
    "model.gru_units=8",
    "model.gru_layers=2",
    "training.epochs=6",
    "training.window_s=2.0",
    "training.checkpoint_minutes=0.00001",
]


def _start(root: Path, run_name: str) -> subprocess.Popen[str]:
    can_resume = (root / "checkpoints" / run_name / "last.ckpt").exists()
    flag = "--resume" if can_resume else "--overwrite"
    return start_training(root, run_name, *SETTINGS, flags=[flag])


def _wait_for_checkpoints(process: subprocess.Popen[str], path: Path, n_checkpoints: int) -> None:
    """Wait until a run has written its resume point so often, or has ended."""
    n_seen, last_written = 0, _written_at(path)
    while process.poll() is None and n_seen < n_checkpoints:
        if _written_at(path) != last_written:
            n_seen, last_written = n_seen + 1, _written_at(path)
        time.sleep(0.002)


def _written_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.mark.slow
def test_sigterm_to_all_processes_of_a_run_has_it_save_and_stop(tiny_root: Path) -> None:
    """As batch systems send it: to the loader's processes too, while they start or deliver."""
    settings = [*SETTINGS, "training.n_workers=2", "training.epochs=1000"]
    checkpoint = tiny_root / "checkpoints" / "ended" / "last.ckpt"
    process = start_training(tiny_root, "ended", *settings)
    _wait_for_checkpoints(process, checkpoint, 3)
    saved_at = _written_at(checkpoint)
    os.killpg(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "Traceback" not in output and "stopping after this step" in output
    assert _written_at(checkpoint) > saved_at


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_killed_and_resumed_run_ends_with_the_same_weights(tiny_root: Path) -> None:
    undisturbed = _start(tiny_root, "undisturbed")
    output, _ = undisturbed.communicate()
    assert undisturbed.returncode == 0, output

    chance = random.Random(4)
    checkpoint = tiny_root / "checkpoints" / "killed" / "last.ckpt"
    for _ in range(N_KILLS):
        process = _start(tiny_root, "killed")
        _wait_for_checkpoints(process, checkpoint, chance.randint(1, max(1, 40 // N_KILLS)))
        time.sleep(chance.uniform(0, 0.1))  # anywhere within a step, a validation or a write
        assert process.poll() is None, "the run ended before it was killed"
        process.kill()
        process.wait()
    process = _start(tiny_root, "killed")
    output, _ = process.communicate()
    assert process.returncode == 0, output

    for name in ("last", "best_model"):
        wanted, found = (
            torch.load(tiny_root / "checkpoints" / run / f"{name}.ckpt", weights_only=True)
            for run in ("undisturbed", "killed")
        )
        assert found["global_step"] == wanted["global_step"]
        assert found["drumscribe_header"]["thresholds"] == wanted["drumscribe_header"]["thresholds"]
        scores = [c["drumscribe_header"]["provenance"]["validation"] for c in (wanted, found)]
        assert scores[0] == scores[1]
        # The average of the weights, how many it is of, and the weights themselves.
        for state in ("state_dict", "averaging_state", "current_model_state"):
            for key, value in wanted[state].items():
                assert torch.equal(found[state][key], value), (name, state, key)
