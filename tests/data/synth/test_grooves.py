"""Generated performances are music a reader of the labels can rely on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumscribe.data.synth.grooves import bar_seconds, bars_for, play_groove
from drumscribe.data.synth.kits import SYNTH_ARTICULATION_BY_NAME
from drumscribe.data.synth.patterns import GROOVES
from drumscribe.drums import LANES8

grooves = st.sampled_from(GROOVES)


def lanes(notes):
    return {LANES8.name_by_note[note.note] for note in notes}


@settings(max_examples=150, deadline=None)
@given(groove=grooves, n_bars=st.integers(2, 20), seed=st.integers(0, 1000))
def test_every_lane_is_hit_however_short_the_piece(groove, n_bars, seed):
    rng = np.random.default_rng(seed)
    notes = play_groove(groove, bpm=groove.bpm[1], n_bars=n_bars, is_fill=False, rng=rng)
    assert lanes(notes) == set(LANES8.names)


@settings(max_examples=60, deadline=None)
@given(groove=grooves, n_bars=st.integers(2, 12), is_fill=st.booleans(), seed=st.integers(0, 99))
def test_notes_are_valid_in_order_and_leave_the_first_beat_free(groove, n_bars, is_fill, seed):
    bpm = groove.bpm[0]
    rng = np.random.default_rng(seed)
    notes = play_groove(groove, bpm=bpm, n_bars=n_bars, is_fill=is_fill, rng=rng)
    onsets = [note.onset_s for note in notes]
    assert onsets == sorted(onsets)
    assert onsets[0] > bar_seconds(groove.metre, bpm) / groove.metre[0] - 0.02
    assert onsets[-1] < n_bars * bar_seconds(groove.metre, bpm) + 0.02
    assert all(1 <= note.velocity <= 127 for note in notes)


@pytest.mark.parametrize("groove", GROOVES, ids=lambda groove: groove.style)
def test_hits_keep_to_the_grid_within_human_error(groove):
    n_bars, bpm = 4, groove.bpm[0]
    rng = np.random.default_rng(5)
    notes = play_groove(groove, bpm=bpm, n_bars=n_bars, is_fill=False, rng=rng)
    beat_s = bar_seconds(groove.metre, bpm) / groove.metre[0]
    kicks = [note.onset_s / beat_s for note in notes if note.note == 36]
    on_beat = [kick for kick in kicks if abs(kick - round(kick)) * beat_s < 0.019]
    assert len(on_beat) >= 0.3 * len(kicks) and on_beat


@pytest.mark.parametrize("groove", GROOVES, ids=lambda groove: groove.style)
def test_written_lines_are_well_formed(groove):
    for lines in (groove.verse, groove.chorus):
        assert len({len(steps) for steps in lines.values()}) == 1
        assert set(lines) <= set(SYNTH_ARTICULATION_BY_NAME)
        assert all(set(steps) <= set("Xxg.") for steps in lines.values())
    assert 70 <= groove.bpm[0] < groove.bpm[1] <= 170


def test_the_grooves_use_other_metres_swing_and_most_articulations():
    assert {(4, 4), (3, 4), (6, 8)} <= {groove.metre for groove in GROOVES}
    rng = np.random.default_rng(0)
    played = {
        note.note
        for groove in GROOVES
        for note in play_groove(groove, bpm=groove.bpm[0], n_bars=16, is_fill=False, rng=rng)
    }
    assert played == {articulation.notes[0] for articulation in SYNTH_ARTICULATION_BY_NAME.values()}


@given(groove=grooves, duration_s=st.floats(1, 60))
def test_length_comes_near_what_was_asked(groove, duration_s):
    bpm = groove.bpm[0]
    bar_s = bar_seconds(groove.metre, bpm)
    length_s = bars_for(groove, bpm, duration_s) * bar_s + 1.2
    assert abs(length_s - duration_s) <= bar_s / 2 + 1e-6 or length_s <= 2 * bar_s + 1.3
