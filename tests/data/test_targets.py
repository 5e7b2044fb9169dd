"""Targets are painted where the hits and beats are, and nowhere else."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.targets import (
    NeighbourTargets,
    Targets,
    beat_array,
    event_array,
    events_of_array,
    paint_targets,
    single_hits,
)
from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent
from drumscribe.tempo import Beat
from drumscribe.timing import FRAME_RATE, frame_to_seconds, seconds_to_frame

KICK, SNARE = 0, 1
events_lists = st.lists(
    st.builds(DrumEvent, st.floats(0, 0.3), st.sampled_from(LANES8.names), st.integers(1, 127)),
    max_size=8,
)


def hit(frame: float, drum: str = "kick", velocity: int = 127) -> DrumEvent:
    return DrumEvent(frame_to_seconds(frame), drum, velocity)


def painted(
    events: Sequence[DrumEvent] = (),
    beats: Sequence[Beat] = (),
    *,
    first_frame: int = 0,
    n_frames: int = 6,
    neighbour_target: float = 0.5,
    before: float | None = None,
) -> Targets:
    return paint_targets(
        event_array(events, LANES8),
        beat_array(beats),
        first_frame=first_frame,
        n_frames=n_frames,
        n_classes=8,
        neighbours=NeighbourTargets(
            before=neighbour_target if before is None else before, after=neighbour_target
        ),
    )


# Arrays


def test_events_come_back_from_their_array_in_order() -> None:
    events = [hit(5, "ride", 3), hit(1.3, "snare", 127), hit(5, "kick", 1)]
    back = events_of_array(event_array(events, ARTICULATIONS12), ARTICULATIONS12)
    assert back == [events[1], events[2], events[0]]


def test_no_events_and_no_beats_are_empty_arrays() -> None:
    assert len(event_array([], LANES8)) == len(beat_array([])) == 0
    assert events_of_array(event_array([], LANES8), LANES8) == []


def test_beats_keep_their_times_and_numbers() -> None:
    array = beat_array([Beat(0.25, 1), Beat(0.5, 2), Beat(0.75, 999)])
    assert array["time_s"].tolist() == [0.25, 0.5, 0.75]
    assert array["number"].tolist() == [1, 2, 255]


# One blow


def test_one_blow_sent_twice_is_one_hit_at_its_first_time_as_loud_as_the_louder() -> None:
    sent = [
        DrumEvent(1.0, "snare", 40),
        DrumEvent(1.005, "kick", 90),
        DrumEvent(1.014, "snare", 100),
        DrumEvent(1.016, "snare", 20),  # as long after the first: a hit of its own
        DrumEvent(1.02, "snare", 30),
    ]
    assert single_hits(sent) == [
        DrumEvent(1.0, "snare", 100),
        DrumEvent(1.005, "kick", 90),
        DrumEvent(1.016, "snare", 30),
    ]


@given(events_lists)
def test_single_hits_are_hits_apart_and_cover_all_that_were_sent(sent: list[DrumEvent]) -> None:
    sent = sorted(sent)
    single = single_hits(sent)
    assert single_hits(single) == single == sorted(single, key=lambda event: event.onset_s)
    for drum in LANES8.names:
        times_s = [event.onset_s for event in single if event.drum == drum]
        assert all(b - a >= 0.015 for a, b in itertools.pairwise(times_s))
        for event in sent:
            if event.drum == drum:
                assert any(0 <= event.onset_s - time_s < 0.015 for time_s in times_s)
    loudest = {event.drum: event.velocity for event in sorted(sent, key=lambda e: e.velocity)}
    assert {e.drum: e.velocity for e in sorted(single, key=lambda e: e.velocity)} == loudest


# Onsets


def test_a_hit_is_one_at_its_frame_and_half_beside_it() -> None:
    targets = painted([hit(2, "snare", 64)])
    assert targets.onset[:, SNARE].tolist() == [0, 0.5, 1, 0.5, 0, 0]
    assert not np.delete(targets.onset, SNARE, axis=1).any()
    np.testing.assert_allclose(targets.velocity[:, SNARE], np.array([0, 1, 1, 1, 0, 0]) * 64 / 127)
    assert not np.delete(targets.velocity, SNARE, axis=1).any()


def test_a_hit_between_frames_is_painted_at_the_nearest() -> None:
    assert painted([hit(2.49)]).onset[:, KICK].tolist() == [0, 0.5, 1, 0.5, 0, 0]
    assert painted([hit(2.51)]).onset[:, KICK].tolist() == [0, 0, 0.5, 1, 0.5, 0]


def test_without_an_early_target_the_frame_before_a_hit_says_nothing() -> None:
    downbeat = Beat(frame_to_seconds(2), 1)
    targets = painted([hit(2, "snare", 64)], [downbeat], neighbour_target=0.25, before=0.0)
    assert targets.onset[:, SNARE].tolist() == [0, 0, 1, 0.25, 0, 0]
    np.testing.assert_allclose(targets.velocity[:, SNARE], np.array([0, 0, 1, 1, 0, 0]) * 64 / 127)
    assert targets.beat[:, 0].tolist() == [0, 0, 1, 0.25, 0, 0]


def test_a_neighbour_never_weakens_a_hit() -> None:
    assert painted([hit(2), hit(3)]).onset[:, KICK].tolist() == [0, 0.5, 1, 1, 0.5, 0]
    assert painted([hit(1), hit(3)]).onset[:, KICK].tolist() == [0.5, 1, 0.5, 1, 0.5, 0]


def test_a_hits_own_velocity_wins_over_its_neighbours() -> None:
    velocity = painted([hit(2, velocity=127), hit(3, velocity=1)]).velocity[:, KICK]
    np.testing.assert_allclose(velocity[2:5], np.array([127, 1, 1]) / 127)
    velocity = painted([hit(2, velocity=1), hit(3, velocity=127)]).velocity[:, KICK]
    np.testing.assert_allclose(velocity[1:4], np.array([1, 1, 127]) / 127)


@pytest.mark.parametrize("velocities", [(127, 1), (1, 127)])
def test_of_two_hits_on_one_frame_the_louder_is_painted(velocities: tuple[int, int]) -> None:
    first, second = velocities
    pair = [hit(2, velocity=first), hit(2.2, velocity=second)]
    assert painted(pair).velocity[:, KICK].tolist() == [0, 1, 1, 1, 0, 0]


def test_drums_struck_together_are_painted_each_in_its_column() -> None:
    targets = painted([hit(2, "kick", 127), hit(2, "crash", 32)])
    assert targets.onset[2].tolist() == [1, 0, 0, 0, 0, 0, 1, 0]
    assert targets.velocity[2, 6] == np.float32(32 / 127)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (8, [0, 0, 0, 0]),
        (9, [0.5, 0, 0, 0]),
        (10, [1, 0.5, 0, 0]),
        (13, [0, 0, 0.5, 1]),
        (14, [0, 0, 0, 0.5]),
        (15, [0, 0, 0, 0]),
    ],
)
def test_a_window_shows_what_reaches_into_it(frame: int, expected: list[float]) -> None:
    targets = painted([hit(frame, velocity=127)], first_frame=10, n_frames=4)
    assert targets.onset[:, KICK].tolist() == expected
    np.testing.assert_array_equal(targets.velocity[:, KICK] > 0, np.array(expected) > 0)


def test_a_window_may_begin_before_the_recording() -> None:
    assert painted([hit(0)], first_frame=-2).onset[:, KICK].tolist() == [0, 0.5, 1, 0.5, 0, 0]


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, [0, 0, 1, 0, 0, 0]), (1.0, [0, 1, 1, 1, 0, 0])]
)
def test_the_neighbours_value_is_a_choice(value: float, expected: list[float]) -> None:
    targets = painted([hit(2)], neighbour_target=value)
    assert targets.onset[:, KICK].tolist() == expected
    assert targets.velocity[:, KICK].tolist() == expected


@given(events_lists, st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(-5, 30), st.integers(1, 30))
def test_velocity_is_there_where_an_onset_is_and_only_there(
    events: list[DrumEvent], neighbour: float, first_frame: int, n_frames: int
) -> None:
    targets = painted(
        events, first_frame=first_frame, n_frames=n_frames, neighbour_target=neighbour
    )
    assert targets.onset.shape == targets.velocity.shape == (n_frames, 8)
    assert targets.onset.dtype == targets.velocity.dtype == targets.beat.dtype == np.float32
    np.testing.assert_array_equal(targets.velocity > 0, targets.onset > 0)
    assert targets.velocity.max(initial=0) <= 1 and targets.onset.max(initial=0) <= 1
    ones = {
        (seconds_to_frame(e.onset_s) - first_frame, LANES8.index_by_name[e.drum]) for e in events
    }
    shown = {(frame, drum) for frame, drum in ones if 0 <= frame < n_frames}
    assert neighbour == 1 or set(zip(*np.nonzero(targets.onset == 1), strict=True)) == shown


@given(events_lists, st.integers(1, 12))
def test_windows_side_by_side_are_the_whole(events: list[DrumEvent], n_frames: int) -> None:
    beats = [Beat(event.onset_s, i % 4 + 1) for i, event in enumerate(events)]
    whole = painted(events, beats, n_frames=4 * n_frames)
    parts = [painted(events, beats, first_frame=i * n_frames, n_frames=n_frames) for i in range(4)]
    for name in ("onset", "velocity", "beat"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))


# Beats


def test_beats_are_painted_and_downbeats_beside_them() -> None:
    beats = [Beat(frame_to_seconds(2), 1), Beat(frame_to_seconds(6), 2)]
    targets = painted(beats=beats, n_frames=9)
    assert targets.beat[:, 0].tolist() == [0, 0.5, 1, 0.5, 0, 0.5, 1, 0.5, 0]
    assert targets.beat[:, 1].tolist() == [0, 0.5, 1, 0.5, 0, 0, 0, 0, 0]
    assert not targets.onset.any()


def test_an_hour_in_a_beat_is_still_at_its_frame() -> None:
    targets = painted(beats=[Beat(3600.0, 1)], first_frame=3600 * FRAME_RATE - 2)
    assert targets.beat[:, 1].tolist() == [0, 0.5, 1, 0.5, 0, 0]
