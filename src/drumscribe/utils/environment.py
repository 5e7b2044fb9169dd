"""Environment variables in texts and paths that a user wrote."""

import os
import re
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError


def expand_environment(text: str) -> str:
    """``text`` with ``${NAME}`` and ``${NAME:-default}`` replaced from the environment.

    Raises:
        DrumscribeError: when a variable without a default is not set.
    """

    def value_of(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        value = os.environ.get(name) or default
        if value is None:
            raise DrumscribeError(f"environment variable {name} (in {text!r}) is not set; set it")
        return value

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}", value_of, text)


def expanded_path(text: str) -> Path:
    """The path that ``text`` means, with environment variables and ``~`` expanded.

    Raises:
        DrumscribeError: when it names a variable or a user that does not exist, or is no path.
    """
    try:
        path = Path(expand_environment(text)).expanduser()
    except RuntimeError as error:
        raise DrumscribeError(f"{text!r}: there is no such user; name the folder") from error
    if "\0" in str(path):
        raise DrumscribeError(f"{text!r}: is no path; name the folder")
    return path
