"""The studio without HTTP: accepting recordings, telling where they stand, deleting them."""

import json
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drumscribe.utils.disk import require_space
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import file_sha256, flush_to_disk
from drumscribe.web.results import model_heard_with
from drumscribe.web.runner import JobRunner
from drumscribe.web.schemas import JobStatus
from drumscribe.web.settings import StudioSettings
from drumscribe.web.store import FINISHED, Job, JobStore, new_job_id
from drumscribe.web.uploads import Upload, label

_EXAMPLE_NAME = "groove.ogg"


@dataclass(frozen=True)
class Options:
    """What a request asks of a transcription beside the defaults.

    Attributes:
        threshold: of every lane, 0..1.
        min_gap_s: least distance of two hits of one lane, seconds.
        bpm: the tempo, where it is known.
    """

    threshold: float | None = None
    min_gap_s: float | None = None
    bpm: float | None = None


class FullError(Exception):
    """The queue takes no more; ``retry_after_s`` says when to ask again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("the queue is full")
        self.retry_after_s = retry_after_s


class Studio:
    """Jobs, from the recording to the result.

    Args:
        settings: the server's.

    Raises:
        DrumscribeError: as ``JobStore``.
    """

    def __init__(self, settings: StudioSettings) -> None:
        self.settings = settings
        self.store = JobStore(settings.data_dir)
        self.runner = JobRunner(self.store, settings)
        self._lock = threading.Lock()
        self._n_uploading = 0

    def reserve(self) -> Path:
        """A place in the queue for an upload, and the path to receive it at.

        Raises:
            FullError: when the queue is full.
            DrumscribeError: when the disk is.
        """
        require_space(
            self.store.folder, 2 * self.settings.max_upload_bytes, what="another recording"
        )
        with self._lock:
            if self.store.count_waiting() + self._n_uploading >= self.settings.max_waiting:
                raise FullError(self._retry_after_s())
            self._n_uploading += 1
        return self.store.incoming_dir / new_job_id()

    def release(self, path: Path) -> None:
        """Give back the place of an upload, whether it was accepted or not."""
        with self._lock:
            self._n_uploading -= 1
        path.unlink(missing_ok=True)

    def accept(self, upload: Upload, options: Options, *, source: str = "upload") -> Job:
        """Queue a received recording."""
        flush_to_disk(upload.path)  # before it is called accepted
        job = Job(
            id=new_job_id(),
            name=upload.name,
            recording=f"recording{upload.suffix}",
            title=label(upload.fields.get("title", "")),
            artist=label(upload.fields.get("artist", "")),
            source=source,
            options=json.dumps(vars(options)),
        )
        accepted = self.store.add(job, upload.path)
        self.runner.wake()
        return accepted

    def accept_example(self) -> Job:
        """The bundled example: as this server's model transcribed it before, or queued.

        Raises:
            FullError: when the queue is full.
            DrumscribeError: when the disk is, or the model or the example is gone.
        """
        model_sha256 = _model_sha256(self.settings.model)
        for known in self.store.examples():
            is_done = known.status == "done"  # any other will be heard by this model
            if not is_done or model_heard_with(self.store, known) == model_sha256:
                return known
        path = self.reserve()
        try:
            shutil.copyfile(example_path(), path)
            upload = Upload(path, _EXAMPLE_NAME, ".ogg", {"title": "Example groove"})
            return self.accept(upload, Options(), source="example")
        finally:
            self.release(path)

    def status(self, job: Job) -> JobStatus:
        """Where a job stands."""
        progress = self.runner.progress(job.id) if job.status == "running" else None
        is_done = job.status == "done"
        return JobStatus.model_validate(
            {
                "id": job.id,
                "name": job.name,
                "title": job.title,
                "artist": job.artist,
                "status": job.status,
                "stage": progress.stage if progress else "done" if is_done else "waiting",
                "progress": progress.share if progress else float(is_done),
                "seconds_left": progress.seconds_left if progress else None,
                "error": job.error,
                "duration_s": job.duration_s,
                "created_at": datetime.fromtimestamp(job.created_at, UTC).isoformat(),
            }
        )

    def delete(self, job: Job) -> None:
        """End a job if it runs, and forget it with all its files."""
        if job.status not in FINISHED:
            self.runner.cancel(job.id)
        self.store.delete(job.id)

    def _retry_after_s(self) -> int:
        """When there may be room: after about one job."""
        running = [p for p in self.runner.all_progress() if p.seconds_left is not None]
        return max(1, min([30, *(int(p.seconds_left or 0) + 1 for p in running)]))


def _model_sha256(model: Path) -> str:
    try:
        return file_sha256(model)
    except OSError as error:
        raise DrumscribeError(
            f"{model}: the model cannot be read ({error.strerror}); put it back, or start the "
            "studio with another --checkpoint"
        ) from error


def example_path() -> Path:
    """The bundled example recording: in the wheel beside this module, in a checkout at its root.

    Raises:
        DrumscribeError: when it is absent.
    """
    here = Path(__file__)
    for folder in (here.parent / "example", here.parents[3] / "examples"):
        if (folder / _EXAMPLE_NAME).is_file():
            return folder / _EXAMPLE_NAME
    raise DrumscribeError(f"{_EXAMPLE_NAME}: the example is missing; install drumscribe again")
