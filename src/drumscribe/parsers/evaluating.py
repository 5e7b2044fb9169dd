"""Options of ``drumscribe evaluate`` and ``tune``."""

import argparse
from pathlib import Path

from drumscribe.parsers.common import Commands, add_checkpoint, add_command, add_config
from drumscribe.splits import SPLITS, Split


def add_evaluate(commands: Commands) -> None:
    """Options of ``drumscribe evaluate``."""
    parser = add_command(
        commands, "evaluate", "score a model against labelled recordings", "evaluating.evaluate"
    )
    _add_references(parser, default_split="test")
    parser.add_argument(
        "--classes",
        choices=("8", "5"),
        default="8",
        help="score the lanes of the kit, or toms and cymbals merged (default: %(default)s)",
    )
    parser.add_argument(
        "--live", action="store_true", help="hear frame by frame, as 'drumscribe live' does"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the scores here, for programs"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="also write report.html there, with plots"
    )
    add_checkpoint(parser)
    add_config(parser)


def add_tune(commands: Commands) -> None:
    """Options of ``drumscribe tune``."""
    parser = add_command(
        commands, "tune", "fit a model's thresholds, smallest gap and confidence", "evaluating.tune"
    )
    _add_references(parser, default_split="val")
    parser.add_argument(
        "--strategy",
        choices=("max_f1", "rhythm_game", "balanced"),
        default="max_f1",
        help="rhythm_game: recall first, at a precision of 0.8 or more (default: %(default)s)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="the model to write, of the same kind"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw precision and recall against threshold"
    )
    add_checkpoint(parser)
    add_config(parser)


def _add_references(parser: argparse.ArgumentParser, *, default_split: Split) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--split",
        choices=SPLITS,
        default=default_split,
        help="a split of the preprocessed features (default: %(default)s)",
    )
    source.add_argument(
        "--egmd",
        type=Path,
        metavar="FOLDER",
        help=f"audio and MIDI in E-GMD's layout, its {default_split} split",
    )
    source.add_argument("--mdb", type=Path, metavar="FOLDER", help="MDB Drums")
    parser.add_argument(
        "--mix",
        choices=("drum_only", "full_mix"),
        default="drum_only",
        help="which audio of MDB Drums (default: %(default)s)",
    )
