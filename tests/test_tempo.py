"""Positions and seconds, bars and numbers of a tempo map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.tempo import Beat, TempoMap, TimeSignature, is_compound

steps = st.lists(st.floats(0.05, 3), min_size=1, max_size=30)


def test_the_map_goes_on_beyond_its_ends():
    tempo = TempoMap((1.0, 1.5, 2.5))
    assert tempo.seconds([-1, 0, 0.5, 1, 1.5, 2, 3]).tolist() == [0.5, 1, 1.25, 1.5, 2, 2.5, 3.5]


@given(steps, st.floats(-5, 5), st.lists(st.floats(-20, 60), max_size=20))
def test_positions_undo_seconds(steps_s: list[float], start_s: float, positions: list[float]):
    tempo = TempoMap(tuple(np.cumsum([start_s, *steps_s]).tolist()))
    assert tempo.positions(tempo.seconds(positions)) == pytest.approx(positions, abs=1e-6)


def test_a_steady_map():
    tempo = TempoMap.steady(100, first_downbeat_s=0.2, until_s=3, numerator=3)
    assert tempo.is_steady
    assert tempo.bpm == pytest.approx(100)
    assert tempo.beats_s[:3] == pytest.approx((0.2, 0.8, 1.4))
    assert tempo.beats_s[-1] >= 3
    assert [beat.number for beat in tempo.beats()][:5] == [1, 2, 3, 1, 2]


def test_a_pick_up_and_a_change_of_metre():
    signatures = (TimeSignature(1, 4), TimeSignature(9, 3))
    tempo = TempoMap(tuple(float(beat) for beat in range(16)), signatures)
    assert tempo.beats()[0] == Beat(0.0, 4)
    assert [beat for beat in range(16) if tempo.number_in_bar(beat) == 1] == [1, 5, 9, 12, 15]
    assert [tempo.downbeat_of(beat) for beat in (0, 1, 4, 8, 9, 11, 12)] == [-3, 1, 1, 5, 9, 9, 12]


metres = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 20)), min_size=1, max_size=4)


@given(metres, st.integers(-9, 9), st.integers(-60, 90))
def test_the_downbeat_of_a_beat_is_the_last_one_up_to_it(rows, beat, at):
    signatures = []
    for numerator, n_beats in rows:  # of which the next may cut a bar short
        signatures.append(TimeSignature(beat, numerator))
        beat += n_beats
    tempo = TempoMap((0.0, 1.0), tuple(signatures))
    downbeat = tempo.downbeat_of(at)
    numbers = [tempo.number_in_bar(beat) for beat in range(downbeat, at + 1)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("beats_s", [(), (1.0,), (1.0, 1.0), (2.0, 1.0), (0.0, np.inf)])
def test_beats_that_make_no_time_are_refused(beats_s: tuple[float, ...]):
    with pytest.raises(ValueError, match="increasing"):
        TempoMap(beats_s)


@pytest.mark.parametrize(
    ("metre", "expected"),
    [((6, 8), True), ((9, 8), True), ((12, 16), True), ((3, 8), False), ((6, 4), False)],
)
def test_three_counts_make_a_pulse_in_six_eight_and_the_like(metre, expected):
    assert is_compound(*metre) == expected


@pytest.mark.parametrize(("until_s", "n_beats"), [(0.0, 2), (0.5, 2), (0.6, 3), (1.0, 3)])
def test_a_steady_tempo_reaches_as_far_as_it_has_to(until_s, n_beats):
    assert len(TempoMap.steady(120.0, until_s=until_s).beats_s) == n_beats


@pytest.mark.parametrize("bpm", [0, -120, np.inf, np.nan])
def test_a_steady_tempo_of_no_beats_is_refused(bpm: float):
    with pytest.raises(ValueError, match="bpm"):
        TempoMap.steady(bpm)


def test_signatures_out_of_order_are_refused():
    with pytest.raises(ValueError, match="time_signatures"):
        TempoMap((0.0, 1.0), (TimeSignature(4, 4), TimeSignature(0, 3)))


@pytest.mark.parametrize(
    "metre", [(0, 4), (-3, 4), (4, 0), (4, 3), (4, -4), (4, 12), (4, 4.0), (2.5, 4)]
)
def test_a_metre_of_no_counts_or_of_no_note_is_refused(metre: tuple[int, int]):
    with pytest.raises(ValueError, match=f"time signature {metre[0]}/{metre[1]}"):
        TimeSignature(0, *metre)


def test_the_summary_says_how_steady_it_is():
    assert TempoMap.steady(120).summary() == "constant 120.0 BPM, 4/4 (confidence 1.00)"
    assert (
        TempoMap.steady(97.25, numerator=6, denominator=8)
        .summary()
        .startswith("constant 97.25 BPM, 6/8")
    )
    following = TempoMap((0.0, 0.5, 1.0, 1.6), confidence=0.5)
    assert following.summary() == "about 120.0 BPM (102 to 120), 4/4 (confidence 0.50)"


@pytest.mark.parametrize("step_s", [1e-9, 4e-15, 1e-5])
def test_beats_too_many_to_count_from_the_start_are_refused(step_s):
    with pytest.raises(ValueError, match="begins too late for so fast a tempo"):
        TempoMap((10.5, 10.5 + step_s))


def test_a_day_of_fast_music_is_counted():
    assert TempoMap.steady(600, first_downbeat_s=86_400).beats_s[0] == 86_400
