"""Beat scores: by hand, and as mir_eval has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.evaluation.beat_metrics import BeatScore, beat_line, beat_score, beat_summary
from drumscribe.tempo import Beat, TempoMap

REFERENCE = TempoMap.steady(120, until_s=29.9).beats()


def test_the_right_beats_score_one():
    assert beat_score(REFERENCE, TempoMap.steady(120, until_s=40)) == BeatScore(1.0, 1.0, 1.0)


def test_beats_twice_as_fast():
    """Each of the 51 reference beats from 5 s on is found, among 102 or so estimates."""
    score = beat_score(REFERENCE, TempoMap.steady(240, until_s=40))
    assert score.beat_f == pytest.approx(2 / 3, abs=0.01)
    assert score.tempo_ratio == pytest.approx(2.0)
    assert score.has_tempo(2.0)
    assert not score.has_tempo()


def test_bars_begun_at_the_wrong_beat():
    score = beat_score(REFERENCE, TempoMap.steady(120, first_downbeat_s=1.0, until_s=40))
    assert score.beat_f == 1.0
    assert score.downbeat_f == 0.0


def test_beats_of_the_first_five_seconds_are_not_scored():
    assert beat_score(REFERENCE[:9], TempoMap.steady(120)) is None
    assert beat_score([], TempoMap.steady(120)) is None
    no_downbeats = [beat for beat in REFERENCE if beat.number != 1]
    assert beat_score(no_downbeats, TempoMap.steady(120, until_s=40)).downbeat_f is None


@given(st.lists(st.floats(0.2, 1.0), min_size=20, max_size=60))
def test_the_oracle_agrees(steps_s):
    import mir_eval  # takes a second, which every worker would spend that collects this file

    tempo = TempoMap(tuple(np.cumsum([0.0, *steps_s]).tolist()))
    score = beat_score(REFERENCE, tempo)
    found = np.array([t for t in tempo.beats_s if t <= REFERENCE[-1].time_s + 0.25])
    wanted = np.array([beat.time_s for beat in REFERENCE])
    trimmed = [mir_eval.beat.trim_beats(times) for times in (wanted, found)]
    assert score.beat_f == pytest.approx(mir_eval.beat.f_measure(*trimmed))


def test_the_summary_is_of_means():
    scores = [BeatScore(1.0, 0.5, 1.02), BeatScore(0.5, None, 0.5), BeatScore(0.6, 0.7, 2.01)]
    assert beat_summary(scores) == {
        "n_recordings": 3.0,
        "beat_f": 0.7,
        "downbeat_f": 0.6,
        "tempo_right": 0.3333,
        "tempo_double": 0.3333,
        "tempo_half": 0.3333,
    }
    assert beat_line(scores) == (
        "beats: F 0.700, downbeats F 0.600, tempo within 4 %: 33 % (double 33 %, half 33 %) "
        "of 3 recordings"
    )


def test_beats_of_a_reference_are_those_of_a_click():
    assert REFERENCE[:2] == [Beat(0.0, 1), Beat(0.5, 2)]


def test_downbeats_that_no_reference_has_are_no_score():
    scores = [BeatScore(1.0, None, 1.0)]
    assert beat_summary(scores)["downbeat_f"] is None
    assert "beats: F 1.000, downbeats F -, tempo" in beat_line(scores)
