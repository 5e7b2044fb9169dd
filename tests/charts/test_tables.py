"""Transcriptions as csv and JSON, read back."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.charts.tables import (
    JSON_FORMAT_VERSION,
    write_transcription_csv,
    write_transcription_json,
)
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap
from drumscribe.utils.errors import DrumscribeError

WRITERS = {"csv": write_transcription_csv, "json": write_transcription_json}

events_of_lanes = st.lists(
    st.builds(
        DrumEvent,
        onset_s=st.floats(0, 3600),
        drum=st.sampled_from(LANES8.names),
        velocity=st.integers(1, 127),
        confidence=st.floats(0, 1),
    ),
    max_size=30,
).map(sorted)


def transcription_of(events, *, kit=LANES8, duration_s=3600.0):
    return Transcription(events, kit, duration_s, TempoMap.steady(120))


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return [
            DrumEvent(
                float(row["onset_s"]), row["drum"], int(row["velocity"]), float(row["confidence"])
            )
            for row in csv.DictReader(file)
        ]


def read_json(path):
    rows = json.loads(path.read_text(encoding="utf-8"))["events"]
    return [
        DrumEvent(row["onset_s"], row["drum"], row["velocity"], row["confidence"]) for row in rows
    ]


READERS = {"csv": read_csv, "json": read_json}


@pytest.mark.parametrize("name", WRITERS)
@given(events=events_of_lanes)
def test_events_are_read_back_as_they_were(tmp_path, name, events):
    path = tmp_path / f"a.{name}"
    WRITERS[name](transcription_of(events), path)
    found = [(e.onset_s, e.drum, e.velocity, e.confidence) for e in READERS[name](path)]
    assert found == [
        # Times to a tenth of a millisecond, confidences to a thousandth.
        (
            pytest.approx(e.onset_s, abs=0.5001e-4),
            e.drum,
            e.velocity,
            pytest.approx(e.confidence, abs=0.5001e-3),
        )
        for e in events
    ]


@pytest.mark.parametrize("name", WRITERS)
def test_a_recording_without_hits_is_read_back_as_such(tmp_path, name):
    path = tmp_path / f"a.{name}"
    WRITERS[name](transcription_of([]), path)
    assert READERS[name](path) == []


def test_csv_columns_are_named_with_their_units(tmp_path):
    write_transcription_csv(transcription_of([DrumEvent(1.5, "crash", 90, 0.75)]), tmp_path / "a")
    assert (tmp_path / "a").read_text(encoding="utf-8") == (
        "onset_s,drum,midi_note,velocity,confidence\n1.5,crash,49,90,0.75\n"
    )


def test_json_tells_duration_kit_and_version(tmp_path):
    path = tmp_path / "a.json"
    events = [DrumEvent(1.5, "ride_bell", 90, 0.75)]
    write_transcription_json(transcription_of(events, kit=ARTICULATIONS12, duration_s=2.25), path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "format_version": JSON_FORMAT_VERSION,
        "duration_s": 2.25,
        "kit": "articulations12",
        "drums": list(ARTICULATIONS12.names),
        "events": [
            {
                "onset_s": 1.5,
                "drum": "ride_bell",
                "midi_note": 53,
                "velocity": 90,
                "confidence": 0.75,
            }
        ],
    }


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("target", ["folder", "file/a.csv"])
def test_an_unwritable_target_is_named_and_nothing_half_written(tmp_path, name, target):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DrumscribeError) as caught:
        WRITERS[name](transcription_of([DrumEvent(1.0, "kick", 100)]), tmp_path / target)
    assert str(tmp_path / target) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("name", WRITERS)
def test_an_earlier_file_stays_when_writing_fails(tmp_path, name, monkeypatch):
    path = tmp_path / f"a.{name}"
    path.write_text("kept")

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full_disk)
    with pytest.raises(DrumscribeError, match="No space left"):
        WRITERS[name](transcription_of([]), path)
    assert path.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [path]
