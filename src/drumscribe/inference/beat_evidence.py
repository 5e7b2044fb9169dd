"""What speaks for beats: hits by group and frame, and the network's beat activations.

T frames, frame ``k`` at ``k / FRAME_RATE`` s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.drums import Kit
from drumscribe.events import DrumEvent, fold_to_lanes
from drumscribe.inference.bar_patterns import GROUPS
from drumscribe.timing import FRAME_RATE
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


@dataclass(frozen=True)
class BeatEvidence:
    """All that is known of a recording's beats.

    Attributes:
        onset_s: times of the hits in seconds, ascending, shape (n,).
        group: index of each in ``GROUPS``, shape (n,).
        beat_gain: what a beat at a frame is worth, shape (T, 2): any beat, and a downbeat on top;
            empty without activations.
    """

    onset_s: Float64Array
    group: IntArray
    beat_gain: Float64Array

    @property
    def frame(self) -> IntArray:
        """The frame nearest to each hit, shape (n,)."""
        return np.floor(self.onset_s * FRAME_RATE + 0.5).astype(np.int64)


def beat_evidence(events: Sequence[DrumEvent], kit: Kit, beat: FloatArray | None) -> BeatEvidence:
    """The evidence of hits and activations.

    Args:
        events: hits of ``kit``, any order.
        kit: what their names mean.
        beat: the network's beat and downbeat activations 0..1, shape (T, 2), if it has them.
    """
    lanes = sorted(fold_to_lanes(events, kit))
    snares = [event.velocity for event in lanes if event.drum == "snare"]
    ghost = _GHOST_VELOCITY * float(np.percentile(snares, 75)) if snares else 0.0
    groups = [
        "ghost" if event.drum == "snare" and event.velocity < ghost else _GROUP_OF_LANE[event.drum]
        for event in lanes
    ]
    return BeatEvidence(
        np.array([event.onset_s for event in lanes], np.float64),
        np.array([GROUPS.index(group) for group in groups], np.int64),
        np.zeros((0, 2)) if beat is None or len(beat) == 0 else _gain(beat),
    )


def _gain(activation: FloatArray) -> Float64Array:
    """Logarithm of activations against their mean, so that beats anywhere are worth nothing."""
    # Hours of frames: as few and as small arrays as can be.
    clean = np.nan_to_num(activation).clip(0, 1)
    padded = np.pad(clean, ((_REACH_FRAMES, _REACH_FRAMES), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _REACH_FRAMES + 1, axis=0)
    gain = windows.max(axis=2).astype(np.float64)
    gain += _FLOOR
    gain /= gain.mean(axis=0)
    return np.asarray(np.log(gain, out=gain))
