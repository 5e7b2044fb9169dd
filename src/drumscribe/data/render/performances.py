"""Human performances from the Groove MIDI Dataset, read onto a grid of counts.

A count is one beat of the time signature (a quarter in 4/4, an eighth in 6/8). Positions are in
counts from the first downbeat, with the drummer's own timing kept: 3.98 is a shade before the
fourth. The constant by which a drummer plays ahead of or behind the click is taken out, so that
beats fall where the player has them.
"""

import csv
import logging
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from drumscribe.data.alignment import grid_phase_s
from drumscribe.data.midi_processing import read_midi
from drumscribe.data.render.articulations import ARTICULATION_BY_NOTE
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file

logger = logging.getLogger(__name__)

INDEX_NAME = "info.csv"


@dataclass(frozen=True, slots=True)
class Stroke:
    """One note as played: position in counts, MIDI note, velocity 1..127."""

    count: float
    note: int
    velocity: int


@dataclass(frozen=True)
class PerformanceInfo:
    """A row of the index.

    Attributes:
        id: "drummer1/session1/13".
        path: its MIDI file.
        style: "rock/indie".
        bpm: quarter notes a minute.
        is_fill: whether it is a fill rather than a beat.
        metre: (numerator, denominator).
        duration_s: length in seconds.
    """

    id: str
    path: Path
    style: str
    bpm: float
    is_fill: bool
    metre: tuple[int, int]
    duration_s: float

    @property
    def counts_per_minute(self) -> float:
        """Its tempo in counts."""
        return self.bpm * self.metre[1] / 4


@dataclass(frozen=True)
class Performance:
    """A performance read: its row, and its strokes in order of time."""

    info: PerformanceInfo
    strokes: tuple[Stroke, ...]

    @property
    def n_bars(self) -> int:
        """Whole bars until its last stroke, at least one."""
        last = self.strokes[-1].count if self.strokes else 0.0
        return max(1, int(np.ceil((last + 0.1) / self.info.metre[0])))


def read_performances(folder: Path, split: str) -> list[PerformanceInfo]:
    """The performances of one official split, in the order of the index.

    Args:
        folder: the Groove MIDI Dataset.
        split: "train", "validation" or "test".

    Raises:
        DrumscribeError: when there is no index, or it lists none of the split.
    """
    path = require_file(folder / INDEX_NAME, what="list of performances")
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row.get("split") == split]
        found = [_info(folder, row) for row in rows]
    except (KeyError, ValueError, TypeError, AttributeError, csv.Error) as error:
        raise DrumscribeError(
            f"{path}: is not the Groove MIDI Dataset's index ({error}); download it again"
        ) from error
    if not found:
        raise DrumscribeError(f"{path}: lists no performance of the split {split!r}")
    return found


def _info(folder: Path, row: dict[str, str]) -> PerformanceInfo:
    numerator, denominator = row["time_signature"].split("-")
    return PerformanceInfo(
        id=row["id"],
        path=folder / row["midi_filename"],
        style=row["style"],
        bpm=float(row["bpm"]),
        is_fill=row["beat_type"] == "fill",
        metre=(int(numerator), int(denominator)),
        duration_s=float(row["duration"]),
    )


@lru_cache(maxsize=1024)
def read_performance(info: PerformanceInfo) -> Performance:
    """The strokes of a performance; notes that no drum set plays are left out and told of.

    Raises:
        DrumscribeError: when its file is absent or damaged.
    """
    midi = read_midi(info.path)
    counts_per_s = info.counts_per_minute / 60
    phase_s = grid_phase_s(midi.notes, midi.beats())
    unknown = Counter(n.note for n in midi.notes if n.note not in ARTICULATION_BY_NOTE)
    if unknown:
        counts = ", ".join(f"{note} x {n}" for note, n in unknown.most_common())
        logger.warning("%s: left out notes that no drum set plays: %s", info.path, counts)
    strokes = [
        Stroke((note.onset_s - phase_s) * counts_per_s, note.note, note.velocity)
        for note in midi.notes
        if note.note in ARTICULATION_BY_NOTE
    ]
    return Performance(info, tuple(strokes))
