"""One run at a time writes to a folder, as each clears away what an ended one left half-written."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError

_LOCK_NAME = ".writing.lock"


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold ``folder``, made if absent, for the block.

    The lock is SQLite's, as that of the studio's folder: it works on every system, and goes with
    the process however that ends. Where there can be none, as the folder cannot be written or its
    disk has no locks, the block runs without: what it cannot write it tells itself.

    Raises:
        DrumscribeError: when another run holds the folder.
    """
    path = folder / _LOCK_NAME
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_held = _lock(path, stack)
        except (OSError, sqlite3.Error):
            is_held = None
        if is_held is False:
            raise DrumscribeError(
                f"{folder}: another run is writing here; wait for it, or name another folder"
            )
        try:
            yield
        finally:
            if is_held:
                with contextlib.suppress(OSError):  # Windows keeps what is open; it is empty
                    path.unlink()


def _lock(path: Path, stack: contextlib.ExitStack) -> bool:
    """Lock the file at ``path`` until ``stack`` ends; return whether it was free."""
    path.touch()
    file_id = path.stat().st_ino
    lock = sqlite3.connect(path, timeout=0, isolation_level=None)
    stack.callback(lock.close)
    try:
        lock.execute("PRAGMA journal_mode = OFF")  # else a second file would lie there
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    # A run that has just ended may have deleted this file, and another begun with a new one.
    return path.exists() and path.stat().st_ino == file_id
