"""Options of ``drumscribe preprocess``, ``synth``, ``render`` and ``egmd``."""

import argparse
from pathlib import Path

from drumscribe.parsers.common import Commands, add_command, add_config, add_scheduler


def add_preprocess(commands: Commands) -> None:
    """Options of ``drumscribe preprocess``."""
    parser = add_command(
        commands, "preprocess", "E-GMD to log-mel features and aligned labels", "data.preprocess"
    )
    parser.add_argument(
        "--max-files", type=int, help="use so many recordings, spread over performances and kits"
    )
    _add_overwrite(parser)
    add_scheduler(parser)
    add_config(parser)


def add_synth(commands: Commands) -> None:
    """Options of ``drumscribe synth``."""
    parser = add_command(
        commands, "synth", "a small practice dataset in E-GMD's layout", "data.synth"
    )
    parser.add_argument("folder", type=Path, help="a new folder, as data/e-gmd-v1.0.0")
    parser.add_argument(
        "--recordings", type=int, default=20, help="how many (default: %(default)s)"
    )
    parser.add_argument("--kits", type=int, default=4, help="drum kits (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=12.0, help="length of each, about (default: %(default)s)"
    )
    _add_seed(parser)
    parser.add_argument(
        "--max-offset-ms",
        type=float,
        default=30.0,
        help="largest constant offset between audio and MIDI (default: %(default)s)",
    )
    parser.add_argument("--midi", type=Path, metavar="FOLDER", help="play these MIDI files instead")
    parser.add_argument(
        "--drums",
        default="lanes8",
        metavar="KIT",
        help="whose lanes are played, as data.kit (default: %(default)s)",
    )
    _add_workers(parser)


def add_render(commands: Commands) -> None:
    """Options of ``drumscribe render``."""
    parser = add_command(
        commands, "render", "training features from human MIDI and sample kits", "data.render"
    )
    _add_render_sources(parser)
    _add_render_amounts(parser)
    _add_seed(parser)
    _add_overwrite(parser)
    add_config(parser)


def _add_render_sources(parser: argparse.ArgumentParser) -> None:
    """What is played, and on what."""
    parser.add_argument("--midi", type=Path, required=True, help="the Groove MIDI Dataset")
    parser.add_argument(
        "--kits", type=Path, required=True, help="a folder with kits.json, or an .sf2"
    )
    parser.add_argument(
        "--soundfont", type=Path, help="a General MIDI .sf2 whose instruments accompany the drums"
    )


def _add_render_amounts(parser: argparse.ArgumentParser) -> None:
    """How much is rendered, and in which form."""
    parser.add_argument(
        "--voices", type=Path, metavar="FOLDER", help="recorded voices that sing along"
    )
    for option, default, audio in (
        ("--hours", 10.0, "training"),
        ("--val-hours", 0.5, "validation"),
        ("--test-hours", 0.0, "test"),
    ):
        parser.add_argument(
            option, type=float, default=default, help=f"of {audio} audio (default: {default:g})"
        )
    parser.add_argument(
        "--layout",
        type=Path,
        metavar="FOLDER",
        help="write recordings of the test split here in E-GMD's layout, and no features",
    )
    parser.add_argument(
        "--performances", type=int, help="of these so many, on every held-out kit (default: all)"
    )


def add_egmd(commands: Commands) -> None:
    """Options of ``drumscribe egmd``."""
    parser = commands.add_parser("egmd", help="get E-GMD, and check it")
    steps = parser.add_subparsers(metavar="STEP", required=True)
    download = add_command(steps, "download", "fetch and unpack E-GMD", "data.egmd_download")
    download.add_argument("--midi-only", action="store_true", help="the MIDI alone (102 MB)")
    download.add_argument("--delete-zip", action="store_true", help="delete the zip once unpacked")
    add_config(download)
    verify = add_command(steps, "verify", "look for missing and damaged files", "data.egmd_verify")
    verify.add_argument("--full", action="store_true", help="parse every MIDI file as well")
    _add_workers(verify)
    add_config(verify)


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="decides everything (default: 1)")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="processes; 0 is one for each core (default: %(default)s)",
    )


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overwrite", action="store_true", help="replace features made with other settings"
    )
