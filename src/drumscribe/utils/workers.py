"""Processes that share work: spawned, one thread each, and gone when the main process is.

Spawned, not forked: a fork of a process with threads (torch, a web server) may hang.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import drop_what_is_being_written

S = TypeVar("S")
T = TypeVar("T")

SPAWN = multiprocessing.get_context("spawn")
"""Makes what the processes of a pool share (``SPAWN.Value``)."""

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerKilledError(DrumscribeError):
    """A worker process ended in the middle of its work."""


@contextlib.contextmanager
def worker_pool(
    n_workers: int,
    *,
    start: Callable[..., None] | None = None,
    start_arguments: tuple[Any, ...] = (),
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes for the block.

    An error in the block cancels the work that has not begun and waits for the rest; Ctrl-C, which
    the workers themselves do not hear, ends them at once, and so does the death of this process.

    Args:
        n_workers: how many processes, >= 1.
        start: called in each process before its work.
        start_arguments: what ``start`` is called with.

    Raises:
        WorkerKilledError: when a worker was killed.
    """
    # The system closes the writing end with this process, however it dies: workers wait for that.
    reader, writer = SPAWN.Pipe(duplex=False)
    arguments = (reader, start, start_arguments)
    with reader, writer, _one_thread_each():
        pool = _DeafPool(n_workers, SPAWN, _start_worker, arguments)
        try:
            yield pool
        except BrokenProcessPool:
            raise WorkerKilledError(
                "a worker process was killed (out of memory?); run the command again, with fewer "
                "workers if it happens again"
            ) from None
        except BaseException as error:
            if not isinstance(error, Exception):
                writer.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def mapped(
    function: Callable[[S], T], tasks: Sequence[S], n_workers: int, *, chunksize: int = 1
) -> Iterator[T]:
    """``map`` in so many processes; with one, in this process.

    Args:
        function: of a module, or a ``partial`` of one, so that other processes find it.
        tasks: what it is called with.
        n_workers: processes, no more than there are tasks.
        chunksize: tasks that are sent to a process at a time.

    Raises:
        DrumscribeError: as ``worker_pool``.
    """
    n_workers = min(n_workers, len(tasks))
    if n_workers <= 1:
        yield from map(function, tasks)
        return
    chunks = [tasks[start : start + chunksize] for start in range(0, len(tasks), chunksize)]
    with worker_pool(n_workers) as pool:
        # Not pool.map: it cancels futures itself when it is left, and Python 3.11's pool prints a
        # traceback where it finds a cancelled one while its workers are ending.
        waiting = deque(pool.submit(_each, function, chunk) for chunk in chunks)
        while waiting:
            yield from waiting.popleft().result()


def _each(function: Callable[[S], T], tasks: Sequence[S]) -> list[T]:
    return [function(task) for task in tasks]


class _DeafPool(ProcessPoolExecutor):
    """A pool whose processes do not hear Ctrl-C from their first instruction on.

    They are started when work is submitted. What is blocked then stays so in them, SIGTERM until
    ``_start_worker``; one that were interrupted while it imports would print a traceback, and so
    would one whose start is interrupted here.
    """

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        with ctrl_c_waits(signal.SIGTERM):
            return super().submit(*args, **kwargs)


@contextlib.contextmanager
def ctrl_c_waits(*others: int) -> Iterator[None]:
    """Ctrl-C in the block is heard at its end, and never by processes that the block starts.

    So are ``others``, signals that those processes may wait for.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows has none
        yield
        return
    resource_tracker.ensure_running()  # which unblocks Ctrl-C, so never within the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *others})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started in this block do linear algebra in one thread: they fill the cores."""
    before = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _start_worker(
    main_process: Connection, start: Callable[..., None] | None, start_arguments: tuple[Any, ...]
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process says what becomes of the work
    signal.signal(signal.SIGTERM, _end_now)  # what the pool sends the others when one has ended
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with, args=(main_process,), daemon=True).start()
    if start is not None:
        start(*start_arguments)


def _end_with(main_process: Connection) -> None:
    """End this worker when the other end closes: it would wait for work for ever."""
    with contextlib.suppress(OSError):
        main_process.poll(None)
    _end_now()


def _end_now(*_signal: object) -> None:
    """End this process, and with it the files that it has not finished."""
    drop_what_is_being_written()
    os._exit(1)
