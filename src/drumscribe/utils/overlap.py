"""A function of items that are still being made: several at once, while the next are read."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def overlapped(
    function: Callable[[S], T], items: Iterable[S], *, n_at_once: int = 1
) -> Iterator[T]:
    """The function's results in the order of the items.

    Items are read by the thread that asks for results, ``n_at_once`` and one ahead of them; so
    whatever goes wrong in reading them is raised there. Whoever stops asking waits for the calls
    that have begun, and no other begins.

    Args:
        function: one that lets other threads run meanwhile.
        items: what it is called with, read as they are needed.
        n_at_once: calls at once, each in a thread of its own; with one there are no other threads.
    """
    if n_at_once == 1:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(n_at_once)
    waiting: deque[Future[T]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > n_at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
