"""Routes of jobs: upload, example, list, status, progress, cancel, delete."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.access import PROBLEMS, JobOfPath, studio_of
from drumscribe.web.schemas import Created, JobList, JobStatus
from drumscribe.web.store import FINISHED, Job
from drumscribe.web.studio import FullError, Options, Studio
from drumscribe.web.uploads import receive_upload

logger = logging.getLogger(__name__)

_POLL_S = 0.25
_STILL_THERE_S = 15.0

router = APIRouter(prefix="/api/transcriptions", tags=["jobs"], responses=PROBLEMS)
"""Everything about jobs but their results."""

AUDIO_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["audio"],
                    "properties": {
                        "audio": {"type": "string", "format": "binary"},
                        "title": {"type": "string"},
                        "artist": {"type": "string"},
                    },
                }
            }
        },
    }
}


async def accept_upload(request: Request, studio: Studio) -> Job:
    """Receive the form of a request and queue its recording.

    Raises:
        HTTPException: 429 when the queue is full, others as ``receive_upload``.
    """
    path = await run_in_threadpool(reserve, studio)
    try:
        upload = await receive_upload(request, path)
        options = options_of(upload.fields)
        return await run_in_threadpool(studio.accept, upload, options)
    except ClientDisconnect:
        raise HTTPException(400, "the connection was closed before the recording's end") from None
    except OSError as error:
        logger.exception("an upload could not be stored")
        reason = error.strerror or "unknown reason"
        raise HTTPException(503, f"the recording could not be stored ({reason})") from None
    finally:
        studio.release(path)


def reserve(studio: Studio) -> Path:
    """``Studio.reserve`` with its errors as HTTP has them."""
    try:
        return studio.reserve()
    except FullError as error:
        raise full(error) from None
    except DrumscribeError:
        raise HTTPException(503, "the server's disk is full; delete transcriptions") from None


def full(error: FullError) -> HTTPException:
    """429, and when to ask again."""
    headers = {"Retry-After": str(error.retry_after_s)}
    return HTTPException(429, "too many recordings wait already; try again soon", headers)


def options_of(fields: dict[str, str]) -> Options:
    """Options from the fields of a form.

    Raises:
        HTTPException: 422 for what is no number or out of range.
    """
    bounds = {"threshold": (0.0, 1.0), "min_interval": (0.0, 1.0), "tempo": (20.0, 400.0)}
    values: dict[str, float | None] = dict.fromkeys(bounds)
    for name, (low, high) in bounds.items():
        text = fields.get(name, "").strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise HTTPException(422, f"{name}: must be a number {low:g}..{high:g}")
        values[name] = value
    return Options(values["threshold"], values["min_interval"], values["tempo"])


@router.post("", status_code=202, openapi_extra=AUDIO_FORM)
async def upload(
    request: Request, response: Response, studio: Annotated[Studio, Depends(studio_of)]
) -> Created:
    """Queue a recording; its bytes are streamed to disk."""
    job = await accept_upload(request, studio)
    response.headers["Location"] = f"/api/transcriptions/{job.id}"
    return Created(id=job.id)


@router.post("/example", status_code=202)
def example(response: Response, studio: Annotated[Studio, Depends(studio_of)]) -> Created:
    """Queue the bundled example, or find it where it was transcribed before."""
    try:
        job = studio.accept_example()
    except FullError as error:
        raise full(error) from None
    response.headers["Location"] = f"/api/transcriptions/{job.id}"
    return Created(id=job.id)


@router.get("")
def all_jobs(studio: Annotated[Studio, Depends(studio_of)]) -> JobList:
    """Every job, the newest first."""
    return JobList(transcriptions=[studio.status(job) for job in studio.store.newest()])


@router.get("/{job_id}")
def status(job: JobOfPath, studio: Annotated[Studio, Depends(studio_of)]) -> JobStatus:
    """Where a job stands."""
    return studio.status(job)


@router.get("/{job_id}/progress", response_class=StreamingResponse)
async def progress(
    job: JobOfPath, studio: Annotated[Studio, Depends(studio_of)]
) -> StreamingResponse:
    """Server-sent events, a status each time it changes, until the job ends."""
    return StreamingResponse(_changes(job.id, studio), media_type="text/event-stream")


async def _changes(job_id: str, studio: Studio) -> AsyncIterator[str]:
    last, silent_s = "", 0.0
    while (job := await run_in_threadpool(studio.store.get, job_id)) is not None:
        text = studio.status(job).model_dump_json()
        if text != last:
            last, silent_s = text, 0.0
            yield f"data: {text}\n\n"
        elif silent_s >= _STILL_THERE_S:  # so that proxies and browsers keep the connection
            silent_s = 0.0
            yield ": still there\n\n"
        if job.status in FINISHED:
            return
        await asyncio.sleep(_POLL_S)
        silent_s += _POLL_S


@router.post("/{job_id}/cancel")
def cancel(job: JobOfPath, studio: Annotated[Studio, Depends(studio_of)]) -> JobStatus:
    """End a job that has not ended; one that has stays as it is."""
    if job.status not in FINISHED:
        studio.runner.cancel(job.id)
    return studio.status(studio.store.get(job.id) or job)


@router.delete("/{job_id}", status_code=204)
def delete(job: JobOfPath, studio: Annotated[Studio, Depends(studio_of)]) -> None:
    """Forget a job with its recording, result and edits."""
    studio.delete(job)
