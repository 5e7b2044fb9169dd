"""Beats go to the hits played on them, whichever way time runs; tempos are as round as heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.inference.beat_refinement import SteadyGrid, refine_beats, steady_grid

N_BEATS = 12
BEATS_S = 1.0 + 0.5 * np.arange(N_BEATS)

uneven = st.lists(st.floats(-0.02, 0.02), min_size=N_BEATS, max_size=N_BEATS).map(
    lambda moves: BEATS_S + np.array(moves)
)
hits = st.lists(st.floats(0.0, 8.0), min_size=1, max_size=40).map(np.array)
pins = st.none() | st.tuples(st.integers(0, N_BEATS - 1), st.floats(-0.02, 0.02)).map(
    lambda pin: (pin[0], BEATS_S[pin[0]] + pin[1])
)


def close(expected, tolerance_s=1e-6):
    return pytest.approx(expected, abs=tolerance_s)


def test_beats_with_their_hits_stay():
    assert refine_beats(BEATS_S, BEATS_S) == close(BEATS_S)
    assert refine_beats(BEATS_S, BEATS_S[:-1] + 0.25) == close(BEATS_S)


@pytest.mark.parametrize("late_s", [-0.03, -0.01, 0.02, 0.034])
def test_beats_that_are_all_late_go_to_their_hits(late_s):
    assert refine_beats(BEATS_S + late_s, BEATS_S) == close(BEATS_S, 0.001)


@pytest.mark.parametrize("late_s", [-0.02, 0.03])
def test_hits_on_half_beats_alone_move_beats_too(late_s):
    assert refine_beats(BEATS_S + late_s, BEATS_S[:-1] + 0.25) == close(BEATS_S, 0.002)


@pytest.mark.parametrize("place", [0.036, 0.1, 0.125, 0.2, 0.29, 0.4, 0.464])
def test_a_hit_that_belongs_to_another_place_says_nothing(place):
    assert refine_beats(BEATS_S, BEATS_S[3:7] + place) == close(BEATS_S)


def test_at_a_fast_tempo_a_hit_must_be_nearer():
    """0.12 of a beat of 0.2 s are 24 ms."""
    fast_s = 0.2 * np.arange(N_BEATS)
    assert refine_beats(fast_s, fast_s[4:5] + 0.023)[4] > fast_s[4] + 0.0005
    assert refine_beats(fast_s, fast_s[4:5] + 0.025) == close(fast_s)


def test_one_hit_moves_its_beat_and_the_others_with_it_smoothly():
    moves_s = refine_beats(BEATS_S, BEATS_S[6:7] + 0.03) - BEATS_S
    assert 0.025 < moves_s[6] <= 0.03
    assert moves_s.min() > 0.01
    assert np.abs(np.diff(moves_s, 2)).max() < 0.002


def test_a_hit_on_a_beat_counts_for_more_than_one_between():
    """They pull the same place as far to either side; four between weigh as much as one on it."""
    pulled_s = refine_beats(BEATS_S, np.array([BEATS_S[5] + 0.02, BEATS_S[5] + 0.23])) - BEATS_S
    assert pulled_s[5] > 0.005


@given(uneven, hits, pins)
def test_times_may_begin_anywhere_and_run_either_way(beats_s, onsets_s, pin):
    moved = refine_beats(beats_s, onsets_s, pin)
    assert (np.diff(moved) > 0).all()
    later = None if pin is None else (pin[0], pin[1] + 3.0)
    assert refine_beats(beats_s + 3.0, onsets_s + 3.0, later) == close(moved + 3.0, 1e-5)


@given(uneven, st.lists(st.tuples(st.integers(0, 2 * N_BEATS - 2), st.floats(-0.02, 0.02))))
def test_a_song_played_backwards_has_its_beats_backwards(beats_s, played):
    """Hits near beats and half beats, not so near the edge of what counts as to fall off it."""
    onsets_s = np.array([1.0 + 0.25 * place + move for place, move in played])
    forwards = refine_beats(beats_s, onsets_s)
    backwards = refine_beats(-beats_s[::-1], -onsets_s[::-1])
    assert -backwards[::-1] == close(forwards, 1e-5)


@given(uneven, hits, st.integers(0, N_BEATS - 1), st.floats(-0.02, 0.02))
def test_a_pinned_beat_is_at_its_time(beats_s, onsets_s, index, move_s):
    time_s = beats_s[index] + move_s
    moved = refine_beats(beats_s, onsets_s, (index, time_s))
    assert np.array_equal(moved, beats_s) or moved[index] == close(time_s, 1e-3)


def test_without_hits_or_with_two_beats_nothing_moves():
    assert refine_beats(BEATS_S, np.zeros(0)) is BEATS_S
    assert refine_beats(BEATS_S[:2], BEATS_S + 0.01) == close(BEATS_S[:2], 0)
    assert refine_beats(BEATS_S[:3] + 0.01, BEATS_S[:3]) == close(BEATS_S[:3], 0.001)


# Steady tempos


@pytest.mark.parametrize(
    ("bpm", "told"),
    [
        (120.0, 120.0),
        (120.01, 120.0),  # over a minute that is 2.5 ms at either end
        (119.49, 119.5),
        (98.32, 98.3),
        (77.77, 77.77),
        (133.34, 133.34),
        (61.0, 61.0),
    ],
)
def test_a_steady_tempo_is_the_roundest_that_fits(bpm, told):
    beats_s = 0.7 + np.arange(int(bpm) + 1) * 60 / bpm
    grid = steady_grid(beats_s)
    assert grid is not None
    assert grid.bpm == told
    assert np.abs(grid.beats_s(len(beats_s)) - beats_s).max() < 0.009


@pytest.mark.parametrize("first_s", [-0.3, 0.0, 100.0, 3600.0])
def test_how_round_a_tempo_is_does_not_depend_on_where_the_song_begins(first_s):
    """A minute at 120.01 is one at 120, an hour into a recording too."""
    grid = steady_grid(first_s + np.arange(120) * 60 / 120.01)
    assert grid is not None
    assert grid.bpm == 120
    assert grid.first_s == pytest.approx(first_s, abs=0.005)


def test_beats_minutes_apart_have_a_tempo():
    grid = steady_grid(np.array([0.0, 200.0, 400.0]))
    assert grid is not None
    assert grid.bpm == pytest.approx(0.3)


def test_a_long_song_says_its_tempo_more_exactly():
    """An hour at 120.01 ends 0.3 s before one at 120."""
    grid = steady_grid(np.arange(7200) * 60 / 120.01)
    assert grid is not None
    assert grid.bpm == 120.01


def test_a_hand_that_shakes_is_steady_and_one_that_drifts_is_not(rng):
    steady_s = 0.5 * np.arange(200)
    grid = steady_grid(steady_s + rng.normal(0, 0.008, 200))
    assert grid is not None
    assert grid.bpm == 120
    assert grid.first_s == pytest.approx(0, abs=0.003)
    assert steady_grid(steady_s + 0.1 * np.sin(np.arange(200) / 30)) is None
    outliers_s = steady_s.copy()
    outliers_s[[20, 90, 160]] += 0.06
    assert steady_grid(outliers_s) is not None
    outliers_s[5::10] += 0.06
    assert steady_grid(outliers_s) is None


def test_a_grid_through_a_beat_has_that_beat_and_its_tempo():
    grid = SteadyGrid(0.1, 150.0).through(4, 10.0)
    assert grid.bpm == 150.0
    assert grid.beats_s(6) == pytest.approx([8.4, 8.8, 9.2, 9.6, 10.0, 10.4])
