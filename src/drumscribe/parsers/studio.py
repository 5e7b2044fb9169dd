"""Options of ``drumscribe studio``."""

import argparse
from pathlib import Path
from typing import TypeAlias

from drumscribe.parsers.common import Commands, add_checkpoint, add_command, add_config

_Group: TypeAlias = "argparse._ArgumentGroup"


def add_studio(commands: Commands) -> None:
    """Options of ``drumscribe studio``."""
    parser = add_command(
        commands, "studio", "look at, hear, correct and export in the browser", "studio.studio"
    )
    _add_address(parser.add_argument_group("address"))
    _add_limits(parser.add_argument_group("limits"))
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="where recordings, results and edits are kept (default: studio below the data root)",
    )
    parser.add_argument("--demo", action="store_true", help="show the bundled example transcribed")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    add_checkpoint(parser)
    add_config(parser)


def _add_address(group: _Group) -> None:
    group.add_argument("--host", default="127.0.0.1", help="to listen on (default: %(default)s)")
    group.add_argument("--port", type=int, default=8000, help="0: any free (default: %(default)s)")
    group.add_argument(
        "--token",
        help="what requests must bear; needed for every --host that others can reach "
        "(default: the environment variable DRUMSCRIBE_STUDIO_TOKEN)",
    )


def _add_limits(group: _Group) -> None:
    group.add_argument(
        "--workers", type=int, default=1, help="transcriptions at once (default: %(default)s)"
    )
    group.add_argument(
        "--queue", type=int, default=32, help="recordings that may wait (default: %(default)s)"
    )
    group.add_argument(
        "--max-upload-mb", type=float, default=200, help="of one recording (default: %(default)s)"
    )
    group.add_argument(
        "--max-minutes", type=float, default=20, help="of one recording (default: %(default)s)"
    )
    group.add_argument(
        "--worker-mb",
        type=float,
        default=2048,
        help="address space of one transcription; a .ckpt needs more (default: %(default)s)",
    )
    group.add_argument(
        "--keep-days",
        type=float,
        default=90,
        help="transcriptions untouched for longer are deleted (default: %(default)s)",
    )
    group.add_argument(
        "--keep-gb",
        type=float,
        default=20,
        help="above this total the ones untouched longest are deleted (default: %(default)s)",
    )
