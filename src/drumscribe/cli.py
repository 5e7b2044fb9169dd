"""The command line: parsers. Only the standard library is imported here, so help is instant."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO, TypeAlias

from drumscribe import __version__
from drumscribe.utils.errors import DrumscribeError

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        argv: arguments without the program's name; those of the process by default.

    Returns:
        0 when it worked, 1 when it could not be done, 2 for a wrong command line, 130 on Ctrl-C.
    """
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
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(message)s",
        stream=sys.stderr,
    )
    try:
        theme, _, handler = arguments.handler.partition(".")
        commands = import_module(f"drumscribe.commands.{theme}")
        return int(getattr(commands, handler)(arguments))
    except DrumscribeError as error:
        print(f"drumscribe: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "drumscribe":
            raise
        print(
            f"drumscribe: this command needs the package {error.name!r}; run 'uv sync' in the "
            "checkout, or: pip install 'drumscribe[train]'",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("drumscribe: stopped", file=sys.stderr)
        return _INTERRUPTED


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="drumscribe",
        description="Automatic drum transcription: audio of drums in, playable drums out.",
    )
    parser.add_argument("--version", action="version", version=f"drumscribe {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell more of what happens")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add_command in (
        _add_transcribe,
        _add_preprocess,
        _add_train,
        _add_evaluate,
        _add_tune,
        _add_export,
        _add_info,
        _add_models,
        _add_synth,
        _add_render,
        _add_egmd,
        _add_doctor,
    ):
        add_command(commands)
    return parser


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_transcribe(commands: _Commands) -> None:
    parser = _command(
        commands, "transcribe", "audio of drums to MIDI, csv or JSON", "transcribing.transcribe"
    )
    parser.add_argument("inputs", nargs="*", type=Path, help="audio files or folders of them")
    parser.add_argument("--audio", type=Path, help="an audio file or folder (the same as INPUTS)")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="the MIDI file for one input file, or a folder (default: beside each recording)",
    )
    _add_checkpoint(parser)
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="[DRUM=]VALUE",
        help="peak-picking threshold 0..1 for all drums or one ('kick=0.3'); may be repeated",
    )
    parser.add_argument(
        "--format",
        default="mid",
        metavar="LIST",
        help="what to write, of mid, csv, json, comma-separated (default: %(default)s)",
    )
    _add_config(parser)


def _add_preprocess(commands: _Commands) -> None:
    parser = _command(
        commands, "preprocess", "E-GMD to log-mel features and aligned labels", "data.preprocess"
    )
    parser.add_argument(
        "--max-files", type=int, help="use so many recordings, spread over performances and kits"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace features made with other settings"
    )
    _add_config(parser)


def _add_train(commands: _Commands) -> None:
    parser = _command(commands, "train", "train a model on the features", "training.train")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last.ckpt")
    parser.add_argument(
        "--overwrite", action="store_true", help="start again although the run has checkpoints"
    )
    _add_config(parser)


def _add_evaluate(commands: _Commands) -> None:
    parser = _command(
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
        "--json", type=Path, metavar="FILE", help="also write the whole report here"
    )
    _add_checkpoint(parser)
    _add_config(parser)


def _add_tune(commands: _Commands) -> None:
    parser = _command(
        commands, "tune", "choose a model's thresholds on labelled recordings", "evaluating.tune"
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
    _add_checkpoint(parser)
    _add_config(parser)


def _add_references(parser: argparse.ArgumentParser, *, default_split: str) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--split",
        choices=("train", "val", "test"),
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


def _add_export(commands: _Commands) -> None:
    parser = _command(
        commands, "export", "a checkpoint as one .onnx file that needs no torch", "models.export"
    )
    parser.add_argument("checkpoint", type=Path, help="a .ckpt; a bare name as for transcribe")
    parser.add_argument("model", type=Path, help="the .onnx file to write")
    _add_config(parser)


def _add_info(commands: _Commands) -> None:
    parser = _command(
        commands, "info", "what a model is: kit, clock, thresholds, origin", "models.info"
    )
    parser.add_argument("model", type=Path, help="a .ckpt or .onnx file")
    _add_config(parser)


def _add_models(commands: _Commands) -> None:
    _command(commands, "models", "the models that come with drumscribe", "models.models")


def _add_synth(commands: _Commands) -> None:
    parser = _command(commands, "synth", "a small practice dataset in E-GMD's layout", "data.synth")
    parser.add_argument("folder", type=Path, help="a new folder, as data/e-gmd-v1.0.0")
    parser.add_argument(
        "--recordings", type=int, default=20, help="how many (default: %(default)s)"
    )
    parser.add_argument("--kits", type=int, default=4, help="drum kits (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=12.0, help="length of each, about (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides everything (default: 1)")
    parser.add_argument(
        "--max-offset-ms",
        type=float,
        default=30.0,
        help="largest constant offset between audio and MIDI (default: %(default)s)",
    )
    parser.add_argument("--midi", type=Path, metavar="FOLDER", help="play these MIDI files instead")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")


def _add_render(commands: _Commands) -> None:
    parser = _command(
        commands, "render", "training features from human MIDI and sample kits", "data.render"
    )
    parser.add_argument("--midi", type=Path, required=True, help="the Groove MIDI Dataset")
    parser.add_argument("--kits", type=Path, required=True, help="a folder with kits.json")
    parser.add_argument(
        "--soundfont", type=Path, help="a General MIDI .sf2 whose instruments accompany the drums"
    )
    parser.add_argument(
        "--hours", type=float, default=10.0, help="of training audio (default: %(default)s)"
    )
    parser.add_argument(
        "--val-hours", type=float, default=0.5, help="of validation audio (default: %(default)s)"
    )
    parser.add_argument(
        "--test-hours", type=float, default=0.0, help="of test audio (default: %(default)s)"
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
    parser.add_argument("--seed", type=int, default=1, help="decides everything (default: 1)")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace features made with other settings"
    )
    _add_config(parser)


def _add_egmd(commands: _Commands) -> None:
    parser = commands.add_parser("egmd", help="get E-GMD, and check it")
    steps = parser.add_subparsers(metavar="STEP", required=True)
    download = _command(steps, "download", "fetch and unpack E-GMD", "data.egmd_download")
    download.add_argument("--midi-only", action="store_true", help="the MIDI alone (102 MB)")
    download.add_argument("--delete-zip", action="store_true", help="delete the zip once unpacked")
    _add_config(download)
    verify = _command(steps, "verify", "look for missing and damaged files", "data.egmd_verify")
    verify.add_argument("--full", action="store_true", help="parse every MIDI file as well")
    verify.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    _add_config(verify)


def _add_doctor(commands: _Commands) -> None:
    parser = _command(
        commands, "doctor", "whether this machine can train and transcribe", "checking.doctor"
    )
    _add_config(parser)


def _command(
    commands: _Commands, name: str, description: str, handler: str
) -> argparse.ArgumentParser:
    """A subcommand that runs ``handler``, a ``module.function`` of the package ``commands``."""
    parser = commands.add_parser(
        name, help=description, description=f"{description[0].upper()}{description[1:]}."
    )
    parser.set_defaults(handler=handler)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="a YAML file (default: the defaults)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="SECTION.KEY=VALUE",
        help="change one setting; may be repeated",
    )


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--checkpoint",
        type=Path,
        help="a .ckpt or .onnx model; a bare name that is not here is looked for in the newest "
        "run (default: the bundled model)",
    )
