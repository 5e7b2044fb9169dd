"""Reading the feature store: HDF5 shards of log-mel frames with their labels."""

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from drumscribe.data.shard_checks import (
    require_beats,
    require_events,
    require_features,
    require_places,
)
from drumscribe.data.shard_format import (
    SkippedRecording,
    StoredRecording,
    StoreHeader,
    header_from_json,
    require_shards,
    shifted,
)
from drumscribe.timing import frame_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError


def shard_fingerprint(path: Path) -> str | None:
    """What a shard was made from; "" where it does not say.

    Returns:
        ``None`` where there is none, or what is there is no HDF5 file or cut short.

    Raises:
        DrumscribeError: when it cannot be looked into: it is locked, forbidden, on a failing disk.
    """
    try:
        with h5py.File(path, "r") as file:
            return str(file.attrs.get("fingerprint", ""))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno is None:  # HDF5 itself complains, of what it could read
            return None
        raise DrumscribeError(
            f"{path}: cannot be opened ({os.strerror(error.errno)}); end what else uses it, or "
            "see to the disk and its permissions"
        ) from error


class Shard:
    """A shard opened for reading; its labels and index are read when they are first asked for.

    Raises:
        DrumscribeError: when it is absent, damaged or of another clock or format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _readable(path):
            self._file = h5py.File(path, "r")
            self.fingerprint = str(self._file.attrs.get("fingerprint", ""))
            self.header = header_from_json(self._file.attrs["header"], source=str(path))
            self._parts = {name: self._file[name] for name in ("index", "events", "beats")}
            self._log_mel = self._file["log_mel"]
            require_features(self._log_mel, self.header.features.n_mels)

    @functools.cached_property
    def events(self) -> npt.NDArray[np.void]:
        """All hits in order of time, ``EVENT_DTYPE``, on the shard's clock."""
        with _readable(self.path):
            events = np.asarray(self._parts["events"][()])
            return require_events(events, len(self.header.kit))

    @functools.cached_property
    def beats(self) -> npt.NDArray[np.void]:
        """All beats in order of time, ``BEAT_DTYPE``, on the shard's clock."""
        with _readable(self.path):
            return require_beats(np.asarray(self._parts["beats"][()]))

    @functools.cached_property
    def recordings(self) -> list[StoredRecording]:
        """Its recordings in order."""
        with _readable(self.path):
            recordings = [StoredRecording(**item) for item in self._index["recordings"]]
            require_places(recordings, self.n_frames)
            return recordings

    @functools.cached_property
    def skipped(self) -> list[SkippedRecording]:
        """What was left out of it."""
        with _readable(self.path):
            return [SkippedRecording(**item) for item in self._index["skipped"]]

    @functools.cached_property
    def _index(self) -> dict[str, list[dict[str, Any]]]:
        index: dict[str, list[dict[str, Any]]] = json.loads(self._parts["index"].asstr()[()])
        return index

    @property
    def n_frames(self) -> int:
        """Length of the shard's time line in frames."""
        return int(self._log_mel.shape[0])

    def log_mel(self, first_frame: int, n_frames: int) -> FloatArray:
        """A slice of the time line, shape (n_frames, F); silence beyond its end."""
        with _readable(self.path):
            read = self._log_mel[first_frame : first_frame + n_frames]
        frames = np.zeros((n_frames, read.shape[1]), np.float32)
        frames[: len(read)] = read
        return frames

    def events_between(self, first_frame: int, n_frames: int) -> npt.NDArray[np.void]:
        """The events whose frames may touch a slice, on the shard's clock."""
        return _between(self.events, "onset_s", first_frame, n_frames)

    def beats_between(self, first_frame: int, n_frames: int) -> npt.NDArray[np.void]:
        """The beats whose frames may touch a slice, on the shard's clock."""
        return _between(self.beats, "time_s", first_frame, n_frames)

    def recording_events(self, recording: StoredRecording) -> npt.NDArray[np.void]:
        """The events of one recording, in seconds from its own start."""
        events = self.events_between(recording.start_frame, recording.n_frames)
        own = shifted(events, "onset_s", -frame_to_seconds(recording.start_frame))
        return own[own["onset_s"] >= 0]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_split(folder: Path) -> list[Shard]:
    """The shards of one split in order, all of one kit and one feature setting.

    Raises:
        DrumscribeError: when there are none, or they differ.
    """
    paths = require_shards(folder)
    shards = [Shard(path) for path in paths]
    for shard in shards[1:]:
        if shard.header != shards[0].header:
            raise DrumscribeError(
                f"{shard.path}: made with other settings than {paths[0].name}; "
                "run 'drumscribe preprocess --overwrite'"
            )
    return shards


@dataclass(frozen=True)
class SplitOutline:
    """What must be known of a split to plan the reading of it.

    Attributes:
        header: what its numbers mean.
        shard_paths: its shards in order.
        shard_frames: length of each shard in frames.
        fingerprint: the same for stores that were made from the same.
    """

    header: StoreHeader
    shard_paths: tuple[Path, ...]
    shard_frames: tuple[int, ...]
    fingerprint: str


def outline(shards: Sequence[Shard]) -> SplitOutline:
    """The outline of a split's opened shards."""
    return SplitOutline(
        shards[0].header,
        tuple(shard.path for shard in shards),
        tuple(shard.n_frames for shard in shards),
        hashlib.sha256(" ".join(shard.fingerprint for shard in shards).encode()).hexdigest(),
    )


@contextlib.contextmanager
def opened_split(folder: Path) -> Iterator[list[Shard]]:
    """The shards of ``open_split``, closed at the end."""
    with contextlib.ExitStack() as stack:
        shards = open_split(folder)
        for shard in shards:
            stack.callback(shard.close)
        yield shards


def select_recordings(
    shards: Sequence[Shard], max_hours: float
) -> list[tuple[Shard, StoredRecording]]:
    """Recordings in the store's (shuffled) order until ``max_hours`` are full, at least one."""
    chosen: list[tuple[Shard, StoredRecording]] = []
    total_s = 0.0
    for shard in shards:
        for recording in shard.recordings:
            if chosen and total_s + recording.duration_s > max_hours * 3600:
                return chosen
            chosen.append((shard, recording))
            total_s += recording.duration_s
    return chosen


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what h5py raises for a damaged file into one line."""
    try:
        yield
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise DrumscribeError(
            f"{path}: is not a readable shard ({reason}); delete it and preprocess again"
        ) from error


def _between(
    array: npt.NDArray[np.void], column: str, first_frame: int, n_frames: int
) -> npt.NDArray[np.void]:
    """The rows at most two frames outside a slice (painting reaches one frame further)."""
    low_s = frame_to_seconds(first_frame - 2)
    high_s = frame_to_seconds(first_frame + n_frames + 2)
    low, high = np.searchsorted(array[column], [low_s, high_s])
    return array[low:high]
