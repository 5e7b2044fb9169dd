"""Jobs and edits in SQLite, and a folder of files for each job.

What is accepted survives: a job's recording lies whole in its folder before its row is written,
and every change is one transaction. Times are seconds since the epoch.
"""

import contextlib
import json
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.database import open_database

Status = Literal["queued", "running", "done", "failed", "cancelled"]

FINISHED: tuple[Status, ...] = ("done", "failed", "cancelled")


class StaleRevisionError(Exception):
    """An edit of another revision than the newest, which is ``current``."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the newest revision is {current}")
        self.current = current


@dataclass(frozen=True)
class Job:
    """One recording to transcribe, and how far that is.

    Attributes:
        id: 32 hexadecimal digits; also its folder's name.
        name: the recording's name as people read it; never a path.
        title: the song's title; may be empty.
        artist: who plays it; may be empty.
        source: "upload" or "example".
        recording: file name of the recording in the job's folder.
        options: JSON of what the request asked of the transcription.
        status: where it stands.
        error: why it failed, in one line.
        duration_s: length of the recording, once known.
        attempts: how often it was begun.
        revision: number of edits.
        n_bytes: what its folder and its edits hold.
        created_at: when it was accepted.
        touched_at: when it was last looked at or changed.
    """

    id: str
    name: str
    recording: str
    title: str = ""
    artist: str = ""
    source: str = "upload"
    options: str = "{}"
    status: Status = "queued"
    error: str | None = None
    duration_s: float | None = None
    attempts: int = 0
    revision: int = 0
    n_bytes: int = 0
    created_at: float = 0.0
    touched_at: float = 0.0


_COLUMNS = [field.name for field in fields(Job)]


class JobStore:
    """The data folder: one at a time may use it.

    Args:
        folder: made if absent.

    Raises:
        DrumscribeError: when another server uses the folder, or it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # recordings are private
            for part in (self.jobs_dir, self.incoming_dir):
                part.mkdir(exist_ok=True)
            self._db = open_database(folder / "studio.sqlite3")
        except OSError as error:
            raise DrumscribeError(
                f"{folder}: cannot be used ({error.strerror or error}); name another with --data"
            ) from error
        self._remove_leftovers()

    @property
    def jobs_dir(self) -> Path:
        """Where each job has its folder."""
        return self.folder / "jobs"

    @property
    def incoming_dir(self) -> Path:
        """Where uploads lie until they are whole."""
        return self.folder / "incoming"

    def job_dir(self, job_id: str) -> Path:
        """The folder of a job's files."""
        return self.jobs_dir / job_id

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def add(self, job: Job, upload: Path) -> Job:
        """Accept a job: its recording first, then its row.

        Args:
            job: what to add; its times are set here.
            upload: the whole recording, on the same disk; it is moved.
        """
        folder = self.job_dir(job.id)
        folder.mkdir()
        upload.replace(folder / job.recording)
        now = time.time()
        n_bytes = folder_bytes(folder)
        values = {**vars(job), "created_at": now, "touched_at": now, "n_bytes": n_bytes}
        marks = ", ".join(f":{name}" for name in _COLUMNS)
        try:
            with self._transaction() as db:
                db.execute(f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({marks})", values)
        except sqlite3.OperationalError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Job(**values)

    def get(self, job_id: str) -> Job | None:
        """The job of that id."""
        return next(iter(self._select("WHERE id = ?", job_id)), None)

    def newest(self, limit: int = 1000) -> list[Job]:
        """Jobs, the newest first."""
        return self._select("ORDER BY created_at DESC, rowid DESC LIMIT ?", limit)

    def finished(self) -> list[Job]:
        """Jobs that have ended, those touched longest ago first."""
        return self._select(f"WHERE status IN {FINISHED} ORDER BY touched_at")

    def examples(self) -> list[Job]:
        """Jobs of the example that have not failed, the newest first."""
        return self._select(
            "WHERE source = 'example' AND status IN ('queued', 'running', 'done')"
            " ORDER BY created_at DESC, rowid DESC"
        )

    def count_waiting(self) -> int:
        """How many jobs are queued."""
        with self._lock:
            row = self._db.execute("SELECT count(*) FROM jobs WHERE status = 'queued'").fetchone()
        return int(row[0])

    def total_bytes(self) -> int:
        """What all jobs hold."""
        with self._lock:
            row = self._db.execute("SELECT coalesce(sum(n_bytes), 0) FROM jobs").fetchone()
        return int(row[0])

    def claim(self) -> Job | None:
        """Begin the job that has waited longest, if any."""
        with self._transaction() as db:
            row = db.execute(
                "UPDATE jobs SET status = 'running', attempts = attempts + 1 WHERE id = (SELECT id"
                " FROM jobs WHERE status = 'queued' ORDER BY created_at, rowid LIMIT 1)"
                f" RETURNING {', '.join(_COLUMNS)}"
            ).fetchone()
        return None if row is None else Job(*row)

    def end(
        self,
        job_id: str,
        status: Status,
        *,
        error: str | None = None,
        duration_s: float | None = None,
    ) -> bool:
        """Give a job that has not ended its last status; whether it was one.

        Nobody needs the recording of a job without a result: it is deleted.
        """
        if status != "done":
            shutil.rmtree(self.job_dir(job_id), ignore_errors=True)
        with self._transaction() as db:
            cursor = db.execute(
                "UPDATE jobs SET status = ?, error = ?, duration_s = coalesce(?, duration_s),"
                " n_bytes = ? WHERE id = ? AND status IN ('queued', 'running')",
                (status, error, duration_s, folder_bytes(self.job_dir(job_id)), job_id),
            )
        return cursor.rowcount == 1

    def cancel_queued(self, job_id: str) -> bool:
        """Cancel a job that nobody has begun; whether it was one."""
        with self._lock:
            job = self.get(job_id)
            return job is not None and job.status == "queued" and self.end(job_id, "cancelled")

    def requeue(self, job_id: str | None = None, *, is_attempt: bool = True) -> None:
        """Put back a running job, or all of them.

        Args:
            job_id: which one; ``None`` for all.
            is_attempt: whether what was begun counts as an attempt.
        """
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET status = 'queued', attempts = attempts - ?"
                " WHERE status = 'running' AND id = coalesce(?, id)",
                (0 if is_attempt else 1, job_id),
            )

    def touch(self, job_id: str) -> None:
        """Remember that somebody looked at a job, where there is room to."""
        with contextlib.suppress(sqlite3.OperationalError), self._transaction() as db:
            db.execute("UPDATE jobs SET touched_at = ? WHERE id = ?", (time.time(), job_id))

    def delete(self, job_id: str) -> None:
        """Forget a job, its edits and its files."""
        try:
            self._delete_row(job_id)
        except sqlite3.OperationalError:  # on a full disk its files make room for that
            shutil.rmtree(self.job_dir(job_id), ignore_errors=True)
            self._delete_row(job_id)
        shutil.rmtree(self.job_dir(job_id), ignore_errors=True)

    def edits(self, job_id: str) -> Any | None:
        """What the newest edit of a job saved, if there was one."""
        with self._lock:
            row = self._db.execute("SELECT body FROM edits WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else json.loads(row[0])

    def save_edits(self, job_id: str, revision: int, body: Any) -> int:
        """Replace the edits of a job.

        Args:
            job_id: which one.
            revision: the revision that was edited.
            body: what to keep, as JSON has it.

        Returns:
            The new revision.

        Raises:
            StaleRevisionError: when somebody else has edited it since.
        """
        text = json.dumps(body, separators=(",", ":"))
        with self._transaction() as db:
            row = db.execute(
                "SELECT revision, coalesce(length(body), 0) FROM jobs"
                " LEFT JOIN edits USING (id) WHERE id = ?",
                (job_id,),
            ).fetchone()
            current, n_bytes_before = (-1, 0) if row is None else row
            if current != revision:
                raise StaleRevisionError(current)
            db.execute("INSERT OR REPLACE INTO edits (id, body) VALUES (?, ?)", (job_id, text))
            db.execute(
                "UPDATE jobs SET revision = revision + 1, touched_at = ?, n_bytes = n_bytes + ?"
                " WHERE id = ?",
                (time.time(), len(text) - n_bytes_before, job_id),
            )
        return revision + 1

    def _delete_row(self, job_id: str) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def _select(self, clause: str, *values: object) -> list[Job]:
        with self._lock:
            rows = self._db.execute(f"SELECT {', '.join(_COLUMNS)} FROM jobs {clause}", values)
            return [Job(*row) for row in rows]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """The database, in a transaction that is undone when the block fails."""
        with self._lock, self._db:
            yield self._db

    def _remove_leftovers(self) -> None:
        """Delete the files of uploads that were never accepted and of jobs that were deleted."""
        with self._lock:
            known = {row[0] for row in self._db.execute("SELECT id FROM jobs")}
        for path in self.incoming_dir.iterdir():
            path.unlink(missing_ok=True)
        for path in self.jobs_dir.iterdir():
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)


def new_job_id() -> str:
    """An id nobody can guess."""
    return uuid.uuid4().hex


def folder_bytes(folder: Path) -> int:
    """What the files directly in a folder hold together; 0 when there is none."""
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:
        return 0
