"""Drums that only a kit's table knows are played, heard and labelled like the others."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumscribe.data.midi_processing import MidiNote, read_midi
from drumscribe.data.midi_writing import write_midi
from drumscribe.data.synth.dataset import SynthConfig, write_dataset
from drumscribe.data.synth.kits import SYNTH_ARTICULATION_BY_NOTE, synth_kit
from drumscribe.data.synth.performances import generated_performances
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE
from drumscribe.data.synth.synthesis import synthesised
from drumscribe.drums import ARTICULATIONS12, LANES8, DrumClass, Kit

COWBELL = DrumClass("cowbell", "Cowbell", "cowbell", (56,), 56, stand_in="ride")
CLAP = DrumClass("clap", "Clap", "clap", (39,), 39, stand_in="snare")
BELL = DrumClass("bell", "Bell", "bell", (53,), 53, stand_in="ride")
WOOD = DrumClass("wood", "Wood", "wood", (77, 76), 76, stand_in="high_tom")
NINE = Kit("nine", (*LANES8.classes, COWBELL))


def without(drum, *notes):
    left = tuple(note for note in drum.notes_read if note not in notes)
    return DrumClass(drum.name, drum.display_name, drum.lane, left, drum.note_written)


TWELVE = Kit("twelve", (*(without(d, 39, 53) for d in LANES8.classes), COWBELL, CLAP, BELL, WOOD))


def notes_of(kit, seed=1):
    return [
        performance.notes
        for performance in generated_performances(13, duration_s=2.0, seed=seed, drums=kit)
    ]


@pytest.mark.parametrize("kit", [NINE, TWELVE], ids=lambda kit: kit.name)
@pytest.mark.parametrize("seed", range(3))
def test_every_lane_of_the_table_is_in_every_split(kit, seed):
    lanes = defaultdict(set)
    for performance in generated_performances(26, duration_s=2.0, seed=seed, drums=kit):
        lanes[performance.split] |= {kit.name_by_note[note.note] for note in performance.notes}
        onsets = [note.onset_s for note in performance.notes]
        assert onsets == sorted(onsets)
        assert onsets[0] > 0 and onsets[-1] < performance.duration_s
    assert lanes == {split: set(kit.names) for split in ("train", "validation", "test")}


def test_the_grooves_are_the_same_with_it_as_without_it():
    for with_it, without_it in zip(notes_of(NINE), notes_of(LANES8), strict=True):
        assert tuple(note for note in with_it if note.note != 56) == without_it
        assert len(with_it) > len(without_it)
    assert notes_of(ARTICULATIONS12) == notes_of(LANES8)


def test_one_alone_is_heard_with_the_beat_and_between():
    (performance, *_) = generated_performances(13, duration_s=8.0, seed=1, drums=NINE)
    beat_s = 60 / performance.bpm * 4 / performance.metre[1]
    bells = [note.onset_s / beat_s for note in performance.notes if note.note == 56]
    parts = Counter(round(2 * beat) % 2 for beat in bells)
    assert parts[0] > 0 and parts[1] > 0
    assert all(abs(beat - round(2 * beat) / 2) * beat_s < 0.013 for beat in bells)


def centroid_hz(audio):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return float(power @ np.fft.rfftfreq(audio.size, 1 / EGMD_SAMPLE_RATE) / power.sum())


def play(kit, *notes, seed=0):
    return synthesised([MidiNote(*note) for note in notes], kit, duration_s=0.5, seed=seed)


@settings(max_examples=60, deadline=None)
@given(
    index=st.integers(0, 8),
    note=st.sampled_from([39, 56, 76, 77]),
    velocity=st.integers(1, 127),
    seed=st.integers(0, 3),
)
def test_a_made_up_sound_begins_within_a_millisecond_of_its_label(index, note, velocity, seed):
    audio = play(synth_kit(index, TWELVE), (0.1, note, velocity), seed=seed)
    onset = round(0.1 * EGMD_SAMPLE_RATE)
    assert not audio[: onset - 1].any()
    attack = np.abs(audio[onset : onset + EGMD_SAMPLE_RATE // 1000])
    assert attack.max() > 0.2 * np.abs(audio).max() > 0


def test_made_up_sounds_differ_from_each_other_and_from_the_written_ones():
    kit = synth_kit(0, TWELVE)
    pitches = [centroid_hz(play(kit, (0, note, 60))) for note in (39, 56, 76)]
    assert min(abs(a / b - 1) for a in pitches for b in pitches if a != b) > 0.1
    assert not np.array_equal(play(kit, (0, 39, 60)), play(synth_kit(0), (0, 39, 60)))
    # The other notes of a made-up drum sound as it does; a note that is written keeps its piece.
    np.testing.assert_array_equal(play(kit, (0, 76, 60)), play(kit, (0, 77, 60)))
    for note in SYNTH_ARTICULATION_BY_NOTE.keys() - {39}:
        np.testing.assert_array_equal(play(kit, (0, note, 60)), play(synth_kit(0), (0, note, 60)))
    assert not play(synth_kit(0), (0, 56, 60)).any()


def test_the_summary_counts_its_lanes(tmp_path):
    config = SynthConfig(n_recordings=3, n_kits=1, duration_s=2.0, drums=NINE)
    summary = write_dataset(tmp_path / "d", config)
    assert tuple(summary.n_notes_by_lane) == NINE.names
    assert min(summary.n_notes_by_lane.values()) > 0
    written = Counter(
        NINE.name_by_note[note.note]
        for path in (tmp_path / "d").rglob("*.midi")
        for note in read_midi(path).notes
    )
    assert summary.n_notes_by_lane == dict(written)


def test_midi_files_are_played_with_it(tmp_path):
    notes = [MidiNote(0.5 * beat, (36, 56)[beat % 2], 90) for beat in range(8)]
    for name in "abc":
        write_midi(tmp_path / "midi" / f"{name}.mid", notes, duration_s=4.0)
    config = SynthConfig(n_recordings=3, n_kits=1, midi_dir=tmp_path / "midi", drums=NINE)
    summary = write_dataset(tmp_path / "d", config)
    assert summary.n_notes_by_lane["cowbell"] == summary.n_notes_by_lane["kick"] == 12
    assert summary.n_unplayed_notes == 0
