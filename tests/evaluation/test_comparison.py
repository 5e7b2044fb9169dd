"""What became of every hit: cases worked out by hand, and sums that must agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.drums import LANES8
from drumscribe.evaluation.comparison import compare, judge
from drumscribe.evaluation.metrics import TOLERANCES_S, onset_counts
from drumscribe.events import DrumEvent

CLASSES = LANES8.names
KICK, SNARE, HIHAT, RIDE = (CLASSES.index(name) for name in ("kick", "snare", "hihat", "ride"))
NOTHING = len(CLASSES)

events = st.lists(
    st.builds(
        DrumEvent,
        st.integers(0, 60).map(lambda n: n / 32),
        st.sampled_from(CLASSES[:3]),
        st.integers(1, 127),
        st.floats(0, 1),
    ),
    max_size=25,
)


def hits(*rows):
    """Events from (onset_s, drum)."""
    return [DrumEvent(*row, 100) for row in rows]


def errors_s(reference, estimate):
    found = judge(compare(reference, estimate, CLASSES), CLASSES).hits
    return found["error_s"][found["is_right"]].tolist()


def test_a_late_estimate_has_a_positive_timing_error():
    assert errors_s(hits((1.0, "kick")), hits((1.02, "kick"))) == [pytest.approx(0.02)]
    assert errors_s(hits((1.0, "kick")), hits((0.97, "kick"))) == [pytest.approx(-0.03)]


def test_only_matched_hits_have_a_timing_error():
    reference = hits((1.0, "kick"), (2.0, "kick"), (3.0, "snare"))
    estimate = hits((1.01, "kick"), (2.2, "kick"), (3.0, "kick"))
    assert errors_s(reference, estimate) == [pytest.approx(0.01)]


def test_found_missed_and_invented_hits_are_told_apart():
    reference = hits((2.0, "snare"), (1.0, "kick"), (3.0, "kick"))
    estimate = hits((1.01, "kick"), (2.2, "snare"), (3.01, "kick"))
    comparison = compare(reference, estimate, CLASSES)
    assert comparison.found == ((reference[1], estimate[0]), (reference[2], estimate[2]))
    assert comparison.missed == (reference[0],)
    assert comparison.false == (estimate[1],)


def test_a_wrong_drum_is_what_the_missed_hit_was_taken_for_and_a_far_one_is_not():
    reference = hits((1.0, "ride"), (2.0, "snare"), (3.0, "kick"))
    estimate = hits((1.04, "hihat"), (2.06, "hihat"), (3.0, "kick"))
    judged = judge(compare(reference, estimate, CLASSES), CLASSES)
    missed = np.zeros((8, 9), int)
    missed[RIDE, HIHAT] = missed[SNARE, NOTHING] = 1
    false = np.zeros((8, 9), int)
    false[HIHAT, RIDE] = false[HIHAT, NOTHING] = 1
    np.testing.assert_array_equal(judged.missed_as, missed)
    np.testing.assert_array_equal(judged.false_as, false)


def test_hits_that_were_right_explain_no_missed_one():
    reference = hits((1.0, "kick"), (1.0, "snare"))
    judged = judge(compare(reference, hits((1.0, "kick")), CLASSES), CLASSES)
    assert judged.missed_as[SNARE, NOTHING] == 1
    assert judged.missed_as[SNARE, KICK] == 0


def test_of_several_the_nearest_is_what_it_was_taken_for():
    estimate = hits((0.96, "hihat"), (1.02, "ride"))
    judged = judge(compare(hits((1.0, "snare")), estimate, CLASSES), CLASSES)
    assert judged.missed_as[SNARE, RIDE] == 1
    assert judged.missed_as[SNARE].sum() == 1


def test_a_hit_keeps_confidence_and_both_velocities():
    reference, estimate = DrumEvent(1.0, "ride", 90), DrumEvent(1.01, "ride", 70, 0.25)
    [hit] = judge(compare([reference], [estimate], CLASSES), CLASSES).hits
    assert (hit["drum"], hit["is_right"], hit["confidence"]) == (RIDE, True, 0.25)
    assert (hit["reference_velocity"], hit["velocity"]) == (90, 70)


@given(events, events)
def test_sums_are_those_of_the_score(reference, estimate):
    judged = judge(compare(reference, estimate, CLASSES), CLASSES)
    counts = onset_counts(reference, estimate, CLASSES, TOLERANCES_S[0])
    for index, name in enumerate(CLASSES):
        own = judged.hits[judged.hits["drum"] == index]
        assert own["is_right"].sum() == counts[name].n_true
        assert (~own["is_right"]).sum() == counts[name].n_false == judged.false_as[index].sum()
        assert judged.missed_as[index].sum() == counts[name].n_missed
        assert judged.missed_as[index, index] == judged.false_as[index, index] == 0
    assert (np.abs(judged.hits["error_s"]) <= TOLERANCES_S[0] + 1e-6).all()
