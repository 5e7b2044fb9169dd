"""What a feature store holds: the splits csv files and the sums over them."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from drumscribe.data.feature_store import Shard
from drumscribe.data.shard_format import StoredRecording
from drumscribe.drums import Kit
from drumscribe.utils.files import write_text

_COLUMNS = (
    "audio_filename",
    "midi_filename",
    "kit_name",
    "status",
    "reason",
    "duration_s",
    "n_frames",
    "offset_ms",
    "alignment_confidence",
    "label_source",
    "shard",
)
"""Columns of a splits csv, before those that count hits per class."""


@dataclass
class SplitSummary:
    """What a split holds: recordings, seconds, hits per class, and what was left out."""

    n_recordings: int = 0
    duration_s: float = 0.0
    hits: Counter[str] = field(default_factory=Counter)
    unknown_notes: Counter[int] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    offsets_s: list[float] = field(default_factory=list)
    label_sources: Counter[str] = field(default_factory=Counter)
    n_outside: int = 0

    def lines(self, name: str) -> list[str]:
        """The summary of the split called ``name`` as text."""
        lines = [f"{name}: {self.n_recordings} recordings, {self.duration_s / 60:.1f} min"]
        if self.hits:
            lines.append("  hits: " + ", ".join(f"{drum} {n}" for drum, n in self.hits.items()))
        if self.offsets_s:
            low, middle, high = np.percentile(self.offsets_s, [5, 50, 95]) * 1000
            lines.append(
                f"  audio against MIDI: median {middle:+.1f} ms, 5-95 % {low:+.1f}..{high:+.1f} ms"
            )
        if self.label_sources["canonical"]:
            lines.append(f"  labels of the canonical kit: {self.label_sources['canonical']}")
        if self.unknown_notes:
            notes = ", ".join(f"{note} x {n}" for note, n in self.unknown_notes.most_common())
            lines.append(f"  notes of no drum: {notes}")
        if self.n_outside:
            lines.append(f"  hits before the audio's start or after its end: {self.n_outside}")
        for reason, n in self.skipped.most_common():
            lines.append(f"  left out: {n} ({reason}); see splits/{name}.csv")
        return lines


def summarise_split(shard_paths: Iterable[Path], csv_path: Path) -> SplitSummary:
    """Read a split's shards, write its csv (a row per recording, left out or not) and sum it up."""
    summary = SplitSummary()
    rows: list[dict[str, object]] = []
    for path in shard_paths:
        shard = Shard(path)
        for stored in shard.recordings:
            events = shard.recording_events(stored)
            hits = np.bincount(events["drum"], minlength=len(shard.header.kit)).tolist()
            _count(summary, stored, hits, shard.header.kit)
            rows.append(_row(stored, hits, shard.header.kit) | {"shard": path.name})
        for skipped in shard.skipped:
            summary.skipped[skipped.kind] += 1
            rows.append(
                {
                    "audio_filename": skipped.audio_filename,
                    "status": "skipped",
                    "reason": f"{skipped.kind}: {skipped.reason}",
                    "shard": path.name,
                }
            )
        shard.close()
    write_text(csv_path, _csv_text(rows))
    return summary


def _count(summary: SplitSummary, stored: StoredRecording, hits: Sequence[int], kit: Kit) -> None:
    summary.n_recordings += 1
    summary.duration_s += stored.duration_s
    summary.offsets_s.append(stored.offset_s)
    summary.n_outside += stored.n_outside
    summary.label_sources[stored.label_source] += 1
    summary.hits.update(dict(zip(kit.names, hits, strict=True)))
    summary.unknown_notes.update({int(note): n for note, n in stored.unknown_notes.items()})


def _row(stored: StoredRecording, hits: Sequence[int], kit: Kit) -> dict[str, object]:
    """A recording as a row of the splits csv."""
    return {
        "audio_filename": stored.audio_filename,
        "midi_filename": stored.midi_filename,
        "kit_name": stored.kit_name,
        "status": "ok",
        "reason": "",
        "duration_s": f"{stored.duration_s:.4f}",
        "n_frames": stored.n_frames,
        "offset_ms": f"{stored.offset_s * 1000:.2f}",
        "alignment_confidence": f"{stored.alignment_confidence:.3f}",
        "label_source": stored.label_source,
        **{f"n_{name}": n for name, n in zip(kit.names, hits, strict=True)},
    }


def _csv_text(rows: Sequence[dict[str, object]]) -> str:
    """Rows as csv, with the same first columns whatever the rows are."""
    columns = list(dict.fromkeys([*_COLUMNS, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
