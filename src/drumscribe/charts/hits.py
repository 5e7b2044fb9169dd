"""What a player is to hit: events as chords, flams and second-pedal kicks of the kit's lanes.

Two drums that are struck together are heard some milliseconds apart; a game needs them on one
tick. Two strokes of one drum that are nearer than a hand can repeat are a flam, or one kick heard
twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.tempo import TempoMap

FLAM_S = 0.04
"""Strokes of one drum at most so far apart are one."""

CHORD_S = 0.025
"""Strokes of several drums at most so far after the first of them are together."""

SECOND_PEDAL_S = 0.175
"""A kick so soon after another is played with the other foot."""

FLAM_LANES = frozenset({"snare", "high_tom", "mid_tom", "low_tom"})

GHOST_VELOCITY = 40
"""Snare and tom strokes up to here are ghost notes."""

ACCENT_VELOCITY = 115
"""Snare and tom strokes from here on are accents."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke of a lane.

    Attributes:
        onset_s: seconds from the start of the recording.
        position: beats from the first beat of the tempo map.
        lane: the lane of the kit.
        drum: the class name it was heard as.
        velocity: 1..127.
        confidence: 0..1.
        is_flam: two strokes nearly at once.
        is_second_kick: played by the second pedal.
        stand_in: which of the eight lanes plays it where only those are known.
    """

    onset_s: float
    position: float
    lane: str
    drum: str
    velocity: int
    confidence: float = 1.0
    is_flam: bool = False
    is_second_kick: bool = False
    stand_in: str = ""

    def __post_init__(self) -> None:
        if not self.stand_in:
            object.__setattr__(self, "stand_in", self.lane)

    @property
    def dynamic(self) -> str:
        """``ghost``, ``accent`` or ``normal``; cymbals and kicks are always normal."""
        if self.stand_in not in FLAM_LANES:
            return "normal"
        if self.velocity <= GHOST_VELOCITY:
            return "ghost"
        return "accent" if self.velocity >= ACCENT_VELOCITY else "normal"


def hits_of(events: Iterable[DrumEvent], kit: Kit, tempo: TempoMap) -> list[Hit]:
    """Every event of ``kit`` as a hit, in order of time and lane, nothing merged."""
    ordered = sorted(events, key=lambda event: (event.onset_s, _lane_index(kit, event.drum)))
    positions = tempo.positions([event.onset_s for event in ordered]).tolist()
    return [
        Hit(
            event.onset_s,
            position,
            kit[event.drum].lane,
            event.drum,
            event.velocity,
            event.confidence,
            stand_in=kit[event.drum].stand_in,
        )
        for event, position in zip(ordered, positions, strict=True)
    ]


def playable_hits(events: Iterable[DrumEvent], kit: Kit, tempo: TempoMap) -> list[Hit]:
    """The events as a player plays them: flams and doubles merged, chords on one time.

    Chords are more than ``CHORD_S`` apart, and each stands at the first of its strokes.
    """
    hits = _without_doubles(hits_of(events, kit, tempo))
    order = kit.lanes.index_by_name
    chords = sorted(_aligned(hits), key=lambda hit: (hit.onset_s, order[hit.lane]))
    return _with_second_pedal(chords)


def chords_of(hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """The hits that sound together, in order of time."""
    for _, together in groupby(hits, key=lambda hit: hit.onset_s):
        yield list(together)


def _lane_index(kit: Kit, drum: str) -> int:
    return kit.lanes.index_by_name[kit[drum].lane]


def _without_doubles(hits: Iterable[Hit]) -> list[Hit]:
    """One hit for strokes of a drum that are hardly apart, as loud as the loudest of them."""
    kept: list[Hit] = []
    latest: dict[str, int] = {}
    for hit in hits:
        index = latest.get(hit.lane)
        if index is not None and hit.onset_s - kept[index].onset_s <= FLAM_S:
            first = kept[index]
            louder = hit if hit.velocity > first.velocity else first
            kept[index] = replace(
                louder,
                onset_s=first.onset_s,
                position=first.position,
                is_flam=hit.stand_in in FLAM_LANES,
            )
        else:
            latest[hit.lane] = len(kept)
            kept.append(hit)
    return kept


def _aligned(hits: Iterable[Hit]) -> list[Hit]:
    """Strokes that follow the first of a chord closely, moved to it."""
    aligned: list[Hit] = []
    first: Hit | None = None
    for hit in hits:
        if first is None or hit.onset_s - first.onset_s > CHORD_S:
            first = hit
        aligned.append(replace(hit, onset_s=first.onset_s, position=first.position))
    return aligned


def _with_second_pedal(hits: Iterable[Hit]) -> list[Hit]:
    """Every other kick of a fast run given to the second pedal."""
    marked: list[Hit] = []
    previous: Hit | None = None
    for hit in hits:
        if hit.lane == "kick":
            is_fast = previous is not None and hit.onset_s - previous.onset_s < SECOND_PEDAL_S
            was_first = previous is not None and not previous.is_second_kick
            hit = replace(hit, is_second_kick=is_fast and was_first)
            previous = hit
        marked.append(hit)
    return marked
