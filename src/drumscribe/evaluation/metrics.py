"""Scores of one recording: onsets per class, and onsets with velocity.

A hit is found when an estimate of the same class lies within the tolerance (50 ms, the field's
usual; 20 ms, what a rhythm game feels), each used once. Arguments are hits of one set of classes.
"""

from collections.abc import Sequence

import numpy as np

from drumscribe.evaluation.matching import TOLERANCE_S, Counts, count_onsets
from drumscribe.events import DrumEvent

TOLERANCES_S = (TOLERANCE_S, 0.02)
"""Onset tolerances that are reported, in seconds; the first is the headline."""

VELOCITY_TOLERANCE = 0.1
"""Largest error of a rescaled velocity (0..1) that counts as right, as in mir_eval."""

_NOTE_LENGTH_S = 0.05
_LOWEST_HZ = 50.0


def onset_counts(
    reference: Sequence[DrumEvent],
    estimate: Sequence[DrumEvent],
    classes: Sequence[str],
    tolerance_s: float,
) -> dict[str, Counts]:
    """Counts of each class."""
    return {
        name: count_onsets(_onsets(reference, name), _onsets(estimate, name), tolerance_s)
        for name in classes
    }


def velocity_counts(
    reference: Sequence[DrumEvent], estimate: Sequence[DrumEvent], classes: Sequence[str]
) -> Counts:
    """Counts of hits whose class, onset (50 ms) and velocity are right.

    ``mir_eval.transcription_velocity`` with drum classes in place of pitches and no offsets:
    estimated velocities are first scaled and shifted to fit the reference of this recording as a
    whole (a least-squares line over the matched hits), then must be within a tenth of its range.
    """
    n_true = 0
    if reference and estimate:
        from mir_eval.transcription_velocity import match_notes

        matches = match_notes(
            *_as_notes(reference, classes),
            *_as_notes(estimate, classes),
            onset_tolerance=TOLERANCES_S[0],
            offset_ratio=None,
            velocity_tolerance=VELOCITY_TOLERANCE,
        )
        n_true = len(matches)
    return Counts(n_true, len(estimate) - n_true, len(reference) - n_true)


def _onsets(events: Sequence[DrumEvent], name: str) -> list[float]:
    return sorted(event.onset_s for event in events if event.drum == name)


def _as_notes(
    events: Sequence[DrumEvent], classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals (n, 2) in seconds, pitches (n,) an octave apart per class, velocities (n,)."""
    onsets = np.array([event.onset_s for event in events])
    intervals = np.stack([onsets, onsets + _NOTE_LENGTH_S], axis=1)
    pitches = np.array([_LOWEST_HZ * 2.0 ** classes.index(event.drum) for event in events])
    return intervals, pitches, np.array([event.velocity for event in events], dtype=np.float64)
