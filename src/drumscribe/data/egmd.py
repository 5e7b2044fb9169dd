"""E-GMD's recordings and labels, with the dataset's known traps handled.

Place in the flow: csv -> ``Recording`` -> labels. Recordings are keyed by ``audio_filename``,
because ``id`` repeats across kits, and keep the official split, because one performance exists on
43 kits.
"""

import contextlib
import dataclasses
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from drumscribe.data.egmd_csv import SPLIT_BY_EGMD_NAME, duration_s, read_rows
from drumscribe.data.midi_processing import MidiNote, MidiRecording, read_midi
from drumscribe.splits import Split
from drumscribe.utils.errors import DrumscribeError

CANONICAL_KIT_NUMBER = 1
"""The Acoustic Kit, whose pads send the table's own notes."""

# What pads of remapped kits send, where the note alone tells it. Notes that a remap makes ambiguous
# (47 sent as the closed hi-hat's 42) cannot be told apart here; the canonical kit's labels can.
_NOTE_OVERRIDES: dict[str, dict[int, str]] = {
    "Jazz Funk": {56: "mid_tom"},
    "Second Line": {56: "mid_tom"},
    "Warmer Funk": {56: "mid_tom"},
    "Funk Rock": {56: "mid_tom"},
    "Super Boom (Layered)": {39: "mid_tom"},
    "West Coast (FUNK)": {56: "low_tom"},
    "Deep Daft": {39: "mid_tom"},
}

_REMAPPED_KITS = frozenset(_NOTE_OVERRIDES) | {
    "JingleStacks (2nd Hi-Hat)",
    "808 Simple",
    "909 Simple",
    "Custom1",
    "Custom2",
    "Custom3",
    "Nu RNB",
    "Ele-Drum",
    "Big Room (Layered)",
    "Dark Hybrid",
    "Compact Lite (w/ Tambourine HH)",
}

_SAME_ONSET_S = 0.01


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the csv.

    Attributes:
        audio_filename: path of the audio below the dataset folder; the key.
        midi_filename: path of the MIDI below the dataset folder.
        performance: drummer, session and number: what the recordings of all kits share.
        kit_name: E-GMD's name of the kit.
        split: "train", "val" or "test".
        duration_s: length by the csv in seconds, > 0.
    """

    audio_filename: str
    midi_filename: str
    performance: str
    kit_name: str
    split: Split
    duration_s: float


class SkippedRow(NamedTuple):
    """A row of the csv that names nothing usable: its split as the csv has it, and why."""

    split: str
    reason: str


@dataclass(frozen=True)
class RecordingList:
    """The usable rows of a csv in its order, and the others."""

    recordings: tuple[Recording, ...]
    skipped: tuple[SkippedRow, ...]

    @property
    def skipped_rows(self) -> Counter[str]:
        """How many rows were left out, by reason."""
        return Counter(row.reason for row in self.skipped)


@dataclass(frozen=True)
class Labels:
    """The MIDI that labels a recording.

    Attributes:
        notes: notes with onsets in seconds on the clock of ``midi``.
        midi: the recording's own MIDI file, for its tempo, metre and length.
        overrides: what notes mean where this kit's pads differ from the table.
        source: "own" MIDI or that of the performance's "canonical" kit.
    """

    notes: tuple[MidiNote, ...]
    midi: MidiRecording
    overrides: dict[int, str]
    source: str


def read_recordings(dataset_dir: Path) -> RecordingList:
    """The usable recordings of the csv; rows that name nothing usable are counted and left out.

    Raises:
        DrumscribeError: as ``read_rows``.
    """
    recordings: dict[str, Recording] = {}
    skipped: list[SkippedRow] = []
    for row in read_rows(dataset_dir):
        reason = _row_problem(row, recordings)
        if reason:
            skipped.append(SkippedRow(row["split"], reason))
            continue
        recordings[row["audio_filename"]] = Recording(
            audio_filename=row["audio_filename"],
            midi_filename=row["midi_filename"],
            performance=row["id"],
            kit_name=row["kit_name"],
            split=SPLIT_BY_EGMD_NAME[row["split"]],
            duration_s=float(row["duration"]),
        )
    return RecordingList(tuple(recordings.values()), tuple(skipped))


def sample_recordings(recordings: Sequence[Recording], max_files: int) -> list[Recording]:
    """A deterministic sample of ``max_files`` spread over splits, performances and kits.

    The csv is ordered by groove, so its head is one groove on many kits. Here every split keeps
    its share (at least one recording where there are enough), performances are taken in turn, and
    each turn takes the kit that has been used least.
    """
    if max_files >= len(recordings):
        return list(recordings)
    by_split: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_split[recording.split].append(recording)
    chosen: set[str] = set()
    for split, quota in _quotas({k: len(v) for k, v in by_split.items()}, max_files).items():
        chosen.update(r.audio_filename for r in _spread(by_split[split], quota))
    return [recording for recording in recordings if recording.audio_filename in chosen]


def read_labels(dataset_dir: Path, recording: Recording) -> Labels:
    """The notes of a recording, from the canonical kit's MIDI where its own kit remaps pads.

    The canonical kit's file serves only if it has the same hits at the same times (up to a constant
    shift); otherwise the recording's own file is read with its kit's table.

    Raises:
        DrumscribeError: when the MIDI is absent or damaged.
    """
    own = read_midi(dataset_dir / recording.midi_filename)
    if recording.kit_name in _REMAPPED_KITS:
        with contextlib.suppress(DrumscribeError):  # absent or damaged: the own file must do
            canonical = read_midi(dataset_dir / _canonical_filename(recording.midi_filename))
            shift_s = _constant_shift_s(own.notes, canonical.notes)
            if shift_s is not None:
                return Labels(_shifted(canonical.notes, shift_s), own, {}, "canonical")
    return Labels(own.notes, own, _NOTE_OVERRIDES.get(recording.kit_name, {}), "own")


def _row_problem(row: dict[str, str], seen: dict[str, Recording]) -> str | None:
    """Why a csv row cannot be used, or ``None``."""
    if not row["audio_filename"]:
        return "no audio name"
    if not row["midi_filename"]:
        return "no MIDI name"
    if not row["kit_name"]:
        return "no kit name"
    if row["split"] not in SPLIT_BY_EGMD_NAME:
        return f"unknown split {row['split']!r}"
    if row["audio_filename"] in seen:
        return "audio named twice"
    return "no duration" if duration_s(row) is None else None


def _quotas(sizes: dict[str, int], total: int) -> dict[str, int]:
    """``total`` shared out in proportion to ``sizes``, at least one each while there are enough."""
    quotas = {key: min(1, total // len(sizes)) for key in sizes}
    n_all = sum(sizes.values())
    while sum(quotas.values()) < total:
        open_keys = [key for key in sizes if quotas[key] < sizes[key]]
        # The key furthest below its share comes next; names break ties, so the order is fixed.
        key = max(open_keys, key=lambda k: (sizes[k] / n_all * total - quotas[k], k))
        quotas[key] += 1
    return quotas


def _spread(recordings: Iterable[Recording], quota: int) -> list[Recording]:
    """``quota`` recordings, performances in turn, kits used as evenly as possible."""
    queues: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        queues[recording.performance].append(recording)
    order = sorted(queues, key=_stable_hash)
    kit_uses: Counter[str] = Counter()
    chosen: list[Recording] = []
    while len(chosen) < quota:
        for performance in order:
            queue = queues[performance]
            if not queue or len(chosen) == quota:
                continue
            best = min(queue, key=lambda r: (kit_uses[r.kit_name], _stable_hash(r.audio_filename)))
            queue.remove(best)
            kit_uses[best.kit_name] += 1
            chosen.append(best)
    return chosen


def _stable_hash(text: str) -> str:
    """A hash that is the same in every process, unlike ``hash``."""
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical_filename(midi_filename: str) -> str:
    """The name of the same performance's MIDI file on the canonical kit."""
    path = Path(midi_filename)
    stem, _, _ = path.stem.rpartition("_")
    return str(path.with_name(f"{stem}_{CANONICAL_KIT_NUMBER}{path.suffix}"))


def _constant_shift_s(own: Sequence[MidiNote], canonical: Sequence[MidiNote]) -> float | None:
    """Seconds to add to canonical onsets to get the own ones, if that is one constant."""
    if len(own) != len(canonical) or not own:
        return None
    differences_s = np.array([a.onset_s - b.onset_s for a, b in zip(own, canonical, strict=True)])
    shift_s = float(np.median(differences_s))
    agree = bool(np.all(np.abs(differences_s - shift_s) <= _SAME_ONSET_S))
    return shift_s if agree else None


def _shifted(notes: Iterable[MidiNote], shift_s: float) -> tuple[MidiNote, ...]:
    return tuple(dataclasses.replace(n, onset_s=max(0.0, n.onset_s + shift_s)) for n in notes)
