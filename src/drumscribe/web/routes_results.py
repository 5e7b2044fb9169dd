"""Routes of results: hits and beats, what re-picking and drawing need, sound, edits, exports."""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from drumscribe.timing import FRAME_RATE
from drumscribe.utils.files import safe_name
from drumscribe.web.access import PROBLEMS, DoneJob, studio_of
from drumscribe.web.export_process import UnavailableError, export_safely
from drumscribe.web.exports import Export, export_formats, extension_of, why_no_format
from drumscribe.web.hearing import ACTIVATIONS, VELOCITIES, WAVEFORM
from drumscribe.web.results import edits_to_keep, heard, lanes_of, result_of, transcription_of
from drumscribe.web.schemas import Edits, Format, FormatList, Result, Revision
from drumscribe.web.store import Job, StaleRevisionError
from drumscribe.web.studio import Studio

router = APIRouter(prefix="/api", tags=["results"], responses=PROBLEMS)
"""Everything about finished jobs."""

_BYTES = "application/octet-stream"

StudioOfApp = Annotated[Studio, Depends(studio_of)]


@router.get("/formats")
def formats() -> FormatList:
    """The formats of export."""
    return FormatList(
        formats=[
            Format(id=key, name=name, extension=extension_of(key))
            for key, name in export_formats().items()
        ]
    )


@router.get("/transcriptions/{job_id}/result")
def result(job: DoneJob, studio: StudioOfApp) -> Result:
    """The hits and beats, with all edits."""
    studio.store.touch(job.id)
    return result_of(studio.store, job)


@router.get("/transcriptions/{job_id}/activations", response_class=FileResponse)
def activations(job: DoneJob, studio: StudioOfApp) -> FileResponse:
    """Onset activation of each frame and lane as bytes, row by row."""
    return _frames(studio, job, ACTIVATIONS)


@router.get("/transcriptions/{job_id}/velocities", response_class=FileResponse)
def velocities(job: DoneJob, studio: StudioOfApp) -> FileResponse:
    """Velocity of each frame and lane as bytes, row by row; 255 is velocity 127."""
    return _frames(studio, job, VELOCITIES)


@router.get("/transcriptions/{job_id}/waveform", response_class=FileResponse)
def waveform(job: DoneJob, studio: StudioOfApp) -> FileResponse:
    """Lowest and highest sample of each step as bytes; 0..255 is -1..1."""
    path = studio.store.job_dir(job.id) / WAVEFORM
    return FileResponse(path, media_type=_BYTES, headers={"X-Step-Seconds": str(1 / FRAME_RATE)})


@router.get("/transcriptions/{job_id}/audio", response_class=FileResponse)
def audio(job: DoneJob, studio: StudioOfApp) -> FileResponse:
    """The recording as browsers play it; parts of it with the header Range."""
    played = heard(studio.store, job)["audio"]
    path = studio.store.job_dir(job.id) / played["file"]
    return FileResponse(path, media_type=played["media_type"])


@router.patch("/transcriptions/{job_id}/events")
def edit(job: DoneJob, edits: Edits, studio: StudioOfApp) -> Revision:
    """Replace the hits, and the beats where they are given."""
    try:
        found = heard(studio.store, job)
        kept = edits_to_keep(edits, lanes_of(found), found["duration_s"])
        before = studio.store.edits(job.id) or {}
        for key in ("tempo", "thresholds"):
            kept[key] = before.get(key) if kept[key] is None else kept[key]
        return Revision(revision=studio.store.save_edits(job.id, edits.revision, kept))
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    except StaleRevisionError as error:
        raise HTTPException(
            409, f"it was edited elsewhere ({error}); load it again before you edit it"
        ) from None


@router.get("/transcriptions/{job_id}/export/{format_id}", response_class=FileResponse)
def export(job: DoneJob, format_id: str, studio: StudioOfApp) -> Response:
    """The newest hits and beats as a file."""
    if format_id not in export_formats():
        raise HTTPException(404, why_no_format(format_id))
    stem = Path(job.name).stem
    chosen = Export(
        format_id,
        transcription_of(studio.store, job),
        studio.store.job_dir(job.id) / job.recording,
        name=stem,
        title=job.title,
        artist=job.artist,
    )
    folder = _folder_for_export()
    name = safe_name(job.title or stem, default="transcription")
    target = Path(folder.name) / f"{name}.{extension_of(format_id)}"
    try:
        export_safely(chosen, target, studio.settings)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        target,
        media_type=_BYTES,
        filename=target.name,  # songs for games have a folder of that name in them
        background=BackgroundTask(folder.cleanup),
    )


def _folder_for_export() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="drumscribe-")
    except OSError as error:
        raise UnavailableError(
            f"the server has no place to write to now ({error.strerror or error}); free space on "
            "its disk, try again"
        ) from error


def _frames(studio: Studio, job: Job, name: str) -> FileResponse:
    """A file of one byte for each frame and lane."""
    path = studio.store.job_dir(job.id) / name
    n_lanes = len(lanes_of(heard(studio.store, job)))
    headers = {
        "X-Frames": str(path.stat().st_size // n_lanes),
        "X-Frame-Rate": str(FRAME_RATE),
        "X-Lanes": str(n_lanes),
    }
    return FileResponse(path, media_type=_BYTES, headers=headers)
