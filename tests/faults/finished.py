"""What running a command came to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finished:
    """What a command did: its exit status, what it said, and the files it made or changed."""

    status: int
    said: list[str]
    touched: list[str]
