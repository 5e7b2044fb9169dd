"""One recording: its labels on the audio's clock, or the reason why it is left out."""

import dataclasses
import os

import numpy as np
import pytest
import soundfile

from drumscribe.config import PreprocessingConfig
from drumscribe.data.egmd import Recording
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.recording_processing import UnusableRecordingError, label_recording
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.timing import SAMPLE_RATE
from store_fixtures import Take, random_notes, write_take

SETTINGS = PreprocessingConfig()
UNALIGNED = PreprocessingConfig(align_labels=False)
TAKE = Take(1, notes=random_notes(1), offset_s=0.04)


def label(folder, take, settings=SETTINGS, kit=LANES8):
    recording = Recording(
        take.audio_filename, take.midi_filename, "p", take.kit_name, "train", take.duration_s
    )
    return label_recording(folder, recording, kit, settings)


def refusal(folder, take, settings=SETTINGS):
    with pytest.raises(UnusableRecordingError) as caught:
        label(folder, take, settings)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("offset_s", [-0.09, -0.033, 0.0, 0.0204, 0.09])
@pytest.mark.parametrize("rate", [SAMPLE_RATE, 44_100])
def test_events_lie_where_the_hits_are_heard(tmp_path, offset_s, rate):
    take = dataclasses.replace(TAKE, offset_s=offset_s, rate=rate)
    write_take(tmp_path, take)
    labelled = label(tmp_path, take)
    heard_s = [note.onset_s + offset_s for note in take.notes]
    np.testing.assert_allclose([e.onset_s for e in labelled.events], heard_s, rtol=0, atol=0.0015)
    assert labelled.alignment.offset_s == pytest.approx(offset_s, abs=0.0015)
    assert [e.drum for e in labelled.events] == [LANES8.name_by_note[n.note] for n in take.notes]
    assert [e.velocity for e in labelled.events] == [n.velocity for n in take.notes]
    assert labelled.duration_s == pytest.approx(take.duration_s, abs=1 / SAMPLE_RATE)
    assert labelled.label_source == "own"


def test_beats_move_with_the_events(tmp_path):
    on_the_grid = tuple(MidiNote(0.5 * k, 36 + 2 * (k % 2), 100) for k in range(1, 10))
    take = dataclasses.replace(TAKE, notes=on_the_grid, offset_s=0.05, duration_s=5.0)
    write_take(tmp_path, take)
    beats = label(tmp_path, take).beats
    np.testing.assert_allclose([b.time_s for b in beats], 0.05 + 0.5 * np.arange(10), atol=0.003)
    assert [beat.number for beat in beats] == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2]


def test_without_alignment_the_midis_own_times_are_kept(tmp_path):
    write_take(tmp_path, TAKE)
    labelled = label(tmp_path, TAKE, UNALIGNED)
    assert (labelled.alignment.offset_s, labelled.alignment.confidence) == (0, 0)
    times_s = [event.onset_s for event in labelled.events]
    np.testing.assert_allclose(times_s, [note.onset_s for note in TAKE.notes], atol=1e-9)


def test_the_last_beat_comes_from_after_the_end_of_the_click(tmp_path):
    """At -70 ms the beat at 4.0 s on the MIDI's clock is heard at 3.93 s of 3.95 s."""
    on_the_grid = tuple(MidiNote(0.5 * k, 36 + 2 * (k % 2), 100) for k in range(1, 9))
    take = dataclasses.replace(TAKE, notes=on_the_grid, offset_s=-0.07, duration_s=3.95)
    write_take(tmp_path, take)
    beats = label(tmp_path, take).beats
    np.testing.assert_allclose([b.time_s for b in beats], 0.5 * np.arange(1, 9) - 0.07, atol=0.003)


def test_the_beats_of_a_remapped_kit_follow_its_kicks_and_snares_alone(tmp_path):
    """Deep Daft's second tom sends a clap's note, which is a snare on other kits."""
    on_the_grid = [MidiNote(0.5 * k, 36, 100) for k in range(1, 10)]
    late_toms = [
        MidiNote(0.5 * k + late_s, 39, 100) for k in range(1, 10) for late_s in (0.05, 0.055)
    ]
    notes = tuple(sorted(on_the_grid + late_toms, key=lambda note: note.onset_s))
    take = dataclasses.replace(TAKE, notes=notes, kit_name="Deep Daft", kit_number=7)
    take = dataclasses.replace(take, duration_s=5.0)
    write_take(tmp_path, take)
    beats = label(tmp_path, take, UNALIGNED).beats
    np.testing.assert_allclose([b.time_s for b in beats], 0.5 * np.arange(11), atol=0.001)


def test_a_hit_just_before_the_start_is_put_at_the_start(tmp_path):
    notes = (MidiNote(0.05, 36, 100), *random_notes(2))
    take = dataclasses.replace(TAKE, notes=notes, offset_s=-0.06)
    write_take(tmp_path, take)
    labelled = label(tmp_path, take)
    assert (labelled.events[0].onset_s, labelled.events[0].drum) == (0.0, "kick")
    assert len(labelled.events) == len(notes)
    assert labelled.n_outside == 0


def test_a_hit_that_nobody_hears_before_the_start_is_left_out_and_counted(tmp_path):
    notes = (MidiNote(0.01, 36, 100), *random_notes(2))
    take = dataclasses.replace(TAKE, notes=notes, offset_s=-0.06)
    write_take(tmp_path, take)
    labelled = label(tmp_path, take)
    assert [event.drum for event in labelled.events] == [
        LANES8.name_by_note[note.note] for note in notes[1:]
    ]
    assert labelled.n_outside == 1


def test_unknown_notes_are_counted_and_the_rest_is_kept(tmp_path):
    notes = list(random_notes(3))
    notes[2] = dataclasses.replace(notes[2], note=99)
    notes[5] = dataclasses.replace(notes[5], note=99)
    notes[6] = dataclasses.replace(notes[6], note=13)
    take = dataclasses.replace(TAKE, notes=tuple(notes))
    write_take(tmp_path, take)
    labelled = label(tmp_path, take)
    assert labelled.unknown_notes == {99: 2, 13: 1}
    assert len(labelled.events) == len(notes) - 3


def test_another_kit_tells_articulations_apart(tmp_path):
    pitches = [37, 46, 44, 53] * 3
    notes = [dataclasses.replace(n, note=p) for n, p in zip(random_notes(4), pitches, strict=False)]
    take = dataclasses.replace(TAKE, notes=tuple(notes))
    write_take(tmp_path, take)
    drums = [event.drum for event in label(tmp_path, take, kit=ARTICULATIONS12).events]
    assert drums[:4] == ["side_stick", "hihat_open", "hihat_pedal", "ride_bell"]


def test_a_remapped_kit_takes_the_canonical_kits_notes(tmp_path):
    sent = tuple(dataclasses.replace(n, note=56) for n in TAKE.notes)
    remapped = dataclasses.replace(TAKE, kit_name="808 Simple", kit_number=25, notes=sent)
    write_take(tmp_path, remapped)
    assert not label(tmp_path, remapped).events
    write_take(tmp_path, dataclasses.replace(TAKE, offset_s=0.0))
    labelled = label(tmp_path, remapped)
    assert labelled.label_source == "canonical"
    assert [e.drum for e in labelled.events] == [LANES8.name_by_note[n.note] for n in TAKE.notes]
    heard_s = [note.onset_s + TAKE.offset_s for note in TAKE.notes]
    np.testing.assert_allclose([e.onset_s for e in labelled.events], heard_s, atol=0.0015)


def test_missing_audio_is_refused(tmp_path):
    write_take(tmp_path, TAKE)
    (tmp_path / TAKE.audio_filename).unlink()
    error = refusal(tmp_path, TAKE)
    assert error.kind == "no usable audio"
    assert f"{tmp_path / TAKE.audio_filename}: no such audio file" in str(error)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio at all" * 100])
def test_bad_audio_is_refused(tmp_path, content):
    write_take(tmp_path, TAKE)
    (tmp_path / TAKE.audio_filename).write_bytes(content)
    error = refusal(tmp_path, TAKE)
    assert error.kind == "no usable audio"
    assert str(tmp_path / TAKE.audio_filename) in str(error)


def test_a_truncated_wav_is_refused(tmp_path):
    write_take(tmp_path, TAKE)
    path = tmp_path / TAKE.audio_filename
    os.truncate(path, path.stat().st_size // 2)
    assert refusal(tmp_path, TAKE).kind == "no usable audio"


def test_audio_that_ends_before_the_midi_is_refused(tmp_path):
    write_take(tmp_path, TAKE)
    samples, rate = soundfile.read(tmp_path / TAKE.audio_filename)
    soundfile.write(tmp_path / TAKE.audio_filename, samples[: len(samples) // 2], rate)
    error = refusal(tmp_path, TAKE, UNALIGNED)
    assert error.kind == "audio too short"
    late = sum(note.onset_s > TAKE.duration_s / 2 for note in TAKE.notes)
    assert f"{late} of {len(TAKE.notes)} hits lie after the end" in str(error)


def test_a_last_hit_after_the_end_is_left_out_and_the_rest_kept(tmp_path):
    notes = (*random_notes(5, 4.0), MidiNote(4.2, 36, 100))
    assert len(notes) > 10
    take = dataclasses.replace(TAKE, notes=notes, duration_s=4.0)
    write_take(tmp_path, take)
    labelled = label(tmp_path, take, UNALIGNED)
    assert len(labelled.events) == len(notes) - 1
    assert labelled.n_outside == 1


def test_missing_midi_is_refused(tmp_path):
    write_take(tmp_path, TAKE)
    (tmp_path / TAKE.midi_filename).unlink()
    error = refusal(tmp_path, TAKE)
    assert error.kind == "no usable MIDI"
    assert f"{tmp_path / TAKE.midi_filename}: no such MIDI file" in str(error)


@pytest.mark.parametrize("content", [b"", b"MThd", b"no midi"])
def test_bad_midi_is_refused(tmp_path, content):
    write_take(tmp_path, TAKE)
    (tmp_path / TAKE.midi_filename).write_bytes(content)
    assert refusal(tmp_path, TAKE).kind == "no usable MIDI"


def test_midi_without_notes_is_refused(tmp_path):
    write_take(tmp_path, TAKE)
    write_midi(tmp_path / TAKE.midi_filename, [], duration_s=3.0)
    assert refusal(tmp_path, TAKE).kind == "no hits"
    assert refusal(tmp_path, TAKE, UNALIGNED).kind == "no hits"


def test_another_takes_midi_is_refused_as_not_aligned(tmp_path):
    take = Take(2, notes=random_notes(2, 30.0), duration_s=30.0)
    write_take(tmp_path, take)
    write_midi(tmp_path / take.midi_filename, random_notes(3, 30.0), duration_s=30.0)
    error = refusal(tmp_path, take)
    assert error.kind == "not aligned"
    assert "confidence 0." in str(error)


def test_silent_audio_is_refused_as_not_aligned(tmp_path):
    write_take(tmp_path, TAKE)
    soundfile.write(tmp_path / TAKE.audio_filename, np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    assert refusal(tmp_path, TAKE).kind == "not aligned"
