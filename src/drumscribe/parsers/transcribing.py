"""Options of ``drumscribe transcribe``."""

from pathlib import Path

from drumscribe.parsers.common import Commands, add_checkpoint, add_command, add_config


def add_transcribe(commands: Commands) -> None:
    """Options of ``drumscribe transcribe``."""
    parser = add_command(
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
    add_checkpoint(parser)
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
    add_config(parser)
