"""What the parsers of several commands share."""

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from drumscribe.inference.tempo_hints import DIVISIONS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class CommandParser(argparse.ArgumentParser):
    """A parser that refuses what it does not know itself.

    argparse has the program's own parser do that, which shows nothing of the command's options.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, but nothing unknown is left over."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._guess(unknown)}")
        return known, unknown

    def _guess(self, unknown: Sequence[str]) -> str:
        """The options that were meant, perhaps, as the end of a message."""
        options = [option for action in self._actions for option in action.option_strings]
        typed = [word.partition("=")[0] for word in unknown if word.startswith("--")]
        meant = [name for word in typed for name in difflib.get_close_matches(word, options, n=1)]
        return f"; did you mean {', '.join(meant)}?" if meant else ""


def add_command(
    commands: Commands, name: str, description: str, handler: str
) -> argparse.ArgumentParser:
    """A subcommand that runs ``handler``, a ``module.function`` of the package ``commands``.

    The handler's arguments have ``default_of``, what an option is when it is not given.
    """
    parser = commands.add_parser(
        name, help=description, description=f"{description[0].upper()}{description[1:]}."
    )
    parser.set_defaults(handler=handler, default_of=parser.get_default)
    return parser


def add_config(parser: argparse.ArgumentParser) -> None:
    """The configuration and changes of it."""
    parser.add_argument("--config", type=Path, help="a YAML file (default: the defaults)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="SECTION.KEY=VALUE",
        help="change one setting; may be repeated",
    )


def model_path(text: str) -> Path:
    """A model as typed; "./a.ckpt" is that file alone, where "a.ckpt" may be one of a run."""
    return Path(text).absolute() if text.startswith(("./", ".\\")) else Path(text)


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """The model that hears."""
    parser.add_argument(
        "-c",
        "--checkpoint",
        type=model_path,
        help="a .ckpt or .onnx model, or the name of a bundled one; another bare name that is not "
        "here is looked for in the configuration's run, else in the newest (default: the bundled "
        "model)",
    )


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """Peak-picking thresholds."""
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="[DRUM=]VALUE",
        help="peak-picking threshold 0..1 for all drums or one ('kick=0.3'); may be repeated",
    )


def add_midi_notes(parser: argparse.ArgumentParser) -> None:
    """Which note plays each drum."""
    parser.add_argument(
        "--midi-notes",
        default="gm",
        metavar="TABLE",
        help="notes of MIDI files: gm, td17, or a .yaml file of lines 'drum: note' "
        "(default: %(default)s)",
    )


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    """Machines that do the work instead of this one."""
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work on the Dask cluster of this scheduler, as tcp://host:8786, whose machines see "
        "the same folders (default: processes of this machine)",
    )


def add_timing(parser: argparse.ArgumentParser) -> None:
    """What is known of tempo and bars, and what is snapped to them."""
    parser.add_argument(
        "--bpm",
        help="constant tempo, in counts of the time signature a minute; '~120' follows a drummer "
        "who plays about that (default: found)",
    )
    parser.add_argument(
        "--time-signature", metavar="N/D", help="as 4/4, 3/4 or 6/8 (default: found)"
    )
    parser.add_argument(
        "--first-beat",
        type=float,
        metavar="SECONDS",
        help="where a bar begins (default: found)",
    )
    parser.add_argument(
        "--quantize",
        type=int,
        choices=DIVISIONS,
        help="write hits on a grid of so many steps a whole note; 12 and 24 are triplets "
        "(default: as played)",
    )
    parser.add_argument(
        "--quantize-strength",
        type=float,
        default=1.0,
        metavar="PART",
        help="how far hits are moved to the grid, 0..1 (default: %(default)s)",
    )
