"""Bars and beats as files count them: ticks, and the tempo and metre changes that give them time.

Conventions: tick 0 is second 0; a bar line lies on the first downbeat at or after it, so what comes
before is a shorter pick-up bar. Where the first beat comes too soon for one, as in a loop cut by
hand, its count begins with the file and lasts that much longer. Tempos are what the file's format
can hold; each is chosen from where the ones before it really led, so rounding does not add up.
Ticks are found by that same clock, so a time in seconds is off by half a tick at most.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from drumscribe.tempo import TempoMap, TimeSignature
from drumscribe.utils.arrays import Float64Array, IntArray

TICKS_PER_QUARTER = 480
"""Resolution of every MIDI file written; slow music gets a multiple of it."""


_MAX_HALF_TICK_S = 0.00095
_MAX_TICKS_PER_QUARTER = 16 * TICKS_PER_QUARTER
_BAR_TOLERANCE_S = 0.0001  # beats may be so far from their bar lines before the tempo is corrected
_ZERO_S = 0.0009  # a downbeat nearer to the start stands on it: no reader believes such a bar
_FINEST_PICKUP = 32
_PICKUP_STRETCH = 0.3  # the count that the recording starts in may be so much longer or shorter
_MOST_ANCHORS_AHEAD = 1000  # no tempo lasts longer as files round it


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From ``tick`` on, a quarter note lasts ``seconds_per_quarter`` seconds."""

    tick: int
    seconds_per_quarter: float


@dataclass(frozen=True, slots=True)
class MetreChange:
    """From ``tick`` on, bars have ``numerator`` beats of a ``1 / denominator`` note."""

    tick: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """A tick and the time it should have, in seconds."""

    tick: int
    time_s: float


@dataclass(frozen=True)
class TickGrid:
    """Ticks under a tempo map.

    Attributes:
        ticks_per_quarter: ticks of a quarter note.
        tempo_changes: in order, the first at tick 0.
        metre_changes: in order, the first at tick 0, each on a bar line of the one before.
    """

    ticks_per_quarter: int
    tempo_changes: tuple[TempoChange, ...]
    metre_changes: tuple[MetreChange, ...]

    @cached_property
    def _change_ticks(self) -> Float64Array:
        return np.array([change.tick for change in self.tempo_changes], np.float64)

    @cached_property
    def _seconds_per_tick(self) -> Float64Array:
        per_quarter = [change.seconds_per_quarter for change in self.tempo_changes]
        return np.array(per_quarter) / self.ticks_per_quarter

    @cached_property
    def _change_s(self) -> Float64Array:
        spans_s = np.diff(self._change_ticks) * self._seconds_per_tick[:-1]
        return np.concatenate([[0.0], np.cumsum(spans_s)])

    def seconds(self, ticks: npt.ArrayLike) -> Float64Array:
        """Times in seconds of ticks."""
        at = np.asarray(ticks, np.float64)
        index = np.searchsorted(self._change_ticks, at, side="right") - 1
        elapsed_s = (at - self._change_ticks[index]) * self._seconds_per_tick[index]
        return np.asarray(self._change_s[index] + elapsed_s)

    def ticks(self, times_s: npt.ArrayLike) -> IntArray:
        """The nearest ticks to times in seconds, none before 0."""
        times = np.maximum(np.asarray(times_s, np.float64), 0.0)
        index = np.searchsorted(self._change_s, times, side="right") - 1
        elapsed = (times - self._change_s[index]) / self._seconds_per_tick[index]
        return np.asarray(np.rint(self._change_ticks[index] + elapsed), np.int64)

    def bar_ticks(self, until_tick: int) -> list[int]:
        """The first ticks of bars up to ``until_tick``, which is in the last of them."""
        ticks: list[int] = []
        ends = [change.tick for change in self.metre_changes[1:]] + [until_tick + 1]
        for metre, end in zip(self.metre_changes, ends, strict=True):
            length = self.ticks_per_quarter * 4 * metre.numerator // metre.denominator
            ticks.extend(range(metre.tick, max(end, metre.tick), length))
        return [tick for tick in ticks if tick <= until_tick] or [0]


def to_microseconds(seconds_per_quarter: float) -> float:
    """The nearest tempo that a MIDI file can hold: whole microseconds, in three bytes."""
    return min(max(round(seconds_per_quarter * 1_000_000), 1), 0xFFFFFF) / 1_000_000


def tick_grid(
    tempo: TempoMap,
    *,
    ticks_per_quarter: int | None = None,
    round_tempo: Callable[[float], float] = to_microseconds,
    bar_tolerance_s: float = _BAR_TOLERANCE_S,
) -> TickGrid:
    """The ticks, tempos and metres that write ``tempo``.

    Args:
        tempo: where beats and bars are.
        ticks_per_quarter: the resolution; by default 480, or for slow music as many times that as
            keeps half a tick below a millisecond.
        round_tempo: seconds of a quarter note to the nearest that the format can hold.
        bar_tolerance_s: how far a beat may be from its bar line before the tempo is corrected.
    """
    resolution = ticks_per_quarter or TICKS_PER_QUARTER
    anchors, metres = _anchors(tempo, resolution)
    changes = _tempo_changes(anchors, resolution, round_tempo, bar_tolerance_s)
    slowest_s = max(change.seconds_per_quarter for change in changes)
    finer = TICKS_PER_QUARTER
    while finer < _MAX_TICKS_PER_QUARTER and slowest_s / finer / 2 > _MAX_HALF_TICK_S:
        finer *= 2
    if ticks_per_quarter is None and finer > TICKS_PER_QUARTER:
        return tick_grid(
            tempo,
            ticks_per_quarter=finer,
            round_tempo=round_tempo,
            bar_tolerance_s=bar_tolerance_s,
        )
    return TickGrid(resolution, changes, metres)


def _anchors(
    tempo: TempoMap, ticks_per_quarter: int
) -> tuple[list[Anchor], tuple[MetreChange, ...]]:
    """Where the beats from second 0 on stand, and the metres."""
    downbeat = _first_downbeat(tempo)
    anchors, metres = _pickup(tempo, downbeat, ticks_per_quarter)
    tick = anchors[-1].tick
    last = max(len(tempo.beats_s) - 1, downbeat + 1, tempo.time_signatures[-1].first_beat)
    times_s = tempo.seconds(range(downbeat, last + 1))
    for beat, time_s in enumerate(times_s[1:].tolist(), downbeat):
        signature = tempo.signature_at(beat)
        if beat == downbeat or signature.first_beat == beat:
            metres.append(MetreChange(tick, signature.numerator, signature.denominator))
        tick += ticks_per_quarter * 4 // signature.denominator
        anchors.append(Anchor(tick, time_s))
    return anchors, _without_repeats(metres)


def _without_repeats(metres: list[MetreChange]) -> tuple[MetreChange, ...]:
    """The metres without those that say what already holds."""
    kept = metres[:1]
    for metre in metres[1:]:
        if (metre.numerator, metre.denominator) != (kept[-1].numerator, kept[-1].denominator):
            kept.append(metre)
    return tuple(kept)


def _first_downbeat(tempo: TempoMap) -> int:
    """The first downbeat at second 0 or later."""
    beat = math.floor(float(tempo.positions(0.0)))
    while tempo.number_in_bar(beat) != 1 or float(tempo.seconds(beat)) < -_ZERO_S:
        beat += 1
    return beat


def _pickup(
    tempo: TempoMap, downbeat: int, ticks_per_quarter: int
) -> tuple[list[Anchor], list[MetreChange]]:
    """The beats from second 0 to the first downbeat, that included, and the metre of their bar."""
    signature = tempo.signature_at(downbeat - 1)
    beats = [k for k in range(_beat_after_zero(tempo), downbeat + 1)]
    part = beats[0] - float(tempo.positions(0.0))
    anchors = [Anchor(0, 0.0)]
    numerator, denominator = len(beats) - 1, signature.denominator
    tick = 0
    n_parts, part_denominator = _part_of_a_beat(part, signature)
    if n_parts and float(tempo.seconds(beats[0])) > _ZERO_S:
        denominator = part_denominator
        tick = n_parts * ticks_per_quarter * 4 // denominator
        numerator = numerator * (denominator // signature.denominator) + n_parts
        anchors.append(Anchor(tick, float(tempo.seconds(beats[0]))))
    for beat in beats[1:]:
        tick += ticks_per_quarter * 4 // signature.denominator
        anchors.append(Anchor(tick, float(tempo.seconds(beat))))
    return anchors, [MetreChange(0, numerator, denominator)] if numerator else []


def _beat_after_zero(tempo: TempoMap) -> int:
    """The first beat at second 0 or later."""
    beat = math.floor(float(tempo.positions(0.0)))
    while float(tempo.seconds(beat)) < -_ZERO_S:
        beat += 1
    return beat


def _part_of_a_beat(part: float, signature: TimeSignature) -> tuple[int, int]:
    """Counts and their note value that come near a part of a beat: 0.45 of a quarter is 1/8.

    None where even the finest is far from it.
    """
    denominator = signature.denominator
    while True:
        exact = part * denominator / signature.denominator
        n_counts = round(exact)
        is_near = n_counts >= 1 and abs(n_counts - exact) <= _PICKUP_STRETCH * exact
        if is_near or denominator >= _FINEST_PICKUP:
            return n_counts if is_near else 0, denominator
        denominator *= 2


def _tempo_changes(
    anchors: list[Anchor],
    ticks_per_quarter: int,
    round_tempo: Callable[[float], float],
    tolerance_s: float,
) -> tuple[TempoChange, ...]:
    """Tempos that lead from anchor to anchor, as few as the tolerance allows."""
    changes: list[TempoChange] = []
    tempo_s, now_s = 0.0, 0.0
    for index, (here, following) in enumerate(pairwise(anchors)):
        n_quarters = (following.tick - here.tick) / ticks_per_quarter
        if not changes or abs(now_s + tempo_s * n_quarters - following.time_s) > tolerance_s:
            per_tick_s = _lasting_pace(
                anchors[index : index + _MOST_ANCHORS_AHEAD], now_s, tolerance_s
            )
            corrected_s = round_tempo(per_tick_s * ticks_per_quarter)
            if corrected_s != tempo_s:
                tempo_s = corrected_s
                changes.append(TempoChange(here.tick, tempo_s))
        now_s += tempo_s * n_quarters
    return tuple(changes)


def _lasting_pace(anchors: Sequence[Anchor], now_s: float, tolerance_s: float) -> float:
    """Seconds of a tick that pass by the most anchors after the first within the tolerance."""
    low_s, high_s = -math.inf, math.inf
    for anchor in anchors[1:]:
        n_ticks = anchor.tick - anchors[0].tick
        low = max(low_s, (anchor.time_s - tolerance_s - now_s) / n_ticks)
        high = min(high_s, (anchor.time_s + tolerance_s - now_s) / n_ticks)
        if low > high:
            break
        low_s, high_s = low, high
    return (low_s + high_s) / 2
