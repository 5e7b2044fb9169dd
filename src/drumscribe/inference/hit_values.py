"""What a hit is worth at each place of a pulse: the pattern as tables for the search."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.inference.bar_patterns import SLOTS, BarPattern, bar_pattern
from drumscribe.utils.arrays import Float64Array, FloatArray

SHORTEST, LONGEST = 24, 118
"""Pulse lengths that are searched, in frames: 245 to 50 pulses a minute."""

LENGTH_RANGES = (range(SHORTEST, 60), range(60, LONGEST + 1, 2))
"""Every short length and every second long one, as what matters is their ratio."""

LENGTHS = np.concatenate(LENGTH_RANGES)
"""All of them, ascending."""

_SPREAD_FRAMES = 2.0
"""Standard deviation of hits around their place (20 ms): the player's, and rounding."""

_STRAY = 0.2
"""Share of hits that are anywhere, so that one hit never decides alone."""

_WEIGHT = 0.6
"""Below 1, as the hits of a beat do not fall independently of each other."""


@lru_cache(maxsize=16)
def hit_values(numerator: int, denominator: int) -> FloatArray:
    """Logarithm of how much likelier a hit is at its place than anywhere in the bar.

    Returns:
        Shape (groups, lengths, pulses, LONGEST): of a hit ``LONGEST - 1 - i`` frames after the
        beginning of a pulse of that length and number, 0 where the pulse is over. The last axis
        runs backwards so that it can be added to an array over pulses' first frames.
    """
    pattern = bar_pattern(numerator, denominator)
    after, length = np.arange(LONGEST)[::-1], LENGTHS[:, None]  # frames from the pulse to the hit
    is_within = after < length
    values = np.zeros((len(pattern.shares), len(LENGTHS), pattern.n_pulses, LONGEST), np.float32)
    for number in range(pattern.n_pulses):
        ratio = _density(pattern, number, after, length) * length * pattern.n_pulses
        values[:, :, number] = np.where(is_within, _log_value(ratio), 0.0)
    return values


def values_over_bar(pattern: BarPattern, pulse_frames: float, n_steps: int) -> Float64Array:
    """What a hit is worth at ``n_steps`` equal steps of a bar, shape (groups, n_steps).

    Args:
        pattern: the metre's.
        pulse_frames: length of a pulse in frames, as exact as it is known.
        n_steps: how finely.
    """
    position = np.arange(n_steps) * pattern.n_pulses / n_steps
    after = (position % 1.0 * pulse_frames)[:, None]
    length = np.array([pulse_frames])
    values = np.zeros((len(pattern.shares), n_steps))
    for number in range(pattern.n_pulses):
        here = np.floor(position) == number
        density = _density(pattern, number, after[here], length)[..., 0]
        values[:, here] = _log_value(density * pulse_frames * pattern.n_pulses)
    return values


def _log_value(ratio: Float64Array) -> Float64Array:
    """Worth of a hit that is ``ratio`` times likelier where it is than anywhere."""
    return np.asarray(_WEIGHT * np.log((1 - _STRAY) * ratio + _STRAY))


def _density(
    pattern: BarPattern,
    number: int,
    after: npt.NDArray[Any],
    length: npt.NDArray[Any],
) -> Float64Array:
    """Density of each group's hits per frame, (groups, *broadcast of after and length).

    Hits belong to places of the pulse itself, the last one's end or the next one's beginning.
    """
    total = np.zeros((len(pattern.shares), *np.broadcast_shapes(after.shape, length.shape)))
    for neighbour in (-1, 0, 1):
        shares = pattern.shares[:, (number + neighbour) % pattern.n_pulses]
        for slot, place in enumerate(SLOTS):
            distance = (after - (neighbour + place) * length) / _SPREAD_FRAMES
            bell = np.exp(-0.5 * distance**2) / (_SPREAD_FRAMES * np.sqrt(2 * np.pi))
            total += shares[:, slot, None, None] * bell
    return total
