"""The error a user is meant to read."""

import contextlib
from collections.abc import Iterator


class DrumscribeError(Exception):
    """Something the user can mend.

    The message is one line that names the file or setting, says what is wrong and what to do. The
    command line prints it without a traceback and exits with status 1.
    """


@contextlib.contextmanager
def naming(source: str) -> Iterator[None]:
    """Begin the message of a ``DrumscribeError`` raised in the block with ``source``."""
    try:
        yield
    except DrumscribeError as error:
        raise DrumscribeError(f"{source}: {error}") from error
