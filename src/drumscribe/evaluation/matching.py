"""Matching of estimated to reference onsets.

Two onsets may be paired when they are at most a tolerance apart, each used once. Scores follow from
the largest number of pairs, as in ``mir_eval.onset``. On a line that maximum is found by walking
both sorted lists once, which is what makes tuning on hours of audio quick; the result is tested to
equal mir_eval's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE_S = 0.05
"""Onset tolerance of the field's usual score, in seconds."""


@dataclass(frozen=True)
class Counts:
    """Hits found, invented and missed; counts of several recordings add up.

    A score without anything to score (no reference and no estimate) is 0, as in mir_eval.
    """

    n_true: int = 0
    n_false: int = 0
    n_missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.n_true + other.n_true,
            self.n_false + other.n_false,
            self.n_missed + other.n_missed,
        )

    @property
    def precision(self) -> float:
        """Share of estimated hits that are real, 0..1."""
        return _ratio(self.n_true, self.n_true + self.n_false)

    @property
    def recall(self) -> float:
        """Share of real hits that were found, 0..1."""
        return _ratio(self.n_true, self.n_true + self.n_missed)

    @property
    def f_measure(self) -> float:
        """Harmonic mean of precision and recall, 0..1."""
        return _ratio(2 * self.n_true, 2 * self.n_true + self.n_false + self.n_missed)

    @property
    def n_reference(self) -> int:
        """Hits in the reference."""
        return self.n_true + self.n_missed


def match_onsets(
    reference_s: Sequence[float], estimated_s: Sequence[float], tolerance_s: float
) -> list[tuple[int, int]]:
    """A largest set of pairs of onsets within the tolerance.

    Args:
        reference_s: onsets in seconds, in increasing order.
        estimated_s: onsets in seconds, in increasing order.
        tolerance_s: the largest distance of a pair, itself included.

    Returns:
        Pairs of indices (reference, estimate), in increasing order.
    """
    pairs: list[tuple[int, int]] = []
    reference = estimate = 0
    while reference < len(reference_s) and estimate < len(estimated_s):
        distance_s = estimated_s[estimate] - reference_s[reference]
        if abs(distance_s) <= tolerance_s:
            pairs.append((reference, estimate))
            reference += 1
            estimate += 1
        elif distance_s < 0:
            estimate += 1
        else:
            reference += 1
    return pairs


def count_onsets(
    reference_s: Sequence[float], estimated_s: Sequence[float], tolerance_s: float
) -> Counts:
    """The counts of one class of one recording; arguments as ``match_onsets``."""
    n_true = len(match_onsets(reference_s, estimated_s, tolerance_s))
    return Counts(n_true, len(estimated_s) - n_true, len(reference_s) - n_true)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
