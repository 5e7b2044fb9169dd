"""Many recordings in processes: what one process writes, and what is told of each."""

import dataclasses
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from drumscribe import transcribe_many as transcribe_many_module
from drumscribe.config import InferenceConfig
from drumscribe.models.bundled import bundled_path
from drumscribe.output_plan import Job, plan_outputs
from drumscribe.transcribe_files import transcribe_files
from drumscribe.transcribe_many import TranscriberSource, transcribe_many
from drumscribe.utils.errors import DrumscribeError

EXAMPLE = Path(__file__).parents[1] / "examples" / "groove.ogg"
SOURCE = TranscriberSource(bundled_path(), InferenceConfig(), (("", 0.4), ("kick", 0.3)))


@pytest.fixture
def songs(tmp_path):
    """A folder of two songs and what is none."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.ogg").write_bytes(EXAMPLE.read_bytes())
    (folder / "bad.wav").write_bytes(b"not audio")
    return folder


@pytest.mark.slow
def test_several_processes_write_what_one_writes(songs, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    written, told = [], []
    for name, transcribe in (("one", transcribe_alone), ("two", transcribe_in_two)):
        caplog.clear()
        failures = transcribe(plan_outputs([songs], tmp_path / name, ["mid", "csv"]))
        assert [str(songs / "bad.wav") in line for line in failures] == [True]
        assert "1 of 3 recordings failed" in caplog.text
        lines = (r.getMessage() for r in caplog.records if r.name.startswith("drumscribe"))
        told.append({line.replace(str(tmp_path / name), "") for line in lines})
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert set(written[0]) == {"a.mid", "a.csv", "b.mid", "b.csv"}
    assert written[0] == written[1]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("is_on_gpu", "n_cores", "n_workers", "n_processes"),
    [
        (False, 3, 0, 3),
        (False, 99, 0, 4),  # no more than recordings
        (False, 1, 0, 1),
        (False, 3, 2, 2),
        (True, 3, 0, 1),  # its memory is one process's
        (True, 3, 2, 2),
    ],
)
def test_a_folder_is_heard_by_as_many_processes_as_are_of_use(
    monkeypatch, is_on_gpu, n_cores, n_workers, n_processes
):
    model = SimpleNamespace(is_on_gpu=is_on_gpu)
    asked = []

    def parallel(function, tasks, *, n_workers, scheduler):
        asked.append(n_workers)
        return []

    def alone(transcriber, jobs, timing, note_map):
        asked.append(1)
        return []

    monkeypatch.setattr(TranscriberSource, "load", lambda source: SimpleNamespace(model=model))
    monkeypatch.setattr(transcribe_many_module, "n_usable_cores", lambda: n_cores)
    monkeypatch.setattr(transcribe_many_module, "parallel_results", parallel)
    monkeypatch.setattr(transcribe_many_module, "transcribe_files", alone)
    jobs = [Job(Path(f"{number}.wav"), {}) for number in range(4)]
    transcribe_many(SOURCE, jobs, n_workers=n_workers)
    assert asked == [n_processes]


def transcribe_alone(jobs):
    return transcribe_files(SOURCE.load(), jobs)


def transcribe_in_two(jobs):
    return transcribe_many(SOURCE, jobs, n_workers=2)


def test_thresholds_of_a_source_are_those_of_its_transcriber():
    thresholds = SOURCE.load().settings.thresholds
    assert thresholds.pop("kick") == 0.3
    assert set(thresholds.values()) == {0.4}


def test_a_model_that_cannot_be_loaded_is_one_error(songs, tmp_path):
    source = dataclasses.replace(SOURCE, model=tmp_path / "absent.onnx")
    with pytest.raises(DrumscribeError, match=r"absent\.onnx: no such model"):
        transcribe_many(source, plan_outputs([songs], tmp_path / "out"), n_workers=2)
