"""Confidence that means what it says: fitting it, and measuring how far off it is.

C drum classes, L levels of activation, N hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumscribe.models.calibration import Calibration, log_odds
from drumscribe.utils.arrays import AnyFloatArray, BoolArray

CountArray = npt.NDArray[np.integer]

N_BINS = 10
"""Bins of equal width over 0..1 in which confidence and precision are compared."""

_N_BORROWED = 20.0  # peaks; a class with few of its own follows the others


@dataclass(frozen=True)
class Bin:
    """Hits of about the same confidence.

    Attributes:
        n_hits: how many.
        confidence: their mean confidence, 0..1.
        precision: the share of them that is right, 0..1.
    """

    n_hits: int
    confidence: float
    precision: float


def reliability(confidence: AnyFloatArray, is_right: BoolArray) -> list[Bin]:
    """The bins that hold hits, by increasing confidence.

    Args:
        confidence: of each hit, 0..1, shape (N,).
        is_right: whether it is a real hit, shape (N,).
    """
    place = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return [
        Bin(int(inside.sum()), float(confidence[inside].mean()), float(is_right[inside].mean()))
        for inside in (place == index for index in range(N_BINS))
        if inside.any()
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of confidence and precision over hits, 0..1; 0 without any."""
    n_hits = sum(found.n_hits for found in bins)
    distance = sum(found.n_hits * abs(found.confidence - found.precision) for found in bins)
    return distance / n_hits if n_hits else 0.0


def fit_calibrations(
    levels: AnyFloatArray, n_right: CountArray, n_peaks: CountArray
) -> list[Calibration]:
    """The map of each class that makes the peaks and hits of its levels most likely.

    A step function would follow them more closely, but needs hundreds of peaks for every class;
    toms and crashes have tens. A line on the log-odds has two numbers, which undo what weighted
    losses do to activations. All classes together are fitted first; each is then fitted on its own
    peaks and a few more that behave like those of all.

    Args:
        levels: lower edges of the levels, increasing, 0..1, shape (L,).
        n_right: peaks in each level that are real hits, shape (C, L).
        n_peaks: peaks in each level, shape (C, L).
    """
    heights = _middles(levels)
    share = n_peaks.sum(axis=0) / max(1, n_peaks.sum())
    # As many that are worth their height: keeps the map finite where every peak is right.
    mixed = _fit(heights, n_right.sum(axis=0), n_peaks.sum(axis=0), Calibration(), share)
    return [
        _fit(heights, right, peaks, mixed, share)
        for right, peaks in zip(n_right, n_peaks, strict=True)
    ]


def _fit(
    heights: AnyFloatArray,
    n_right: CountArray,
    n_peaks: CountArray,
    others: Calibration,
    share: AnyFloatArray,
) -> Calibration:
    """The likeliest map for counted peaks and ``_N_BORROWED`` more that follow ``others``."""
    from scipy.optimize import minimize

    borrowed = _N_BORROWED * share
    right = n_right + borrowed * others.confidence(heights)
    wrong = n_peaks + borrowed - right
    odds = log_odds(heights)

    def surprise(numbers: AnyFloatArray) -> float:
        line = numbers[0] * odds + numbers[1]
        return float((right * np.logaddexp(0, -line) + wrong * np.logaddexp(0, line)).sum())

    start = [others.scale, others.offset]
    found = minimize(surprise, start, method="L-BFGS-B", bounds=[(0.0, 20.0), (-20.0, 20.0)])
    return Calibration(round(float(found.x[0]), 4), round(float(found.x[1]), 4))


def _middles(levels: AnyFloatArray) -> AnyFloatArray:
    """The height that stands for each level: the middle of its log-odds, shape (L,)."""
    odds = log_odds(np.append(levels, 1.0))
    return 1 / (1 + np.exp(-(odds[:-1] + odds[1:]) / 2))
