"""Where nothing can be written, each command says so and leaves nothing half-written."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from bad_models import good_checkpoint, graph_model

from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.timing import SAMPLE_RATE
from store_fixtures import STORE_HEADER, write_random_shard

TRAIN = (
    "train --set data.processed_dir=store --set training.n_workers=0 --set features.n_mels=8 "
    "--set training.epochs=1 --set model.gru_units=2 --set model.gru_layers=1 "
    "--set model.conv_channels=[2] --set model.frequency_pools=[2] --set training.window_s=1 "
    "--set training.accelerator=cpu"
)
WRITERS = {
    "transcribe": "transcribe a.wav -o TARGET/a.mid",
    "transcribe csv": "transcribe a.wav --format csv,json,jams,lanes,musicxml,tab -o TARGET",
    "chart": "chart a.wav -o TARGET/song",
    "chart dtx": "chart a.wav --game dtxmania -o TARGET/song",
    "preprocess": "preprocess --set data.dataset_dir=practice "
    "--set data.processed_dir=../TARGET/store --set preprocessing.n_workers=1",
    "train": TRAIN.replace("data.processed_dir=store", "data.root=TARGET")
    + " --set data.processed_dir=../data/store",
    "evaluate": "evaluate --egmd data/practice -c model.onnx --json TARGET/a.json",
    "evaluate page": "evaluate --egmd data/practice -c model.onnx --report TARGET/page",
    "tune": "tune --egmd data/practice -c model.onnx -o TARGET/a.onnx",
    "tune ckpt": "tune --egmd data/practice -c model.ckpt -o TARGET/a.ckpt",
    "export": "export model.ckpt TARGET/a.onnx",
    "synth": "synth TARGET/set --recordings 3 --kits 1 --seconds 1",
    "studio": "studio --no-browser --port 0 --data TARGET/studio",
}


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    """What every command reads."""
    folder = tmp_path_factory.mktemp("material")
    noise = 0.1 * np.random.default_rng(1).standard_normal(3 * SAMPLE_RATE)
    soundfile.write(folder / "a.wav", noise, SAMPLE_RATE)
    write_dataset(folder / "data/practice", SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0))
    graph_model(folder / "model.onnx")
    good_checkpoint(folder / "model.ckpt")
    for split in ("train", "val"):
        shard = folder / "data/store" / split / "shard-00000.h5"
        write_random_shard(shard, [400, 500], seed=1, header=STORE_HEADER)
    return folder


@pytest.fixture
def equipped(here: Path, material: Path) -> Path:
    shutil.copytree(material, here, dirs_exist_ok=True)
    return here


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_in_the_place_of_the_folder_is_one_line(refuses, equipped, command):
    Path("taken").touch()
    refuses(*command.replace("TARGET", "taken/x").split(), told="taken")


@pytest.fixture
def full_disk(here: Path) -> Iterator[Path]:
    """A disk on which there is room for names and nothing else."""
    disk = here / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        with contextlib.suppress(OSError), (disk / "filling").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_full_disk_is_one_line_and_leaves_nothing(run, equipped, full_disk, command):
    finished = run(*command.replace("TARGET", "disk").split())
    assert finished.status == 1, finished
    [line] = finished.said
    assert line.startswith("drumscribe: ")
    assert "disk/" in line
    left = [name for name in finished.touched if Path(name).exists()]
    assert left == (["disk/studio/studio.sqlite3"] if command.startswith("studio") else [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_folder_that_may_not_be_written_is_one_line(refuses, equipped, command):
    Path("locked").mkdir(mode=0o500)
    refuses(*command.replace("TARGET", "locked").split(), told="locked")
