"""Changes to what is played, so that every lane is heard often and in many settings.

Groove MIDI has few crashes and toms, and its hi-hat tells where the snare will be. Each edit takes
the strokes of one section and gives back others; labels are made from what is played in the end, so
they follow by themselves.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drumscribe.data.render import made_up
from drumscribe.data.render.made_up import (
    CLOSED_HIHATS,
    CRASHES,
    HIGH,
    KICK,
    LOW,
    MID,
    OPEN_HIHATS,
    RIDES,
    SNARE,
)
from drumscribe.data.render.performances import Stroke
from drumscribe.data.render.render_config import GrooveConfig
from drumscribe.drums import LANES8
from drumscribe.events import MAX_VELOCITY

_GRACE_S = (0.018, 0.04)
_ADDED_LOOSENESS = 0.01  # standard deviation of an added stroke's position, in counts
_TOUCHING = 0.08  # counts within which two strokes are one moment
_HAND_HIHATS = CLOSED_HIHATS + OPEN_HIHATS
_SNARES = (38, 40)
_TOM_HEADS = (HIGH, MID, LOW)
_TOM_PLACES = {48: 0, 50: 0, 45: 1, 47: 1, 43: 2, 41: 2, 58: 2}


@dataclass(frozen=True)
class Grid:
    """Where a section lies in time: its length and bars in counts, and its tempo."""

    n_counts: int
    counts_per_bar: int
    counts_per_minute: float


Strokes = list[Stroke]
Edit = Callable[[Strokes, Grid, np.random.Generator], Strokes]


def edited(
    strokes: Sequence[Stroke], grid: Grid, config: GrooveConfig, rng: np.random.Generator
) -> tuple[Strokes, list[str]]:
    """The strokes of a section after every edit that is drawn.

    Args:
        strokes: in counts from the section's start.
        grid: the section.
        config: the probabilities.
        rng: decides everything.

    Returns:
        Strokes in order of position, and the names of the edits.
    """
    edits: tuple[tuple[str, float, Edit], ...] = (
        ("exercise", config.exercise, _exercise),
        ("blast", config.blast, _blast),
        ("move hi-hat", config.move_hihat, move_hihat),
        ("move ride", config.move_ride, move_ride),
        ("swap toms", config.swap_toms, swap_toms),
        ("snare on tom", config.snare_on_tom, snare_on_tom),
        ("cross stick", config.cross_stick, cross_stick),
        ("open hi-hat", config.open_hihat, open_hihat),
        ("pedal", config.pedal, pedal),
        ("double kick", config.double_kick, double_kick),
        ("ghost notes", config.ghost_notes, ghost_notes),
        ("fill", config.fill, end_with_fill),
        ("crashes", config.crash_on_bars, crash_on_bars),
        ("flams", config.flams, flams),
        ("thin", config.thin, thin),
        ("solo", config.solo, solo),
        ("gap", config.gap, gap),
        ("rest", config.rest, _rest),
    )
    changed, used = list(strokes), []
    for name, probability, edit in edits:
        if rng.random() < probability:
            changed = edit(changed, grid, rng)
            used.append(name)
    return sorted(changed, key=lambda stroke: stroke.count), used


def move_hihat(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Hi-hat strokes of the hands on a ride, a crash, a china or toms."""
    kinds: tuple[tuple[int, ...], ...] = (RIDES, CRASHES, (LOW,), (HIGH, MID), (52,))
    kind = kinds[int(rng.choice(len(kinds), p=(0.36, 0.34, 0.12, 0.1, 0.08)))]
    return _moved(strokes, _HAND_HIHATS, kind, rng)


def move_ride(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Ride strokes on the hi-hat or a crash."""
    kinds = (CLOSED_HIHATS, OPEN_HIHATS, CRASHES)
    return _moved(strokes, RIDES, kinds[int(rng.choice(3, p=(0.4, 0.25, 0.35)))], rng)


def snare_on_tom(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Snare strokes on one tom."""
    return _moved(strokes, _SNARES, (int(rng.choice(_TOM_HEADS)),), rng)


def cross_stick(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Snare strokes as side sticks."""
    return _moved(strokes, _SNARES, (37,), rng)


def swap_toms(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Toms in other places, the mid tom, which few play, more often than not in use."""
    places = rng.permutation(3)
    if rng.random() < 0.5:
        places[int(rng.integers(3))] = 1
    return [
        replace(stroke, note=_TOM_HEADS[places[_TOM_PLACES[stroke.note]]])
        if stroke.note in _TOM_PLACES
        else stroke
        for stroke in strokes
    ]


def open_hihat(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Some closed strokes open: all of them, those off the count, or a random share."""
    share = (1.0, 1.0, 0.15)[way := int(rng.integers(3))]
    return [
        replace(stroke, note=int(rng.choice(OPEN_HIHATS)))
        if stroke.note in CLOSED_HIHATS
        and rng.random() < share
        and (way != 1 or abs(stroke.count % 1 - 0.5) < 0.1)
        else stroke
        for stroke in strokes
    ]


def pedal(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """The hi-hat's pedal on every count or every other."""
    step = int(rng.integers(1, 3))
    level = rng.uniform(35, 100)
    return strokes + [
        _new(count, 44, rng.normal(level, 6), rng) for count in range(step - 1, grid.n_counts, step)
    ]


def crash_on_bars(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """A crash, mostly with a kick, on the first bar and on some others, in place of hi-hat."""
    share = rng.uniform(0.1, 1.0)
    pool = CRASHES if rng.random() < 0.5 else (int(rng.choice(CRASHES)),)
    kept = list(strokes)
    for count in range(0, grid.n_counts, grid.counts_per_bar):
        if count > 0 and rng.random() > share:
            continue
        kept = [s for s in kept if s.note not in _HAND_HIHATS + RIDES or not _near(s, count)]
        level = rng.uniform(70, MAX_VELOCITY)
        kept.append(_new(count, int(rng.choice(pool)), level, rng))
        if rng.random() < 0.15:
            kept.append(_new(count, int(rng.choice(CRASHES)), level, rng))
        if rng.random() < 0.8 and not any(s.note == KICK and _near(s, count) for s in kept):
            kept.append(_new(count, KICK, level, rng))
    return kept


def ghost_notes(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Soft snare strokes on sixteenths that the snare leaves free."""
    taken = {round(stroke.count * 4) for stroke in strokes if stroke.note in _SNARES}
    share, level = rng.uniform(0.1, 0.4), rng.uniform(12, 40)
    return strokes + [
        _new(step / 4, SNARE, rng.normal(level, 6), rng)
        for step in range(4 * grid.n_counts)
        if step not in taken and rng.random() < share
    ]


def flams(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """A softer stroke just before some loud ones of snare and toms."""
    counts_per_s = grid.counts_per_minute / 60
    share = rng.uniform(0.1, 0.5)
    graces = [
        Stroke(
            stroke.count - rng.uniform(*_GRACE_S) * counts_per_s,
            stroke.note,
            max(1, round(stroke.velocity * rng.uniform(0.3, 0.7))),
        )
        for stroke in strokes
        if stroke.velocity > 60 and stroke.note in _SNARES + _TOM_HEADS and rng.random() < share
    ]
    return strokes + graces


def double_kick(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """The kicks run for one count or more."""
    n_counts = min(grid.n_counts, int(rng.integers(1, 9)))
    first = int(rng.integers(grid.n_counts - n_counts + 1))
    kept = [s for s in strokes if s.note != KICK or not _inside(s, first, n_counts)]
    return kept + made_up.run_of((KICK,), first, n_counts, rng)


def end_with_fill(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """The last counts of the section as a made-up fill."""
    n_counts = min(grid.n_counts, int(rng.integers(1, grid.counts_per_bar + 1)))
    first = grid.n_counts - n_counts
    kept = [s for s in strokes if not _inside(s, first, n_counts)]
    played = made_up.fill(n_counts, rng)
    return kept + [replace(stroke, count=stroke.count + first) for stroke in played]


def thin(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """One lane or two left out."""
    lanes = _lanes(strokes)
    n_out = min(len(lanes) - 1, int(rng.integers(1, 3)))
    return _without(strokes, lanes, n_out, rng)


def solo(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """All but one lane or two left out."""
    lanes = _lanes(strokes)
    return _without(strokes, lanes, len(lanes) - int(rng.integers(1, 3)), rng)


def gap(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    """Some counts in which nobody plays."""
    n_counts = min(grid.n_counts, int(rng.integers(1, 2 * grid.counts_per_bar + 1)))
    first = int(rng.integers(grid.n_counts - n_counts + 1))
    return [stroke for stroke in strokes if not _inside(stroke, first + 0.1, n_counts)]


def _exercise(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    return made_up.exercise(grid.n_counts, rng)


def _blast(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    return made_up.blast(grid.n_counts, rng)


def _rest(strokes: Strokes, grid: Grid, rng: np.random.Generator) -> Strokes:
    return []


def _moved(
    strokes: Strokes, notes: Collection[int], pool: Sequence[int], rng: np.random.Generator
) -> Strokes:
    """The strokes on ``notes`` played on the pool: mostly on its one chosen note."""
    main = int(rng.choice(pool))
    return [
        replace(stroke, note=main if rng.random() < 0.85 else int(rng.choice(pool)))
        if stroke.note in notes
        else stroke
        for stroke in strokes
    ]


def _without(
    strokes: Strokes, lanes: Sequence[str], n_out: int, rng: np.random.Generator
) -> Strokes:
    if n_out <= 0:
        return strokes
    out = {lanes[int(index)] for index in rng.choice(len(lanes), n_out, replace=False)}
    return [stroke for stroke in strokes if LANES8.name_by_note[stroke.note] not in out]


def _lanes(strokes: Strokes) -> list[str]:
    return sorted({LANES8.name_by_note[stroke.note] for stroke in strokes})


def _near(stroke: Stroke, count: float) -> bool:
    return abs(stroke.count - count) < _TOUCHING


def _inside(stroke: Stroke, first: float, n_counts: float) -> bool:
    return first - _TOUCHING <= stroke.count < first + n_counts - _TOUCHING


def _new(count: float, note: int, velocity: float, rng: np.random.Generator) -> Stroke:
    return made_up.loose_stroke(count, note, velocity, rng, _ADDED_LOOSENESS)
