"""The eight lanes on the four colours of a plastic drum kit with cymbals ("pro drums").

A colour holds a tom and a cymbal, but not both at once. Where a tom and a cymbal of one colour
fall together, the cymbal stays and the tom moves to the nearest free colour; two cymbals of one
colour become one. A chord asks for two hands at most (``reduction.within_hands``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drumscribe.charts.hits import Hit

COLOURS = ("kick", "red", "yellow", "blue", "green")
"""In the order of their numbers in chart files."""

_DRUM_COLOURS = {"kick": "kick", "snare": "red"}
_TOM_COLOURS = {
    "high_tom": ("yellow", "blue", "green"),
    "mid_tom": ("blue", "yellow", "green"),
    "low_tom": ("green", "blue", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Pad:
    """A pad to hit: its colour, and whether it is the cymbal of that colour."""

    colour: str
    is_cymbal: bool = False

    @property
    def number(self) -> int:
        """Its place among ``COLOURS``."""
        return COLOURS.index(self.colour)


@dataclass(frozen=True, slots=True)
class PadLayout:
    """Colours of the cymbals; the usual order of the kit is yellow, blue, green."""

    hihat: str = "yellow"
    ride: str = "blue"
    crash: str = "green"

    def pads(self, chord: Sequence[Hit]) -> dict[str, Pad]:
        """The pad of each lane of a chord, of the eight; lanes that share a pad have equal ones."""
        cymbals = {"hihat": self.hihat, "ride": self.ride, "crash": self.crash}
        lanes = [hit.lane for hit in chord]
        pads = {lane: Pad(cymbals[lane], is_cymbal=True) for lane in lanes if lane in cymbals}
        for lane in lanes:
            if lane in _TOM_COLOURS:
                taken = {pad.colour for pad in pads.values()}
                free = [colour for colour in _TOM_COLOURS[lane] if colour not in taken]
                pads[lane] = Pad(free[0] if free else "red")
            elif lane not in cymbals:
                pads[lane] = Pad(_DRUM_COLOURS[lane])
        return pads
