"""A game chart as ``notes.chart``, the text that chart editors read.

The same ticks as ``notes.mid``; toms are the default and cymbals marked. The format has no flams
and no eight-lane part.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from drumscribe.charts.game_chart import GameChart, Note
from drumscribe.charts.reduction import EXPERT
from drumscribe.data.tick_grid import tick_grid, to_microseconds
from drumscribe.utils.files import write_text

_SECTION_NAMES = {
    "expert": "ExpertDrums",
    "hard": "HardDrums",
    "medium": "MediumDrums",
    "easy": "EasyDrums",
}
_SECOND_KICK = 32
_CYMBAL_MARKERS = {"yellow": 66, "blue": 67, "green": 68}
_ACCENT_SHIFT = 33  # 34 is an accent on red, which is 1
_GHOST_SHIFT = 39
_STAR_POWER = 2
_FILL = 64
_MILLI = 1000


def write_notes_chart(
    chart: GameChart, path: Path, *, title: str = "", artist: str = "", audio: str = ""
) -> None:
    """Write the chart as text.

    Args:
        chart: what to play.
        path: the file to write, ``notes.chart`` to a game.
        title: the song's title.
        artist: who plays it.
        audio: the name of the audio file beside it.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    quoted = {"Name": title, "Artist": artist, "MusicStream": audio}
    song = [f'{key} = "{_plain(text)}"' for key, text in quoted.items() if text]
    song += ["Offset = 0", f"Resolution = {chart.grid.ticks_per_quarter}"]
    blocks = [("Song", song), ("SyncTrack", _timed(_sync(chart)))]
    blocks.append(("Events", _timed(_events(chart))))
    for level, notes in chart.pro_levels.items():
        lines = _timed([*_notes(notes, level), *_phrases(chart)])
        blocks.append((_SECTION_NAMES[level], lines))
    text = "".join(
        f"[{name}]\n{{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"
        for name, lines in blocks
    )
    write_text(path, text)


def _sync(chart: GameChart) -> Iterator[tuple[int, str]]:
    """Time signatures and tempos in thousandths of a beat a minute.

    The tempos are chosen anew for this format: those of MIDI, rounded again, would drift. Music too
    slow for MIDI stays so, as the notes are on its ticks.
    """
    grid = tick_grid(
        chart.tempo,
        ticks_per_quarter=chart.grid.ticks_per_quarter,
        round_tempo=lambda spq: 60.0 * _MILLI / _milli_bpm(to_microseconds(spq)),
    )
    for metre in grid.metre_changes:
        yield metre.tick, f"TS {metre.numerator} {metre.denominator.bit_length() - 1}"
    for change in grid.tempo_changes:
        yield change.tick, f"B {_milli_bpm(change.seconds_per_quarter)}"


def _milli_bpm(seconds_per_quarter: float) -> int:
    return max(1, round(60 * _MILLI / seconds_per_quarter))


def _events(chart: GameChart) -> Iterator[tuple[int, str]]:
    for section in chart.sections:
        yield section.tick, f'E "section {_plain(section.name)}"'
    yield chart.end_tick, 'E "end"'


def _phrases(chart: GameChart) -> Iterator[tuple[int, str]]:
    for number, spans in ((_STAR_POWER, chart.star_power), (_FILL, chart.fills)):
        for span in spans:
            yield span.start_tick, f"S {number} {span.end_tick - span.start_tick}"


def _notes(notes: Iterable[Note], level: str) -> Iterator[tuple[int, str]]:
    """The numbers of each note: pad, cymbal marker, dynamic."""
    for note in notes:
        is_second = level == EXPERT and note.hit.is_second_kick
        yield note.tick, f"N {_SECOND_KICK if is_second else note.pad.number} 0"
        if note.pad.is_cymbal:
            yield note.tick, f"N {_CYMBAL_MARKERS[note.pad.colour]} 0"
        if note.hit.dynamic == "accent":
            yield note.tick, f"N {note.pad.number + _ACCENT_SHIFT} 0"
        if note.hit.dynamic == "ghost":
            yield note.tick, f"N {note.pad.number + _GHOST_SHIFT} 0"


def _timed(events: Iterable[tuple[int, str]]) -> list[str]:
    """Lines in order of their ticks; those of one tick stay as they come."""
    ordered = sorted(events, key=lambda event: event[0])
    return [f"{tick} = {text}" for tick, text in ordered]


def _plain(text: str) -> str:
    """Text that cannot end a quotation or a line."""
    return " ".join(text.replace('"', "'").split())
