"""Datasets to measure with: a few recordings are synthesised, the others are links to them."""

import os
from pathlib import Path, PurePosixPath

from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME, read_rows, write_csv
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

_MOST_SYNTHESISED = 40


def write_recordings(folder: Path, n_recordings: int, *, length_s: float) -> float:
    """Write a dataset in E-GMD's layout; every row has files of its own name.

    Args:
        folder: where to, new or empty.
        n_recordings: at least 3.
        length_s: of each, roughly.

    Returns:
        Seconds of audio in all.
    """
    n_made = min(n_recordings, _MOST_SYNTHESISED)
    write_dataset(folder, SynthConfig(n_recordings=n_made, n_kits=2, duration_s=length_s))
    made = read_rows(folder)
    rows = [
        row if index < n_made else _linked(folder, row, index)
        for index, row in enumerate(made[k % n_made] for k in range(n_recordings))
    ]
    write_csv(folder / CSV_NAME, COLUMNS, [list(row.values()) for row in rows])
    return sum(float(row["duration"]) for row in rows)


def _linked(folder: Path, row: dict[str, str], index: int) -> dict[str, str]:
    """A row whose files are those of ``row`` under names of their own."""
    names = {}
    for column in ("audio_filename", "midi_filename"):
        source = PurePosixPath(row[column])
        names[column] = str(source.with_stem(f"{source.stem}_{index}"))
        os.link(folder / source, folder / names[column])
    return row | names
