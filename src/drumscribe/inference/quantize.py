"""Hits on the grid of a tempo map: a view to write to files, the transcription stays as it is.

A division is a number of steps in a whole note: 16 for sixteenths, 12 for triplets of eighths.
Steps are counted from each bar line. No two hits of a drum become one and no hit overtakes another:
where snapping would do that, hits stay where they were played.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap
from drumscribe.utils.arrays import BoolArray, Float64Array, IntArray

_STRAIGHT = 0.5
_SWUNG = (0.4, 0.8)  # where in a pair of steps its second may be played
_LEAST_SWING = 0.04
_FEWEST_SWUNG_HITS = 8
_SWING_SPREAD = 0.08
_SAME_S = 1e-6


@dataclass(frozen=True)
class Quantized:
    """Hits on a grid.

    Attributes:
        events: all of them, in the order given.
        moved_s: how far each was moved, in seconds, later positive; shape (n,).
        swing: where in a pair of steps the second one is, as a part; 0.5 is straight.
        n_left: how many could not be snapped without merging or overtaking.
    """

    events: list[DrumEvent]
    moved_s: Float64Array
    swing: float
    n_left: int

    def summary(self) -> str:
        """How far hits were moved, for people."""
        if len(self.events) == 0:
            return "no hits to move"
        distance_ms = 1000 * np.abs(self.moved_s)
        text = (
            f"hits moved by {np.median(distance_ms):.0f} ms (median), "
            f"{np.quantile(distance_ms, 0.95):.0f} ms (95 %), {distance_ms.max():.0f} ms at most"
        )
        swing = f", swing {100 * self.swing:.0f} %" if self.swing != _STRAIGHT else ""
        left = f"; {self.n_left} left as played" if self.n_left else ""
        return text + swing + left


def quantize(
    events: Sequence[DrumEvent], tempo: TempoMap, division: int, *, strength: float = 1.0
) -> Quantized:
    """A copy of hits nearer to, or on, the grid.

    Args:
        events: hits in order of time.
        tempo: their bars.
        division: steps of a whole note; those of ``DIVISIONS`` are offered.
        strength: the part of the way to the grid, 0..1.
    """
    played_s = np.array([event.onset_s for event in events], np.float64)
    position = tempo.positions(played_s)
    bar, length, step = _bars(tempo, position, division)
    swing = _swing((position - bar) / step) if division % 3 else _STRAIGHT
    grid_s = tempo.seconds(
        bar + _nearest_step((position - bar) / step, length / step, swing) * step
    )
    target_s = played_s + strength * (grid_s - played_s)
    stays = _staying([event.drum for event in events], played_s, target_s)
    placed_s = np.where(stays, played_s, target_s)
    placed = [
        replace(event, onset_s=float(time_s))
        for event, time_s in zip(events, placed_s, strict=True)
    ]
    return Quantized(placed, placed_s - played_s, swing, int(stays.sum()))


def _bars(
    tempo: TempoMap, position: Float64Array, division: int
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """The bar line before each position, the bar's length and a step's, in counts."""
    starts = np.array([signature.first_beat for signature in tempo.time_signatures])
    index = np.clip(np.searchsorted(starts, position + _SAME_S, side="right") - 1, 0, None)
    counts = np.array([float(signature.numerator) for signature in tempo.time_signatures])[index]
    notes = np.array([float(signature.denominator) for signature in tempo.time_signatures])[index]
    first = starts[index]
    bar = first + np.floor((position - first) / counts) * counts
    return bar, counts, notes / division


def _swing(steps: Float64Array) -> float:
    """Where hits play the second of two steps: their median, if they agree on it."""
    pair = steps % 2.0 / 2.0
    second = pair[(pair > _SWUNG[0]) & (pair < _SWUNG[1])]
    if len(second) < _FEWEST_SWUNG_HITS:
        return _STRAIGHT
    low, swing, high = np.quantile(second, (0.25, 0.5, 0.75))
    is_swung = swing - _STRAIGHT >= _LEAST_SWING and high - low <= _SWING_SPREAD
    return float(swing) if is_swung else _STRAIGHT


def _nearest_step(steps: Float64Array, steps_in_bar: Float64Array, swing: float) -> Float64Array:
    """The nearest grid place of positions counted in steps from their bar line."""
    pair = np.floor(steps / 2.0) * 2.0
    places = np.stack([pair, pair + 2.0 * swing, pair + 2.0])
    places = np.minimum(places, steps_in_bar)  # the next bar's line ends a bar of odd length
    nearest = np.abs(places - steps).argmin(axis=0)
    return np.asarray(np.take_along_axis(places, nearest[None], axis=0)[0])


def _staying(drums: Sequence[str], played_s: Float64Array, target_s: Float64Array) -> BoolArray:
    """Which hits must stay so that none merge, none overtake and none begin before the start."""
    stays = target_s < 0
    while True:
        placed_s = np.where(stays, played_s, target_s)
        blocked = _first_conflicts(drums, played_s, placed_s, stays)
        if not len(blocked):
            return stays
        stays[blocked] = True


def _first_conflicts(
    drums: Sequence[str],
    played_s: Float64Array,
    placed_s: Float64Array,
    stays: BoolArray,
) -> IntArray:
    """Hits that must stay, as one before or after them is in the way: of two, the farther moved."""
    blocked = []
    last_of_drum: dict[str, int] = {}
    for index, drum in enumerate(drums):
        other = last_of_drum.get(drum)
        last_of_drum[drum] = index
        pairs = []
        if other is not None and played_s[index] > played_s[other]:
            pairs.append((other, placed_s[index] - placed_s[other] < _SAME_S))
        if index:
            pairs.append((index - 1, placed_s[index] < placed_s[index - 1]))
        for before, is_conflict in pairs:
            moves = [i for i in (before, index) if not stays[i]]
            if is_conflict and moves:
                blocked.append(max(moves, key=lambda i: abs(placed_s[i] - played_s[i])))
    return np.array(sorted(set(blocked)), np.int64)
