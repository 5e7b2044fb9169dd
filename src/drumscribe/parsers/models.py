"""Options of the commands that make, score and describe models."""

import argparse
from pathlib import Path

from drumscribe.parsers.common import Commands, add_checkpoint, add_command, add_config
from drumscribe.splits import SPLITS, Split


def add_train(commands: Commands) -> None:
    """Options of ``drumscribe train``."""
    parser = add_command(commands, "train", "train a model on the features", "training.train")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last.ckpt")
    parser.add_argument(
        "--overwrite", action="store_true", help="start again although the run has checkpoints"
    )
    add_config(parser)


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
        help="score the eight lanes, or toms and cymbals merged (default: %(default)s)",
    )
    parser.add_argument(
        "--live", action="store_true", help="hear frame by frame, as 'drumscribe live' does"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the whole report here"
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
        help="audio and MIDI in E-GMD's layout, its test split",
    )
    source.add_argument("--mdb", type=Path, metavar="FOLDER", help="MDB Drums")
    parser.add_argument(
        "--mix",
        choices=("drum_only", "full_mix"),
        default="drum_only",
        help="which audio of MDB Drums (default: %(default)s)",
    )


def add_export(commands: Commands) -> None:
    """Options of ``drumscribe export``."""
    parser = add_command(
        commands, "export", "a checkpoint as one .onnx file that needs no torch", "models.export"
    )
    parser.add_argument("checkpoint", type=Path, help="a .ckpt; a bare name as for transcribe")
    parser.add_argument("model", type=Path, help="the .onnx file to write")
    parser.add_argument(
        "--half", action="store_true", help="weights in half precision: half the size"
    )
    add_config(parser)


def add_info(commands: Commands) -> None:
    """Options of ``drumscribe info``."""
    parser = add_command(
        commands, "info", "what a model is: kit, clock, thresholds, origin", "models.info"
    )
    parser.add_argument("model", type=Path, help="a .ckpt or .onnx file")
    add_config(parser)


def add_models(commands: Commands) -> None:
    """Options of ``drumscribe models``."""
    add_command(commands, "models", "the models that come with drumscribe", "models.models")


def add_doctor(commands: Commands) -> None:
    """Options of ``drumscribe doctor``."""
    parser = add_command(
        commands, "doctor", "whether this machine can train and transcribe", "checking.doctor"
    )
    add_config(parser)
