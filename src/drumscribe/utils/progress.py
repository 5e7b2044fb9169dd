"""Progress of long work: a bar with rate and time left on a terminal, nothing in a pipe."""

import contextlib
import sys
from collections.abc import Callable, Iterator

Advance = Callable[[float], None]
"""Called with the amount of work just done, in the unit of ``total``."""


@contextlib.contextmanager
def progress_bar(description: str, total: float | None, *, unit: str) -> Iterator[Advance]:
    """Show a bar on standard error while the block runs.

    Args:
        description: what is being done.
        total: the whole amount of work, in ``unit``; ``None`` where nobody knows.
        unit: the plural noun that work is counted in ("files", "s of audio").

    Yields:
        A function to call with the amount of work that has just been done.
    """
    if not sys.stderr.isatty():  # and rich, which takes a tenth of a second, is not needed
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}{task.fields[of]} " + unit),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        of = f"/{total:.0f}" if total else ""
        task = progress.add_task(escape(description), total=total or None, rate="", of=of)

        def advance(amount: float) -> None:
            progress.advance(task, amount)
            speed = progress.tasks[task].speed
            progress.update(task, rate=f"{speed:.1f}/s" if speed else "")

        yield advance
