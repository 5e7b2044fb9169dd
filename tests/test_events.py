"""Events are valid or do not exist, and fold onto the lanes the game plays."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.drums import ARTICULATIONS12, LANES8
from drumscribe.events import DrumEvent, fold_to_eight, fold_to_lanes

articulation_events = st.lists(
    st.builds(
        DrumEvent,
        st.floats(0, 1000),
        st.sampled_from(ARTICULATIONS12.names),
        st.integers(1, 127),
        st.floats(0, 1),
    )
)


@pytest.mark.parametrize("onset_s", [-0.001, math.nan, math.inf, -math.inf])
def test_an_onset_must_be_a_time_in_the_recording(onset_s: float) -> None:
    with pytest.raises(ValueError, match=r"onset_s must be finite and >= 0"):
        DrumEvent(onset_s, "kick", 100)


@pytest.mark.parametrize("velocity", [0, -1, 128])
def test_a_velocity_must_be_one_that_midi_can_write(velocity: int) -> None:
    with pytest.raises(ValueError, match=r"velocity must be 1\.\.127"):
        DrumEvent(0.0, "kick", velocity)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, math.nan])
def test_a_confidence_must_be_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"confidence must be 0\.\.1"):
        DrumEvent(0.0, "kick", 100, confidence)


def test_numbers_of_numpy_become_plain_ones() -> None:
    event = DrumEvent(np.float32(1.5), "kick", np.int64(100), np.float64(0.5))
    assert json.dumps(dataclasses.astuple(event)) == '[1.5, "kick", 100, 0.5]'
    assert event == DrumEvent(1.5, "kick", 100, 0.5)
    assert json.dumps(dataclasses.astuple(DrumEvent(1, "kick", 100.0, 1))) == (
        '[1.0, "kick", 100, 1.0]'
    )


def test_a_velocity_between_two_is_refused() -> None:
    with pytest.raises(ValueError, match="a whole number"):
        DrumEvent(1.5, "kick", 99.5)


def test_an_event_cannot_be_changed() -> None:
    event = DrumEvent(0.5, "snare", 90)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.velocity = 1  # type: ignore[misc]


def test_events_sort_by_time() -> None:
    events = [DrumEvent(2.0, "kick", 1), DrumEvent(0.5, "snare", 127), DrumEvent(1.0, "crash", 64)]
    assert [event.onset_s for event in sorted(events)] == [0.5, 1.0, 2.0]


@given(articulation_events)
def test_folding_changes_the_drum_and_nothing_else(events: list[DrumEvent]) -> None:
    folded = fold_to_lanes(events, ARTICULATIONS12)
    assert [event.drum for event in folded] == [ARTICULATIONS12[e.drum].lane for e in events]
    assert [
        dataclasses.replace(new, drum=old.drum) for new, old in zip(folded, events, strict=True)
    ] == events
    assert fold_to_lanes(folded, LANES8) == folded


@given(articulation_events)
def test_where_there_are_eight_lanes_both_foldings_agree(events: list[DrumEvent]) -> None:
    assert fold_to_eight(events, ARTICULATIONS12) == fold_to_lanes(events, ARTICULATIONS12)
