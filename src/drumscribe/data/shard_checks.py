"""Whether what a shard holds can be what was written into it.

A checksum tells of damage on the disk; these tell of files that other programs made. Each raises
``ValueError``, for which the reader names the shard.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from drumscribe.data.shard_format import StoredRecording
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.events import MAX_VELOCITY
from drumscribe.utils.arrays import Float64Array


def require_features(dataset: Any, n_mels: int) -> None:
    """Refuse log-mel that is not of shape (frames, ``n_mels``)."""
    shape = tuple(dataset.shape)
    if len(shape) != 2 or shape[1] != n_mels or dataset.dtype.kind != "f":
        raise ValueError(f"log_mel is {dataset.dtype} of shape {shape}, not {n_mels} bands a frame")


def require_events(events: npt.NDArray[Any], n_classes: int) -> npt.NDArray[np.void]:
    """``events``, refusing what is no table of hits on ``n_classes`` drums in order of time."""
    _require_table(events, EVENT_DTYPE, "events")
    is_known = (events["drum"] < n_classes) & (events["drum"] >= 0)
    is_heard = (events["velocity"] >= 1) & (events["velocity"] <= MAX_VELOCITY)
    if not (is_known & is_heard).all():
        raise ValueError("events hold drums or velocities that do not exist")
    _require_times(events["onset_s"], "events")
    return events


def require_beats(beats: npt.NDArray[Any]) -> npt.NDArray[np.void]:
    """``beats``, refusing what is no table of beats in order of time."""
    _require_table(beats, BEAT_DTYPE, "beats")
    _require_times(beats["time_s"], "beats")
    return beats


def require_places(recordings: Iterable[StoredRecording], n_frames: int) -> None:
    """Refuse recordings that lie outside the ``n_frames`` of their shard."""
    for recording in recordings:
        end_frame = recording.start_frame + recording.n_frames
        if not 0 <= recording.start_frame <= end_frame <= n_frames:
            raise ValueError("the index places a recording outside the shard")


def _require_table(array: npt.NDArray[Any], dtype: npt.DTypeLike, name: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
        raise ValueError(f"{name} are not a table of times")


def _require_times(times_s: Float64Array, name: str) -> None:
    if not np.isfinite(times_s).all() or (np.diff(times_s) < 0).any():
        raise ValueError(f"{name} are not in order of time")
