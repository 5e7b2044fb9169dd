"""What is played is heard: on its sample, as loud and as bright as it was struck."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumscribe.data.egmd_csv import N_KITS
from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.synth.kits import (
    SYNTH_ARTICULATION_BY_NAME,
    SYNTH_ARTICULATION_BY_NOTE,
    SYNTH_ARTICULATIONS,
    synth_kit,
)
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE
from drumscribe.data.synth.synthesis import synthesised
from drumscribe.drums import LANES8

MILLISECOND = EGMD_SAMPLE_RATE // 1000
KIT = synth_kit(0)


def play(*notes, kit=KIT, duration_s=0.5, seed=3):
    return synthesised([MidiNote(*note) for note in notes], kit, duration_s=duration_s, seed=seed)


def written(name):
    return SYNTH_ARTICULATION_BY_NAME[name].notes[0]


def centroid_hz(audio):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return float(power @ np.fft.rfftfreq(audio.size, 1 / EGMD_SAMPLE_RATE) / power.sum())


def rms(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


@settings(max_examples=150, deadline=None)
@given(
    kit_index=st.sampled_from([0, 1, 2, 3, 4, 5]),
    note=st.sampled_from(sorted(SYNTH_ARTICULATION_BY_NOTE)),
    velocity=st.integers(1, 127),
    onset_s=st.floats(0, 0.3),
    seed=st.integers(0, 3),
)
def test_every_hit_begins_within_a_millisecond_of_its_label(
    kit_index, note, velocity, onset_s, seed
):
    audio = play((onset_s, note, velocity), kit=synth_kit(kit_index), seed=seed)
    onset = round(onset_s * EGMD_SAMPLE_RATE)
    assert not audio[: max(0, onset - 1)].any()
    attack = np.abs(audio[onset : onset + MILLISECOND])
    # The sound is there, not merely on its way: a good part of its peak within the millisecond.
    assert attack.max() > 0.2 * np.abs(audio).max() > 0


def test_every_note_drumscribe_reads_is_played_by_a_piece_of_its_lane():
    lane_by_piece = {"crash_2": "crash"}
    for note, lane in LANES8.name_by_note.items():
        piece = SYNTH_ARTICULATION_BY_NOTE[note].piece
        assert lane_by_piece.get(piece, piece) == lane
    assert set(SYNTH_ARTICULATION_BY_NOTE) == set(LANES8.name_by_note)


@pytest.mark.parametrize("kit_index", [0, 1, 2, 3, 4, 5, 25, N_KITS - 1])
def test_the_pieces_of_a_kit_differ_as_drums_do(kit_index):
    kit = synth_kit(kit_index)
    bright = {
        articulation.name: centroid_hz(play((0, articulation.notes[0], 100), kit=kit))
        for articulation in SYNTH_ARTICULATIONS
    }
    assert bright["low_tom"] < bright["mid_tom"] < bright["high_tom"] < bright["side_stick"]
    assert bright["high_tom"] < bright["snare"] < bright["ride"] < bright["hihat_closed"]
    assert bright["kick"] < 300
    assert bright["ride_bell"] < bright["ride"]
    assert bright["hihat_pedal"] < bright["hihat_closed"]


def test_toms_are_tuned_apart_and_cymbals_ring_longest():
    pitches = [KIT.low_tom.pitch_hz, KIT.mid_tom.pitch_hz, KIT.high_tom.pitch_hz]
    assert all(high > 1.2 * low for low, high in itertools.pairwise(pitches))

    def tail(name):
        audio = play((0, written(name), 100), duration_s=1.5)
        return rms(audio[EGMD_SAMPLE_RATE // 2 :]) / rms(audio)

    assert tail("hihat_closed") == tail("side_stick") == 0
    assert tail("crash_edge") > tail("low_tom") > 0


@settings(max_examples=30, deadline=None)
@given(articulation=st.sampled_from(SYNTH_ARTICULATIONS), soft=st.integers(5, 80))
def test_harder_hits_are_louder_and_brighter(articulation, soft):
    hard = soft + 40
    soft_audio = play((0, articulation.notes[0], soft))
    hard_audio = play((0, articulation.notes[0], hard))
    assert rms(hard_audio) > 1.2 * rms(soft_audio)
    assert centroid_hz(hard_audio) > centroid_hz(soft_audio)


def test_one_hit_is_never_quite_the_next():
    once = play((0, written("snare"), 100), seed=0)
    others = [play((0, written("snare"), 100), seed=seed) for seed in range(1, 12)]
    assert len({audio.tobytes() for audio in others}) > 3
    assert all(0.85 < rms(audio) / rms(once) < 1.18 for audio in others)


@pytest.mark.parametrize("closing", ["hihat_closed", "hihat_closed_edge", "hihat_pedal"])
@pytest.mark.parametrize("opening", ["hihat_open", "hihat_open_edge"])
def test_closing_the_hihat_chokes_it(opening, closing):
    ringing = play((0, written(opening), 110), duration_s=0.6)
    shut = play((0, written(opening), 110), (0.1, written(closing), 1), duration_s=0.6)
    before, after = slice(0, 4400), slice(round(0.2 * EGMD_SAMPLE_RATE), None)
    np.testing.assert_array_equal(shut[before], ringing[before])
    assert rms(ringing[after]) > 0.002
    assert rms(shut[after]) < 0.02 * rms(ringing[after])


def test_nothing_else_chokes_the_hihat():
    ringing = play((0, written("hihat_open"), 110))
    both = play((0, written("hihat_open"), 110), (0.1, written("snare"), 1))
    assert rms(both[-2000:]) > 0.9 * rms(ringing[-2000:])


@pytest.mark.slow
def test_many_loud_hits_stay_within_full_scale():
    notes = [
        (0.01 * i, articulation.notes[0], 127)
        for i in range(20)
        for articulation in SYNTH_ARTICULATIONS
    ]
    audio = play(*notes)
    assert audio.dtype == np.float32
    assert 0.9 < np.abs(audio).max() <= 1.0


def test_hits_across_either_end_are_cut_not_wrapped():
    audio = play((-0.05, written("crash"), 100), (0.499, written("crash"), 100), (9.0, 36, 100))
    assert audio.shape == (EGMD_SAMPLE_RATE // 2,)
    assert audio[0] != 0


def test_no_notes_are_silence():
    assert not play().any()


def test_kits_are_many_and_all_different():
    kits = [synth_kit(index) for index in range(N_KITS)]
    assert len({kit.name for kit in kits}) == len({kit.number for kit in kits}) == N_KITS
    assert len({kit.snare for kit in kits}) == N_KITS
    assert kits == [synth_kit(index) for index in range(N_KITS)]
