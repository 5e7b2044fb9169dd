"""The server's side of a worker process: start, ask, watch, end."""

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Literal

from drumscribe.utils.workers import SPAWN
from drumscribe.web.settings import StudioSettings
from drumscribe.web.worker import WorkerSetup, run_worker

_POLL_S = 0.2
_START_TIMEOUT_S = 120.0
_MAX_MESSAGE_BYTES = 65_536
_JOBS_PER_PROCESS = 50  # then a fresh one: whatever decoders leak or spoil goes with it


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        kind: "died" when the process ended by itself, "stopped" when it was told to.
        message: why, for "failed" and "late".
        duration_s: length of the recording, for "done".
    """

    kind: Literal["done", "failed", "late", "died", "stopped"]
    message: str = ""
    duration_s: float | None = None


class WorkerProcess:
    """A process that hears one recording at a time; started when first needed, and again.

    Args:
        settings: the server's.
    """

    def __init__(self, settings: StudioSettings) -> None:
        self._settings = settings
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._n_jobs = 0

    def ask(
        self,
        request: dict[str, Any],
        on_progress: Callable[[str, float], None],
        should_stop: Callable[[], bool],
    ) -> Outcome:
        """Have one recording heard.

        Args:
            request: what ``worker`` reads: recording, name, options, max_duration_s.
            on_progress: called with the stage and the share that is done.
            should_stop: asked several times a second; ends the process when it says so.
        """
        try:
            connection = self._started()
            connection.send_bytes(json.dumps(request).encode())
            outcome = self._watch(connection, on_progress, should_stop)
        except (EOFError, OSError, ValueError, KeyError, TypeError):
            outcome = Outcome("died")
        self._n_jobs += 1
        if outcome.kind not in ("done", "failed") or self._n_jobs >= _JOBS_PER_PROCESS:
            self.end()
        return outcome

    def end(self) -> None:
        """End the process, if there is one."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._process = self._connection = None

    @property
    def pid(self) -> int | None:
        """The process's id."""
        return None if self._process is None else self._process.pid

    def _started(self) -> Connection:
        """The connection to a live process."""
        if self._process is not None and not self._process.is_alive():
            self.end()
        if self._connection is None:
            settings = self._settings
            setup = WorkerSetup(
                str(settings.model),
                dataclasses.asdict(settings.inference),
                settings.threads_per_worker,
                settings.worker_memory_bytes,
            )
            self._process, self._connection = _start(setup)
            self._n_jobs = 0
        return self._connection

    def _watch(
        self,
        connection: Connection,
        on_progress: Callable[[str, float], None],
        should_stop: Callable[[], bool],
    ) -> Outcome:
        """Read messages until one says how it ended."""
        timeout_s = self._settings.job_timeout_s
        is_fresh = self._n_jobs == 0  # it says "ready" when the model is loaded
        deadline = time.monotonic() + timeout_s + (_START_TIMEOUT_S if is_fresh else 0)
        while time.monotonic() < deadline:
            if should_stop():
                return Outcome("stopped")
            if not connection.poll(_POLL_S):
                continue
            message = json.loads(connection.recv_bytes(_MAX_MESSAGE_BYTES))
            if message["kind"] == "ready":
                deadline = time.monotonic() + timeout_s
            elif message["kind"] == "progress":
                on_progress(str(message["stage"]), float(message["share"]))
            elif message["kind"] == "failed":
                if message.get("is_last"):
                    self.end()
                return Outcome("failed", str(message["message"]))
            elif message["kind"] == "done":
                return Outcome("done", duration_s=float(message["duration_s"]))
        minutes = timeout_s / 60
        return Outcome("late", f"took longer than {minutes:g} minutes; give a shorter recording")


def _start(setup: WorkerSetup) -> tuple[SpawnProcess, Connection]:
    """A worker process and the connection to it; where it cannot start, nothing stays open."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=run_worker, args=(theirs, setup), daemon=True)
    try:
        process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()  # so that the process's death closes the connection
    return process, ours
