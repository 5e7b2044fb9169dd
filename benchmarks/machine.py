"""The machine that figures belong to, and timing that suits a noisy one."""

import os
import platform
import time
from collections.abc import Callable, Mapping
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
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(n_rounds):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            best[name] = min(best[name], time.perf_counter() - started)
    return best
