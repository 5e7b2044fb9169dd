"""The feature store: HDF5 shards of log-mel frames with their labels.

A shard holds about an hour of recordings one after another on one time line, a gap of silence after
each, so that any window of it can be read as one slice. Labels are sparse, on the shard's own clock
(frame 0 is second 0). Shards are written to a temporary name and renamed: one that exists is whole.
Every shard carries the clock, the features and the kit, which are compared on opening.
"""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from drumscribe.config import FeatureConfig, section_from_dict
from drumscribe.data.shard_checks import (
    require_beats,
    require_events,
    require_features,
    require_places,
)
from drumscribe.data.targets import BEAT_DTYPE, EVENT_DTYPE
from drumscribe.drums import Kit, kit_by_name, require_same_kit
from drumscribe.timing import CLOCK, frame_to_seconds, require_same_clock
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.files import atomic_path

FORMAT_VERSION = 1
GAP_FRAMES = 25
"""Frames of silence after each recording (a quarter of a second)."""

_FRAMES_PER_CHUNK = 1024


@dataclass(frozen=True)
class StoreHeader:
    """What the numbers of a store mean."""

    kit: Kit
    features: FeatureConfig

    def to_json(self) -> str:
        """The header as it is written into shards."""
        return json.dumps(
            {
                "format_version": FORMAT_VERSION,
                "clock": CLOCK,
                "kit": self.kit.name,
                "classes": self.kit.names,
                "features": dataclasses.asdict(self.features),
            },
            sort_keys=True,
        )


@dataclass(frozen=True)
class StoredRecording:
    """One recording of a shard.

    Attributes:
        audio_filename: its key in the dataset.
        midi_filename: the MIDI file that labels it.
        performance: what it shares with the same performance on other kits.
        kit_name: the dataset's name of the drum kit.
        start_frame: its first frame in the shard.
        n_frames: its length in frames, without the gap.
        duration_s: length of its audio in seconds.
        offset_s: audio minus MIDI; has been added to the labels.
        alignment_confidence: 0..1, of the offset.
        label_source: "own" or "canonical" MIDI.
        unknown_notes: MIDI notes that mean no class, with their counts.
    """

    audio_filename: str
    midi_filename: str
    performance: str
    kit_name: str
    start_frame: int
    n_frames: int
    duration_s: float
    offset_s: float
    alignment_confidence: float
    label_source: str
    unknown_notes: dict[str, int]


@dataclass(frozen=True)
class SkippedRecording:
    """One recording that was left out: the kind of reason, and the reason in full."""

    audio_filename: str
    kind: str
    reason: str


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
        self._log_mel[start : start + len(log_mel)] = log_mel
        start_s = frame_to_seconds(start)
        self._events.append(_shifted(events, "onset_s", start_s))
        self._beats.append(_shifted(beats, "time_s", start_s))
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


def shard_fingerprint(path: Path) -> str | None:
    """What a shard was made from, or ``None`` where there is no readable shard."""
    try:
        with h5py.File(path, "r") as file:
            return str(file.attrs["fingerprint"])
    except (OSError, KeyError):
        return None


class Shard:
    """A shard opened for reading; its labels and index are read when they are first asked for.

    Raises:
        DrumscribeError: when it is absent, damaged or of another clock or format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _readable(path):
            self._file = h5py.File(path, "r")
            self.header = _read_header(self._file, path)
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
        shifted = _shifted(events, "onset_s", -frame_to_seconds(recording.start_frame))
        return shifted[shifted["onset_s"] >= 0]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_split(folder: Path) -> list[Shard]:
    """The shards of one split in order, all of one kit and one feature setting.

    Raises:
        DrumscribeError: when there are none, or they differ.
    """
    paths = sorted(folder.glob("shard-*.h5"))
    if not paths:
        raise DrumscribeError(f"{folder}: holds no shards; run 'drumscribe preprocess' first")
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
    """

    header: StoreHeader
    shard_paths: tuple[Path, ...]
    shard_frames: tuple[int, ...]


def outline(shards: Sequence[Shard]) -> SplitOutline:
    """The outline of a split's opened shards."""
    return SplitOutline(
        shards[0].header,
        tuple(shard.path for shard in shards),
        tuple(shard.n_frames for shard in shards),
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


def _read_header(file: Any, path: Path) -> StoreHeader:
    values = json.loads(file.attrs["header"])
    if values["format_version"] != FORMAT_VERSION:
        raise DrumscribeError(
            f"{path}: format {values['format_version']}, but this version reads {FORMAT_VERSION}; "
            "run 'drumscribe preprocess --overwrite'"
        )
    require_same_clock(values["clock"], source=str(path))
    with naming(str(path)):
        kit = kit_by_name(values["kit"])
        features = section_from_dict(FeatureConfig, values["features"])
    require_same_kit(values["classes"], kit, source=str(path))
    return StoreHeader(kit, features)


def _shifted(array: npt.NDArray[np.void], column: str, by_s: float) -> npt.NDArray[np.void]:
    shifted = array.copy()
    shifted[column] += by_s
    return shifted


def _between(
    array: npt.NDArray[np.void], column: str, first_frame: int, n_frames: int
) -> npt.NDArray[np.void]:
    """The rows at most two frames outside a slice (painting reaches one frame further)."""
    low_s = frame_to_seconds(first_frame - 2)
    high_s = frame_to_seconds(first_frame + n_frames + 2)
    low, high = np.searchsorted(array[column], [low_s, high_s])
    return array[low:high]
