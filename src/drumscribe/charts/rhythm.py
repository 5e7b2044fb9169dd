"""A voice of a bar as written notes and rests: their values, dots, beams and tuplets.

A note lasts to the next one of its voice in the same cell, or to the cell's end; what no single
note value can say is filled with rests.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from drumscribe.charts.hits import Hit
from drumscribe.charts.score import Cell

NOTE_TYPES = {
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
    Fraction(1, 4): "16th",
    Fraction(1, 8): "32nd",
    Fraction(1, 16): "64th",
    Fraction(1, 32): "128th",
}
"""Names of note values, by their length in quarters."""

_DOT = Fraction(3, 2)
_N_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}


@dataclass
class Symbol:
    """A written note, chord or rest.

    Attributes:
        quarters: how long it sounds, in quarter notes.
        type: its note value ("eighth").
        is_dotted: half as long again.
        hits: what is struck; nothing in a rest.
        tuplet: so many in the time of so many, where it is part of a tuplet.
        tuplet_edge: "start" or "stop" on the first and last of a tuplet.
        beams: what the beam of each level does at it ("begin", "continue", ...).
    """

    quarters: Fraction
    type: str
    is_dotted: bool
    hits: list[Hit]
    tuplet: tuple[int, int] | None = None
    tuplet_edge: str = ""
    beams: list[str] = field(default_factory=list)


def symbols_of(cell: Cell, lanes_hit: dict[int, list[Hit]]) -> list[Symbol]:
    """The notes and rests that fill a cell.

    Args:
        cell: the cell.
        lanes_hit: what of its hits belongs to the voice, by part of the cell.
    """
    common = math.gcd(cell.division, *lanes_hit)
    voice = Cell(cell.quarters, cell.division // common)
    voice.hits = {slot // common: hits for slot, hits in lanes_hit.items()}
    tuplet = _tuplet(voice)
    symbols = list(_filled(voice, tuplet))
    if tuplet is not None:
        symbols[0].tuplet_edge, symbols[-1].tuplet_edge = "start", "stop"
    _add_beams(symbols)
    return symbols


def rests_of(quarters: Fraction) -> list[Symbol]:
    """The rests of a stretch in which a voice is silent."""
    return [Symbol(part, *_value(part), hits=[]) for part in _parts(quarters)]


def _tuplet(cell: Cell) -> tuple[int, int] | None:
    """How many parts of a cell stand in the time of how many."""
    if not cell.is_tuplet:
        return None
    return cell.division, 1 << (cell.division.bit_length() - 1)


def _filled(cell: Cell, tuplet: tuple[int, int] | None) -> Iterator[Symbol]:
    """Notes to the next one, rests where none fits; a rest first where the first part is none."""
    stretch = Fraction(*tuplet) if tuplet else Fraction(1)
    part = cell.quarters / cell.division
    starts = sorted({0, *cell.hits})
    for start, end in zip(starts, [*starts[1:], cell.division], strict=True):
        hits = cell.hits.get(start, [])
        for written in _parts((end - start) * part * stretch):
            yield Symbol(written / stretch, *_value(written), hits=hits, tuplet=tuplet)
            hits = []


def _parts(quarters: Fraction) -> Iterator[Fraction]:
    """A length as the fewest note values, plain or dotted, the longest first."""
    values = sorted({*NOTE_TYPES, *(_DOT * value for value in NOTE_TYPES)}, reverse=True)
    while quarters > 0:
        longest = next(value for value in values if value <= quarters)
        yield longest
        quarters -= longest


def _value(quarters: Fraction) -> tuple[str, bool]:
    """The name of a note value, and whether it is dotted."""
    if quarters in NOTE_TYPES:
        return NOTE_TYPES[quarters], False
    return NOTE_TYPES[quarters / _DOT], True


def _add_beams(symbols: Sequence[Symbol]) -> None:
    """Beams over neighbouring notes shorter than a quarter."""
    run: list[Symbol] = []
    for symbol in [*symbols, None]:
        if symbol is not None and symbol.hits and symbol.type in _N_BEAMS:
            run.append(symbol)
            continue
        if len(run) > 1:
            _beam(run)
        run = []


def _beam(run: Sequence[Symbol]) -> None:
    counts = [_N_BEAMS[symbol.type] for symbol in run]
    for index, symbol in enumerate(run):
        for level in range(1, counts[index] + 1):
            before = index > 0 and counts[index - 1] >= level
            after = index + 1 < len(run) and counts[index + 1] >= level
            symbol.beams.append(_beam_state(before, after, is_first=index == 0))


def _beam_state(before: bool, after: bool, *, is_first: bool) -> str:
    if before and after:
        return "continue"
    if before or after:
        return "end" if before else "begin"
    return "forward hook" if is_first else "backward hook"
