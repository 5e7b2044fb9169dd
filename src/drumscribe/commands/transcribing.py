"""Recordings to files of hits: ``drumscribe transcribe``."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from drumscribe.commands.model_choice import (
    find_model,
    hearing_config,
    limit_threads,
    thresholds_by_drum,
    transcriber_source,
)
from drumscribe.commands.unused_options import require_unused
from drumscribe.utils.cores import require_worker_count
from drumscribe.utils.errors import DrumscribeError

if TYPE_CHECKING:
    from drumscribe.charts.note_maps import NoteMap
    from drumscribe.output_plan import Job
    from drumscribe.transcribe_files import TimingOptions


def transcribe(arguments: Namespace) -> int:
    """``drumscribe transcribe``."""
    limit_threads()
    from drumscribe.charts.formats import require_installed
    from drumscribe.charts.note_maps import note_map
    from drumscribe.commands.timing_choice import timing_options
    from drumscribe.output_plan import output_formats, plan_outputs, require_telling_names

    inputs = [*arguments.inputs, *([arguments.audio] if arguments.audio else [])]
    if not inputs:
        raise DrumscribeError("nothing to transcribe; name an audio file or a folder of them")
    formats = output_formats(arguments.format, arguments.output)
    require_installed(formats)
    jobs = plan_outputs(inputs, arguments.output, formats)
    if arguments.format is None:
        require_telling_names(jobs)
    if "mid" not in formats:
        require_unused(arguments, ["midi_notes"], "no MIDI is written")
    notes = note_map(arguments.midi_notes)
    thresholds = thresholds_by_drum(arguments.threshold)
    timing = timing_options(arguments)
    return 1 if _transcribe_jobs(arguments, jobs, thresholds, timing, notes) else 0


def _transcribe_jobs(
    arguments: Namespace,
    jobs: "Sequence[Job]",
    thresholds: dict[str, float],
    timing: "TimingOptions",
    notes: "NoteMap",
) -> list[str]:
    """Transcribe with the model and configuration of the arguments.

    Args:
        arguments: which model, configuration and workers.
        jobs: the recordings and their outputs.
        thresholds: by drum; "" stands for every one.
        timing: how beats are found.
        notes: the MIDI note of each drum.

    Returns:
        A line for each recording that failed.

    Raises:
        DrumscribeError: when model, configuration or workers are wrong, or the only recording is.
    """
    from drumscribe.transcribe_many import transcribe_many

    config = hearing_config(arguments)
    require_worker_count(arguments.workers)
    source = transcriber_source(find_model(arguments.checkpoint, config), config, thresholds)
    return transcribe_many(
        source,
        jobs,
        timing,
        notes,
        n_workers=arguments.workers,
        scheduler=arguments.scheduler,
    )
