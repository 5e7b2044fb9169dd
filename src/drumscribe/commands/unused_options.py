"""Options that would change nothing are refused, as a user who gives them expects something."""

from argparse import Namespace
from collections.abc import Iterable

from drumscribe.utils.errors import DrumscribeError

_OPTIONS_BY_NAME = {"overrides": "--set"}
"""Those whose names in the arguments are other words."""


def require_unused(arguments: Namespace, names: Iterable[str], reason: str) -> None:
    """Refuse options that have another value than when they are not given.

    Args:
        arguments: the command's.
        names: of the options, in ``arguments``.
        reason: why they change nothing.

    Raises:
        DrumscribeError: naming the first of them.
    """
    for name in names:
        if getattr(arguments, name) != arguments.default_of(name):
            option = _OPTIONS_BY_NAME.get(name, "--" + name.replace("_", "-"))
            raise DrumscribeError(f"{option}: is of no use here, as {reason}; leave it out")
