"""The threads that take jobs from the store and have worker processes hear them."""

import json
import logging
import sqlite3
import threading
import time
from dataclasses import dataclass, field

from drumscribe.models.load import is_onnx
from drumscribe.web.expiry import remove_expired
from drumscribe.web.settings import StudioSettings
from drumscribe.web.store import Job, JobStore
from drumscribe.web.worker_process import Outcome, WorkerProcess

logger = logging.getLogger(__name__)

_MAX_ATTEMPTS = 3
_EXPIRY_INTERVAL_S = 60.0
_STOP_TIMEOUT_S = 10.0
_LEAST_SHARE = 0.05  # before that nobody can say how long the rest will take


@dataclass
class Progress:
    """How far a running job is.

    Attributes:
        stage: "waiting", "decoding", "listening", "beats" or "done".
        share: how much of everything is done, 0..1.
        started_at: when it was begun, by the monotonic clock.
        is_cancelled: that its process shall be ended.
        ended: set when no process works on it any more.
    """

    stage: str = "waiting"
    share: float = 0.0
    started_at: float = field(default_factory=time.monotonic)
    is_cancelled: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; ``None`` at the beginning."""
        if self.share < _LEAST_SHARE:
            return None
        elapsed_s = time.monotonic() - self.started_at
        return elapsed_s * (1 - self.share) / self.share


class JobRunner:
    """Runs queued jobs, so many at once, until it is stopped.

    Args:
        store: where jobs are.
        settings: the server's.
    """

    def __init__(self, store: JobStore, settings: StudioSettings) -> None:
        self._store = store
        self._settings = settings
        self._running: dict[str, Progress] = {}
        self._claiming = threading.Lock()  # a running job is always found in _running
        self._wake = threading.Condition()
        self._is_stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
            for number in range(settings.n_workers)
        ]
        self._threads.append(threading.Thread(target=self._expire, name="expiry", daemon=True))

    def start(self) -> None:
        """Put back what a killed server was running, and begin."""
        self._store.requeue(is_attempt=False)  # it was not the jobs that ended the server
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all processes; what they were running waits for the next start."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(_STOP_TIMEOUT_S)

    def wake(self) -> None:
        """Look for new jobs at once."""
        with self._wake:
            self._wake.notify_all()

    def progress(self, job_id: str) -> Progress | None:
        """How far a job is; ``None`` when it is not running."""
        return self._running.get(job_id)

    def all_progress(self) -> list[Progress]:
        """How far every running job is."""
        return list(self._running.values())

    def cancel(self, job_id: str) -> None:
        """Cancel a job that has not ended, and wait until nothing works on it."""
        with self._claiming:
            if self._store.cancel_queued(job_id):
                return
            progress = self._running.get(job_id)
        if progress is not None:
            progress.is_cancelled = True
            progress.ended.wait(_STOP_TIMEOUT_S)

    def _work(self) -> None:
        process = WorkerProcess(self._settings)
        try:
            while not self._is_stopping:
                try:
                    job = self._claim()
                    if job is not None:
                        self._run(job, self._running[job.id], process)
                except Exception:  # one thread's trouble must not end the others' work
                    logger.exception("a job could not be run")
                    job = None
                if job is None:
                    with self._wake:
                        if not self._is_stopping:
                            self._wake.wait(1.0)
        finally:
            process.end()

    def _claim(self) -> Job | None:
        with self._claiming:
            job = self._store.claim()
            if job is not None:
                self._running[job.id] = Progress()
            return job

    def _run(self, job: Job, progress: Progress, process: WorkerProcess) -> None:
        request = {
            "recording": str(self._store.job_dir(job.id) / job.recording),
            "name": job.name,
            "options": json.loads(job.options),
            "max_duration_s": self._settings.max_duration_s,
        }

        def on_progress(stage: str, share: float) -> None:
            progress.stage, progress.share = stage, share

        def should_stop() -> bool:
            return self._is_stopping or progress.is_cancelled

        try:
            outcome = process.ask(request, on_progress, should_stop)
            self._settle_in_time(job, outcome, progress)
        finally:
            del self._running[job.id]
            progress.ended.set()

    def _settle_in_time(self, job: Job, outcome: Outcome, progress: Progress) -> None:
        """Write down what came of a job as soon as there is room to."""
        while True:
            try:
                self._settle(job, outcome, is_cancelled=progress.is_cancelled)
                return
            except sqlite3.OperationalError as error:
                if self._is_stopping:  # the next start puts it back
                    return
                logger.warning("%s: its end cannot be saved (%s); trying again", job.id, error)
            with self._wake:
                self._wake.wait(1.0)

    def _settle(self, job: Job, outcome: Outcome, *, is_cancelled: bool) -> None:
        """Write down what came of a job."""
        if is_cancelled and outcome.kind != "done":
            self._store.end(job.id, "cancelled")
        elif outcome.kind == "done":
            self._store.end(job.id, "done", duration_s=outcome.duration_s)
        elif outcome.kind == "stopped":
            self._store.requeue(job.id, is_attempt=False)
        elif outcome.kind == "died" and job.attempts < _MAX_ATTEMPTS:
            logger.warning("%s: the worker process died; trying again", job.id)
            self._store.requeue(job.id)
        elif outcome.kind == "died":
            message = f"ended the transcription process each time it was tried; {self._remedy()}"
            self._store.end(job.id, "failed", error=f"{job.name}: {message}")
        elif outcome.kind == "late":
            self._store.end(job.id, "failed", error=f"{job.name}: {outcome.message}")
        else:
            self._store.end(job.id, "failed", error=outcome.message)

    def _remedy(self) -> str:
        """What may help where a process dies: torch alone needs more than a worker's memory."""
        if is_onnx(self._settings.model):
            return "convert it to wav"
        return (
            "a checkpoint needs more memory: start the studio with a larger --worker-mb, or with "
            "the model that 'drumscribe export' makes of it"
        )

    def _expire(self) -> None:
        while not self._is_stopping:
            try:
                remove_expired(self._store, self._settings)
            except Exception:
                logger.exception("old transcriptions could not be deleted")
            with self._wake:
                self._wake.wait_for(lambda: self._is_stopping, _EXPIRY_INTERVAL_S)
