"""The machine that figures belong to, and timing that suits a noisy one."""

import contextlib
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path


def describe() -> str:
    """Processor, cores, system and Python in one line."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (cpuinfo.read_text() if cpuinfo.exists() else "").splitlines()
        if line.startswith("model name")
    ]
    cpu = names[0] if names else platform.processor()
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def best_seconds(
    functions: Mapping[str, Callable[[], object]], *, n_rounds: int = 7
) -> dict[str, float]:
    """The shortest time of each function, all of them run in turn so that noise hits them alike."""
    return _best(functions, n_rounds, time.perf_counter)


def best_cpu_seconds(
    functions: Mapping[str, Callable[[], object]], *, n_rounds: int = 5
) -> dict[str, float]:
    """As ``best_seconds``, but processor time, which other programs lengthen less."""
    return _best(functions, n_rounds, time.process_time)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the block."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _best(
    functions: Mapping[str, Callable[[], object]], n_rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(n_rounds):
        for name, function in functions.items():
            started = clock()
            function()
            best[name] = min(best[name], clock() - started)
    return best
