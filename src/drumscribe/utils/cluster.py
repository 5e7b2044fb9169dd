"""Work on the machines of a Dask cluster (extra ``cluster``).

The machines see the same folders under the same names as this one, and have the same version of
drumscribe. Dask gives the work of a machine that is lost to another.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice

T = TypeVar("T")

_MOST_SUBMITTED = 2_000
"""Tasks that the scheduler knows of at a time, however many there are."""

_CONNECT_S, _FIRST_WORKER_S = 10, 60


def cluster_results(
    address: str, function: Callable[..., T], tasks: Sequence[tuple[Any, ...]]
) -> Iterator[tuple[int, T]]:
    """Results of ``function`` as they come, each with the index of its task.

    An error in a task, or Ctrl-C here, cancels the tasks that are left.

    Args:
        address: of the scheduler, as ``tcp://host:8786``.
        function: of a module of drumscribe; may run more than once for a task whose worker died.
        tasks: its arguments.

    Raises:
        DrumscribeError: when there is no such scheduler, it has no workers, or a task has killed
            several of them.
    """
    if not tasks:
        return
    with _client(address) as client, _errors_naming(address):
        from distributed import as_completed

        left = iter(enumerate(tasks))
        index_of: dict[Any, int] = {}

        def submit(n: int) -> list[Any]:
            chosen = list(itertools.islice(left, n))
            futures = [client.submit(function, *task, pure=False) for _, task in chosen]
            index_of.update(zip(futures, (index for index, _ in chosen), strict=True))
            return futures

        try:
            running = as_completed(submit(_MOST_SUBMITTED), loop=client.loop)
            for future in running:
                yield index_of[future], future.result()
                del index_of[future]
                for following in submit(1):
                    running.add(following)
        finally:
            client.cancel(list(index_of))


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection to a scheduler that has workers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise DrumscribeError(f"--scheduler needs Dask; {install_advice('cluster')}") from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise DrumscribeError(
            f"--scheduler {address}: no Dask scheduler answers there; give its address, as "
            "tcp://host:8786"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
        except TimeoutError as error:
            raise DrumscribeError(
                f"--scheduler {address}: has no workers; start some with 'dask worker {address}'"
            ) from error
        yield client


@contextlib.contextmanager
def _errors_naming(address: str) -> Iterator[None]:
    """Turn what Dask raises in the block into one line."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        yield
    except KilledWorker as error:
        raise DrumscribeError(
            f"--scheduler {address}: several workers died of one task (out of memory?); run the "
            "command again with fewer workers on each machine"
        ) from error
    except (CancelledError, CommClosedError) as error:
        raise DrumscribeError(
            f"--scheduler {address}: the scheduler is lost; run the command again"
        ) from error
    except ImportError as error:
        raise DrumscribeError(
            f"--scheduler {address}: its workers lack a package ({error}); install "
            "drumscribe[cluster,train] of this version there"
        ) from error
