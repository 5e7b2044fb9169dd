"""What a recording plays: excerpts of performances joined bar by bar, on a tempo of its own.

Conventions: positions are counts from the first downbeat of the recording; ``TempoMap`` alone turns
them into seconds. Sections begin on bars and keep one metre.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drumscribe.data.render.groove_edits import Grid, edited
from drumscribe.data.render.performances import (
    Performance,
    PerformanceInfo,
    Stroke,
    read_performance,
)
from drumscribe.data.render.render_config import GrooveConfig, PlayingConfig
from drumscribe.events import MAX_VELOCITY
from drumscribe.tempo import Beat, TempoMap, TimeSignature

_ANTICIPATION = 0.15  # counts before a bar that belong to its downbeat
_DRIFT_COUNTS = 8
_SILENCE_COUNTS = 1.5
_COUNT_IN_NOTES = (42, 42, 46, 44, 37, 51, 36)


@dataclass(frozen=True)
class Section:
    """A stretch of whole bars of one performance: strokes in counts from its own first downbeat."""

    info: PerformanceInfo
    strokes: tuple[Stroke, ...]
    n_counts: int


@dataclass(frozen=True)
class Score:
    """What is played.

    Attributes:
        strokes: in order of position.
        tempo: when each count falls, and its bars.
        stick_counts: positions at which sticks are clicked together, which no lane means.
        performance_ids: of the performances, in order.
        edits: what was changed in each section.
    """

    strokes: tuple[Stroke, ...]
    tempo: TempoMap
    stick_counts: tuple[float, ...]
    performance_ids: tuple[str, ...]
    edits: tuple[str, ...]

    def beats(self, duration_s: float) -> list[Beat]:
        """The counts as beats from 0 to ``duration_s`` seconds."""
        return [beat for beat in self.tempo.beats() if 0 <= beat.time_s <= duration_s]


def draw_score(
    infos: Sequence[PerformanceInfo],
    playing: PlayingConfig,
    grooves: GrooveConfig,
    rng: np.random.Generator,
    *,
    duration_s: float,
) -> Score:
    """What one recording plays.

    Args:
        infos: the performances to choose from.
        playing: how excerpts are joined.
        grooves: how they are changed.
        rng: decides everything.
        duration_s: how long it must last at least.
    """
    sections, counts_per_minute = draw_sections(infos, playing, rng, duration_s=duration_s)
    n_per_bar = sections[0].info.metre[0]
    strokes, stick_counts = _count_in(n_per_bar, grooves, rng)
    start = n_per_bar if strokes or stick_counts else 0
    edits = []
    for section in sections:
        grid = Grid(section.n_counts, n_per_bar, counts_per_minute)
        played, used = edited(section.strokes, grid, grooves, rng)
        strokes += [replace(stroke, count=stroke.count + start) for stroke in played]
        start += section.n_counts
        edits.append(" + ".join(used))
    strokes.sort(key=lambda stroke: stroke.count)
    return Score(
        strokes=varied_velocities(strokes, playing, rng),
        tempo=draw_tempo(start, counts_per_minute, n_per_bar, playing, rng),
        stick_counts=stick_counts,
        performance_ids=tuple(section.info.id for section in sections),
        edits=tuple(edits),
    )


def _count_in(
    n_per_bar: int, grooves: GrooveConfig, rng: np.random.Generator
) -> tuple[list[Stroke], tuple[float, ...]]:
    """A bar of clicks: strokes on a piece, or positions of sticks; mostly neither."""
    if rng.random() >= grooves.count_in:
        return [], ()
    counts = [count + rng.normal(0, 0.01) for count in range(n_per_bar)]
    if rng.random() < 0.5:
        return [], tuple(counts)
    note = _COUNT_IN_NOTES[int(rng.integers(len(_COUNT_IN_NOTES)))]
    level = rng.uniform(50, 110)
    clicks = [
        Stroke(count, note, int(np.clip(rng.normal(level, 6), 1, MAX_VELOCITY))) for count in counts
    ]
    return clicks, ()


def grabbed_counts(
    strokes: Sequence[Stroke], probability: float, rng: np.random.Generator
) -> list[float]:
    """Positions at which cymbals are damped by hand: after the last stroke before a silence."""
    counts = np.array([stroke.count for stroke in strokes])
    before = counts[:-1][np.diff(counts) > _SILENCE_COUNTS] if len(counts) else counts
    return [float(count + rng.uniform(0.2, 1.0)) for count in before if rng.random() < probability]


def draw_sections(
    infos: Sequence[PerformanceInfo],
    config: PlayingConfig,
    rng: np.random.Generator,
    *,
    duration_s: float,
) -> tuple[list[Section], float]:
    """Excerpts to play one after another, and the tempo in counts a minute.

    Args:
        infos: the performances to choose from.
        config: the ranges.
        rng: decides everything.
        duration_s: sections are drawn until they last so long.
    """
    beats = [info for info in infos if not info.is_fill] or list(infos)
    first = beats[int(rng.integers(len(beats)))]
    counts_per_minute = first.counts_per_minute * rng.uniform(*config.tempo_factor)
    alike = [
        info
        for info in infos
        if info.metre == first.metre
        and abs(np.log(info.counts_per_minute / counts_per_minute))
        <= np.log(config.tempo_tolerance)
    ] or [first]
    sections = [_section(first, config, rng)]
    while _length_s(sections, counts_per_minute) < duration_s:
        wants_fill = rng.random() < config.fill_share
        pool = [info for info in alike if info.is_fill == wants_fill] or alike
        sections.append(_section(pool[int(rng.integers(len(pool)))], config, rng))
    return sections, counts_per_minute


def _length_s(sections: Sequence[Section], counts_per_minute: float) -> float:
    return sum(section.n_counts for section in sections) * 60 / counts_per_minute


def _section(info: PerformanceInfo, config: PlayingConfig, rng: np.random.Generator) -> Section:
    """Some consecutive bars of a performance, moved to count 0."""
    performance = read_performance(info)
    n_bars = int(rng.integers(config.section_bars[0], config.section_bars[1] + 1))
    n_bars = min(n_bars, performance.n_bars)
    first_bar = int(rng.integers(performance.n_bars - n_bars + 1))
    return excerpt(performance, first_bar, n_bars)


def excerpt(performance: Performance, first_bar: int, n_bars: int) -> Section:
    """``n_bars`` bars of a performance from ``first_bar`` on, counted from 0."""
    n_per_bar = performance.info.metre[0]
    begin, end = first_bar * n_per_bar, (first_bar + n_bars) * n_per_bar
    strokes = tuple(
        replace(stroke, count=stroke.count - begin)
        for stroke in performance.strokes
        if begin - _ANTICIPATION <= stroke.count < end - _ANTICIPATION
    )
    return Section(performance.info, strokes, end - begin)


def draw_tempo(
    n_counts: int,
    counts_per_minute: float,
    n_per_bar: int,
    config: PlayingConfig,
    rng: np.random.Generator,
) -> TempoMap:
    """A tempo that wanders slowly, and the time of the first downbeat."""
    n_points = n_counts // _DRIFT_COUNTS + 2
    wander = rng.normal(0, config.tempo_drift, n_points)
    share = np.interp(np.arange(n_counts), np.arange(n_points) * _DRIFT_COUNTS, wander)
    steps_s = 60 / counts_per_minute * np.exp(share)
    is_tight = rng.random() < config.tight_start
    start_s = rng.uniform(0.0, 0.05) if is_tight else rng.uniform(*config.lead_in_s)
    beats_s = start_s + np.concatenate([[0.0], np.cumsum(steps_s)])
    return TempoMap(tuple(beats_s.tolist()), (TimeSignature(0, n_per_bar),))


def varied_velocities(
    strokes: Sequence[Stroke], config: PlayingConfig, rng: np.random.Generator
) -> tuple[Stroke, ...]:
    """The strokes with all velocities evened out or spread, and scaled."""
    scale = rng.uniform(*config.velocity_scale)
    exponent = rng.uniform(*config.velocity_compression)
    varied = []
    for stroke in strokes:
        velocity = round(MAX_VELOCITY * scale * (stroke.velocity / MAX_VELOCITY) ** exponent)
        varied.append(replace(stroke, velocity=int(np.clip(velocity, 1, MAX_VELOCITY))))
    return tuple(varied)
