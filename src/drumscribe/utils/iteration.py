"""Taking items a few at a time."""

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive items, ``size`` at a time, the last group perhaps smaller."""
    iterator = iter(items)
    while group := list(itertools.islice(iterator, size)):
        yield group
