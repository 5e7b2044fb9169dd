"""The worst places of the worst recordings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.drums import LANES8
from drumscribe.evaluation.comparison import compare
from drumscribe.evaluation.excerpts import EXCERPT_S, WorstPlaces, worst_start_s
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.references import Reference
from drumscribe.events import DrumEvent
from drumscribe.timing import FRAME_RATE, seconds_to_frame

N_FRAMES = 20 * FRAME_RATE


def offer(worst, name, counts, *, missed_s=(10.0,), n_frames=N_FRAMES):
    """A recording whose log-mel says the number of each frame, in uneven blocks."""
    log_mel = np.arange(n_frames, dtype=np.float32)[:, np.newaxis]
    events = [DrumEvent(time_s, "kick", 100) for time_s in missed_s]
    blocks = np.array_split(log_mel, [3, 500, 1200])
    worst.offer(
        Reference(name, "kit", lambda: blocks, events), counts, compare(events, [], LANES8.names)
    )


def test_the_worst_recordings_are_kept_the_worst_first():
    worst = WorstPlaces(2)
    for name, n_true in (("good", 9), ("bad", 1), ("fair", 5), ("poor", 3)):
        offer(worst, name, Counts(n_true, n_missed=10 - n_true))
    assert [excerpt.name for excerpt in worst.excerpts()] == ["bad", "poor"]


def test_of_equally_bad_ones_that_with_more_errors_comes_first():
    worst = WorstPlaces(1)
    offer(worst, "short", Counts(n_missed=1))
    offer(worst, "long", Counts(n_missed=50))
    offer(worst, "short again", Counts(n_missed=1))
    assert [excerpt.name for excerpt in worst.excerpts()] == ["long"]


def test_a_recording_without_errors_has_no_worst_place_even_if_nothing_is_played():
    worst = WorstPlaces(3)
    offer(worst, "silence", Counts(), missed_s=())
    assert worst.excerpts() == ()


def test_nothing_is_read_when_nothing_is_to_be_kept():
    worst = WorstPlaces(0)
    offer(worst, "bad", Counts(n_missed=1))
    assert worst.excerpts() == ()


@pytest.mark.parametrize("missed_s", [(0.1,), (10.0,), (4.9, 5.0, 15.0), (19.9,)])
def test_the_log_mel_is_that_of_the_excerpts_seconds(missed_s):
    worst = WorstPlaces(1)
    offer(worst, "a", Counts(n_missed=len(missed_s)), missed_s=missed_s)
    [excerpt] = worst.excerpts()
    first = seconds_to_frame(excerpt.start_s)
    end = min(N_FRAMES, first + seconds_to_frame(EXCERPT_S))
    np.testing.assert_array_equal(excerpt.log_mel[:, 0], np.arange(first, end))


def test_a_recording_shorter_than_an_excerpt_is_shown_whole():
    worst = WorstPlaces(1)
    offer(worst, "a", Counts(n_missed=1), missed_s=(0.5,), n_frames=100)
    assert len(worst.excerpts()[0].log_mel) == 100


def test_errors_lie_in_the_middle_where_the_start_of_the_recording_allows():
    assert worst_start_s([10.0]) == pytest.approx(10 - EXCERPT_S / 2)
    assert worst_start_s([1.0, 20.0, 21.0]) == pytest.approx(20.5 - EXCERPT_S / 2)
    assert worst_start_s([0.5]) == 0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40))
def test_no_other_excerpt_holds_more_errors(errors_s):
    times_s = np.array(errors_s)

    def n_within(start_s, slack_s):
        return ((times_s >= start_s - slack_s) & (times_s < start_s + EXCERPT_S + slack_s)).sum()

    best = max(n_within(start_s, 0) for start_s in errors_s)
    assert n_within(worst_start_s(errors_s), 1e-9) >= best
