"""How many cores this process may use, which is often not how many the machine has."""

import os
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # microseconds in so many; "max" is no limit


def n_usable_cores() -> int:
    """Cores that the system lets this process compute on, >= 1.

    A batch system or ``taskset`` may bind it to a few, and a container may have a part of the
    machine's time. More threads than that wait for each other: eight on one core take seven times
    as long as one.
    """
    if hasattr(os, "sched_getaffinity"):  # Linux
        n_bound = len(os.sched_getaffinity(0))
    else:
        n_bound = os.cpu_count() or 1
    return max(1, min(n_bound, _n_granted(n_bound)))


def worker_count(setting: int) -> int:
    """``setting`` itself, or where it is 0 one worker for each usable core.

    Raises:
        DrumscribeError: when it is below 0.
    """
    require_worker_count(setting)
    return setting or n_usable_cores()


def require_worker_count(setting: int) -> None:
    """Refuse fewer workers than none.

    Raises:
        DrumscribeError: with what they may be.
    """
    if setting < 0:
        raise DrumscribeError(f"--workers {setting}: must be 1 or more, or 0 for all cores")


def _n_granted(n_most: int) -> int:
    """Whole cores whose time a container may take, ``n_most`` where nothing is said."""
    try:
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        return int(quota) // int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return n_most
