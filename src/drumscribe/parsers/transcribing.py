"""Options of ``drumscribe transcribe``."""

from pathlib import Path

from drumscribe.parsers.common import (
    Commands,
    add_checkpoint,
    add_command,
    add_config,
    add_midi_notes,
    add_scheduler,
    add_threshold,
    add_timing,
)


def add_transcribe(commands: Commands) -> None:
    """Options of ``drumscribe transcribe``."""
    parser = add_command(
        commands,
        "transcribe",
        "audio of drums to MIDI, tables and scores",
        "transcribing.transcribe",
    )
    parser.add_argument("inputs", nargs="*", type=Path, help="audio files or folders of them")
    parser.add_argument("--audio", type=Path, help="an audio file or folder (the same as INPUTS)")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="the file to write for one input file, or a folder (default: beside each recording)",
    )
    add_checkpoint(parser)
    add_threshold(parser)
    add_timing(parser)
    parser.add_argument(
        "--format",
        metavar="LIST",
        help="what to write, of mid, csv, json, jams, lanes, musicxml, svg, pdf, tab, "
        "comma-separated (default: what OUTPUT ends in, or mid)",
    )
    add_midi_notes(parser)
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        help="processes for several recordings; 0 is one for each core, or one alone where the "
        "model runs on a GPU (default: %(default)s)",
    )
    add_scheduler(parser)
    add_config(parser)
