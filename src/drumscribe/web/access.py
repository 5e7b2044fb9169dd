"""What routes are given: the studio, and the job that the address names."""

import re
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request

from drumscribe.web.schemas import Problem
from drumscribe.web.store import Job
from drumscribe.web.studio import Studio

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in {
        400: "broken request",
        404: "no such transcription",
        409: "not in this state",
        413: "too large",
        415: "no audio",
        422: "wrong values",
        503: "no room, no model, or not done in time",
        429: "the queue is full; see Retry-After",
    }.items()
}
"""How errors look, for OpenAPI."""


def studio_of(request: Request) -> Studio:
    """The studio behind the application."""
    return cast(Studio, request.app.state.studio)


def _job_of_path(job_id: str, studio: Annotated[Studio, Depends(studio_of)]) -> Job:
    job = studio.store.get(job_id) if re.fullmatch(r"[0-9a-f]{32}", job_id) else None
    if job is None:
        raise HTTPException(404, "there is no such transcription; it may have been deleted")
    return job


JobOfPath = Annotated[Job, Depends(_job_of_path)]


def _finished_job(job: JobOfPath) -> Job:
    if job.status != "done":
        raise HTTPException(409, job.error or f"{job.name}: is {job.status}; there is no result")
    return job


DoneJob = Annotated[Job, Depends(_finished_job)]
"""A job that has a result; 409 for others."""
