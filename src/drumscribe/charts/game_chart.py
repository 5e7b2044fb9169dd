"""A transcription as a chart of a rhythm game: levels of notes on ticks, and what frames them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from drumscribe.charts.hits import Hit, chords_of, playable_hits
from drumscribe.charts.pads import Pad, PadLayout
from drumscribe.charts.phrases import (
    Section,
    Span,
    fills_of,
    sections_of,
    star_power_of,
)
from drumscribe.charts.reduction import EXPERT, levels_of, within_hands
from drumscribe.data.tick_grid import TickGrid, tick_grid
from drumscribe.drums import LANES8
from drumscribe.events import fold_to_eight
from drumscribe.inference.transcriber import Transcription
from drumscribe.tempo import TempoMap

LEAD_IN_S = 2.0
"""A game shows the highway so long before the first note."""


@dataclass(frozen=True, slots=True)
class Note:
    """A hit on its tick, and the pad it is played on."""

    tick: int
    hit: Hit
    pad: Pad


@dataclass(frozen=True)
class GameChart:
    """Everything a game's chart file says.

    Attributes:
        tempo: where beats and bars are; second 0 is a bar line.
        grid: their ticks.
        pro_levels: notes of each level for two hands and a foot on coloured pads, no two of a
            pad on a tick.
        lane_levels: notes of each level on the eight lanes, nothing left out of the hardest.
        end_tick: the end of the song.
        lead_in_s: silence that the audio needs before it.
        duration_s: length of the song with that silence.
        sections: parts of the song, at least one.
        star_power: phrases that collect it.
        fills: where it is spent.
    """

    tempo: TempoMap
    grid: TickGrid
    pro_levels: dict[str, list[Note]]
    lane_levels: dict[str, list[Note]]
    end_tick: int
    lead_in_s: float
    duration_s: float
    sections: list[Section] = field(default_factory=list)
    star_power: list[Span] = field(default_factory=list)
    fills: list[Span] = field(default_factory=list)


def lead_in_s(transcription: Transcription) -> float:
    """Silence that puts a bar line on second 0 and the first note ``LEAD_IN_S`` after it."""
    tempo = transcription.tempo
    first_s = min((event.onset_s for event in transcription.events), default=LEAD_IN_S)
    limit_s = min(0.0, first_s - LEAD_IN_S)
    downbeat = tempo.downbeat_of(int(tempo.positions(limit_s)) + 1)
    while float(tempo.seconds(downbeat)) > limit_s:
        downbeat = tempo.downbeat_of(downbeat - 1)
    return -float(tempo.seconds(downbeat))


def game_chart(transcription: Transcription, layout: PadLayout | None = None) -> GameChart:
    """The chart of a transcription, its seconds counted from the start of the lead-in."""
    silence_s = lead_in_s(transcription)
    song = _shifted(_on_eight_lanes(transcription), silence_s)
    tempo = song.tempo
    grid = tick_grid(tempo)
    hits = playable_hits(song.events, song.kit, tempo)
    pads = _pads(hits, layout or PadLayout())
    hands = [hit for chord in chords_of(hits) for hit in within_hands(chord)]
    pro = {
        name: _one_for_a_pad(_notes(kept, grid, pads))
        for name, kept in levels_of(hands, tempo).items()
    }
    lanes = {name: _notes(kept, grid, pads) for name, kept in levels_of(hits, tempo).items()}
    last_tick = max((note.tick for note in lanes[EXPERT]), default=0)
    chart = GameChart(
        tempo,
        grid,
        pro,
        lanes,
        end_tick=max(int(grid.ticks(song.duration_s)), last_tick + 1),
        lead_in_s=silence_s,
        duration_s=song.duration_s,
    )
    return _framed(chart)


def _shifted(transcription: Transcription, by_s: float) -> Transcription:
    """The transcription with everything ``by_s`` seconds later."""
    tempo = transcription.tempo
    return replace(
        transcription,
        events=[replace(e, onset_s=e.onset_s + by_s) for e in transcription.events],
        duration_s=transcription.duration_s + by_s,
        tempo=replace(tempo, beats_s=tuple(time_s + by_s for time_s in tempo.beats_s)),
    )


def _on_eight_lanes(transcription: Transcription) -> Transcription:
    """A transcription as games know it; articulations of the eight lanes stay what they are."""
    kit = transcription.kit
    if kit.lanes is LANES8:
        return transcription
    return replace(transcription, events=fold_to_eight(transcription.events, kit), kit=LANES8)


def _framed(chart: GameChart) -> GameChart:
    """The chart with its sections, star power and fills."""
    notes = chart.lane_levels[EXPERT]
    first_tick = notes[0].tick if notes else 0
    lines = chart.grid.bar_ticks(chart.end_tick - 1)  # a line on the end begins no bar
    first_bar = bisect_right(lines, first_tick + _bar_slack(chart.grid)) - 1
    bars = [*lines[first_bar:], chart.end_tick]
    levels = {
        name: [note.tick for note in level] for name, level in chart.pro_levels.items() if level
    }
    strokes = [(note.tick, note.hit.lane) for note in notes]
    star_power = star_power_of(bars, list(levels.values()))
    fills = fills_of(bars, levels.get(EXPERT, []), star_power, chart.grid.ticks_per_quarter)
    return replace(
        chart,
        sections=sections_of(bars, strokes),
        star_power=star_power if fills else [],  # that could never be spent
        fills=fills,
    )


def _bar_slack(grid: TickGrid) -> int:
    """A stroke so many ticks before a bar line means it."""
    return grid.ticks_per_quarter // 8


def _pads(hits: Sequence[Hit], layout: PadLayout) -> dict[Hit, Pad]:
    """The pad of every hit: those of one chord decide together, for every level."""
    pads: dict[Hit, Pad] = {}
    for chord in chords_of(hits):
        playable = within_hands(chord)
        by_lane = layout.pads(playable)
        rest = layout.pads(chord)
        pads |= {hit: by_lane.get(hit.lane, rest[hit.lane]) for hit in chord}
    return pads


def _notes(hits: Sequence[Hit], grid: TickGrid, pads: dict[Hit, Pad]) -> list[Note]:
    ticks = grid.ticks([hit.onset_s for hit in hits]).tolist()
    return [Note(tick, hit, pads[hit]) for tick, hit in zip(ticks, hits, strict=True)]


def _one_for_a_pad(notes: Sequence[Note]) -> list[Note]:
    """The notes without those on a tick and colour that is taken already."""
    seen: set[tuple[int, str]] = set()
    kept = []
    for note in sorted(notes, key=lambda n: (n.tick, LANES8.index_by_name[n.hit.lane])):
        if (note.tick, note.pad.colour) not in seen:
            seen.add((note.tick, note.pad.colour))
            kept.append(note)
    return kept
