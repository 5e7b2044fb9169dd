"""What frames a game chart: practice sections, star power and the fills that spend it.

All of it stands on bar lines. Bars count from the first that is played. Of every eight bars the
last two are a star power phrase, if something is played in them on every level; the half bar
before the fifth is a fill, if its last stroke falls on the bar line. The first fill comes at the
first such bar line after star power has been collected, whichever bar that is.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.drums import LANES8
from drumscribe.utils.arrays import Float64Array

_BLOCK_BARS = 8
_SECTION_BARS = 4
_LONGEST_SECTION_BARS = 16
_SLOTS = 16
_SAME_GROOVE = 0.75
_NEAR_LINE_TICKS = 1 / 8  # of a quarter: a stroke so near is on the bar line


@dataclass(frozen=True, slots=True)
class Span:
    """From a tick up to another, which it does not hold."""

    start_tick: int
    end_tick: int


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of the song from a tick on."""

    tick: int
    name: str


def sections_of(bars: Sequence[int], strokes: Sequence[tuple[int, str]]) -> list[Section]:
    """Parts of the song, begun where the groove changes, every four bars at the earliest.

    Args:
        bars: ticks of the bar lines from the first played bar on; the last ends the song.
        strokes: tick and lane of every hit, in order.

    Returns:
        At least one; grooves that come again have the same letter. Silence goes on with what was
        before it.
    """
    grooves = _grooves(bars, strokes)
    letters: list[Float64Array] = []
    counts: list[int] = []
    sections: list[Section] = []
    start = 0
    for bar in range(0, max(1, len(bars) - 1), _SECTION_BARS):
        groove = grooves[bar : bar + _SECTION_BARS].mean(axis=0)
        is_new = bar == 0 or _likeness(groove, grooves[start:bar].mean(axis=0)) < _SAME_GROOVE
        is_due = groove.any() and (is_new or bar - start >= _LONGEST_SECTION_BARS)
        if is_due or not sections:
            start = bar
            letter = _letter(groove, letters)
            counts += [0] * (len(letters) - len(counts))
            counts[letter] += 1
            sections.append(Section(bars[bar], _name(letter, counts[letter])))
    return sections


def star_power_of(bars: Sequence[int], levels: Sequence[Sequence[int]]) -> list[Span]:
    """Phrases of two bars in which every level has something to hit.

    Args:
        bars: as ``sections_of``.
        levels: the ticks of each level, in order.
    """
    phrases = []
    for last in range(_BLOCK_BARS, len(bars), _BLOCK_BARS):
        span = Span(bars[last - 2], bars[last])
        if all(_n_within(ticks, span) >= 1 for ticks in levels):
            phrases.append(span)
    return phrases


def fills_of(
    bars: Sequence[int], ticks: Sequence[int], phrases: Sequence[Span], ticks_per_quarter: int
) -> list[Span]:
    """Half bars that end with a stroke on a bar line, after star power and outside it.

    Args:
        bars: as ``sections_of``.
        ticks: those of the hardest level, in order.
        phrases: the star power.
        ticks_per_quarter: the resolution.
    """
    near = max(1, round(ticks_per_quarter * _NEAR_LINE_TICKS))
    fills: list[Span] = []
    first_end = phrases[0].end_tick if phrases else bars[-1]
    for index in range(_BLOCK_BARS + 1, len(bars) - 1):
        line = bars[index]
        start = (bars[index - 1] + line) // 2
        stroke = bisect_left(ticks, max(line - near, start + 1))  # a bar may be shorter than that
        has_end = stroke < len(ticks) and ticks[stroke] <= line + near
        is_due = not fills or line - fills[-1].end_tick >= bars[index] - bars[index - 4]
        is_apart = start >= first_end and not any(
            start < phrase.end_tick and phrase.start_tick < line + near for phrase in phrases
        )
        in_place = (index % _BLOCK_BARS) == _BLOCK_BARS // 2 or not fills
        if has_end and is_due and is_apart and in_place:
            fills.append(Span(start, ticks[stroke]))
    return fills


def _grooves(bars: Sequence[int], strokes: Sequence[tuple[int, str]]) -> Float64Array:
    """What is struck where in each bar, shape (n_bars, lanes x slots)."""
    n_bars = max(1, len(bars) - 1)
    grooves = np.zeros((n_bars, len(LANES8), _SLOTS))
    for tick, lane in strokes:
        bar = min(max(0, int(np.searchsorted(bars, tick, side="right")) - 1), n_bars - 1)
        length = bars[bar + 1] - bars[bar] if bar + 1 < len(bars) else 1
        slot = min(_SLOTS - 1, max(0, round(_SLOTS * (tick - bars[bar]) / length)))
        grooves[bar, LANES8.index_by_name[lane], slot] = 1
    return grooves.reshape(n_bars, -1)


def _likeness(one: Float64Array, other: Float64Array) -> float:
    """1 for the same groove, 0 for nothing in common; silence is like silence."""
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    if norm == 0:
        return 1.0 if not one.any() and not other.any() else 0.0
    return float(one @ other) / norm


def _letter(groove: Float64Array, letters: list[Float64Array]) -> int:
    """The number of the groove among those heard before; a new one is added to them."""
    for index, known in enumerate(letters):
        if _likeness(groove, known) >= _SAME_GROOVE:
            return index
    letters.append(groove)
    return len(letters) - 1


def _name(letter: int, count: int) -> str:
    """Grooves A, B, ... Z, A1; a number when one comes again."""
    cycle, index = divmod(letter, 26)
    name = chr(ord("A") + index) + (str(cycle) if cycle else "")
    return f"Groove {name}" + (f" {count}" if count > 1 else "")


def _n_within(ticks: Sequence[int], span: Span) -> int:
    """How many of ``ticks``, in order, are in a span."""
    return bisect_left(ticks, span.end_tick) - bisect_left(ticks, span.start_tick)
