"""Drum events: what every stage from MIDI labels to charts hands on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drumscribe.drums import LANES8, Kit

MAX_VELOCITY = 127
"""The loudest in MIDI; the softest is 1, as 0 ends a note."""


@dataclass(frozen=True, slots=True, order=True)
class DrumEvent:
    """One hit.

    Attributes:
        onset_s: time of the hit in seconds from the start of the recording, >= 0.
        drum: class name in the kit in use ("kick").
        velocity: MIDI velocity, 1..127.
        confidence: how sure the transcriber is, 0..1; 1 for labels.

    Raises:
        ValueError: when one of them is out of its range, or the velocity is no whole number.
    """

    onset_s: float
    drum: str
    velocity: int
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.onset_s) and self.onset_s >= 0):
            raise ValueError(f"onset_s must be finite and >= 0, got {self.onset_s}")
        if not 1 <= self.velocity <= MAX_VELOCITY:
            raise ValueError(f"velocity must be 1..127, got {self.velocity}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence must be 0..1, got {self.confidence}")
        # Written out, as events are made by the hundred thousand.
        if (
            type(self.onset_s) is not float
            or type(self.velocity) is not int
            or type(self.confidence) is not float
        ):
            self._make_plain()

    def _make_plain(self) -> None:
        """Have Python's numbers for numpy's, which JSON cannot hold."""
        if self.velocity != int(self.velocity):
            raise ValueError(f"velocity must be 1..127, a whole number, got {self.velocity}")
        for name, kind in (("onset_s", float), ("velocity", int), ("confidence", float)):
            object.__setattr__(self, name, kind(getattr(self, name)))


def fold_to_lanes(events: Iterable[DrumEvent], kit: Kit) -> list[DrumEvent]:
    """The events of ``kit`` as events of ``kit.lanes``, in the same order."""
    if kit.lanes is kit:
        return list(events)
    return [replace(event, drum=kit[event.drum].lane) for event in events]


def fold_to_eight(events: Iterable[DrumEvent], kit: Kit) -> list[DrumEvent]:
    """The events of ``kit`` as events of ``LANES8``, for what knows no other lanes."""
    if kit is LANES8:
        return list(events)
    return [replace(event, drum=kit[event.drum].stand_in) for event in events]
