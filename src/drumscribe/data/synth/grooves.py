"""Performances from written grooves: sections, fills, crashes, and a drummer's hands.

Conventions: the metre starts at time 0 and keeps its tempo exactly; strokes stray from it by human
amounts. The first beat is a rest, so that a recording may run a little ahead of its MIDI and lose
nothing. Verse and chorus alternate; a section ends in a fill, the next starts with a crash, and a
last crash ends the piece. Of a piece that is no fill, every lane is hit, however short it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.synth.kits import SYNTH_ARTICULATION_BY_NAME
from drumscribe.data.synth.patterns import Groove, Lines
from drumscribe.events import MAX_VELOCITY

MIN_BARS = 2
"""A verse and a chorus."""

RING_S = 1.2
"""How long a performance goes on after its last bar, in seconds."""

_ACCENT, _PLAIN, _GHOST = 106.0, 80.0, 34.0
_TOUCH_BY_CHARACTER = {"X": _ACCENT, "x": _PLAIN, "g": _GHOST}
_VELOCITY_SPREAD = 8.0
_TIMING_SPREAD_S = 0.006
_MAX_TIMING_ERROR_S = 0.018
_LONGEST_SECTION = 4

# Where a drummer's stick also lands: another articulation of its piece, likelier with an accent.
_NEIGHBOUR = {
    "snare": "snare_rim",
    "hihat_closed": "hihat_closed_edge",
    "hihat_open": "hihat_open_edge",
    "high_tom": "high_tom_rim",
    "mid_tom": "mid_tom_rim",
    "low_tom": "low_tom_rim",
    "crash": "crash_edge",
    "crash_2": "crash_2_edge",
    "ride": "ride_edge",
}
_NEIGHBOUR_PROBABILITY = {_ACCENT: 0.35, _PLAIN: 0.08, _GHOST: 0.0}
_AROUND_THE_KIT = ("snare", "high_tom", "mid_tom", "low_tom")


@dataclass(frozen=True, slots=True)
class _Stroke:
    """One intended stroke: place in bars from the start, articulation, and velocity meant."""

    place: float
    articulation: str
    touch: float


def bar_seconds(metre: tuple[int, int], bpm: float) -> float:
    """Length in seconds of a bar; ``bpm`` counts quarter notes a minute."""
    return 60.0 / bpm * 4 * metre[0] / metre[1]


def bars_for(groove: Groove, bpm: float, duration_s: float) -> int:
    """How many bars come nearest to ``duration_s`` seconds of performance; at least two."""
    return max(MIN_BARS, round((duration_s - RING_S) / bar_seconds(groove.metre, bpm)))


def play_groove(
    groove: Groove, *, bpm: float, n_bars: int, is_fill: bool, rng: np.random.Generator
) -> tuple[MidiNote, ...]:
    """One performance of ``n_bars`` bars and the crash that ends it.

    Args:
        groove: what is played.
        bpm: tempo in quarter notes a minute.
        n_bars: length in bars, at least ``MIN_BARS``.
        is_fill: whether it is a piece of fills: every second bar is one.
        rng: source of every choice and human error.

    Returns:
        Notes in order of time, onsets in seconds.
    """
    strokes = list(_strokes(groove, n_bars, is_fill, rng))
    first_beat = 1 / groove.metre[0]
    loudness = rng.uniform(0.75, 1.1)
    bar_s = bar_seconds(groove.metre, bpm)
    notes = [
        _played(stroke, bar_s, loudness, rng)
        for stroke in strokes
        if stroke.place >= first_beat - 1e-9
    ]
    return tuple(sorted(notes, key=lambda note: (note.onset_s, note.note)))


def _strokes(
    groove: Groove, n_bars: int, is_fill: bool, rng: np.random.Generator
) -> Iterator[_Stroke]:
    """Every intended stroke of a performance."""
    section_bars = 2 if is_fill else min(_LONGEST_SECTION, (n_bars + 1) // 2)
    for bar in range(n_bars):
        section, bar_in_section = divmod(bar, section_bars)
        lines = groove.chorus if section % 2 else groove.verse
        is_last = bar == n_bars - 1
        ends_section = is_last or (bar_in_section == section_bars - 1 and bar_in_section > 0)
        starts_section = bar_in_section == 0
        fill_at = 1.0
        if ends_section:
            fill_is_long = not starts_section and (is_fill or rng.random() < 0.3)
            fill_at = 0.0 if fill_is_long else 0.5
            yield from _fill(bar + fill_at, bar + 1.0, groove.metre, is_last, rng)
        yield from _bar(lines, bar, fill_at, groove.swing, starts_section)
        if starts_section:
            yield from _crash(bar, rng)
    yield from _crash(n_bars, rng)


def _bar(
    lines: Lines, bar: int, until: float, swing: float, starts_section: bool
) -> Iterator[_Stroke]:
    """One bar as written, up to the fraction ``until``; the hands leave 1 to a crash."""
    for articulation, steps in lines.items():
        for step, character in enumerate(steps):
            late = swing if step % 2 else 0.0
            if character == "." or step / len(steps) >= until:
                continue
            if starts_section and step == 0 and articulation != "hihat_pedal":
                continue
            yield _Stroke(
                bar + (step + late) / len(steps), articulation, _TOUCH_BY_CHARACTER[character]
            )


def _crash(bar: int, rng: np.random.Generator) -> Iterator[_Stroke]:
    """A crash and the kick under it on the first beat of ``bar``."""
    yield _Stroke(bar, "crash" if rng.random() < 0.6 else "crash_2", _ACCENT)
    yield _Stroke(bar, "kick", _ACCENT)


def _fill(
    start: float, end: float, metre: tuple[int, int], is_last: bool, rng: np.random.Generator
) -> Iterator[_Stroke]:
    """A fill between two places, over a kick on the beats.

    The last fill of a piece always goes around the kit; others may stay on two or three drums.
    """
    drums = list(_AROUND_THE_KIT)
    if not is_last:
        n_drums = int(rng.integers(2, len(drums) + 1))
        drums = [drums[i] for i in sorted(rng.choice(len(drums), n_drums, replace=False))]
    n_sixteenths = round((end - start) * 16 * metre[0] / metre[1])
    n_hits = max(len(drums), int(n_sixteenths * rng.choice([0.5, 0.75, 1.0])))
    for index in range(n_hits):
        drum_index = index * len(drums) // n_hits
        is_first_on_drum = index == 0 or (index - 1) * len(drums) // n_hits != drum_index
        touch = _ACCENT if is_first_on_drum or rng.random() < 0.2 else _PLAIN
        yield _Stroke(start + (end - start) * index / n_hits, drums[drum_index], touch)
    for beat in range(metre[0]):
        place = np.floor(start) + beat / metre[0]
        if start <= place < end and rng.random() < 0.7:
            yield _Stroke(float(place), "kick", _PLAIN)


def _played(stroke: _Stroke, bar_s: float, loudness: float, rng: np.random.Generator) -> MidiNote:
    """The stroke as a hand or foot plays it: a little early or late, softer or harder."""
    articulation = stroke.articulation
    if rng.random() < _NEIGHBOUR_PROBABILITY[stroke.touch]:
        articulation = _NEIGHBOUR.get(articulation, articulation)
    error_s = rng.normal(0, _TIMING_SPREAD_S)
    error_s = float(np.clip(error_s, -_MAX_TIMING_ERROR_S, _MAX_TIMING_ERROR_S))
    velocity = round(rng.normal(stroke.touch * loudness, _VELOCITY_SPREAD))
    return MidiNote(
        stroke.place * bar_s + error_s,
        SYNTH_ARTICULATION_BY_NAME[articulation].notes[0],
        int(np.clip(velocity, 8, MAX_VELOCITY)),
    )
