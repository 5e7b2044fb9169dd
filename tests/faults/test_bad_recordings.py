"""A bad recording costs itself, and says so, in every command that hears recordings."""

from dataclasses import replace
from pathlib import Path

import mido
import pytest
import soundfile
from bad_audio import CASES, Case
from finished import Finished
from writers import SHORT_CHUNKS

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@pytest.fixture
def recording(here, case: Case) -> Path:
    case.write(here / case.name)
    return here / case.name


@every_case
def test_a_recording_is_transcribed_or_refused(run, recording, case):
    finished = without_remarks(
        run("transcribe", recording, "-o", "out/a.mid", *SHORT_CHUNKS.split()), case
    )
    if case.told is None:
        assert finished == Finished(0, [], ["out/a.mid"])
        duration_s = 1.94 if case.name == "cut.mp3" else _duration_s(recording)
        assert mido.MidiFile("out/a.mid").length == pytest.approx(duration_s, abs=0.02)
    else:
        assert_refused(finished, case)


@every_case
def test_a_recording_is_charted_or_refused(run, recording, case):
    finished = without_remarks(run("chart", recording, "-o", "song", *SHORT_CHUNKS.split()), case)
    if case.told is None:
        assert finished.status == 0, finished
        assert finished.said == []
        assert {"song/notes.mid", "song/notes.chart", "song/song.ini"} <= set(finished.touched)
    else:
        assert_refused(finished, case)


@every_case
def test_a_recording_is_heard_live_or_refused(run, recording, case):
    finished = without_remarks(run("live", "--file", recording), case)
    if case.told is None:
        assert finished == Finished(0, [], [])
    else:
        assert_refused(finished, case)


def without_remarks(finished: Finished, case: Case) -> Finished:
    """The decoder of mp3 prints remarks of its own, which nothing silences."""
    if not case.name.endswith(".mp3"):
        return finished
    said = [line for line in finished.said if line.startswith("drumscribe: ")]
    return replace(finished, said=said)


def assert_refused(finished: Finished, case: Case) -> None:
    assert finished.status == 1
    [line] = finished.said
    assert line.startswith("drumscribe: ")
    assert case.name in line
    assert case.told in line
    assert finished.touched == []


def _duration_s(path: Path) -> float:
    return soundfile.info(path).duration


@pytest.mark.slow
def test_a_folder_of_bad_recordings_is_told_line_by_line_and_the_rest_is_done(run, here, caplog):
    (here / "songs").mkdir()
    for case in CASES:
        case.write(here / "songs" / case.name)
    bad = [case for case in CASES if case.told and (here / "songs" / case.name).exists()]
    finished = run("transcribe", "songs", "-o", "out", *SHORT_CHUNKS.split())
    assert finished.status == 1
    for case in bad:
        [line] = [text for text in caplog.messages if f"songs/{case.name}: " in text]
        assert case.told in line
    n_all = sum((here / "songs" / case.name).exists() for case in CASES)
    assert f"{len(bad)} of {n_all} recordings failed" in caplog.text
    assert len(finished.touched) == n_all - len(bad)
    assert "Traceback" not in caplog.text
