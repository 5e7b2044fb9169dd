"""Ctrl-C or SIGTERM in the middle of a command: one line, and nothing half-written."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from bad_models import good_checkpoint
from writers import write_render_sources

from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.timing import SAMPLE_RATE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there"),
]

IN_PROCESSES = "--set data.processed_dir=../out/store --set preprocessing.n_workers=2"
ALONE = "--set data.processed_dir=../out/store --set preprocessing.n_workers=1"
PREPROCESS = "preprocess --set data.dataset_dir=set --set preprocessing.shard_hours=0.001"
RENDER = "render --midi gmd --kits kits"

COMMANDS = {
    # Each with what shows that it is in the middle of its work, seconds before its end.
    "transcribe": ("transcribe songs -o out", "out/*.mid"),
    "transcribe ckpt": ("transcribe songs -o out -c model.ckpt", "out/*.mid"),
    "synth": ("synth out --recordings 900 --kits 3 --workers 2", "out/**/*.wav"),
    "synth alone": ("synth out --recordings 900 --kits 3", "out/**/.*.partial.*"),
    "preprocess": (f"{PREPROCESS} {IN_PROCESSES}", "out/**/.*.partial.h5"),
    "preprocess alone": (f"{PREPROCESS} {ALONE}", "out/**/.*.partial.h5"),
    "render": (f"{RENDER} --hours 2 {IN_PROCESSES}", "out/**/.*.partial.h5"),
    "render alone": (f"{RENDER} --hours 2 {ALONE}", "out/**/.*.partial.h5"),
    "render layout": (
        f"{RENDER} --layout out --set preprocessing.n_workers=2",
        "out/**/*.wav",
    ),
    "studio": ("studio --no-browser --port 0 --data out", "out/*"),
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """What the commands work on for long enough."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "songs").mkdir()
    noise = 0.1 * np.random.default_rng(1).standard_normal(60 * SAMPLE_RATE)
    for index in range(40):
        soundfile.write(folder / f"songs/{index}.flac", noise, SAMPLE_RATE)
    good_checkpoint(folder / "model.ckpt")
    write_dataset(folder / "data/set", SynthConfig(n_recordings=60, n_kits=4, duration_s=6.0))
    name_recordings_again(folder / "data/set", n_times=40)
    write_render_sources(folder, n_performances=200)
    return folder


def name_recordings_again(dataset: Path, *, n_times: int) -> None:
    """Make a data set longer by other names for the files that it has."""
    table = dataset / "e-gmd-v1.0.0.csv"
    lines = table.read_text().splitlines(keepends=True)
    with table.open("a") as longer:
        for take in range(n_times):
            for line in lines[1:]:
                again = re.sub(r"\.(wav|midi)", rf"-{take}.\1", line)
                longer.write(again)
                for old, new in zip(line.split(",")[-3:-1], again.split(",")[-3:-1], strict=True):
                    os.link(dataset / old, dataset / new)


def begun(name: str, workplace: Path) -> subprocess.Popen:
    """A command in the middle of its work."""
    command, sign = COMMANDS[name]
    shutil.rmtree(workplace / "out", ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "drumscribe", *command.split()],
        cwd=workplace,
        env=os.environ | {"DRUMSCRIBE_DATA": "data", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that the signal reaches its workers too, as a terminal's does
    )
    deadline = time.monotonic() + 120
    while not list(workplace.glob(sign)):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def require_one_line_and_nothing_half_written(said: list[str], name: str, workplace: Path) -> None:
    assert "Traceback" not in "".join(said)
    if name != "studio":
        assert [line for line in said if line.startswith("drumscribe: ")] == ["drumscribe: stopped"]
    assert not list(workplace.rglob("*.partial*"))
    for path in workplace.glob("out/**/*"):
        assert not path.is_file() or path.stat().st_size > 0


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_is_one_line_and_leaves_nothing_half_written(workplace, name):
    process = begun(name, workplace)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode in ((0, 130) if name == "studio" else (130,)), said
    require_one_line_and_nothing_half_written(said, name, workplace)


@pytest.mark.parametrize("name", COMMANDS)
def test_so_does_sigterm_which_the_main_process_alone_gets(workplace, name):
    process = begun(name, workplace)
    process.terminate()
    said = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == 143, said
    require_one_line_and_nothing_half_written(said, name, workplace)
