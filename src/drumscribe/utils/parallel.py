"""One function for many tasks: in processes of this machine, or on a cluster."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from typing import Any, TypeVar

from drumscribe.utils.cluster import cluster_results
from drumscribe.utils.cores import worker_count
from drumscribe.utils.workers import worker_pool

T = TypeVar("T")


def parallel_results(
    function: Callable[..., T],
    tasks: Sequence[tuple[Any, ...]],
    *,
    n_workers: int = 0,
    scheduler: str | None = None,
) -> Iterator[tuple[int, T]]:
    """Results as they come, each with the index of its task.

    Args:
        function: of a module, so that other processes find it.
        tasks: its arguments.
        n_workers: processes of this machine; 0 is one for each core.
        scheduler: address of a Dask scheduler whose machines do the work instead.

    Raises:
        DrumscribeError: when a worker was killed here, or as ``cluster_results``.
    """
    if scheduler is not None:
        yield from cluster_results(scheduler, function, tasks)
        return
    if not tasks:
        return
    with worker_pool(min(worker_count(n_workers), len(tasks))) as pool:
        index_of = {pool.submit(function, *task): index for index, task in enumerate(tasks)}
        for future in as_completed(index_of):
            yield index_of[future], future.result()
