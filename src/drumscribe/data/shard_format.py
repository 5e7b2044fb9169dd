"""What a shard of the feature store holds.

A shard holds about an hour of recordings one after another on one time line, a gap of silence after
each, so that any window of it can be read as one slice. Labels are sparse, on the shard's own clock
(frame 0 is second 0). Every shard carries the clock, the features and the kit.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from drumscribe.config import FeatureConfig, section_from_dict
from drumscribe.drums import Kit, kit_by_name, require_same_kit
from drumscribe.timing import CLOCK, require_same_clock
from drumscribe.utils.errors import DrumscribeError, naming

FORMAT_VERSION = 1
GAP_FRAMES = 25
"""Frames of silence after each recording (a quarter of a second)."""


def shard_path(folder: Path, index: int) -> Path:
    """Where the shard of a number lies in the folder of its split."""
    return folder / f"shard-{index:05}.h5"


def shard_paths(folder: Path) -> list[Path]:
    """The shards that lie in the folder of a split, in order; none where there is no folder."""
    return sorted(folder.glob("shard-*.h5"))


def require_shards(folder: Path) -> list[Path]:
    """The shards of a split, in order.

    Raises:
        DrumscribeError: when there are none; it says how they are made.
    """
    paths = shard_paths(folder)
    if not paths:
        raise DrumscribeError(
            f"{folder}: holds no features; run 'drumscribe preprocess' first, on 3 recordings or "
            "more, or 'drumscribe render'"
        )
    return paths


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
        n_outside: notes left out as they lie before the audio's start or after its end.
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
    n_outside: int = 0


@dataclass(frozen=True)
class SkippedRecording:
    """One recording that was left out: the kind of reason, and the reason in full."""

    audio_filename: str
    kind: str
    reason: str


def header_from_json(text: str, *, source: str) -> StoreHeader:
    """The header of a shard.

    Raises:
        DrumscribeError: when it is of another format, clock or kit than this version's.
    """
    values = json.loads(text)
    if values["format_version"] != FORMAT_VERSION:
        raise DrumscribeError(
            f"{source}: format {values['format_version']}, but this version reads "
            f"{FORMAT_VERSION}; run 'drumscribe preprocess --overwrite'"
        )
    require_same_clock(values["clock"], source=source)
    with naming(source):
        kit = kit_by_name(values["kit"])
        features = section_from_dict(FeatureConfig, values["features"], name="features")
    require_same_kit(values["classes"], kit, source=source)
    return StoreHeader(kit, features)


def shifted(array: npt.NDArray[np.void], column: str, by_s: float) -> npt.NDArray[np.void]:
    """A copy of a table with the times of ``column`` moved by ``by_s`` seconds."""
    moved = array.copy()
    moved[column] += by_s
    return moved
