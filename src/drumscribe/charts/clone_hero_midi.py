"""A game chart as ``notes.mid``: what Clone Hero and YARG play.

``PART DRUMS`` holds four colours with tom markers (cymbals are the default), ghost and accent
notes, the second pedal, flams, star power and fills. ``PART ELITE_DRUMS`` holds the eight lanes as
they are, for builds of YARG that know them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import mido

from drumscribe.charts.game_chart import GameChart, Note
from drumscribe.charts.phrases import Span
from drumscribe.charts.reduction import EXPERT
from drumscribe.data.midi_writing import TimedMessage, tempo_track, track_of
from drumscribe.utils.files import atomic_path

_PRO_BASES = {"expert": 96, "hard": 84, "medium": 72, "easy": 60}
_SECOND_KICK = 95
_FLAM = 109
_TOM_MARKERS = {"yellow": 110, "blue": 111, "green": 112}
_STAR_POWER = 116
_FILL = range(120, 125)
_VELOCITIES = {"ghost": 1, "normal": 100, "accent": 127}
_DYNAMICS_ON = "[ENABLE_CHART_DYNAMICS]"

# Of the expert level; the other levels lie 24, 48 and 72 below.
_ELITE_SHIFTS = {"expert": 0, "hard": -24, "medium": -48, "easy": -72}
_ELITE_PEDAL = 72
_ELITE_SECOND_KICK = 73
_ELITE_NOTES = {
    "kick": 74,
    "snare": 75,
    "hihat": 76,
    "high_tom": 78,
    "mid_tom": 79,
    "low_tom": 80,
    "ride": 81,
    "crash": 82,
}
_ELITE_FLAM = 87
_ELITE_ANY_HAT = 88
_ELITE_STAR_POWER = 104

_LONGEST_NOTE = 8  # parts of a quarter: notes are 1/32 at most


@dataclass(frozen=True, slots=True, order=True)
class _Held:
    """A MIDI note from a tick to another."""

    start_tick: int
    end_tick: int
    note: int
    velocity: int = 100


def write_notes_mid(chart: GameChart, path: Path, *, name: str = "") -> None:
    """Write the chart as a type 1 MIDI file.

    Args:
        chart: what to play.
        path: the file to write, ``notes.mid`` to a game.
        name: the song's title, the name of the tempo track.

    Raises:
        DrumscribeError: when it cannot be written.
    """
    end = chart.end_tick
    midi = mido.MidiFile(type=1, ticks_per_beat=chart.grid.ticks_per_quarter, charset="utf-8")
    midi.tracks.append(tempo_track(chart.grid, end, name=name or "tempo"))
    midi.tracks.append(track_of(_texts(chart), name="EVENTS", end_tick=end))
    for title, held in (("PART DRUMS", _pro(chart)), ("PART ELITE_DRUMS", _elite(chart))):
        dynamics = (0, mido.MetaMessage("text", text=_DYNAMICS_ON))
        messages = [dynamics, *_messages(held)]
        midi.tracks.append(track_of(messages, name=title, end_tick=end))
    with atomic_path(path) as temporary:
        midi.save(temporary)


def _texts(chart: GameChart) -> Iterator[TimedMessage]:
    """Sections, and the end of the song."""
    for section in chart.sections:
        yield section.tick, mido.MetaMessage("text", text=f"[section {section.name}]")
    yield chart.end_tick, mido.MetaMessage("text", text="[end]")


def _pro(chart: GameChart) -> Iterator[_Held]:
    """The notes of PART DRUMS."""
    ends = _ends(chart.pro_levels[EXPERT], chart)
    for level, notes in chart.pro_levels.items():
        for note in notes:
            start, end = note.tick, ends[note.tick]
            number = _PRO_BASES[level] + note.pad.number
            if level == EXPERT and note.hit.is_second_kick:
                number = _SECOND_KICK
            yield _Held(start, end, number, _VELOCITIES[note.hit.dynamic])
            if level == EXPERT and note.pad.colour in _TOM_MARKERS and not note.pad.is_cymbal:
                yield _Held(start, end, _TOM_MARKERS[note.pad.colour])
            if level == EXPERT and note.hit.is_flam:
                yield _Held(start, end, _FLAM)
    yield from _phrases(chart.star_power, [_STAR_POWER])
    yield from _phrases(chart.fills, _FILL)


def _elite(chart: GameChart) -> Iterator[_Held]:
    """The notes of PART ELITE_DRUMS."""
    ends = _ends(chart.lane_levels[EXPERT], chart)
    for level, notes in chart.lane_levels.items():
        for note in notes:
            start, end, shift = note.tick, ends[note.tick], _ELITE_SHIFTS[level]
            gem, *markers = _elite_numbers(note)
            yield _Held(start, end, gem + shift, _VELOCITIES[note.hit.dynamic])
            for marker in markers:  # of one velocity, so that drums struck together share it
                yield _Held(start, end, marker + shift)
    yield from _phrases(chart.star_power, [_ELITE_STAR_POWER])


def _elite_numbers(note: Note) -> Iterator[int]:
    """The gem, then what says how it is played; a hat of unknown opening may be open or closed."""
    hit = note.hit
    if hit.drum == "hihat_pedal":
        yield _ELITE_PEDAL
        return
    yield _ELITE_SECOND_KICK if hit.is_second_kick else _ELITE_NOTES[hit.lane]
    if hit.drum == "hihat_closed":
        yield _ELITE_PEDAL
    if hit.drum == "hihat":
        yield _ELITE_ANY_HAT
    if hit.is_flam:
        yield _ELITE_FLAM


def _phrases(spans: Iterable[Span], notes: Iterable[int]) -> Iterator[_Held]:
    for span in spans:
        for note in notes:
            yield _Held(span.start_tick, span.end_tick, note)


def _ends(notes: Sequence[Note], chart: GameChart) -> dict[int, int]:
    """Where the notes of each tick end: before the next, so that no marker covers another."""
    longest = chart.grid.ticks_per_quarter // _LONGEST_NOTE
    ticks = sorted({note.tick for note in notes})
    following = pairwise([*ticks, chart.end_tick])
    return {tick: min(tick + longest, after) for tick, after in following}


def _messages(held: Iterable[_Held]) -> list[TimedMessage]:
    """Note-on and note-off messages in order, ends before starts."""
    timed: list[tuple[int, int, int, mido.Message]] = []
    for one in sorted(set(held)):
        on = mido.Message("note_on", note=one.note, velocity=one.velocity)
        off = mido.Message("note_off", note=one.note, velocity=0)
        timed.append((one.start_tick, 1, one.note, on))
        timed.append((one.end_tick, 0, one.note, off))
    timed.sort(key=lambda item: item[:3])
    return [(tick, message) for tick, _, _, message in timed]
