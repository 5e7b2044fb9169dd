"""A kit that plays a game: ``drumscribe live``."""

from argparse import Namespace
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.commands.model_choice import (
    find_model,
    hearing_config,
    limit_threads,
    load_live_model,
    thresholds_by_drum,
)
from drumscribe.config import Config
from drumscribe.models.bundled import LIVE_MODEL
from drumscribe.utils.errors import naming
from drumscribe.utils.files import require_file

if TYPE_CHECKING:
    from drumscribe.events import DrumEvent
    from drumscribe.inference.streaming import StreamingTranscriber
    from drumscribe.live import Block, OnEvent


def live(arguments: Namespace) -> int:
    """``drumscribe live``."""
    limit_threads()
    from drumscribe.charts.note_maps import note_map
    from drumscribe.live import LiveLatency, device_lines, midi_output, run_live

    if arguments.list_devices:
        print(*device_lines(), sep="\n")
        return 0
    notes = note_map(arguments.midi_notes)
    thresholds = thresholds_by_drum(arguments.threshold)
    config = hearing_config(arguments)
    if arguments.file is not None:
        require_file(arguments.file, what="audio file")
    transcriber = _transcriber(arguments.checkpoint, config, thresholds)
    with ExitStack() as stack:
        listeners: list[OnEvent] = [_show]
        if arguments.midi_port is not None:
            kit = transcriber.kit
            listeners.append(stack.enter_context(midi_output(arguments.midi_port, notes, kit)))
        blocks = _blocks(arguments, stack)  # last, as what a card gives should not wait

        def tell(event: "DrumEvent") -> None:
            for listener in reversed(listeners):  # MIDI before the terminal, which is slow
                listener(event)

        latency = LiveLatency(transcriber.latency_s)
        try:
            run_live(transcriber, blocks, tell, latency)
        finally:  # Ctrl-C is how one stops playing
            if latency.compute.n:
                print(*latency.lines(), sep="\n")
    return 0


def _blocks(arguments: Namespace, stack: ExitStack) -> "Iterable[Block]":
    """What is heard: a file, or a sound card until Ctrl-C."""
    from drumscribe.live import file_blocks, microphone

    if arguments.file is not None:
        return file_blocks(arguments.file)
    return stack.enter_context(microphone(arguments.device))


def _transcriber(
    checkpoint: Path | None, config: Config, thresholds: dict[str, float]
) -> "StreamingTranscriber":
    path = find_model(checkpoint, config, default=LIVE_MODEL)
    model = load_live_model(path)
    from drumscribe.inference.streaming import StreamingTranscriber
    from drumscribe.inference.transcriber import spread_over_kit

    spread = spread_over_kit(thresholds, model.header.kit)
    with naming(str(path)):
        return StreamingTranscriber(model, config.inference, spread)


def _show(event: "DrumEvent") -> None:
    print(f"{event.onset_s:9.2f} s  {event.drum:10} {event.velocity:3}", flush=True)
