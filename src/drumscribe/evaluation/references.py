"""Labelled recordings to score against: a split of the store, an E-GMD folder, or MDB Drums.

Every source gives a ``ReferenceSet``: log-mel to transcribe, hits on the model's lanes, and what
was left out, so that the survivors do not pass for the whole.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from drumscribe.config import Config, FeatureConfig
from drumscribe.data.audio_processing import find_audio
from drumscribe.data.egmd import Recording, read_recordings
from drumscribe.data.egmd_csv import EGMD_NAME_BY_SPLIT
from drumscribe.data.feature_store import Shard, open_split
from drumscribe.data.log_mel import log_mel_blocks
from drumscribe.data.recording_processing import (
    UnusableRecordingError,
    label_recording,
    require_heard,
    usable_samples,
)
from drumscribe.data.shard_format import StoredRecording
from drumscribe.data.targets import events_of_array
from drumscribe.drums import require_same_kit
from drumscribe.events import DrumEvent, fold_to_lanes
from drumscribe.models.header import ModelHeader
from drumscribe.splits import Split
from drumscribe.tempo import Beat
from drumscribe.timing import frame_to_seconds, samples_to_seconds
from drumscribe.utils.arrays import FloatArray
from drumscribe.utils.errors import DrumscribeError

logger = logging.getLogger(__name__)

# MDB Drums' subclasses as lanes. Side stick (SST) is a snare here as in E-GMD.
_MDB_LANES = {
    "KD": "kick",
    **dict.fromkeys(("SD", "SDB", "SDG", "SDD", "SDF", "SDNS", "SST"), "snare"),
    **dict.fromkeys(("CHH", "OHH", "PHH"), "hihat"),
    "HIT": "high_tom",
    "MHT": "mid_tom",
    **dict.fromkeys(("HFT", "LFT"), "low_tom"),
    **dict.fromkeys(("RDC", "RDB"), "ride"),
    **dict.fromkeys(("CRC", "CHC", "SPC"), "crash"),
}

_MDB_OTHERS = {"TMB"}  # the tambourine is no drum of the kit

_UNKNOWN_VELOCITY = 100


@dataclass(frozen=True)
class Reference:
    """One labelled recording.

    Attributes:
        name: what to call it in reports.
        kit_name: the drum kit or mix it belongs to, scored as a group.
        frames: called for its log-mel in blocks of shape (t, F).
        events: its hits on the model's lanes, in seconds on the audio's clock.
        offset_s: what was added to the labels to align them with the audio, in seconds.
        has_velocity: whether the labels' velocities mean anything.
        performance: what recordings of the same playing share; its own name when empty.
        beats: its beats in seconds on the audio's clock; empty where they are not known.
    """

    name: str
    kit_name: str
    frames: Callable[[], Iterable[FloatArray]]
    events: list[DrumEvent]
    offset_s: float = 0.0
    has_velocity: bool = True
    performance: str = ""
    beats: tuple[Beat, ...] = ()

    def onsets_s(self, lane: str) -> list[float]:
        """Sorted onsets of one lane, in seconds."""
        return sorted(event.onset_s for event in self.events if event.drum == lane)

    @property
    def raw_events(self) -> list[DrumEvent]:
        """The hits before alignment: moved back by the offset, none before the start."""
        return [
            replace(event, onset_s=max(0.0, event.onset_s - self.offset_s)) for event in self.events
        ]


@dataclass
class ReferenceSet:
    """Labelled recordings, and those that are left out of them.

    Attributes:
        recordings: the recordings, each read when its turn comes.
        left_out: how many cannot be scored, by reason; complete once ``recordings`` is used up.
        source: the folder they are of, as the user named it.
    """

    recordings: Iterable[Reference]
    left_out: Counter[str] = field(default_factory=Counter)
    source: str = "the set"

    def without_any(self) -> DrumscribeError:
        """What to raise where ``recordings`` gave none."""
        reasons = ", ".join(f"{n} x {reason}" for reason, n in self.left_out.items())
        return DrumscribeError(
            f"{self.source}: holds no labelled recordings that can be used "
            f"({f'left out: {reasons}' if reasons else 'it is empty'}); mend it or name another"
        )


def store_references(split_dir: Path, header: ModelHeader) -> ReferenceSet:
    """The recordings of a preprocessed split.

    Raises:
        DrumscribeError: when there is none, or it has other features or lanes than the model.
    """
    shards = open_split(split_dir)
    if shards[0].header.features != header.features:
        raise DrumscribeError(
            f"{split_dir}: has other features than the model hears; preprocess with its config.yaml"
        )
    require_same_kit(shards[0].header.kit.lanes.names, header.kit.lanes, source=str(split_dir))
    left_out = Counter(skipped.kind for shard in shards for skipped in shard.skipped)
    references = (
        _store_reference(shard, recording) for shard in shards for recording in shard.recordings
    )
    return ReferenceSet(references, left_out, str(split_dir))


def egmd_references(
    folder: Path, header: ModelHeader, config: Config, split: Split
) -> ReferenceSet:
    """One split's recordings of a folder in E-GMD's layout, decoded and aligned here.

    Recordings that cannot be used are named in the log and left out.

    Raises:
        DrumscribeError: when there is no csv, or none of the split in it.
    """
    found, name = read_recordings(folder), EGMD_NAME_BY_SPLIT[split]
    recordings = [r for r in found.recordings if r.split == split]
    if not recordings:
        raise DrumscribeError(
            f"{folder}: its csv has no usable recordings in the {name} split; name another --split"
        )
    left_out = Counter(row.reason for row in found.skipped if row.split == name)

    def usable() -> Iterator[Reference]:
        for recording in recordings:
            with _left_out(recording.audio_filename, left_out):
                yield _egmd_reference(folder, recording, header, config)

    return ReferenceSet(usable(), left_out, str(folder))


def mdb_references(folder: Path, header: ModelHeader, mix: str) -> ReferenceSet:
    """The tracks of MDB Drums.

    Args:
        folder: with ``annotations/subclass``, and the audio in ``drum_only`` and ``full_mix`` or in
            the published ``audio/drum_only`` and ``audio/full_mix``, named as published
            (``MusicDelta_Rock_Drum.wav`` beside ``MusicDelta_Rock_subclass.txt``) or alike.
        header: of the model, for its features.
        mix: "drum_only" or "full_mix".

    Tracks whose audio cannot be read, or ends before the hits do, are named in the log and left
    out.

    Raises:
        DrumscribeError: when there is no audio, two files are one track, or annotations are absent
            or damaged.
    """
    audio_dir = folder / mix if (folder / mix).is_dir() else folder / "audio" / mix
    audio_paths = find_audio(audio_dir) if audio_dir.is_dir() else []
    if not audio_paths:
        raise DrumscribeError(f"{audio_dir}: holds no audio; name the folder of MDB Drums")
    _require_one_file_a_track(audio_paths)
    labels = [_mdb_labels(folder, path) for path in audio_paths]  # before anything is heard
    left_out: Counter[str] = Counter()

    def usable() -> Iterator[Reference]:
        for path, (events, beats) in zip(audio_paths, labels, strict=True):
            with _left_out(path.name, left_out):
                samples = usable_samples(path)
                duration_s = samples_to_seconds(len(samples))
                require_heard([event.onset_s for event in events], duration_s)
                yield Reference(
                    name=path.stem,
                    kit_name=mix,
                    frames=_frames_of(samples, header.features),
                    events=[event for event in events if event.onset_s <= duration_s],
                    has_velocity=False,
                    beats=tuple(beat for beat in beats if beat.time_s <= duration_s),
                )

    return ReferenceSet(usable(), left_out, str(audio_dir))


@contextmanager
def _left_out(name: str, left_out: Counter[str]) -> Iterator[None]:
    """Tell and count a recording that cannot be used."""
    try:
        yield
    except UnusableRecordingError as error:
        logger.warning("left out: %s (%s: %s)", name, error.kind, error)
        left_out[error.kind] += 1


def _store_reference(shard: Shard, recording: StoredRecording) -> Reference:
    events = events_of_array(shard.recording_events(recording), shard.header.kit)
    return Reference(
        name=recording.audio_filename,
        kit_name=recording.kit_name,
        frames=lambda: [shard.log_mel(recording.start_frame, recording.n_frames)],
        events=fold_to_lanes(events, shard.header.kit),
        offset_s=recording.offset_s,
        performance=recording.performance,
        beats=_stored_beats(shard, recording),
    )


def _stored_beats(shard: Shard, recording: StoredRecording) -> tuple[Beat, ...]:
    """The beats of one recording, in seconds from its own start."""
    start_s = frame_to_seconds(recording.start_frame)
    rows = shard.beats_between(recording.start_frame, recording.n_frames)
    beats = [Beat(float(row["time_s"]) - start_s, int(row["number"])) for row in rows]
    return tuple(beat for beat in beats if 0 <= beat.time_s <= recording.duration_s)


def _egmd_reference(
    folder: Path, recording: Recording, header: ModelHeader, config: Config
) -> Reference:
    labelled = label_recording(folder, recording, header.kit.lanes, config.preprocessing)
    return Reference(
        name=recording.audio_filename,
        kit_name=recording.kit_name,
        frames=_frames_of(labelled.samples, header.features),
        events=labelled.events,
        offset_s=labelled.alignment.offset_s,
        performance=recording.performance,
        beats=tuple(labelled.beats),
    )


def _frames_of(samples: FloatArray, features: FeatureConfig) -> Callable[[], Iterable[FloatArray]]:
    return lambda: log_mel_blocks([samples], features)


def _require_one_file_a_track(audio_paths: Iterable[Path]) -> None:
    """Refuse a track that would be scored twice."""
    by_track: dict[str, Path] = {}
    for path in audio_paths:
        other = by_track.setdefault(_mdb_track(path), path)
        if other != path:
            raise DrumscribeError(f"{path}: is the same track as {other}; leave one of them")


def _mdb_labels(folder: Path, audio: Path) -> tuple[list[DrumEvent], tuple[Beat, ...]]:
    """The hits and beats of a track."""
    return _read_mdb_labels(_mdb_label_path(folder, audio)), _read_mdb_beats(folder, audio)


def _mdb_label_path(folder: Path, audio: Path) -> Path:
    """The annotation of a track, whose name has another ending than the audio's."""
    track = _mdb_track(audio)
    labels = folder / "annotations" / "subclass"
    published = labels / f"{track}_subclass.txt"
    return published if published.is_file() else labels / f"{track}.txt"


def _read_mdb_beats(folder: Path, audio: Path) -> tuple[Beat, ...]:
    """The beats of a track, as time in seconds and number in the bar; none without the file."""
    track = _mdb_track(audio)
    beats = folder / "annotations" / "beats"
    names = (f"{track}_MIX.beats", f"{track}.beats", f"{track}.txt")
    path = next((beats / name for name in names if (beats / name).is_file()), None)
    if path is None:
        return ()
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
        found = tuple(Beat(float(row[0]), int(float(row[1]))) for row in rows if row)
        if not all(beat.time_s < later.time_s for beat, later in pairwise(found)):
            raise ValueError("its beats are not in order of time")
        return found
    except (OSError, ValueError, IndexError, ArithmeticError) as error:
        raise _unreadable(path, error) from error


def _mdb_track(audio: Path) -> str:
    return audio.stem.removesuffix("_Drum").removesuffix("_MIX")


def _read_mdb_labels(path: Path) -> list[DrumEvent]:
    """Hits of an annotation file with a time in seconds and a subclass on each line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        rows = [(float(time), label) for time, label in map(str.split, filter(str.strip, lines))]
        unknown = {label for _, label in rows} - _MDB_LANES.keys() - _MDB_OTHERS
        if unknown:
            raise ValueError(f"unknown subclass {min(unknown)!r}")
        return [
            DrumEvent(time_s, _MDB_LANES[label], _UNKNOWN_VELOCITY)
            for time_s, label in rows
            if label in _MDB_LANES
        ]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DrumscribeError:
    reason = error.strerror if isinstance(error, OSError) else error
    return DrumscribeError(
        f"{path}: is not a readable annotation ({reason}); copy MDB Drums' annotations again"
    )
