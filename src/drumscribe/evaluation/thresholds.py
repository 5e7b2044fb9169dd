"""Choosing each class's peak-picking threshold from labelled recordings.

Hits are counted at every threshold of a grid at once and summed over recordings (and over training
processes); the best threshold of each class is then read off. So is what an activation is worth:
the peaks that one threshold lets through and the next does not have a height between the two, and
the hits that they add say how many of them are right. G grid points, L levels, C drum classes.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from drumscribe.config import PeakPickingConfig
from drumscribe.drums import Kit
from drumscribe.evaluation.matching import TOLERANCE_S, Counts, count_onsets
from drumscribe.evaluation.reliability import fit_calibrations
from drumscribe.inference.peak_picking import find_peaks
from drumscribe.models.calibration import Calibration
from drumscribe.timing import frame_to_seconds
from drumscribe.utils.arrays import FloatArray, IntArray

PRECISION_FLOOR = 0.8
"""Precision that the strategy "rhythm_game" does not go below, 0..1."""

SLACK = 0.02
"""How much validation F-measure a class gives up, 0..1, to have its threshold near the others'.

A validation set has few kits, and a class's own best threshold follows their peculiarities. With
the bundled model this moves F-measure by +0.009 on MDB Drums' development half, +0.015 on its full
songs and -0.001 on rendered test recordings of other kits.
"""

Strategy = Literal["max_f1", "rhythm_game", "balanced"]

GRID = np.round(np.arange(0.04, 0.97, 0.04), 2)
"""The thresholds that are tried, increasing."""

LEVELS = np.append(GRID, [0.98, 0.99, 0.995, 0.998, 0.999])
"""Where hits are counted: at those, and where most true hits are, above them."""


class ThresholdCounter:
    """Counts of every class at every threshold, each class as if no other were heard.

    Args:
        kit: the model's kit.
        peak_picking: as in inference.
        default: the threshold of a class without hits to find.
    """

    def __init__(self, kit: Kit, peak_picking: PeakPickingConfig, *, default: float) -> None:
        self._kit = kit
        self._peak_picking = peak_picking
        self._default = default
        self.table: IntArray = np.zeros((len(kit), len(LEVELS), 3), np.int64)
        """Shape (C, L, 3): true, false and missed hits; the first G levels are the grid."""

    def add(self, onset: FloatArray, reference_s: Sequence[Sequence[float]]) -> None:
        """Count one recording.

        Args:
            onset: activations, shape (T, C).
            reference_s: sorted onsets of each class in seconds.
        """
        for index, times_s in enumerate(reference_s):
            candidates = find_peaks(onset[:, index], self._peak_picking, threshold=LEVELS[0])
            for row, threshold in enumerate(LEVELS):
                frames = candidates.above(float(threshold)).frame
                found_s = [frame_to_seconds(frame) for frame in frames.tolist()]
                counts = count_onsets(times_s, found_s, TOLERANCE_S)
                self.table[index, row] += (counts.n_true, counts.n_false, counts.n_missed)

    def curves(self) -> dict[str, list[Counts]]:
        """The counts of each class at every threshold of ``GRID``."""
        return {
            name: [Counts(*row) for row in self.table[index, : len(GRID)].tolist()]
            for index, name in enumerate(self._kit.names)
        }

    def calibrations(self) -> dict[str, Calibration]:
        """What activations of each class are worth on these recordings."""
        at_least = self.table[:, :, :2]  # true and false hits of this height and higher
        between = at_least - np.pad(at_least[:, 1:], ((0, 0), (0, 1), (0, 0)))
        fitted = fit_calibrations(LEVELS, between[..., 0], between.sum(axis=-1))
        return dict(zip(self._kit.names, fitted, strict=True))

    def best(self, strategy: Strategy = "max_f1") -> tuple[dict[str, float], dict[str, Counts]]:
        """The best threshold of each class, and its counts there.

        For "max_f1" that is, of the thresholds within ``SLACK`` of the class's highest F-measure,
        the one nearest to the best common threshold of all classes. For the others the middle of
        the first run of equally good thresholds is taken. A class without hits to find gets the
        default threshold; its counts are those at the nearest threshold that was tried.

        Args:
            strategy: what is best: "max_f1" the highest F-measure; "rhythm_game" the highest recall
                at a precision of at least 0.8 (a missing note is felt more than an extra one), or
                the highest F-measure where no threshold has that; "balanced" as many hits found
                as there are to find, precision nearest to recall.
        """
        thresholds: dict[str, float] = {}
        counts: dict[str, Counts] = {}
        curves = self.curves()
        common = [sum(at, Counts()).f_measure for at in zip(*curves.values(), strict=True)]
        for name, rows in curves.items():
            merits = [_merit(counts_at, strategy) for counts_at in rows]
            if strategy == "max_f1":
                row = _near_best(merits, _middle_of_best(common))
            else:
                row = _middle_of_best(merits)
            thresholds[name] = float(GRID[row])
            if rows[row].n_reference == 0:
                row = int(np.argmin(np.abs(GRID - self._default)))
                thresholds[name] = self._default
            counts[name] = rows[row]
        return thresholds, counts


def _merit(counts: Counts, strategy: Strategy) -> float:
    """What a strategy makes as large as it can; see ``ThresholdCounter.best``."""
    if strategy == "balanced":
        return -abs(counts.precision - counts.recall) if counts.n_true else -1.0
    if strategy == "rhythm_game" and counts.precision >= PRECISION_FLOOR:
        return 1 + counts.recall  # above every F-measure
    return counts.f_measure


def _near_best(scores: Sequence[float], wanted: int) -> int:
    """Index nearest to ``wanted`` of the scores that are within ``SLACK`` of the highest."""
    good = np.flatnonzero(np.asarray(scores) >= max(scores) - SLACK)
    return int(good[np.argmin(np.abs(good - wanted))])


def _middle_of_best(scores: Sequence[float]) -> int:
    """Index in the middle of the first unbroken run of the highest score."""
    first = int(np.argmax(scores))
    last = first
    while last + 1 < len(scores) and scores[last + 1] == scores[first]:
        last += 1
    return (first + last) // 2
