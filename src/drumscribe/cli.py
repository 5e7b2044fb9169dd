"""The command line. Only the standard library is imported here, so help is instant."""

import argparse
import functools
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TextIO

from drumscribe import __version__
from drumscribe.parsers import (
    charting,
    checking,
    data,
    evaluating,
    live,
    models,
    studio,
    training,
    transcribing,
)
from drumscribe.parsers.common import CommandParser
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.extras import install_advice
from drumscribe.utils.interrupts import TerminatedError, interrupts_raised

_INTERRUPTED = 130
_TERMINATED = 143


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        argv: arguments without the program's name; those of the process by default.

    Returns:
        0 when it worked, 1 when it could not be done, 2 for a wrong command line, 130 on
        Ctrl-C, 143 on SIGTERM.
    """
    if isinstance(sys.stdout, TextIOWrapper):  # names of files may be in no encoding
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(_parser().parse_args(argv))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, as an error at the interpreter's end has no handler
    except BrokenPipeError:  # the reader, as "head", has seen enough
        _discard(sys.stdout, sys.stderr)
        return 1
    except OSError as error:
        if not _is_lost(sys.stdout):
            raise
        _discard(sys.stdout)
        print(f"drumscribe: standard output: {error.strerror or error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    """The exit status of a command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        with interrupts_raised():
            theme, _, handler = arguments.handler.partition(".")
            commands = import_module(f"drumscribe.commands.{theme}")
            return int(getattr(commands, handler)(arguments))
    except (DrumscribeError, ModuleNotFoundError, OSError, MemoryError) as error:
        told = _explained(error)
        if told is None:
            raise
        line = told.replace("\n", "\\n")  # a file's name may hold one
        print(f"drumscribe: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("drumscribe: stopped", file=sys.stderr)
        return _INTERRUPTED
    except TerminatedError:
        print("drumscribe: stopped", file=sys.stderr)
        return _TERMINATED


def _explained(error: Exception) -> str | None:
    """What the user reads of an error; ``None`` when it is a mistake of the program."""
    if isinstance(error, DrumscribeError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; close other programs, or use fewer workers"
    if isinstance(error, OSError):  # a name too long, a folder that may not be looked into
        named = isinstance(error.filename, str)
        return f"{error.filename}: {error.strerror}; check the path" if named else None
    name = getattr(error, "name", None)
    if name is None or name.partition(".")[0] == "drumscribe":
        return None
    return f"this command needs the package {name!r}; {install_advice('train')}"


def _is_lost(stream: TextIO | None) -> bool:
    """Whether nothing can be printed: the disk is full, the terminal gone."""
    try:
        print(file=stream, flush=True)  # what failed before may not be tried again by a mere flush
    except OSError:
        return True
    return False


def _discard(*streams: TextIO | None) -> None:
    """Send what the streams still hold, and all that follows, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@functools.cache  # for whoever calls main again and again
def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = CommandParser(
        prog="drumscribe",
        description="Automatic drum transcription: audio of drums in, playable drums out.",
    )
    parser.add_argument("--version", action="version", version=f"drumscribe {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add_parser in (
        transcribing.add_transcribe,
        charting.add_chart,
        live.add_live,
        data.add_preprocess,
        training.add_train,
        evaluating.add_evaluate,
        evaluating.add_tune,
        models.add_export,
        models.add_info,
        models.add_models,
        data.add_synth,
        data.add_render,
        data.add_egmd,
        studio.add_studio,
        checking.add_doctor,
    ):
        add_parser(commands)
    return parser
