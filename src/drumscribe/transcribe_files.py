"""Transcribing files and folders: which output belongs to which input, and what fails."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import require_file
from drumscribe.utils.progress import progress_bar

if TYPE_CHECKING:
    from drumscribe.inference.transcriber import Transcriber, Transcription

logger = logging.getLogger(__name__)

FORMATS = ("mid", "csv", "json")


@dataclass(frozen=True)
class Job:
    """One recording and where its transcription goes; the suffix is replaced by each format's."""

    audio: Path
    output: Path


def output_formats(option: str) -> list[str]:
    """The formats of a comma-separated list.

    Raises:
        DrumscribeError: for one that does not exist.
    """
    names = [name.strip() for name in option.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise DrumscribeError(f"--format {name}: choose of {', '.join(FORMATS)}")
    return names or [FORMATS[0]]


def plan_outputs(inputs: Sequence[Path], output: Path | None) -> list[Job]:
    """Where each recording's transcription goes.

    One file goes to ``output`` itself, unless that is a folder; several files, and folders with
    their tree, go below ``output``; without it everything goes beside its recording.

    Raises:
        DrumscribeError: when an input is absent or a folder without audio.
    """
    from drumscribe.data.audio_processing import find_audio

    if len(inputs) == 1 and inputs[0].is_file() and output is not None and not output.is_dir():
        return [Job(inputs[0], output)]
    jobs = []
    for path in inputs:
        if path.is_dir():
            recordings = find_audio(path)
            if not recordings:
                raise DrumscribeError(f"{path}: holds no audio files")
            base = path
        else:
            recordings = [require_file(path, what="audio file")]
            base = path.parent
        for audio in recordings:
            target = audio if output is None else output / audio.relative_to(base)
            jobs.append(Job(audio, target.with_suffix(".mid")))
    return jobs


def transcribe_files(
    transcriber: "Transcriber", jobs: Sequence[Job], formats: Iterable[str]
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
            _transcribe_file(transcriber, job, list(formats))
        except DrumscribeError as error:
            if len(jobs) == 1:
                raise
            logger.error("drumscribe: %s", error)
            failures.append(str(error))
    if failures:
        logger.error("drumscribe: %d of %d recordings failed", len(failures), len(jobs))
    return failures


def _transcribe_file(transcriber: "Transcriber", job: Job, formats: Sequence[str]) -> None:
    from drumscribe.data.audio_processing import audio_duration_s

    total_s = audio_duration_s(job.audio) or 0.0
    with progress_bar(job.audio.name, total_s, unit="s of audio") as advance:
        transcription = transcriber.transcribe(job.audio, advance)
    for name in formats:
        # With one format the output is the name the user gave, whatever its suffix.
        target = job.output if len(formats) == 1 else job.output.with_suffix(f".{name}")
        _write(transcription, name, target)
        logger.info(
            "%s: %d hits in %.1f s", target, len(transcription.events), transcription.duration_s
        )


def _write(transcription: "Transcription", name: str, target: Path) -> None:
    from drumscribe.charts.midi import write_transcription_midi
    from drumscribe.charts.tables import write_transcription_csv, write_transcription_json

    writers = {
        "mid": write_transcription_midi,
        "csv": write_transcription_csv,
        "json": write_transcription_json,
    }
    writers[name](transcription, target)
