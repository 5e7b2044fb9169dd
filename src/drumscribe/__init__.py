"""Automatic drum transcription: audio of drums in, playable drums out.

The names that other programs use are those of ``drumscribe.api``. They are imported when they are
first asked for, as the command line shows its help without them.
"""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """A name of ``drumscribe.api``."""
    from importlib import import_module

    api = import_module("drumscribe.api")
    if name not in api.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(api, name)


def __dir__() -> list[str]:
    """What there is, for completion."""
    from importlib import import_module

    return ["__version__", *import_module("drumscribe.api").__all__]
