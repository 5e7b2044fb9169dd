"""What speaks for beats: hits by group and frame, and the network's beat activations.

T frames, frame ``k`` at ``k / FRAME_RATE`` s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drumscribe.drums import Kit
from drumscribe.events import DrumEvent, fold_to_eight
from drumscribe.inference.bar_patterns import GROUPS
from drumscribe.timing import FRAME_RATE, seconds_to_frames
from drumscribe.utils.arrays import Float64Array, FloatArray, IntArray

_GROUP_OF_LANE = {
    "kick": "kick",
    "snare": "snare",
    "hihat": "time",
    "ride": "time",
    "crash": "crash",
    "high_tom": "tom",
    "mid_tom": "tom",
    "low_tom": "tom",
}

_GHOST_VELOCITY = 0.5
"""A snare hit softer than this part of the recording's loud ones is a ghost note."""

_FLOOR = 0.02
"""Added to activations before their logarithm, so that silence does not forbid a beat."""

_REACH_FRAMES = 2
"""A beat may use the highest activation so many frames around it."""

_BLOCK_FRAMES = 60 * FRAME_RATE


@dataclass(frozen=True)
class BeatEvidence:
    """All that is known of a recording's beats.

    Attributes:
        onset_s: times of the hits in seconds, ascending, shape (n,).
        group: index of each in ``GROUPS``, shape (n,).
        beat: the network's beat and downbeat activations, shape (T, 2); empty without that head.
    """

    onset_s: Float64Array
    group: IntArray
    beat: FloatArray

    @property
    def frame(self) -> IntArray:
        """The frame nearest to each hit, shape (n,)."""
        return seconds_to_frames(self.onset_s)

    def beat_gain(self, frames: IntArray) -> Float64Array:
        """What beats at frames are worth, shape (n, 2): any beat, and a downbeat on top.

        The logarithm of activations against their mean, so that beats anywhere are worth nothing.
        Of hours of frames it is made where it is needed; nothing is worth anything outside of them.
        """
        gain = np.zeros((len(frames), 2))
        is_heard = (frames >= 0) & (frames < len(self.beat))
        if is_heard.any():
            gain[is_heard] = np.log(self._highest(frames[is_heard]) / self._mean)
        return gain

    @cached_property
    def _mean(self) -> Float64Array:
        """Of the highest activations around all frames, shape (2,)."""
        total = np.zeros(2)
        for first in range(0, len(self.beat), _BLOCK_FRAMES):
            last = min(first + _BLOCK_FRAMES, len(self.beat))
            total += self._highest(np.arange(first, last)).sum(axis=0)
        return np.asarray(total / len(self.beat))

    def _highest(self, frames: IntArray) -> Float64Array:
        """The highest activations around frames of the recording, shape (n, 2), never 0."""
        highest = self.beat[frames]
        for step in range(-_REACH_FRAMES, _REACH_FRAMES + 1):
            np.fmax(highest, self.beat[np.clip(frames + step, 0, len(self.beat) - 1)], out=highest)
        return np.nan_to_num(highest).clip(0, 1).astype(np.float64) + _FLOOR


def beat_evidence(events: Sequence[DrumEvent], kit: Kit, beat: FloatArray | None) -> BeatEvidence:
    """The evidence of hits and activations.

    Args:
        events: hits of ``kit``, any order.
        kit: what their names mean.
        beat: the network's beat and downbeat activations 0..1, shape (T, 2), if it has them.
    """
    lanes = sorted(fold_to_eight(events, kit))
    snares = [event.velocity for event in lanes if event.drum == "snare"]
    ghost = _GHOST_VELOCITY * float(np.percentile(snares, 75)) if snares else 0.0
    groups = [
        "ghost" if event.drum == "snare" and event.velocity < ghost else _GROUP_OF_LANE[event.drum]
        for event in lanes
    ]
    return BeatEvidence(
        np.array([event.onset_s for event in lanes], np.float64),
        np.array([GROUPS.index(group) for group in groups], np.int64),
        np.zeros((0, 2), np.float32) if beat is None else beat,
    )
