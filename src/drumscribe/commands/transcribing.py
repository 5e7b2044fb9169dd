"""Recordings to files of hits: ``drumscribe transcribe``."""

from argparse import Namespace

from drumscribe.commands.model_choice import find_model, make_transcriber, thresholds_by_drum
from drumscribe.config import load_config
from drumscribe.utils.errors import DrumscribeError


def transcribe(arguments: Namespace) -> int:
    """``drumscribe transcribe``."""
    from drumscribe.charts.note_maps import note_map
    from drumscribe.commands.timing_choice import timing_options
    from drumscribe.transcribe_files import output_formats, plan_outputs, transcribe_files

    inputs = [*arguments.inputs, *([arguments.audio] if arguments.audio else [])]
    if not inputs:
        raise DrumscribeError("nothing to transcribe; name an audio file or a folder of them")
    jobs = plan_outputs(inputs, arguments.output, output_formats(arguments.format))
    notes = note_map(arguments.midi_notes)
    thresholds = thresholds_by_drum(arguments.threshold)
    timing = timing_options(arguments)
    config = load_config(arguments.config, arguments.overrides)
    transcriber = make_transcriber(find_model(arguments.checkpoint, config), config, thresholds)
    failures = transcribe_files(transcriber, jobs, timing, notes)
    return 1 if failures else 0
