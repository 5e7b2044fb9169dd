"""Hits as a drummer reads them: bars of cells, each divided as simply as its hits allow.

A cell is a beat: one count of the time signature, or three of them in 6/8, 9/8 and 12/8. Each is
divided on its own, into halves, quarters, thirds and so on, by what fits the hits best; a finer
division has to fit better. So a triplet stands beside straight sixteenths.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from drumscribe.charts.hits import Hit, playable_hits
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap, TimeSignature, is_compound

# Divisions of a cell, and what they cost. A cell of three counts has no tuplets.
_SIMPLE = {1: 0.0, 2: 0.5, 4: 1.5, 3: 2.5, 8: 10.0, 6: 9.0}
_COMPOUND = {1: 0.0, 3: 0.5, 6: 1.5, 12: 10.0}
_FINEST_QUARTERS = Fraction(1, 8)  # no notes shorter than a 32nd
_JITTER_BEATS = 0.035  # how far people play from where they mean, in cells
_LOST_HIT = 12.0


@dataclass
class Cell:
    """A beat of a bar.

    Attributes:
        quarters: its length in quarter notes.
        division: how many equal parts it has.
        hits: what is struck at each part that is.
    """

    quarters: Fraction
    division: int = 1
    hits: dict[int, list[Hit]] = field(default_factory=dict)

    @property
    def is_tuplet(self) -> bool:
        """Whether its parts are no halves of halves of a note or a dotted one."""
        return (self.quarters / self.division).denominator % 3 == 0


@dataclass(frozen=True)
class Bar:
    """A bar: its time signature and its beats."""

    signature: TimeSignature
    cells: list[Cell]


@dataclass(frozen=True)
class Score:
    """Bars in order, and the tempo in beats (counts) a minute."""

    bars: list[Bar]
    bpm: float


def score_of(transcription: Transcription) -> Score:
    """The bars of a transcription, from its start to its last hit."""
    tempo = transcription.tempo
    hits = playable_hits(transcription.events, transcription.kit, tempo)
    start = tempo.downbeat_of(math.floor(float(tempo.positions(0.0)) + 0.25))
    last = hits[-1].position if hits else float(start)
    spans = _spans(tempo, start, last)
    hits_by_span = _by_span(hits, [beat for bar in spans for beat, _ in bar[1]])
    bars: list[Bar] = []
    carried: list[Hit] = []
    for signature, cells in spans:
        bar = Bar(signature, [])
        for beat, n_counts in cells:
            cell = Cell(Fraction(4 * n_counts, signature.denominator))
            mine = carried + hits_by_span.get(beat, [])
            carried = _fill(cell, mine, beat, n_counts)
            bar.cells.append(cell)
        bars.append(bar)
    if len(bars) > 1 and not any(cell.hits for cell in bars[-1].cells):
        bars.pop()  # nothing was meant for it
    return Score(bars, tempo.bpm)


_Span = tuple[TimeSignature, list[tuple[int, int]]]


def _spans(tempo: TempoMap, start: int, last: float) -> list[_Span]:
    """Signature, and the first beat and count of each cell, of the bars up to ``last``."""
    spans: list[_Span] = []
    beat = start
    while True:
        signature = tempo.signature_at(beat)
        step = 3 if is_compound(signature.numerator, signature.denominator) else 1
        cells = [(beat + i, step) for i in range(0, signature.numerator, step)]
        spans.append((signature, cells))
        beat += signature.numerator
        if last < beat - 0.5 * step:  # later, it may be meant for the next bar
            return spans


def _by_span(hits: Sequence[Hit], starts: Sequence[int]) -> Mapping[int, list[Hit]]:
    """The hits of each cell by its first beat; what comes before the first is the first's."""
    grouped: dict[int, list[Hit]] = defaultdict(list)
    index = 0
    for hit in hits:
        while index + 1 < len(starts) and starts[index + 1] <= hit.position:
            index += 1
        grouped[starts[index]].append(hit)
    return grouped


def _fill(cell: Cell, hits: Sequence[Hit], beat: int, n_counts: int) -> list[Hit]:
    """Put hits on the parts of a cell; return those that are meant for the next."""
    places = [max(0.0, (hit.position - beat) / n_counts) for hit in hits]
    costs = _COMPOUND if n_counts == 3 else _SIMPLE
    # Finer than a 32nd, or a tuplet of less than eighths, nobody writes.
    allowed = [d for d in costs if cell.quarters / d >= _FINEST_QUARTERS] or [1]
    cell.division = min(allowed, key=lambda d: costs[d] + _misfit(hits, places, d))
    carried = []
    for hit, place in zip(hits, places, strict=True):
        slot = round(place * cell.division)
        if slot >= cell.division:
            carried.append(hit)
        elif all(other.lane != hit.lane for other in cell.hits.get(slot, [])):
            cell.hits.setdefault(slot, []).append(hit)
    _simplify(cell)
    return carried


def _misfit(hits: Sequence[Hit], places: Sequence[float], division: int) -> float:
    """How badly hits fit a division: their distances, and a price for each that finds no place."""
    taken: set[tuple[int, str]] = set()
    misfit = 0.0
    for hit, place in zip(hits, places, strict=True):
        slot = round(place * division)
        misfit += ((place - slot / division) / _JITTER_BEATS) ** 2
        if (slot, hit.lane) in taken:
            misfit += _LOST_HIT
        taken.add((slot, hit.lane))
    return misfit


def _simplify(cell: Cell) -> None:
    """Give a cell the coarsest division that its hits stand on."""
    common = math.gcd(cell.division, *cell.hits)
    cell.hits = {slot // common: cell.hits[slot] for slot in sorted(cell.hits)}
    cell.division //= common
