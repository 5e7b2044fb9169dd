"""How preprocessing's cost grows with the number of recordings."""

import resource
import time

from benchmarks.machine import temporary_folder
from benchmarks.material import write_recordings
from drumscribe.config import load_config
from drumscribe.data.preprocess import preprocess

_COUNTS = (10, 100, 1000, 10_000)
_QUICK_COUNTS = (10, 30)
_LENGTH_S = 4.0


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    rows = [
        f"Synthesised recordings of about {_LENGTH_S:g} s in one process; memory is the most that "
        "any process had so far.",
        "",
        "| recordings | wall time | a recording | peak memory |",
        "| --- | --- | --- | --- |",
    ]
    for n_recordings in _QUICK_COUNTS if quick else _COUNTS:
        with temporary_folder() as folder:
            settings = [f"data.root={folder}", "preprocessing.n_workers=1"]
            config = load_config(None, [*settings, "preprocessing.shard_hours=0.1"])
            write_recordings(config.data.dataset_path, n_recordings, length_s=_LENGTH_S)
            started = time.perf_counter()
            preprocess(config)
            wall_s = time.perf_counter() - started
        # In kB; the worker's, whose end preprocessing has waited for.
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        rows.append(
            f"| {n_recordings} | {wall_s:.1f} s | {1000 * wall_s / n_recordings:.0f} ms "
            f"| {peak_mb:.0f} MB |"
        )
    return rows
