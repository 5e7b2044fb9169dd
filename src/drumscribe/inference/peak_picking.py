"""From onset activations to drum events.

A hit is a frame whose activation is the highest within ``peak_window_s`` on both sides, reaches its
class's threshold and is no nearer than ``min_gap_s`` to a higher one. Of equal neighbours the first
is the hit. A tom gives way to a clearly likelier one beside it. The model's calibration turns
that height into a confidence, which decides nothing. T frames, C drum classes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.config import PeakPickingConfig
from drumscribe.events import MAX_VELOCITY, DrumEvent
from drumscribe.inference.doubled_toms import doubled_toms
from drumscribe.inference.picker_settings import PickerSettings
from drumscribe.models.frame_model import Activations
from drumscribe.timing import FRAME_RATE, frame_to_seconds, seconds_to_frame
from drumscribe.utils.arrays import BoolArray, FloatArray, IntArray

DEFAULT_VELOCITY = 100
"""Velocity of hits by a model that has no velocity head."""


@dataclass(frozen=True)
class Peaks:
    """Candidate hits of one class in order of time.

    Attributes:
        frame: frame index of each, shape (n,).
        height: activation of each, 0..1, shape (n,).
    """

    frame: IntArray
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
    border = max(1, reach)
    padded = np.pad(activation, border, constant_values=-np.inf)[:, None]
    frames = np.flatnonzero(_is_peak(padded, reach, border) & (activation >= threshold)[:, None])
    kept = _thin_out(frames, activation[frames], gap_frames(config))
    return Peaks(kept, activation[kept])


class EventPicker:
    """Picks the hits of activations that come in parts; of those it keeps the peaks alone.

    Args:
        settings: what is a hit.
    """

    def __init__(self, settings: PickerSettings) -> None:
        kit, config = settings.kit, settings.peak_picking
        self._settings = settings
        self._kit = kit
        self._thresholds = np.array([settings.thresholds[name] for name in kit.names], np.float32)
        self._reach = seconds_to_frame(config.peak_window_s)
        self._border = max(1, self._reach)
        self._min_gap_frames = gap_frames(config)
        self._n_done = 0
        self._onset = np.full((self._border, len(kit)), -np.inf, np.float32)
        self._velocity = midi_velocities(None, (self._border, len(kit)))
        # Frames, classes, heights and velocities of the peaks; the first part is empty.
        types = (np.int32, np.uint8, np.float32, np.uint8)
        self._found: list[tuple[npt.NDArray[Any], ...]] = [
            tuple(np.empty(0, kind) for kind in types)
        ]

    def push(self, part: Activations) -> None:
        """Take the next part of a recording, arrays of shape (t, C), t of any size."""
        self._take(part.onset, midi_velocities(part.velocity, part.onset.shape))

    def finish(self) -> list[DrumEvent]:
        """The hits of all parts, sorted by time, then by class index."""
        beyond = np.full((self._border, len(self._kit)), -np.inf, np.float32)
        self._take(beyond, midi_velocities(None, beyond.shape))
        frames, classes, heights, velocities = (
            np.concatenate(column) for column in zip(*self._found, strict=True)
        )
        is_hit = np.zeros(len(frames), bool)
        sure = np.empty(len(heights))
        for index, name in enumerate(self._kit.names):
            own = np.flatnonzero(classes == index)
            kept = _thin_out(frames[own], heights[own], self._min_gap_frames)
            is_hit[own[np.searchsorted(frames[own], kept)]] = True
            sure[own] = self._settings.confidence(name, heights[own])
        hits = np.flatnonzero(is_hit)
        is_hit[hits[doubled_toms(frames[hits], classes[hits], heights[hits], self._kit)]] = False
        columns = (frames, classes, velocities, sure)
        return [
            DrumEvent(frame_to_seconds(frame), self._kit.names[index], velocity, confidence)
            for frame, index, velocity, confidence in zip(
                *(column[is_hit].tolist() for column in columns), strict=True
            )
        ]

    def _take(self, onset: FloatArray, velocity: npt.NDArray[np.uint8]) -> None:
        """Note the peaks of all frames whose surroundings are known now."""
        onset = np.concatenate([self._onset, onset])
        velocity = np.concatenate([self._velocity, velocity])
        n_known = max(0, len(onset) - 2 * self._border)
        middle = slice(self._border, self._border + n_known)
        if n_known:
            peaks = _is_peak(onset, self._reach, self._border) & (onset[middle] >= self._thresholds)
            frames, classes = np.nonzero(peaks)
            at = (frames + self._border, classes)
            peaks_of = (frames + self._n_done).astype(np.int32), classes.astype(np.uint8)
            self._found.append((*peaks_of, onset[at], velocity[at]))
        self._n_done += n_known
        self._onset, self._velocity = onset[n_known:], velocity[n_known:]


def _is_peak(onset: FloatArray, reach: int, border: int) -> BoolArray:
    """Where activations, (t, C), are the first highest of their surroundings, without borders."""
    middle = slice(border, len(onset) - border)
    around = onset[border - reach : len(onset) - border + reach]
    windows = np.lib.stride_tricks.sliding_window_view(around, 2 * reach + 1, axis=0)
    rises = onset[middle] != onset[border - 1 : len(onset) - border - 1]
    return np.asarray((onset[middle] >= windows.max(axis=-1)) & rises & (onset[middle] >= 1e-9))


def gap_frames(config: PeakPickingConfig) -> int:
    """The smallest gap in frames, rounded up, so that it is never shorter than asked for."""
    return math.ceil(config.min_gap_s * FRAME_RATE - 1e-6)


def midi_velocities(velocity: FloatArray | None, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """MIDI velocities of frames by the model's, both of ``shape`` (t, C)."""
    if velocity is None:
        return np.full(shape, DEFAULT_VELOCITY, np.uint8)
    return np.clip(np.rint(velocity.astype(np.float64) * MAX_VELOCITY), 1, MAX_VELOCITY).astype(
        np.uint8
    )


def _thin_out(frames: IntArray, heights: FloatArray, min_gap_frames: int) -> IntArray:
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
