"""Routes of jobs: upload, example, list, status, progress, cancel, delete."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.access import PROBLEMS, JobOfPath, studio_of
from drumscribe.web.intake import UPLOAD_FORM, accept_upload, queue_full
from drumscribe.web.schemas import Created, JobList, JobStatus
from drumscribe.web.store import FINISHED
from drumscribe.web.studio import FullError, Studio

_POLL_S = 0.25
_STILL_THERE_S = 15.0

router = APIRouter(prefix="/api/transcriptions", tags=["jobs"], responses=PROBLEMS)
"""Everything about jobs but their results."""


@router.post("", status_code=202, openapi_extra=UPLOAD_FORM)
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
        raise queue_full(error) from None
    except DrumscribeError as error:  # nothing that was asked is wrong, but the server lacks
        raise HTTPException(503, str(error)) from None
    response.headers["Location"] = f"/api/transcriptions/{job.id}"
    return Created(id=job.id)


@router.get("")
def all_jobs(studio: Annotated[Studio, Depends(studio_of)]) -> JobList:
    """The newest 1000 jobs, the newest first."""
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
