"""Options of ``drumscribe chart``."""

import argparse
from pathlib import Path

from drumscribe.parsers.common import (
    Commands,
    add_checkpoint,
    add_command,
    add_config,
    add_midi_notes,
    add_threshold,
    add_timing,
)


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
    add_timing(parser)
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
