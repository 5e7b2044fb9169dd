"""Preprocessing of E-GMD-like recordings (44.1 kHz wav), decoding included, on one core."""

import tempfile
import time
from pathlib import Path

from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess
from drumscribe.data.synth.dataset import SynthConfig, write_dataset

_N_RECORDINGS = 160


def lines() -> list[str]:
    """The benchmark as rows of a Markdown table."""
    rows = ["| workers | audio | wall time | x real time |", "| --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        synth = SynthConfig(n_recordings=_N_RECORDINGS, n_kits=8, duration_s=35.0)
        duration_s = write_dataset(root / "e-gmd-v1.0.0", synth).duration_s
        for n_workers in (1, 2):
            settings = [
                f"data.root={root}",
                f"data.processed_dir=processed{n_workers}",
                "preprocessing.shard_hours=0.1",
                f"preprocessing.n_workers={n_workers}",
            ]
            config = load_config(None, settings)
            started = time.perf_counter()
            preprocess(config)
            wall_s = time.perf_counter() - started
            rows.append(
                f"| {n_workers} | {duration_s:.0f} s | {wall_s:.1f} s | {duration_s / wall_s:.0f} |"
            )
    return rows
