"""Writing shards of the feature store, to a temporary name first: one that exists is whole."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from drumscribe.data.shard_format import (
    GAP_FRAMES,
    SkippedRecording,
    StoredRecording,
    StoreHeader,
    shifted,
)
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.timing import frame_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.files import atomic_path

_FRAMES_PER_CHUNK = 1024


class ShardWriter:
    """Writes one shard; use ``writing_shard``."""

    def __init__(self, file: Any, header: StoreHeader) -> None:
        self._file = file
        n_mels = header.features.n_mels
        self._log_mel = file.create_dataset(
            "log_mel",
            shape=(0, n_mels),
            maxshape=(None, n_mels),
            chunks=(_FRAMES_PER_CHUNK, n_mels),
            dtype=np.float16,
            fletcher32=True,  # so that damage on the disk is an error, not a wrong feature
        )
        self._events = [np.zeros(0, EVENT_DTYPE)]
        self._beats = [np.zeros(0, BEAT_DTYPE)]
        self._recordings: list[StoredRecording] = []
        self._skipped: list[SkippedRecording] = []

    @property
    def n_frames(self) -> int:
        """Frames written so far: where the next recording starts."""
        return int(self._log_mel.shape[0])

    def add(
        self,
        recording: StoredRecording,
        log_mel: FloatArray,
        events: npt.NDArray[np.void],
        beats: npt.NDArray[np.void],
    ) -> None:
        """Append a recording and its gap.

        Args:
            recording: its description; ``start_frame`` must be ``n_frames`` of this writer.
            log_mel: shape (recording.n_frames, F).
            events: ``EVENT_DTYPE``, seconds from the start of the recording.
            beats: ``BEAT_DTYPE``, likewise.
        """
        start = recording.start_frame
        self._log_mel.resize(start + len(log_mel) + GAP_FRAMES, axis=0)
        # numpy rounds to the same halves as HDF5 would, and several times as fast.
        self._log_mel[start : start + len(log_mel)] = log_mel.astype(np.float16)
        start_s = frame_to_seconds(start)
        self._events.append(shifted(events, "onset_s", start_s))
        self._beats.append(shifted(beats, "time_s", start_s))
        self._recordings.append(recording)

    def skip(self, audio_filename: str, kind: str, reason: str) -> None:
        """Note down a recording that is left out."""
        self._skipped.append(SkippedRecording(audio_filename, kind, reason))

    def finish(self) -> None:
        """Write the labels and the index."""
        self._file.create_dataset("events", data=np.concatenate(self._events))
        self._file.create_dataset("beats", data=np.concatenate(self._beats))
        index = {
            "recordings": [dataclasses.asdict(recording) for recording in self._recordings],
            "skipped": [dataclasses.asdict(skipped) for skipped in self._skipped],
        }
        self._file.create_dataset("index", data=json.dumps(index))


@contextlib.contextmanager
def writing_shard(path: Path, header: StoreHeader, fingerprint: str) -> Iterator[ShardWriter]:
    """A writer of the shard at ``path``, which appears there when the block has succeeded.

    Args:
        path: where the shard will be.
        header: what its numbers mean.
        fingerprint: identifies what it is made from, for ``shard_fingerprint``.
    """
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["header"] = header.to_json()
        file.attrs["fingerprint"] = fingerprint
        writer = ShardWriter(file, header)
        yield writer
        writer.finish()
