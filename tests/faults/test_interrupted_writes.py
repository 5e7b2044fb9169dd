"""Ctrl-C at every file that a command writes, and while it hears: what is there, is whole."""

import contextlib
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import onnxruntime
import pytest
from finished import Finished
from writers import WRITERS

from drumscribe.models.bundled import bundled_path

LIVE = bundled_path("drums8-live")
HEARING = {
    "transcribe": "transcribe a.wav -o out/a.mid",
    "chart": "chart a.wav -o out/song",
    "live": "live --file a.wav",
    "evaluate": "evaluate --egmd data/practice -c model.onnx --json out/a.json",
    "evaluate live": f"evaluate --live -c {LIVE} --egmd data/practice --report out/page",
    "tune": "tune --egmd data/practice -c model.onnx -o out/a.onnx --plot out/a.png",
}


@contextlib.contextmanager
def ctrl_c_at(owner: object, name: str, n: int) -> Iterator[list[int]]:
    """Have Ctrl-C pressed at the n-th call of a function; gives the numbers of its calls."""
    calls: list[int] = []
    original = getattr(owner, name)

    def called(*args, **kwargs):
        calls.append(len(calls) + 1)
        if len(calls) == n:
            signal.raise_signal(signal.SIGINT)
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(owner, name, called)
        yield calls


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.stat().st_size for path in paths}


def assert_stopped(finished: Finished) -> None:
    assert finished.status == 130, finished
    assert finished.said == ["drumscribe: stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WRITERS if name not in ("studio", "train")])
def test_ctrl_c_at_any_file_leaves_whole_files_alone(run, equipped, name):
    left = []
    for n in count(1):
        with ctrl_c_at(os, "fsync", n) as calls:
            finished = run(*WRITERS[name].replace("TARGET", f"try{n}").split())
        if len(calls) < n:
            break
        assert_stopped(finished)
        left.append(sizes(equipped / f"try{n}"))
    assert finished.status == 0
    whole = sizes(equipped / f"try{n}")
    assert all(files.items() < whole.items() for files in left)


@pytest.mark.parametrize("n", [1, 2], ids=["loading", "hearing"])
@pytest.mark.parametrize("command", HEARING.values(), ids=HEARING)
def test_ctrl_c_while_hearing_leaves_nothing(run, equipped, command, n):
    with ctrl_c_at(onnxruntime.InferenceSession, "run", n) as calls:
        finished = run(*command.split())
    assert len(calls) == n
    assert_stopped(finished)
    assert finished.touched == []
