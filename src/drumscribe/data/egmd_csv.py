"""The csv of E-GMD: a row for each recording, read as text and written by those who make such data.

Columns are drummer, session, id, style, bpm, beat_type ("beat" or "fill"), time_signature ("4-4"),
duration in seconds, split, the two files' names within the dataset, and the name of the drum kit.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumscribe.splits import Split
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import atomic_path

CSV_NAME = "e-gmd-v1.0.0.csv"

N_KITS = 43
"""Kits that each performance was recorded with."""

COLUMNS = (
    "drummer",
    "session",
    "id",
    "style",
    "bpm",
    "beat_type",
    "time_signature",
    "duration",
    "split",
    "midi_filename",
    "audio_filename",
    "kit_name",
)

EGMD_NAME_BY_SPLIT: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
"""What E-GMD, and the Groove MIDI Dataset before it, calls each split."""

SPLIT_BY_EGMD_NAME = {name: split for split, name in EGMD_NAME_BY_SPLIT.items()}


@dataclass(frozen=True)
class EgmdRow:
    """A recording to be listed.

    Attributes:
        session: of a drummer, as "drummer1/session1".
        id: of the performance, the same on every kit.
        style: as "rock/halftime".
        bpm: quarter notes a minute.
        beat_type: "beat" or "fill".
        metre: (numerator, denominator).
        duration_s: length of the audio in seconds.
        split: as the csv calls it.
        stem: name of both files within the dataset, without a suffix.
        kit_name: the drum kit.
    """

    session: str
    id: str
    style: str
    bpm: float
    beat_type: str
    metre: tuple[int, int]
    duration_s: float
    split: str
    stem: str
    kit_name: str

    def values(self) -> tuple[object, ...]:
        """The row in the order of ``COLUMNS``."""
        return (
            self.session.split("/")[0],
            self.session,
            self.id,
            self.style,
            round(self.bpm),
            self.beat_type,
            "{}-{}".format(*self.metre),
            self.duration_s,
            self.split,
            f"{self.stem}.midi",
            f"{self.stem}.wav",
            self.kit_name,
        )


def write_rows(dataset_dir: Path, rows: Iterable[EgmdRow]) -> None:
    """Write the dataset's csv."""
    write_csv(dataset_dir / CSV_NAME, COLUMNS, (row.values() for row in rows))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a csv file, whole or not at all."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def duration_s(row: Mapping[str, str]) -> float | None:
    """The duration that a row gives in seconds; ``None`` when it is no positive number."""
    try:
        found_s = float(row["duration"])
    except ValueError:
        return None
    return found_s if math.isfinite(found_s) and found_s > 0 else None


def read_rows(dataset_dir: Path) -> list[dict[str, str]]:
    """The rows of the dataset's csv, as text.

    Raises:
        DrumscribeError: when the csv is absent, unreadable or lacks columns.
    """
    path = dataset_dir / CSV_NAME
    if not path.is_file():
        raise DrumscribeError(
            f"{path}: no such file; get E-GMD with 'drumscribe egmd download', point data.root at "
            f"it, or make a practice set with 'drumscribe synth {dataset_dir}'"
        )
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DrumscribeError(
                    f"{path}: lacks the columns {', '.join(missing)}; use E-GMD's own csv"
                )
            return [{key: (row[key] or "").strip() for key in COLUMNS} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DrumscribeError(f"{path}: cannot be read ({error}); download it again") from error
