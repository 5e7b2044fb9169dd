"""From a request with a recording to a job in the queue: the form, its options, a place."""

import logging
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from drumscribe.inference.tempo_hints import BPM_RANGE
from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.store import Job
from drumscribe.web.studio import FullError, Options, Studio
from drumscribe.web.uploads import receive_upload

logger = logging.getLogger(__name__)

# The lowest and highest value of each number that a form may hold.
_BOUNDS = {"threshold": (0.0, 1.0), "min_interval": (0.0, 1.0), "tempo": BPM_RANGE}

_FIELDS = ("audio", "title", "artist", *_BOUNDS)

UPLOAD_FORM: dict[str, Any] = {
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
                        **{
                            name: {"type": "number", "minimum": low, "maximum": high}
                            for name, (low, high) in _BOUNDS.items()
                        },
                    },
                }
            }
        },
    }
}
"""The form of ``accept_upload``, for OpenAPI, which cannot see what is read as it streams."""


async def accept_upload(request: Request, studio: Studio) -> Job:
    """Receive the form of a request and queue its recording.

    Raises:
        HTTPException: 429 when the queue is full, others as ``receive_upload``.
    """
    path = await run_in_threadpool(_reserve, studio)
    try:
        upload = await receive_upload(request, path)
        options = _options_of(upload.fields)
        return await run_in_threadpool(studio.accept, upload, options)
    except ClientDisconnect:
        raise HTTPException(400, "the connection was closed before the recording's end") from None
    except OSError as error:
        logger.exception("an upload could not be stored")
        reason = error.strerror or "unknown reason"
        raise HTTPException(503, f"the recording could not be stored ({reason})") from None
    finally:
        studio.release(path)


def queue_full(error: FullError) -> HTTPException:
    """429, and when to ask again."""
    headers = {"Retry-After": str(error.retry_after_s)}
    return HTTPException(429, "too many recordings wait already; try again soon", headers)


def _reserve(studio: Studio) -> Path:
    """``Studio.reserve`` with its errors as HTTP has them."""
    try:
        return studio.reserve()
    except FullError as error:
        raise queue_full(error) from None
    except DrumscribeError:
        raise HTTPException(503, "the server's disk is full; delete transcriptions") from None


def _options_of(fields: dict[str, str]) -> Options:
    """Options from the fields of a form.

    Raises:
        HTTPException: 422 for a field that does not exist, what is no number or out of range.
    """
    for name in fields.keys() - _FIELDS:
        raise HTTPException(422, f"{name[:40]!r} is no field; there are {', '.join(_FIELDS)}")
    values: dict[str, float | None] = dict.fromkeys(_BOUNDS)
    for name, (low, high) in _BOUNDS.items():
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
