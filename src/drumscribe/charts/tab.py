"""A drum score as text: a line for each drum, a column for each part of a beat."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import lcm
from pathlib import Path
from string import ascii_lowercase, digits

from drumscribe.charts.hits import Hit
from drumscribe.charts.score import Bar, Cell, Score, score_of
from drumscribe.inference.transcriber import Transcription
from drumscribe.utils.files import writable_text, write_text

# From top to bottom, and what they are called.
_LINES = {
    "crash": "CC",
    "ride": "RD",
    "hihat": "HH",
    "high_tom": "T1",
    "mid_tom": "T2",
    "low_tom": "FT",
    "snare": "SN",
    "kick": "BD",
    "hihat_pedal": "HF",
}
_SYMBOLS = {
    "crash": "X",
    "ride": "x",
    "ride_bell": "b",
    "hihat": "x",
    "hihat_open": "o",
    "hihat_pedal": "x",
    "side_stick": "x",
}
_DYNAMIC_SYMBOLS = {"ghost": "g", "normal": "o", "accent": "O"}
_LEGEND = """\
x  cymbal, side stick, hi-hat   X  crash       b  bell of the ride   o  open hi-hat
o  drum                         O  accent      g  ghost note         f  flam
"""
_STRAIGHT_COLUMNS = 4
_TUPLET_COLUMNS = 3
_BARS_PER_ROW = 4
_ROW_WIDTH = 80


def write_tab(transcription: Transcription, path: Path) -> None:
    """Write the score of a transcription as text, titled as the file is named.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    write_text(
        path, tab_text(score_of(transcription), title=writable_text(path.stem.removesuffix(".tab")))
    )


def tab_text(score: Score, *, title: str) -> str:
    """The tab of a score: a few bars a row, under a line that counts the beats."""
    counts_per_beat = score.bars[0].signature.numerator / len(score.bars[0].cells)
    parts = [f"{title}\n{score.bpm / counts_per_beat:.0f} beats a minute\n\n{_LEGEND}"]
    lines = _lines(score)
    row: list[tuple[int, Bar]] = []
    for number, bar in enumerate(score.bars, 1):
        width = sum(_width(other) + 1 for _, other in [*row, (number, bar)]) + len("HH|")
        if row and (len(row) == _BARS_PER_ROW or width > _ROW_WIDTH):
            parts.append(_row_text(row, lines))
            row = []
        row.append((number, bar))
    parts.append(_row_text(row, lines))
    return "\n".join(parts)


def _lines(score: Score) -> dict[str, str]:
    """Label of every line, from top to bottom; a lane beyond the eight is below its stand-in."""
    hits = (hit for bar in score.bars for cell in bar.cells for hit in chain(*cell.hits.values()))
    others = {line: hit.stand_in for hit in hits if (line := _line_of(hit)) not in _LINES}
    labels = dict(_LINES)
    for lane in sorted(others):
        initials = [lane[0] + letter for letter in lane[1:] + ascii_lowercase + digits]
        free = (text.upper() for text in initials if text.upper() not in labels.values())
        labels[lane] = next(free)
    below = {line: [lane for lane in sorted(others) if others[lane] == line] for line in _LINES}
    return {lane: labels[lane] for line in _LINES for lane in (line, *below[line])}


def _row_text(row: Sequence[tuple[int, Bar]], labels: Mapping[str, str]) -> str:
    """The bars of a row: their number, their count, and a line for each drum that plays."""
    first, bar = row[0]
    lines = [f"bar {first}, {bar.signature.numerator}/{bar.signature.denominator}"]
    lines.append("   " + " ".join(_count(bar) for _, bar in row))
    for line, label in labels.items():
        drawn = [_bar_line(bar, line) for _, bar in row]
        if any(set(text) != {"-"} for text in drawn):
            lines.append(f"{label}|{'|'.join(drawn)}|")
    return "\n".join(lines) + "\n"


def _columns(cell: Cell) -> int:
    """How many columns a cell has: as many as stand for its parts evenly."""
    usual = _TUPLET_COLUMNS if cell.division % 3 == 0 else _STRAIGHT_COLUMNS
    if cell.quarters < 1 and usual == _STRAIGHT_COLUMNS:
        usual = 2  # the count of a short beat is halved, not quartered
    if cell.quarters == Fraction(3, 2):
        usual = 6
    return lcm(usual, cell.division)


def _width(bar: Bar) -> int:
    return sum(_columns(cell) for cell in bar.cells)


def _count(bar: Bar) -> str:
    """The number of each beat, and its parts, as in 1e+a2e+a."""
    return "".join(
        (str(number % 10) + _parts(_columns(cell))) for number, cell in enumerate(bar.cells, 1)
    )


def _parts(n_columns: int) -> str:
    names = {4: "e+a", 3: "ta", 2: "+", 8: " e + a ", 6: " t a ", 12: "   t   a   "}
    return names.get(n_columns, " " * (n_columns - 1)).ljust(n_columns - 1)[: n_columns - 1]


def _bar_line(bar: Bar, line: str) -> str:
    """What one drum plays in a bar."""
    text = ""
    for cell in bar.cells:
        columns = ["-"] * _columns(cell)
        step = len(columns) // cell.division
        for slot, hits in cell.hits.items():
            for hit in hits:
                if _line_of(hit) == line:
                    columns[slot * step] = _symbol(hit)
        text += "".join(columns)
    return text


def _line_of(hit: Hit) -> str:
    return "hihat_pedal" if hit.drum == "hihat_pedal" else hit.lane


def _symbol(hit: Hit) -> str:
    if hit.is_flam:
        return "f"
    by_lane = _SYMBOLS.get(hit.stand_in, _DYNAMIC_SYMBOLS[hit.dynamic])
    return _SYMBOLS.get(hit.drum, by_lane)
