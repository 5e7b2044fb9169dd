"""Scores of one recording: onsets by class, velocities, timing."""

import dataclasses
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.drums import LANES8
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import (
    TOLERANCES_S,
    VELOCITY_TOLERANCE,
    onset_counts,
    velocity_counts,
)
from drumscribe.events import DrumEvent

CLASSES = LANES8.names


def hits(*rows):
    """Events from (onset_s, drum, velocity) or (onset_s, drum)."""
    return [DrumEvent(*row) if len(row) == 3 else DrumEvent(*row, 100) for row in rows]


def kicks(velocities, *, shift_s=0.0):
    return [DrumEvent(0.5 * i + shift_s, "kick", v) for i, v in enumerate(velocities)]


def test_hits_are_counted_by_class():
    reference = hits((1.0, "kick"), (2.0, "kick"), (2.0, "snare"))
    estimate = hits((1.01, "kick"), (2.0, "snare"), (3.0, "snare"))
    counts = onset_counts(reference, estimate, CLASSES, 0.05)
    expected = dict.fromkeys(CLASSES, Counts())
    expected |= {"kick": Counts(n_true=1, n_missed=1), "snare": Counts(n_true=1, n_false=1)}
    assert counts == expected


def test_a_hit_of_another_class_is_no_match():
    counts = onset_counts(hits((1.0, "kick")), hits((1.0, "snare")), CLASSES, 0.05)
    assert counts["kick"] == Counts(n_missed=1)
    assert counts["snare"] == Counts(n_false=1)


def test_a_hit_30_ms_late_is_found_at_50_ms_and_not_at_20():
    reference, estimate = hits((1.0, "kick")), hits((1.03, "kick"))
    at = {t: onset_counts(reference, estimate, CLASSES, t)["kick"] for t in TOLERANCES_S}
    assert at == {0.05: Counts(n_true=1), 0.02: Counts(n_false=1, n_missed=1)}


def test_the_order_of_events_does_not_matter():
    reference = hits((1.0, "kick"), (1.04, "kick"), (2.0, "ride"))
    estimate = hits((1.08, "kick"), (2.0, "ride"), (1.03, "kick"))
    for counts in (
        onset_counts(reference, estimate, CLASSES, 0.05),
        onset_counts(reference[::-1], estimate[::-1], CLASSES, 0.05),
    ):
        assert counts["kick"] == Counts(n_true=2)
        assert counts["ride"] == Counts(n_true=1)


def test_right_velocities_count_as_found():
    reference = kicks([30, 60, 90, 120])
    assert velocity_counts(reference, reference, CLASSES) == Counts(n_true=4)


@pytest.mark.parametrize(("scale", "offset"), [(0.5, 0), (1, 7), (0.3, 50)])
def test_a_constant_scale_and_offset_of_velocities_is_forgiven(scale, offset):
    velocities = [20, 40, 60, 80, 100, 120]
    estimate = kicks([round(scale * v + offset) for v in velocities], shift_s=0.02)
    assert velocity_counts(kicks(velocities), estimate, CLASSES) == Counts(n_true=6)


def test_a_velocity_far_from_the_fitted_line_is_a_miss_and_a_false_hit():
    # Velocities 0..1 after scaling: reference 0 0 0 0 1 1 1 1, estimate 0 0 0 1 1 1 1 1. The line
    # through the pairs is 0 -> 0 and 1 -> 4/5: errors 0 0 0 0.8 0.2 0.2 0.2 0.2, all but three
    # beyond a tenth.
    reference = kicks([20] * 4 + [120] * 4)
    estimate = kicks([20] * 3 + [120] * 5)
    expected = Counts(n_true=3, n_false=5, n_missed=5)
    assert velocity_counts(reference, estimate, CLASSES) == expected


def test_hits_whose_onset_is_not_found_are_wrong_whatever_their_velocity():
    reference, estimate = kicks([30, 60, 90]), kicks([30, 60, 90])
    estimate[1] = dataclasses.replace(estimate[1], onset_s=0.7)
    expected = Counts(n_true=2, n_false=1, n_missed=1)
    assert velocity_counts(reference, estimate, CLASSES) == expected


def test_hits_of_neighbouring_classes_are_not_confused():
    reference = [DrumEvent(1.0, name, 10 + 10 * i) for i, name in enumerate(CLASSES)]
    assert velocity_counts(reference, reference, CLASSES) == Counts(n_true=8)
    rotated = [
        dataclasses.replace(event, drum=CLASSES[(i + 1) % 8], onset_s=1.0 + 0.2 * i)
        for i, event in enumerate(reference)
    ]
    apart = [dataclasses.replace(e, onset_s=1.0 + 0.2 * i) for i, e in enumerate(reference)]
    assert velocity_counts(apart, rotated, CLASSES) == Counts(n_false=8, n_missed=8)


@pytest.mark.parametrize(
    ("reference", "estimate", "expected"),
    [
        ([], [], Counts()),
        (kicks([100]), [], Counts(n_missed=1)),
        ([], kicks([100, 90]), Counts(n_false=2)),
    ],
)
def test_velocity_counts_of_nothing_are_counts_of_nothing(reference, estimate, expected):
    assert velocity_counts(reference, estimate, CLASSES) == expected


# Hits half a second apart, each moved a little or out of reach, so that only one matching exists.
moved_hits = st.lists(
    st.tuples(
        st.integers(1, 127), st.integers(1, 127), st.sampled_from([-0.2, -0.04, 0.0, 0.03, 0.2])
    ),
    min_size=1,
    max_size=12,
)


@given(moved_hits)
def test_velocity_counts_of_one_class_are_mir_evals(rows):
    import mir_eval  # takes a second, which every worker would spend that collects this file

    reference = kicks([wanted for wanted, _, _ in rows], shift_s=0.3)
    estimate = [
        DrumEvent(0.3 + 0.5 * i + move_s, "kick", found)
        for i, (_, found, move_s) in enumerate(rows)
    ]
    precision, recall, f, _ = mir_eval.transcription_velocity.precision_recall_f1_overlap(
        *as_notes(reference), *as_notes(estimate), offset_ratio=None
    )
    counts = velocity_counts(reference, estimate, CLASSES)
    assert (counts.precision, counts.recall, counts.f_measure) == pytest.approx(
        (precision, recall, f)
    )


def as_notes(events):
    onsets = np.array([event.onset_s for event in events])
    intervals = np.stack([onsets, onsets + 0.1], axis=1)
    return intervals, np.full(len(events), 440.0), np.array([float(e.velocity) for e in events])


def test_tolerances_are_mir_evals_defaults():
    import mir_eval

    function = mir_eval.transcription_velocity.match_notes
    defaults = inspect.signature(function).parameters
    assert defaults["onset_tolerance"].default == TOLERANCES_S[0]
    assert defaults["velocity_tolerance"].default == VELOCITY_TOLERANCE
