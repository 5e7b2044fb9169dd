"""Labels and features: MIDI files parsed, and training windows read from the feature store."""

from functools import partial
from pathlib import Path

import numpy as np
import pretty_midi

from benchmarks.machine import best_cpu_seconds, temporary_folder
from benchmarks.material import write_recordings
from drumscribe.config import load_config
from drumscribe.data.feature_store import Shard
from drumscribe.data.midi_processing import read_midi
from drumscribe.data.preprocess import preprocess
from drumscribe.timing import FRAME_RATE

_N_RECORDINGS = 60
_QUICK_N_RECORDINGS = 6
_WINDOW_FRAMES = 5 * FRAME_RATE


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    rows = ["| what | a second | against |", "| --- | --- | --- |"]
    with temporary_folder() as folder:
        config = load_config(None, [f"data.root={folder}", "preprocessing.n_workers=1"])
        n_recordings = _QUICK_N_RECORDINGS if quick else _N_RECORDINGS
        write_recordings(config.data.dataset_path, n_recordings, length_s=35.0)
        preprocess(config)
        midi = sorted(config.data.dataset_path.rglob("*.midi"))
        times = best_cpu_seconds(
            {"ours": partial(_each, read_midi, midi), "theirs": partial(_each, _pretty, midi)}
        )
        rows.append(
            f"| MIDI files parsed | {len(midi) / times['ours']:.0f} files "
            f"| pretty_midi {len(midi) / times['theirs']:.0f} |"
        )
        (path,) = (config.data.processed_path / "train").glob("*.h5")
        return rows + _window_rows(Shard(path))


def _window_rows(shard: Shard) -> list[str]:
    """Windows of 5 s in the order they lie and in any order, the file being in the page cache."""
    starts = np.arange(0, shard.n_frames - _WINDOW_FRAMES, _WINDOW_FRAMES)
    shuffled = np.random.default_rng(0).permutation(starts)
    orders = {"sequential": starts, "random": shuffled}
    times = best_cpu_seconds({n: partial(_read, shard, order) for n, order in orders.items()})
    shard.close()
    return [
        f"| windows of 5 s read, {name} | {len(starts) / time_s:.0f} windows | |"
        for name, time_s in times.items()
    ]


def _each(function, paths: list[Path]) -> None:
    for path in paths:
        function(path)


def _pretty(path: Path) -> object:
    return pretty_midi.PrettyMIDI(str(path))


def _read(shard: Shard, starts: np.ndarray) -> None:
    for start in starts.tolist():
        shard.log_mel(start, _WINDOW_FRAMES)
