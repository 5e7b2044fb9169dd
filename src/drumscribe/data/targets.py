"""Events and beats as what the network is trained towards, frame by frame.

T frames, C drum classes. Labels are kept as sparse events with exact times and painted onto frames
when a window is read: a fraction of the size of dense targets, and how wide an onset is painted
stays a choice of the training run.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumscribe.drums import Kit
from drumscribe.events import MAX_VELOCITY, DrumEvent
from drumscribe.tempo import Beat
from drumscribe.timing import seconds_to_frames
from drumscribe.utils.arrays import FloatArray, IntArray

EVENT_DTYPE = np.dtype([("onset_s", "<f8"), ("drum", "u1"), ("velocity", "u1")])
"""One hit: seconds, class index in the kit, MIDI velocity."""

BEAT_DTYPE = np.dtype([("time_s", "<f8"), ("number", "u1")])
"""One beat: seconds, number in the bar (1 is the downbeat)."""

_SAME_HIT_S = 0.015  # nobody strikes one drum again so soon: a pad that sent one blow twice


@dataclass(frozen=True)
class NeighbourTargets:
    """What an onset is worth one frame before and one frame after it, each 0..1."""

    before: float
    after: float

    @property
    def by_shift(self) -> dict[int, float]:
        """The values by distance in frames, those of 0 left out; an onset's own is the last."""
        values = {-1: self.before, 1: self.after, 0: 1.0}
        return {shift: value for shift, value in values.items() if value > 0}


@dataclass(frozen=True)
class Targets:
    """What the network should say about a window.

    Attributes:
        onset: shape (T, C), 1 at an onset's frame, the neighbours' values beside it, else 0.
        velocity: shape (T, C), velocity / 127 where ``onset`` > 0, else 0.
        beat: shape (T, 2), beats and downbeats, painted as onsets are.
    """

    onset: FloatArray
    velocity: FloatArray
    beat: FloatArray


def single_hits(events: Iterable[DrumEvent]) -> list[DrumEvent]:
    """Labels to train on: hits of one class within 15 ms as one, the first's time, the loudest.

    Args:
        events: in order of time.
    """
    single: list[DrumEvent] = []
    last_of: dict[str, int] = {}
    for event in events:
        last = last_of.get(event.drum)
        if last is not None and event.onset_s - single[last].onset_s < _SAME_HIT_S:
            louder = max(event.velocity, single[last].velocity)
            single[last] = dataclasses.replace(single[last], velocity=louder)
            continue
        last_of[event.drum] = len(single)
        single.append(event)
    return single


def event_array(events: Iterable[DrumEvent], kit: Kit) -> npt.NDArray[np.void]:
    """Events as a sorted array of ``EVENT_DTYPE``."""
    rows = [(event.onset_s, kit.index_by_name[event.drum], event.velocity) for event in events]
    return np.sort(np.array(rows, dtype=EVENT_DTYPE), order=("onset_s", "drum"))


def events_of_array(array: npt.NDArray[np.void], kit: Kit) -> list[DrumEvent]:
    """The events that ``event_array`` was given, sorted."""
    return [
        DrumEvent(float(row["onset_s"]), kit.names[row["drum"]], int(row["velocity"]))
        for row in array
    ]


def beat_array(beats: Iterable[Beat]) -> npt.NDArray[np.void]:
    """Beats as an array of ``BEAT_DTYPE``."""
    return np.array([(beat.time_s, min(beat.number, 255)) for beat in beats], dtype=BEAT_DTYPE)


def paint_targets(
    events: npt.NDArray[np.void],
    beats: npt.NDArray[np.void],
    *,
    first_frame: int,
    n_frames: int,
    n_classes: int,
    neighbours: NeighbourTargets,
) -> Targets:
    """The targets of the window of ``n_frames`` frames from ``first_frame`` on.

    Args:
        events: ``EVENT_DTYPE``, shape (n_events,), times on the clock whose frame 0 is at 0 s.
        beats: ``BEAT_DTYPE``, shape (n_beats,), on the same clock.
        first_frame: the window's first frame on that clock.
        n_frames: T.
        n_classes: C.
        neighbours: the targets beside an onset.
    """
    events = events[np.argsort(events["velocity"], kind="stable")]  # the loudest is painted last
    onset = np.zeros((n_frames, n_classes), np.float32)
    velocity = np.zeros((n_frames, n_classes), np.float32)
    frames = seconds_to_frames(events["onset_s"]) - first_frame
    _paint(onset, frames, events["drum"], neighbours)
    # An onset's own frame last, so that it wins over a neighbour's.
    for shift in neighbours.by_shift:
        shown = (frames + shift >= 0) & (frames + shift < n_frames)
        rows, columns = frames[shown] + shift, events["drum"][shown]
        velocity[rows, columns] = events["velocity"][shown] / np.float32(MAX_VELOCITY)
    beat = np.zeros((n_frames, 2), np.float32)
    beat_frames = seconds_to_frames(beats["time_s"]) - first_frame
    is_downbeat = beats["number"] == 1
    _paint(beat, beat_frames, np.zeros(len(beats), int), neighbours)
    _paint(beat, beat_frames[is_downbeat], np.ones(is_downbeat.sum(), int), neighbours)
    return Targets(onset, velocity, beat)


def _paint(
    target: FloatArray,
    frames: IntArray,
    columns: npt.NDArray[np.integer],
    neighbours: NeighbourTargets,
) -> None:
    """Put 1 at ``frames`` and the neighbours' values beside them, never lowering a value."""
    for shift, value in neighbours.by_shift.items():
        shown = (frames + shift >= 0) & (frames + shift < len(target))
        cells = (frames[shown] + shift, columns[shown])
        target[cells] = np.maximum(target[cells], value)
