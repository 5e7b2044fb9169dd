"""How much room a disk has."""

import shutil
from collections.abc import Callable
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError

GB = 1_000_000_000
"""Bytes in a gigabyte as disks are sold."""

MB = 1_000_000
"""Bytes in a megabyte, likewise."""

FreeBytes = Callable[[Path], int]
"""Gives the free bytes of the disk that holds an existing path."""


def free_bytes(path: Path) -> int:
    """Free bytes of the disk that holds the existing ``path``."""
    return shutil.disk_usage(path).free


def nearest_existing(path: Path) -> Path:
    """``path`` itself or the closest folder above it that exists."""
    absolute = path.absolute()
    return next(p for p in (absolute, *absolute.parents) if p.exists())


def require_space(
    folder: Path, needed_bytes: int, *, what: str, free: FreeBytes = free_bytes
) -> None:
    """Refuse work that would fill the disk.

    Args:
        folder: where the work writes; need not exist yet.
        needed_bytes: how much it will write.
        what: what it writes, for the message.
        free: measures the free bytes.

    Raises:
        DrumscribeError: when the disk that holds ``folder`` has less room than that.
    """
    n_free = free(nearest_existing(folder))
    if n_free < needed_bytes:
        raise DrumscribeError(
            f"{folder}: {what} needs {needed_bytes / GB:.1f} GB but {n_free / GB:.1f} GB are free; "
            "free space or choose a folder on another disk"
        )
