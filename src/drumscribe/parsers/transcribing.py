"""Options of ``drumscribe transcribe`` and ``chart``."""

import argparse
from pathlib import Path

from drumscribe.parsers.common import (
    Commands,
    add_checkpoint,
    add_command,
    add_config,
    add_midi_notes,
    add_scheduler,
    add_threshold,
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
    _add_timing(parser)
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
        help="processes for several recordings; 0 is one for each core (default: %(default)s)",
    )
    add_scheduler(parser)
    add_config(parser)


def add_chart(commands: Commands) -> None:
    """Options of ``drumscribe chart``."""
    parser = add_command(
        commands, "chart", "a song to a folder that a rhythm game plays", "charting.chart"
    )
    parser.add_argument("audio", type=Path, help="the song")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="the song's folder (default: 'Artist - Title' beside the song)",
    )
    parser.add_argument(
        "--game",
        choices=("clonehero", "dtxmania"),
        default="clonehero",
        help="clonehero is for YARG, too (default: %(default)s)",
    )
    parser.add_argument("--title", help="the song's title (default: by its tags or its name)")
    parser.add_argument("--artist", help="who plays it (default: by its tags or its name)")
    parser.add_argument("--charter", help="who made the chart (default: drumscribe)")
    parser.add_argument(
        "--midi", type=Path, metavar="FILE", help="chart these notes instead of what is heard"
    )
    add_midi_notes(parser)
    _add_chart_layout(parser)
    add_checkpoint(parser)
    add_threshold(parser)
    _add_timing(parser)
    add_config(parser)


def _add_chart_layout(parser: argparse.ArgumentParser) -> None:
    """How the chart's files look."""
    colours = ("yellow", "blue", "green")
    parser.add_argument(
        "--ride", choices=colours, default="blue", help="the ride's colour (default: %(default)s)"
    )
    parser.add_argument(
        "--crash",
        choices=colours,
        default="green",
        help="the crash's colour (default: %(default)s)",
    )
    parser.add_argument(
        "--chart-files",
        choices=("both", "mid", "chart"),
        default="both",
        help="notes.mid, notes.chart or both; shared songs have one (default: %(default)s)",
    )
    parser.add_argument(
        "--audio-format",
        choices=("opus", "ogg"),
        default="opus",
        help="Opus, or Vorbis for old versions of games (default: %(default)s)",
    )


def _add_timing(parser: argparse.ArgumentParser) -> None:
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
        choices=(4, 8, 12, 16, 24, 32),
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
