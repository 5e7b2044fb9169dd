"""From a cold start to a MIDI file: ``drumscribe transcribe`` as a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

_EXAMPLE = Path(__file__).parents[1] / "examples" / "groove.ogg"
_LENGTHS_S = {"25 s": 25, "4 min": 240, "30 min": 1800, "3 h": 10_800}
_QUICK_LENGTHS_S = {"25 s": 25}
_N_ROUNDS = 3


class Cost(NamedTuple):
    """What a process took: wall time and processor time in seconds, peak memory in MB."""

    wall_s: float
    cpu_s: float
    memory_mb: float


def lines(*, quick: bool) -> list[str]:
    """The benchmark as rows of a Markdown table."""
    rows = [
        "| recording (flac) | threads | wall time | processor time | peak memory | x real time |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, length_s in (_QUICK_LENGTHS_S if quick else _LENGTHS_S).items():
            audio = Path(folder) / f"{length_s}.flac"  # which is written faster than ogg
            write_repeated(audio, length_s)
            command = ["transcribe", str(audio), "-o", str(audio.with_suffix(".mid"))]
            n_rounds = _N_ROUNDS if length_s < 600 and not quick else 1
            for n_threads in (1, 2):
                print(f"  {name}, threads: {n_threads}", flush=True)
                best = min(measured(command, n_threads) for _ in range(n_rounds))
                rows.append(
                    f"| {name} | {n_threads} | {best.wall_s:.1f} s | {best.cpu_s:.1f} s "
                    f"| {best.memory_mb:.0f} MB | {length_s / best.wall_s:.0f} |"
                )
        usage = min(measured(["--help"]) for _ in range(_N_ROUNDS))
        rows += ["", f"`drumscribe --help`: {usage.wall_s:.2f} s"]
    return rows


def measured(arguments: list[str], n_threads: int = 1) -> Cost:
    """What a ``drumscribe`` process with these arguments takes on so many threads.

    Raises:
        RuntimeError: when it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "drumscribe", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": str(n_threads)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"drumscribe {' '.join(arguments)} failed")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_repeated(path: Path, length_s: int) -> None:
    """The example over and over, written piece by piece."""
    samples, rate = soundfile.read(_EXAMPLE, dtype="float32")
    n_left = length_s * rate
    with soundfile.SoundFile(path, "w", rate, 1) as stream:
        while n_left > 0:
            piece = np.asarray(samples[:n_left])
            stream.write(piece)
            n_left -= len(piece)
