"""Transcribing many recordings at once: on all cores of this machine, or of a Dask cluster.

Each process loads the model once and hears one recording after another in one thread, so what is
written is the same wherever it was heard. Where others could not share the work, as on a GPU, this
process does it alone.
"""

import functools
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.config import InferenceConfig
from drumscribe.output_plan import Job
from drumscribe.transcribe_files import (
    AS_PLAYED,
    TimingOptions,
    tell_failures,
    transcribe_files,
    transcribe_job,
)
from drumscribe.utils.cores import n_usable_cores
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.parallel import parallel_results
from drumscribe.utils.progress import progress_bar

if TYPE_CHECKING:
    from drumscribe.charts.note_maps import NoteMap
    from drumscribe.inference.transcriber import Transcriber

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TranscriberSource:
    """What a process makes its transcriber of.

    Attributes:
        model: the model's file.
        config: as ``Transcriber`` takes it.
        thresholds: pairs of drum and threshold, "" for all drums that are not named.
    """

    model: Path
    config: InferenceConfig
    thresholds: tuple[tuple[str, float], ...] = ()

    def load(self) -> "Transcriber":
        """The transcriber.

        Raises:
            DrumscribeError: when the model cannot be loaded or a threshold names no drum of it.
        """
        from drumscribe.inference.transcriber import Transcriber, spread_over_kit
        from drumscribe.models.load import load_model

        model = load_model(self.model)
        thresholds = spread_over_kit(dict(self.thresholds), model.header.kit)
        return Transcriber(model, self.config, thresholds)


@dataclass(frozen=True)
class _Heard:
    """What became of one recording: what is to be told of it, and what went wrong."""

    told: tuple[tuple[int, str], ...]
    failure: str | None


def transcribe_many(
    source: TranscriberSource,
    jobs: Sequence[Job],
    timing: TimingOptions = AS_PLAYED,
    note_map: "NoteMap | None" = None,
    *,
    n_workers: int = 0,
    scheduler: str | None = None,
) -> list[str]:
    """Transcribe every recording; one that fails does not stop the others.

    Args:
        source: the model, which every process loads.
        jobs: recordings and what is written of each.
        timing: what is known of tempo and bars.
        note_map: notes of MIDI files, if not General MIDI's.
        n_workers: processes of this machine; 0 is one for each core, or one alone where the model
            runs on a GPU, whose memory the others would take.
        scheduler: address of a Dask scheduler whose machines, which must see the same folders, do
            the work instead.

    Returns:
        What went wrong, a line per failed recording (each has been logged).

    Raises:
        DrumscribeError: when the model cannot be loaded, or no worker is left; the failure itself,
            when the only recording is heard here.
    """
    # A model that cannot be loaded is one error, not one for each recording.
    transcriber = source.load()
    if scheduler is None:
        n_useful = 1 if transcriber.model.is_on_gpu else n_usable_cores()
        n_workers = min(len(jobs), n_workers or n_useful)
        if n_workers == 1:
            return transcribe_files(transcriber, jobs, timing, note_map)
    del transcriber  # the others load their own
    return _in_processes(source, jobs, timing, note_map, n_workers, scheduler)


def _in_processes(
    source: TranscriberSource,
    jobs: Sequence[Job],
    timing: TimingOptions,
    note_map: "NoteMap | None",
    n_workers: int,
    scheduler: str | None,
) -> list[str]:
    """As ``transcribe_many``, by others than this process."""
    here = replace(source, model=source.model.resolve())
    tasks = [(here, _absolute(job), timing, note_map) for job in jobs]
    results = parallel_results(_hear, tasks, n_workers=n_workers, scheduler=scheduler)
    failures: list[str] = []
    with progress_bar("transcribing", len(jobs), unit="recordings") as advance:
        for _, heard in results:
            for level, line in heard.told:
                logger.log(level, "%s", line)
            if heard.failure is not None:
                logger.error("drumscribe: %s", heard.failure)
                failures.append(heard.failure)
            advance(1)
    tell_failures(failures, len(jobs))
    return failures


def _absolute(job: Job) -> Job:
    """The job for a process that works in another folder."""
    return Job(
        job.audio.absolute(), {name: target.absolute() for name, target in job.targets.items()}
    )


_loaded = functools.lru_cache(maxsize=1)(TranscriberSource.load)


def _hear(
    source: TranscriberSource, job: Job, timing: TimingOptions, note_map: "NoteMap | None"
) -> _Heard:
    """In a worker: transcribe one recording, and bring back what would have been logged."""
    told = _Told()
    package = logging.getLogger("drumscribe")
    package.setLevel(logging.INFO)
    package.addHandler(told)
    try:
        transcribe_job(_loaded(source), job, timing, note_map)
    except DrumscribeError as error:
        return _Heard(tuple(told.lines), str(error))
    finally:
        package.removeHandler(told)
    return _Heard(tuple(told.lines), None)


class _Told(logging.Handler):
    """Keeps what the present thread logs: a worker of a cluster may have several."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[tuple[int, str]] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if record.thread == self._thread:
            self.lines.append((record.levelno, record.getMessage()))
