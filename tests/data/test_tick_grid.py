"""Tempo maps as ticks: bars where the downbeats are, seconds to the millisecond."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.tick_grid import MetreChange, TempoChange, tick_grid
from drumscribe.tempo import TempoMap, TimeSignature

MILLISECOND = 0.001


def beats_map(first_s, gaps_s, *signatures):
    times_s = first_s + np.concatenate([[0.0], np.cumsum(gaps_s)])
    return TempoMap(tuple(times_s.tolist()), signatures or (TimeSignature(0, 4, 4),))


def test_a_steady_map_from_second_0_is_one_tempo_and_one_metre():
    grid = tick_grid(TempoMap.steady(125, until_s=60))
    assert grid.ticks_per_quarter == 480
    assert grid.tempo_changes == (TempoChange(0, 0.48),)
    assert grid.metre_changes == (MetreChange(0, 4, 4),)
    assert grid.ticks([0, 0.48, 60]).tolist() == [0, 480, 60_000]


@pytest.mark.parametrize(
    ("first_downbeat_s", "pickup"),
    [
        (0.5, (1, 4)),  # a beat
        (1.5, (3, 4)),
        (0.25, (1, 8)),  # half a beat
        (0.7, (3, 8)),  # a beat and, nearest to 0.4, half a one
        (0.13, (1, 16)),
        (0.05, (1, 32)),
    ],
)
def test_a_pickup_is_a_short_bar_before_the_first_downbeat(first_downbeat_s, pickup):
    grid = tick_grid(TempoMap.steady(120, first_downbeat_s=first_downbeat_s, until_s=20))
    first, second = grid.metre_changes
    assert (first.numerator, first.denominator) == pickup
    assert (second.numerator, second.denominator) == (4, 4)
    assert second.tick == 480 * 4 * pickup[0] // pickup[1]
    assert grid.seconds(second.tick) == pytest.approx(first_downbeat_s, abs=MILLISECOND)
    assert 0.35 <= grid.tempo_changes[0].seconds_per_quarter <= 0.65


@pytest.mark.parametrize("first_downbeat_s", [0.002, 0.01, 0.04])
def test_a_downbeat_too_soon_for_a_pickup_has_its_bar_begin_with_the_file(first_downbeat_s):
    grid = tick_grid(TempoMap.steady(120, first_downbeat_s=first_downbeat_s, until_s=20))
    assert grid.metre_changes == (MetreChange(0, 4, 4),)
    assert grid.seconds([480, 960]) == pytest.approx(first_downbeat_s + np.array([0.5, 1.0]))
    heard_s = grid.seconds(grid.ticks(first_downbeat_s))
    assert heard_s == pytest.approx(first_downbeat_s, abs=MILLISECOND)


def test_a_beat_too_soon_for_a_part_of_a_bar_leaves_whole_beats_before_the_downbeat():
    grid = tick_grid(TempoMap.steady(120, first_downbeat_s=1.01, until_s=20))
    assert grid.metre_changes == (MetreChange(0, 2, 4), MetreChange(960, 4, 4))
    assert grid.seconds([480, 960]) == pytest.approx([0.51, 1.01])


def test_a_downbeat_before_the_recording_leaves_the_rest_of_its_bar():
    grid = tick_grid(TempoMap.steady(120, first_downbeat_s=-0.5, until_s=20))
    assert grid.metre_changes == (MetreChange(0, 3, 4), MetreChange(3 * 480, 4, 4))
    assert grid.tempo_changes == (TempoChange(0, 0.5),)


def test_a_beat_of_6_8_is_an_eighth():
    grid = tick_grid(TempoMap.steady(180, until_s=20, numerator=6, denominator=8))
    assert grid.metre_changes == (MetreChange(0, 6, 8),)
    assert grid.seconds([240, 6 * 240]) == pytest.approx([1 / 3, 2.0], abs=1e-5)


def test_a_change_of_metre_stands_on_its_downbeat():
    gaps_s = [0.5] * 8 + [0.25] * 12
    tempo = beats_map(0.0, gaps_s, TimeSignature(0, 4, 4), TimeSignature(8, 7, 8))
    grid = tick_grid(tempo)
    assert grid.metre_changes == (MetreChange(0, 4, 4), MetreChange(8 * 480, 7, 8))
    assert grid.seconds(8 * 480 + 7 * 240) == pytest.approx(5.75, abs=MILLISECOND)


def test_rounded_tempos_do_not_add_up_over_an_hour():
    tempo = TempoMap.steady(97.3, until_s=3600)
    grid = tick_grid(tempo)
    last = len(tempo.beats_s) - 1
    beats_s = grid.seconds(480 * np.arange(last + 1))
    assert beats_s == pytest.approx(tempo.beats_s, abs=0.0002)
    assert len(grid.tempo_changes) < 20


def test_slow_music_has_finer_ticks():
    grid = tick_grid(TempoMap.steady(30, until_s=60))
    assert grid.ticks_per_quarter > 480
    assert grid.seconds(grid.ticks(1.2345)) == pytest.approx(1.2345, abs=MILLISECOND)


gaps = st.lists(st.floats(0.12, 1.8), min_size=1, max_size=50)
signatures = st.tuples(st.integers(1, 15), st.sampled_from([2, 4, 8, 16]))


@given(st.floats(-5, 5), gaps, signatures, signatures, st.integers(1, 4))
def test_every_downbeat_is_a_bar_line_at_its_time(first_s, gaps_s, metre, later_metre, n_bars):
    later = TimeSignature(n_bars * metre[0], *later_metre)
    tempo = beats_map(first_s, gaps_s, TimeSignature(0, *metre), later)
    grid = tick_grid(tempo)
    bars_s = grid.seconds(grid.bar_ticks(int(grid.ticks(tempo.beats_s[-1]))))
    soonest = tempo.positions(0.0) + 0.7 * metre[1] / 32  # from where on a 1/32 pick-up fits
    for index, beat in enumerate(tempo.beats()):
        if beat.number == 1 and index >= soonest:
            assert np.min(np.abs(bars_s - beat.time_s)) <= MILLISECOND


@given(st.floats(-5, 5), gaps, st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_a_time_is_read_back_to_the_millisecond_and_in_order(first_s, gaps_s, times_s):
    grid = tick_grid(beats_map(first_s, gaps_s))
    ticks = grid.ticks(sorted(times_s))
    assert np.all(np.diff(ticks) >= 0)
    assert np.all(ticks >= 0)
    assert grid.seconds(ticks) == pytest.approx(sorted(times_s), abs=MILLISECOND)
