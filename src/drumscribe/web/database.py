"""The studio's SQLite database: its tables, and opening it for one server alone."""

import sqlite3
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    source TEXT NOT NULL,
    recording TEXT NOT NULL,
    options TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    duration_s REAL,
    attempts INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    n_bytes INTEGER NOT NULL,
    created_at REAL NOT NULL,
    touched_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, created_at);
CREATE TABLE IF NOT EXISTS edits (
    id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    body TEXT NOT NULL
);
PRAGMA user_version = 1;
"""


def open_database(path: Path) -> sqlite3.Connection:
    """The database of ``path``, made if absent, held so that no second server opens it.

    Raises:
        DrumscribeError: when another server holds it, it cannot be written, or it is another kind
            of file.
    """
    database = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA auto_vacuum = FULL")  # deleted edits give their room back
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        database.executescript(_SCHEMA)
    except sqlite3.OperationalError as error:
        database.close()
        if "locked" not in str(error):  # the disk is full, or may not be written
            raise DrumscribeError(
                f"{path}: cannot be written ({error}); name another folder with --data"
            ) from error
        raise DrumscribeError(
            f"{path.parent}: another studio uses this folder; stop it, or name another with --data"
        ) from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise DrumscribeError(
            f"{path}: is no studio's database ({error}); move it away, or name another folder "
            "with --data"
        ) from error
    return database
