"""Transcribing recordings to files, one after another, and telling which failed."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.charts.formats import write_format
from drumscribe.inference.tempo_hints import NO_HINTS, TempoHints
from drumscribe.output_plan import Job
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import Advance, progress_bar

if TYPE_CHECKING:
    from drumscribe.charts.note_maps import NoteMap
    from drumscribe.inference.transcriber import Transcriber, Transcription

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimingOptions:
    """What is known of tempo and bars, and how what is written is snapped to them.

    Attributes:
        hints: what need not be found.
        division: steps of a whole note to snap hits to, or ``None`` to write them as played.
        strength: the part of the way that they are moved, 0..1.
    """

    hints: TempoHints = NO_HINTS
    division: int | None = None
    strength: float = 1.0


AS_PLAYED = TimingOptions()


def transcribe_files(
    transcriber: "Transcriber",
    jobs: Sequence[Job],
    timing: TimingOptions = AS_PLAYED,
    note_map: "NoteMap | None" = None,
) -> list[str]:
    """Transcribe every recording; one that fails does not stop the others.

    Returns:
        What went wrong, a line per failed recording (each has been logged).

    Raises:
        DrumscribeError: the failure itself, when there is only one recording.
    """
    failures: list[str] = []
    for job in jobs:
        try:
            with _progress(job.audio) as advance:
                transcribe_job(transcriber, job, timing, note_map, advance)
        except DrumscribeError as error:
            if len(jobs) == 1:
                raise
            logger.error("drumscribe: %s", error)
            failures.append(str(error))
    tell_failures(failures, len(jobs))
    return failures


def tell_failures(failures: Sequence[str], n_jobs: int) -> None:
    """Log how many recordings failed, if any did."""
    if failures:
        logger.error("drumscribe: %d of %d recordings failed", len(failures), n_jobs)


def transcribe_recording(
    transcriber: "Transcriber", audio: Path, timing: TimingOptions = AS_PLAYED
) -> "Transcription":
    """What is heard in a recording, snapped as asked, with a progress bar.

    Raises:
        DrumscribeError: when it cannot be decoded.
    """
    with _progress(audio) as advance:
        return _heard(transcriber, audio, timing, advance)


def transcribe_job(
    transcriber: "Transcriber",
    job: Job,
    timing: TimingOptions,
    note_map: "NoteMap | None",
    advance: Advance | None = None,
) -> None:
    """Transcribe a recording and write the files of its job.

    Raises:
        DrumscribeError: when it cannot be decoded, or a file not be written.
    """
    transcription = _heard(transcriber, job.audio, timing, advance)
    for name, target in job.targets.items():
        write_format(transcription, name, target, note_map)
        logger.info(
            "%s: %d hits in %.1f s", target, len(transcription.events), transcription.duration_s
        )


@contextlib.contextmanager
def _progress(audio: Path) -> Iterator[Advance]:
    """A bar over the seconds of a recording."""
    from drumscribe.data.audio_processing import audio_duration_s

    total_s = audio_duration_s(audio) or 0.0
    with progress_bar(audio.name, total_s, unit="s of audio") as advance:
        yield advance


def _heard(
    transcriber: "Transcriber", audio: Path, timing: TimingOptions, advance: Advance | None
) -> "Transcription":
    """What is heard in a recording, snapped as asked."""
    transcription = transcriber.transcribe(audio, advance, timing.hints)
    if not transcription.events:
        logger.warning("%s: no drums are heard in it", audio.name)
    logger.info("%s: %s", audio.name, transcription.tempo.summary())
    return _snapped(transcription, timing)


def _snapped(transcription: "Transcription", timing: TimingOptions) -> "Transcription":
    """A copy on the grid, if that is asked for."""
    if timing.division is None:
        return transcription
    from drumscribe.inference.quantize import quantize

    snapped = quantize(
        transcription.events, transcription.tempo, timing.division, strength=timing.strength
    )
    logger.info("quantized to 1/%d: %s", timing.division, snapped.summary())
    return replace(transcription, events=snapped.events)
