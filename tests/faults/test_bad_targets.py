"""Where nothing can be written, each command says so and leaves nothing half-written."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from writers import WRITERS

from small_disk import fill, small_disk


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_in_the_place_of_the_folder_is_one_line(refuses, equipped, command):
    Path("taken").touch()
    refuses(*command.replace("TARGET", "taken/x").split(), told="taken")


@pytest.fixture
def full_disk(here: Path) -> Iterator[Path]:
    """A disk on which there is room for names and nothing else."""
    with small_disk(here / "disk", 64) as disk:
        fill(disk)
        yield disk


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, id=name, marks=[pytest.mark.slow] if name == "train" else [])
        for name, command in WRITERS.items()
    ],
)
def test_a_full_disk_is_one_line_and_leaves_nothing(run, equipped, full_disk, command):
    finished = run(*command.replace("TARGET", "disk").split())
    assert finished.status == 1, finished
    [line] = finished.said
    assert line.startswith("drumscribe: ")
    assert "disk/" in line
    left = [name for name in finished.touched if Path(name).exists()]
    assert left == (["disk/studio/studio.sqlite3"] if command.startswith("studio") else [])


@pytest.mark.slow
def test_a_figure_that_finds_no_room_costs_itself_alone(run, equipped, full_disk):
    command = "tune --egmd data/practice -c model.onnx -o tuned.onnx --plot disk/a.png"
    finished = run(*command.split())
    assert finished.status == 1
    [line] = finished.said
    assert "disk/a.png: cannot be written" in line
    assert [name for name in finished.touched if Path(name).exists()] == ["tuned.onnx"]


@pytest.mark.parametrize("name", ["a", "a.xyz", "a.onnx", "a.txt"])
def test_a_figure_of_an_unknown_kind_is_refused_before_anything_is_tuned(refuses, equipped, name):
    command = f"tune --egmd data/practice -c model.onnx -o tuned.onnx --plot {name}"
    refuses(*command.split(), told=f"{name}: name a file that ends in .png, .svg or .pdf")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_folder_that_may_not_be_written_is_one_line(refuses, equipped, command):
    Path("locked").mkdir(mode=0o500)
    refuses(*command.replace("TARGET", "locked").split(), told="locked")
