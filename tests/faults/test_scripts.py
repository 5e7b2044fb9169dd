"""Scripts that are no commands refuse what commands refuse, and write nothing then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
MISUSES = {
    "pretrain.py --midi absent --kits kits": "no such kit index",
    "pretrain.py --midi absent --kits kits --config absent.yaml": "absent.yaml",
    "pretrain.py --midi absent --kits kits --set training.speed=3": "training.speed",
    "pack_pretraining.py --midi absent --kits kits": "kits.json",
    "render_example.py --midi absent --kits kits": "kits.json",
    "bundle_model.py absent.onnx": "absent.onnx",
    "bundle_model.py text.onnx": "text.onnx",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", MISUSES)
def test_a_misused_script_says_so_in_one_line(tmp_path, command):
    (tmp_path / "text.onnx").write_text("weights")
    script, *options = command.split()
    finished = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *options],
        cwd=tmp_path,
        env=os.environ | {"DRUMSCRIBE_DATA": "data"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 1
    [line] = finished.stderr.splitlines()
    assert MISUSES[command] in line
    assert [path.name for path in tmp_path.rglob("*")] == ["text.onnx"]
