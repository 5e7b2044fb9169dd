"""JAMS files, by the format's own library."""

import pytest
from hypothesis import given, settings
from transcriptions import any_transcription

from drumscribe.charts.jams import write_jams


def loaded(path, **options):
    import jams  # late: it takes a second

    return jams.load(str(path), **options)


@pytest.mark.slow
@given(any_transcription)
@settings(max_examples=15)
def test_the_formats_library_finds_every_hit_and_nothing_wrong(tmp_path, transcription):
    write_jams(transcription, tmp_path / "a.jams")
    found = loaded(tmp_path / "a.jams", validate=True, strict=True)
    (notes,) = found.search(namespace="note_midi")
    kit = transcription.kit
    assert [(o.time, o.value) for o in notes.data] == [
        (pytest.approx(e.onset_s, abs=1e-4), kit[e.drum].note_written) for e in transcription.events
    ]
    assert notes.sandbox.drums == [e.drum for e in transcription.events]
    assert notes.sandbox.velocities == [e.velocity for e in transcription.events]


@given(any_transcription)
@settings(max_examples=15)
def test_beats_are_numbered_in_their_bars(tmp_path, transcription):
    write_jams(transcription, tmp_path / "a.jams")
    found = loaded(tmp_path / "a.jams")
    (beats,) = found.search(namespace="beat")
    expected = [
        (pytest.approx(beat.time_s, abs=1e-4), beat.number)
        for beat in transcription.tempo.beats()
        if 0 <= beat.time_s <= transcription.duration_s
    ]
    assert [(o.time, o.value) for o in beats.data] == expected
