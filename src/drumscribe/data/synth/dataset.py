"""Write a synthetic dataset exactly as E-GMD lies on disk.

Every performance is recorded with several kits; each recording is a .midi and a .wav, and the csv
lists them all. As in E-GMD, audio and MIDI of a recording may be apart by a constant; here it is
known and listed in ``synth-offsets.csv``. The same arguments write the same bytes, however many
workers write them. The csv comes last: a folder without one was left unfinished.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumscribe.data.egmd_csv import N_KITS, SPLIT_BY_EGMD_NAME, write_csv, write_rows
from drumscribe.data.synth.kits import SYNTH_ARTICULATION_BY_NOTE, SynthKit, synth_kit
from drumscribe.data.synth.performances import (
    SynthPerformance,
    delayed_by_bars,
    generated_performances,
    midi_performances,
)
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE
from drumscribe.data.synth.recording import Take, csv_row, offset_row, record
from drumscribe.drums import LANES8, Kit
from drumscribe.splits import SPLITS
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar
from drumscribe.utils.ranges import SEEDS, require_in_range
from drumscribe.utils.workers import mapped

OFFSETS_NAME = "synth-offsets.csv"
"""The true offsets: audio_filename, offset_ms (when a hit is heard minus when its MIDI says)."""

_MIN_LEAD_S = 0.01
_RANGES = {
    "n_recordings": ("--recordings", len(SPLITS), 100_000),
    "n_kits": ("--kits", 1, N_KITS),
    "duration_s": ("--seconds", 1.0, 600.0),
    "seed": ("--seed", *SEEDS),
    "max_offset_ms": ("--max-offset-ms", 0.0, 100.0),
    "n_workers": ("--workers", 1, 1024),
}
"""What settings may be, with the options that people know them by."""


@dataclass(frozen=True)
class SynthConfig:
    """What to write.

    Attributes:
        n_recordings: rows of the csv, at least 3: performances times kits.
        n_kits: kits each performance is recorded with, 1..43; fewer where there would be no
            three performances otherwise.
        duration_s: length of a generated performance in seconds, to the nearest bar and at least
            two bars, 1..600; pieces of fills are a third as long.
        seed: chooses everything, >= 0.
        max_offset_ms: each recording's audio is up to this much earlier or later than its MIDI,
            0..100 milliseconds.
        midi_dir: folder of MIDI files to play instead of generated grooves.
        drums: the kit whose lanes are played; those beyond the eight get made-up sounds.
        n_workers: processes to render with, at least 1.
    """

    n_recordings: int = 20
    n_kits: int = 4
    duration_s: float = 12.0
    seed: int = 1
    max_offset_ms: float = 30.0
    midi_dir: Path | None = None
    drums: Kit = LANES8
    n_workers: int = 1

    def __post_init__(self) -> None:
        for name, (option, lowest, highest) in _RANGES.items():
            require_in_range(option, getattr(self, name), lowest, highest)


@dataclass(frozen=True)
class SynthSummary:
    """What was written.

    Attributes:
        n_recordings: rows of the csv.
        duration_s: seconds of audio in all.
        n_notes_by_lane: notes in all MIDI files, by lane.
        n_recordings_by_split: recordings, by split.
        n_unplayed_notes: notes of ``midi_dir`` left out because no piece plays them.
    """

    n_recordings: int
    duration_s: float
    n_notes_by_lane: dict[str, int]
    n_recordings_by_split: dict[str, int]
    n_unplayed_notes: int


def write_dataset(folder: Path, config: SynthConfig) -> SynthSummary:
    """Write a dataset to ``folder``, which must be new or empty.

    Raises:
        DrumscribeError: when the folder is not empty or cannot be written, or ``midi_dir`` has
            too few readable MIDI files.
    """
    _require_empty(folder)
    takes = _takes(folder, config)
    n_notes: Counter[int] = Counter()
    with progress_bar("synthesising", len(takes), unit="recordings") as advance:
        by_kit = sorted(takes, key=lambda take: take.kit.number)  # since a kit's sounds are kept
        for counts in mapped(record, by_kit, config.n_workers, chunksize=4):
            n_notes.update(counts)
            advance(1)
    write_csv(folder / OFFSETS_NAME, ("audio_filename", "offset_ms"), map(offset_row, takes))
    write_rows(folder, map(csv_row, takes))
    return _summary(takes, n_notes, config.drums)


def _require_empty(folder: Path) -> None:
    """Refuse to mix a dataset with what is there already."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        state = "is not empty" if folder.is_dir() else "is a file"
        raise DrumscribeError(f"{folder}: {state}; name a new folder or delete this one first")


def _takes(folder: Path, config: SynthConfig) -> list[Take]:
    """Every recording to make, performance by performance as E-GMD's csv is ordered."""
    n_kits = _kits_per_performance(config)
    n_performances = -(-config.n_recordings // n_kits)
    if config.midi_dir is None:
        performances = generated_performances(
            n_performances, duration_s=config.duration_s, seed=config.seed, drums=config.drums
        )
    else:
        performances = midi_performances(
            config.midi_dir, n_performances, seed=config.seed, drums=config.drums
        )
    lead_s = config.max_offset_ms / 1000 + _MIN_LEAD_S
    performances = [delayed_by_bars(performance, lead_s) for performance in performances]
    kits = [synth_kit(index, config.drums) for index in range(n_kits)]
    pairs = [(performance, kit) for performance in performances for kit in kits]
    return [
        _take(folder, performance, kit, config, index)
        for index, (performance, kit) in enumerate(pairs[: config.n_recordings])
    ]


def _kits_per_performance(config: SynthConfig) -> int:
    """As many kits as asked for, or as leave a performance for every split."""
    n_kits = config.n_kits
    while -(-config.n_recordings // n_kits) < len(SPLITS):
        n_kits -= 1
    return n_kits


def _take(
    folder: Path, performance: SynthPerformance, kit: SynthKit, config: SynthConfig, index: int
) -> Take:
    """The ``index``-th recording, with an offset of whole samples, so that it is exact."""
    rng = np.random.default_rng([config.seed, index])
    widest = int(config.max_offset_ms / 1000 * EGMD_SAMPLE_RATE)
    offset_samples = int(rng.integers(-widest, widest + 1))
    return Take(folder, performance, kit, offset_samples, seed=int(rng.integers(2**32)))


def _summary(takes: Sequence[Take], n_notes: Counter[int], drums: Kit) -> SynthSummary:
    """What the recordings come to."""
    counts: Counter[str] = Counter()
    for note, count in n_notes.items():
        # A piece that is none of the kit's lanes is counted under its own name.
        lane = drums.lanes.name_by_note.get(note) or SYNTH_ARTICULATION_BY_NOTE[note].piece
        counts[lane] += count
    splits = Counter(take.performance.split for take in takes)
    unplayed = {take.identity: take.performance.n_unplayed for take in takes}
    return SynthSummary(
        n_recordings=len(takes),
        duration_s=sum(take.n_samples for take in takes) / EGMD_SAMPLE_RATE,
        n_notes_by_lane={
            name: counts[name] for name in dict.fromkeys((*drums.lanes.names, *counts))
        },
        n_recordings_by_split={split: splits[split] for split in SPLIT_BY_EGMD_NAME},
        n_unplayed_notes=sum(unplayed.values()),
    )
