"""Easier levels of a chart: fewer strokes, the musically lighter ones gone first.

A level is thinned from the one above it. What stays is what carries the groove: strokes on
downbeats before beats before half beats, crashes and backbeats before kicks and toms before the
timekeeping of hi-hat and ride, loud before soft.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from drumscribe.charts.hits import Hit, chords_of
from drumscribe.events import MAX_VELOCITY
from drumscribe.tempo import TempoMap


@dataclass(frozen=True, slots=True)
class Level:
    """How much a player of a level is asked to do.

    Attributes:
        name: "hard", ...
        min_gap_s: chords are at least so far apart.
        min_kick_gap_s: kicks are at least so far apart.
        max_hits: strokes of a chord, feet included.
    """

    name: str
    min_gap_s: float
    min_kick_gap_s: float
    max_hits: int


EXPERT = "expert"
EASIER_LEVELS = (
    Level("hard", 0.12, 0.20, 3),
    Level("medium", 0.22, 0.35, 2),
    Level("easy", 0.42, 0.80, 1),
)

_NOT_REDUCED_HITS = 20  # shorter charts may be the same on two levels
_HANDS = 2
_NEAR_BEATS = 0.1  # a human's stroke is that near to the beat that it means
_LANE_WEIGHTS = {
    "crash": 3,
    "snare": 3,
    "kick": 2,
    "high_tom": 2,
    "mid_tom": 2,
    "low_tom": 2,
    "ride": 1,
    "hihat": 0,
}


def levels_of(hits: Sequence[Hit], tempo: TempoMap) -> dict[str, list[Hit]]:
    """The hits of each level, the hardest first; each is a part of the one before it.

    Args:
        hits: the whole chart, chords on one time, in order.
        tempo: where its beats are.
    """
    levels = {EXPERT: list(hits)}
    above = levels[EXPERT]
    for level in EASIER_LEVELS:
        reduced = _reduced(above, tempo, level)
        gap_s = level.min_gap_s
        while len(reduced) == len(above) > _NOT_REDUCED_HITS:
            gap_s *= 1.5
            wider = Level(level.name, gap_s, max(gap_s, level.min_kick_gap_s), level.max_hits)
            reduced = _reduced(above, tempo, wider)
        levels[level.name] = above = reduced
    return levels


def within_hands(chord: Sequence[Hit], *, max_hits: int = len(_LANE_WEIGHTS)) -> list[Hit]:
    """The strokes of a chord that two hands and a foot can play, the weightiest, in order."""
    chosen: list[Hit] = []
    for hit in sorted(chord, key=lambda hit: (-_LANE_WEIGHTS[hit.stand_in], -hit.velocity)):
        n_hands = sum(other.stand_in != "kick" for other in chosen)
        if len(chosen) < max_hits and (hit.stand_in == "kick" or n_hands < _HANDS):
            chosen.append(hit)
    return [hit for hit in chord if hit in chosen]


def _reduced(hits: Sequence[Hit], tempo: TempoMap, level: Level) -> list[Hit]:
    """What a level keeps of the level above it."""
    chords = [
        within_hands(main, max_hits=level.max_hits)
        for chord in chords_of(hits)
        if (main := [h for h in chord if h.dynamic != "ghost" and not h.is_second_kick])
    ]
    kept: list[Hit] = []
    chord_times_s: list[float] = []
    kick_times_s: list[float] = []
    for chord in sorted(chords, key=lambda chord: (-_weight(chord, tempo), chord[0].onset_s)):
        time_s = chord[0].onset_s
        if not _is_free(chord_times_s, time_s, level.min_gap_s):
            continue
        if not _is_free(kick_times_s, time_s, level.min_kick_gap_s):
            chord = [hit for hit in chord if hit.stand_in != "kick"]
        if chord:
            insort(chord_times_s, time_s)
            kept.extend(chord)
        if any(hit.stand_in == "kick" for hit in chord):
            insort(kick_times_s, time_s)
    chosen = set(kept)
    return [hit for hit in hits if hit in chosen]


def _is_free(times_s: list[float], time_s: float, gap_s: float) -> bool:
    """Whether nothing of ``times_s``, in order, is nearer than ``gap_s``."""
    index = bisect_left(times_s, time_s)
    before = index == 0 or time_s - times_s[index - 1] >= gap_s
    return before and (index == len(times_s) or times_s[index] - time_s >= gap_s)


def _weight(chord: Sequence[Hit], tempo: TempoMap) -> float:
    """How much a chord matters."""
    lane_weight = max(_LANE_WEIGHTS[hit.stand_in] for hit in chord)
    loudness = max(hit.velocity for hit in chord) / MAX_VELOCITY
    return _metric_weight(chord[0].position, tempo) + 0.5 * lane_weight + 0.5 * loudness


def _metric_weight(position: float, tempo: TempoMap) -> int:
    """3 on a downbeat, 2 on a beat, 1 half way between two, 0 elsewhere."""
    beat = math.floor(position + 0.5)
    if abs(position - beat) <= _NEAR_BEATS:
        return 3 if tempo.number_in_bar(beat) == 1 else 2
    return 1 if abs(abs(position - beat) - 0.5) <= _NEAR_BEATS else 0
