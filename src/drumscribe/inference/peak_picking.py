"""From onset activations to drum events.

A hit is a frame whose activation is the highest within ``peak_window_s`` on both sides, reaches its
class's threshold and is no nearer than ``min_gap_s`` to a higher one. Of equal neighbours the first
is the hit. The model's calibration turns that height into a confidence, which decides nothing. T
frames, C drum classes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from drumscribe.config import PeakPickingConfig
from drumscribe.data.targets import MAX_VELOCITY
from drumscribe.drums import Kit
from drumscribe.events import DrumEvent
from drumscribe.models.calibration import Calibration
from drumscribe.models.frame_model import Activations
from drumscribe.timing import FRAME_RATE, frame_to_seconds, seconds_to_frame

FloatArray = npt.NDArray[np.float32]

DEFAULT_VELOCITY = 100
"""Velocity of hits by a model that has no velocity head."""


@dataclass(frozen=True)
class Peaks:
    """Candidate hits of one class in order of time.

    Attributes:
        frame: frame index of each, shape (n,).
        height: activation of each, 0..1, shape (n,).
    """

    frame: npt.NDArray[np.int64]
    height: FloatArray

    def above(self, threshold: float) -> "Peaks":
        """The peaks that reach ``threshold``.

        Picking with that threshold from the start would give the same: a peak only ever gives way
        to a higher one.
        """
        kept = self.height >= threshold
        return Peaks(self.frame[kept], self.height[kept])


def find_peaks(activation: FloatArray, config: PeakPickingConfig, *, threshold: float) -> Peaks:
    """The peaks of one class.

    Args:
        activation: shape (T,), values 0..1.
        config: peak window and smallest gap.
        threshold: the least height.
    """
    reach = seconds_to_frame(config.peak_window_s)
    padded = np.pad(activation, reach, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
    rises = np.diff(activation, prepend=-np.inf) != 0
    frames = np.flatnonzero((activation >= highest) & rises & (activation >= max(threshold, 1e-9)))
    # Rounded up, so that the gap is never shorter than asked for.
    min_gap_frames = math.ceil(config.min_gap_s * FRAME_RATE - 1e-6)
    kept = _thin_out(frames, activation[frames], min_gap_frames)
    return Peaks(kept, activation[kept])


def pick_events(
    activations: Activations,
    kit: Kit,
    config: PeakPickingConfig,
    thresholds: Mapping[str, float],
    calibration: Mapping[str, Calibration] = MappingProxyType({}),
) -> list[DrumEvent]:
    """The hits of a recording, sorted by time, then by class index.

    Args:
        activations: of the whole recording, onset shape (T, C).
        kit: the model's kit.
        config: peak window and smallest gap.
        thresholds: of each class by name, of activations.
        calibration: what activations mean, by class; where absent the activation is the confidence.
    """
    found: list[tuple[int, int, DrumEvent]] = []
    for index, name in enumerate(kit.names):
        onset = activations.onset[:, index]
        peaks = find_peaks(onset, config, threshold=thresholds[name])
        sure = calibration[name].confidence(peaks.height) if name in calibration else peaks.height
        for frame, confidence in zip(peaks.frame.tolist(), sure.tolist(), strict=True):
            velocity = _velocity(activations.velocity, frame, index)
            event = DrumEvent(frame_to_seconds(frame), name, velocity, min(1.0, confidence))
            found.append((frame, index, event))
    return [event for _, _, event in sorted(found)]


def _thin_out(
    frames: npt.NDArray[np.int64], heights: FloatArray, min_gap_frames: int
) -> npt.NDArray[np.int64]:
    """Drop frames nearer than the gap to a higher (or equal and earlier) one."""
    if len(frames) < 2 or np.diff(frames).min() >= min_gap_frames:
        return frames
    blocked = np.zeros(len(frames), bool)
    kept = []
    for position in np.lexsort((frames, -heights)):
        if blocked[position]:
            continue
        frame = int(frames[position])
        kept.append(frame)
        first, end = np.searchsorted(frames, [frame - min_gap_frames + 1, frame + min_gap_frames])
        blocked[first:end] = True
    return np.array(sorted(kept), dtype=np.int64)


def _velocity(velocity: FloatArray | None, frame: int, index: int) -> int:
    if velocity is None:
        return DEFAULT_VELOCITY
    return int(np.clip(round(float(velocity[frame, index]) * MAX_VELOCITY), 1, MAX_VELOCITY))
