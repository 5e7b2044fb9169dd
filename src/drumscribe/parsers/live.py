"""Options of ``drumscribe live``."""

from pathlib import Path

from drumscribe.parsers.common import (
    Commands,
    add_command,
    add_config,
    add_midi_notes,
    add_threshold,
    model_path,
)


def add_live(commands: Commands) -> None:
    """Options of ``drumscribe live``."""
    parser = add_command(
        commands, "live", "drums to MIDI while they are played (extra 'live')", "live.live"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--device", metavar="NAME", help="the input by number or name (default: the system's)"
    )
    source.add_argument(
        "--file", type=Path, help="hear this recording as a stream, and measure the latency"
    )
    source.add_argument(
        "--list-devices", action="store_true", help="list inputs and MIDI outputs, and end"
    )
    parser.add_argument(
        "--midi-port",
        metavar="NAME",
        help="also play the hits on this output, by its name or part of it",
    )
    parser.add_argument(
        "-c",
        "--checkpoint",
        type=model_path,
        help="a causal .onnx model (default: the bundled drums8-live)",
    )
    add_threshold(parser)
    add_midi_notes(parser)
    add_config(parser)
