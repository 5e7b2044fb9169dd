"""From pulses on whole frames to beats where the drummer has them, or to a steady tempo.

All times are in seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import Float64Array, IntArray

_NEAR_S = 0.035
"""A hit farther from a beat or half beat says nothing about where it is."""

_NEAR_PART = 0.12
"""Nor does one farther from it than this part of a beat: it belongs to another place."""

_HALF_BEAT_WEIGHT = 0.25
_SMOOTHNESS = 6.0  # of a beat's share of jerk against one hit's distance, both squared
_ANCHOR = 1e-3  # keeps beats where they were found when nothing else says where they are
_PINNED_WEIGHT = 1e4
_PASSES = 2

_STEADY_S = 0.02
"""A track is steady when nearly all of its beats lie so near to a straight line."""

_STEADY_SHARE = 0.95
_ROUNDING_S = 0.008
"""A rounder tempo is the same tempo when it moves the recording's ends by less than this."""


@dataclass(frozen=True)
class SteadyGrid:
    """Equally long beats: beat 0 in seconds, and beats a minute."""

    first_s: float
    bpm: float

    def beats_s(self, n_beats: int) -> Float64Array:
        """The first ``n_beats`` beats."""
        return np.asarray(self.first_s + np.arange(n_beats) * 60.0 / self.bpm)

    def through(self, index: int, time_s: float) -> "SteadyGrid":
        """The same tempo with beat ``index`` at a time."""
        return SteadyGrid(time_s - index * 60.0 / self.bpm, self.bpm)


def refine_beats(
    beats_s: Float64Array, onsets_s: Float64Array, pinned_beat: tuple[int, float] | None = None
) -> Float64Array:
    """Beats moved to the hits played on them, as smoothly as a hand moves.

    The beats that minimise the squared distances of hits to their beats and half beats, plus the
    squared changes of beat length from beat to beat.

    Args:
        beats_s: at least two, ascending.
        onsets_s: hits, any order.
        pinned_beat: a beat's index and its time in seconds, which is certain.

    Returns:
        As many beats, ascending.
    """
    if len(beats_s) < 3 or len(onsets_s) == 0:
        return beats_s
    moved = beats_s
    for _ in range(_PASSES):
        moved = _least_squares(moved, onsets_s, pinned_beat)
        if np.diff(moved).min() <= 0:  # only hits that contradict each other do that
            return beats_s
    return moved


def steady_grid(beats_s: Float64Array) -> SteadyGrid | None:
    """The grid of a track whose beats are equally long as far as can be told, else ``None``.

    Its tempo is the roundest that fits: whole beats a minute, else halves, tenths, hundredths.

    Args:
        beats_s: at least two, ascending.
    """
    index = np.arange(len(beats_s), dtype=np.float64)
    step_s, first_s = np.polyfit(index, beats_s, 1)
    distance_s = np.abs(beats_s - (first_s + step_s * index))
    if np.quantile(distance_s, _STEADY_SHARE) > _STEADY_S:
        return None
    bpm = _roundest(60.0 / step_s, span_s=float(beats_s[-1] - beats_s[0]))
    return SteadyGrid(float(np.mean(beats_s - index * 60.0 / bpm)), bpm)


def _roundest(bpm: float, *, span_s: float) -> float:
    """The roundest tempo that drifts from ``bpm`` imperceptibly over ``span_s``."""
    for steps in (1, 2, 10, 100):
        rounded = round(bpm * steps) / steps
        if rounded > 0 and abs(bpm / rounded - 1) * span_s / 2 <= _ROUNDING_S:
            return rounded
    return bpm


def _least_squares(
    beats_s: Float64Array, onsets_s: Float64Array, pinned_beat: tuple[int, float] | None
) -> Float64Array:
    """One pass: a system with two diagonals on each side of the main one."""
    from scipy.linalg import solveh_banded

    n_beats = len(beats_s)
    bands = np.zeros((3, n_beats))  # in scipy's upper form: bands[2 - d, j] is row j - d, column j
    right = _ANCHOR * beats_s
    bands[2] += _ANCHOR
    for offset, row in enumerate((1.0, -2.0, 1.0)):
        for other, column in enumerate((1.0, -2.0, 1.0)):
            if other >= offset:
                distance = other - offset
                at = slice(other, n_beats - 2 + other)
                bands[2 - distance, at] += _SMOOTHNESS * row * column
    for beat, share, weight, time_s in _observations(beats_s, onsets_s):
        # (1 - share) of one beat and share of the next should be at the time.
        np.add.at(bands[2], beat, weight * (1 - share) ** 2)
        np.add.at(right, beat, weight * (1 - share) * time_s)
        if share:
            np.add.at(bands[2], beat + 1, weight * share**2)
            np.add.at(bands[1], beat + 1, weight * share * (1 - share))
            np.add.at(right, beat + 1, weight * share * time_s)
    if pinned_beat is not None:
        bands[2, pinned_beat[0]] += _PINNED_WEIGHT
        right[pinned_beat[0]] += _PINNED_WEIGHT * pinned_beat[1]
    return np.asarray(solveh_banded(bands, right))


def _observations(
    beats_s: Float64Array, onsets_s: Float64Array
) -> Iterator[tuple[IntArray, float, float, Float64Array]]:
    """Hits near beats, then near half beats: beat before, part of the way, weight, time."""
    inside = onsets_s[(onsets_s > beats_s[0] - _NEAR_S) & (onsets_s < beats_s[-1] + _NEAR_S)]
    position = np.interp(inside, beats_s, np.arange(len(beats_s)))
    for share, weight in ((0.0, 1.0), (0.5, _HALF_BEAT_WEIGHT)):
        beat = np.floor(position - share + 0.5).astype(np.int64)
        beat = beat.clip(0, len(beats_s) - (2 if share else 1))
        following = np.minimum(beat + 1, len(beats_s) - 1)
        expected_s = (1 - share) * beats_s[beat] + share * beats_s[following]
        step_s = beats_s[following] - beats_s[following - 1]
        near = np.abs(inside - expected_s) <= np.minimum(_NEAR_S, _NEAR_PART * step_s)
        yield beat[near], share, weight, inside[near]
