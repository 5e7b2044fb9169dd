"""``POST /transcribe``: one request from the recording to its statistics."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from drumscribe.web.access import PROBLEMS, studio_of
from drumscribe.web.intake import UPLOAD_FORM, accept_upload
from drumscribe.web.results import statistics_of
from drumscribe.web.schemas import Transcribed
from drumscribe.web.store import FINISHED
from drumscribe.web.studio import Studio

_POLL_S = 0.1

router = APIRouter(tags=["synchronous"], responses=PROBLEMS)
"""The way without a queue to look at."""


@router.post("/transcribe", openapi_extra=UPLOAD_FORM)
async def transcribe(
    request: Request, studio: Annotated[Studio, Depends(studio_of)]
) -> Transcribed:
    """Transcribe a recording and wait for it.

    ``threshold`` goes for all lanes, ``min_interval`` is the least distance in seconds of two hits
    of one lane, ``tempo`` is in beats a minute where it is known.
    """
    job = await accept_upload(request, studio)
    deadline = time.monotonic() + studio.settings.job_timeout_s
    while time.monotonic() < deadline:
        found = await run_in_threadpool(studio.store.get, job.id)
        if found is None or found.status in ("failed", "cancelled"):
            raise HTTPException(422, (found and found.error) or f"{job.name}: was cancelled")
        if found.status in FINISHED:
            return Transcribed(
                id=job.id,
                statistics=await run_in_threadpool(statistics_of, studio.store, found),
                download_url=f"/api/transcriptions/{job.id}/export/mid",
            )
        await asyncio.sleep(_POLL_S)
    raise HTTPException(503, f"it goes on: ask for /api/transcriptions/{job.id} later")
