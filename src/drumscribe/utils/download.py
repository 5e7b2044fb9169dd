"""One file over HTTP that goes on where it broke off, and is checked before it gets its name.

Until it is whole and checked a file is called ``<name>.part``. Standard library only: the usual
download helpers check hashes but start over after every break, which a file of many gigabytes on a
home line does not survive.
"""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from drumscribe.utils.disk import MB
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 60.0
_MAX_FAILURES = 6
_MAX_WAIT_S = 30.0
_TEMPORARY_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


def part_path(target: Path) -> Path:
    """Where a download stands until it is whole."""
    return target.with_name(f"{target.name}.part")


def fetch(
    url: str,
    target: Path,
    *,
    size_bytes: int | None = None,
    sha256_prefix: str = "",
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Download ``url`` to ``target``, going on with what an earlier call left.

    A broken connection is tried again, with growing pauses, until several attempts in a row bring
    nothing new.

    Args:
        url: the address of the file.
        target: the file to write; its folder is made.
        size_bytes: the exact size, where it is known.
        sha256_prefix: how the file's SHA-256 begins in hexadecimal; empty where it is not known.
        wait: sleeps for a number of seconds.

    Raises:
        DrumscribeError: when the file is not to be had, is not the expected one or cannot be
            written. What was downloaded is kept, unless its checksum is wrong.
    """
    part = part_path(target)
    if size_bytes is not None and _size(part) > size_bytes:
        part.unlink()
    furthest, failures = _size(part), 0
    while (problem := _attempt(url, part, size_bytes)) is not None:
        failures = 1 if _size(part) > furthest else failures + 1
        furthest = max(furthest, _size(part))
        if failures >= _MAX_FAILURES:
            raise DrumscribeError(
                f"{url}: cannot be downloaded ({problem}); check the network and run it again, "
                f"{furthest / MB:.0f} MB are kept"
            )
        wait(min(2.0 ** (failures - 1), _MAX_WAIT_S))
    _require_checksum(part, sha256_prefix)
    part.replace(target)


def _attempt(url: str, part: Path, size_bytes: int | None) -> str | None:
    """Download what ``part`` lacks; return why it should be tried again, ``None`` when whole.

    Raises:
        DrumscribeError: when trying again is no use.
    """
    if _size(part) == size_bytes:
        return None
    try:
        return _receive(url, part, size_bytes)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _past_the_end(part, error.headers.get("Content-Range", ""))
        if error.code in _TEMPORARY_STATUSES:
            return f"the server answered {error.code} {error.reason}"
        raise DrumscribeError(
            f"{url}: the server answered {error.code} {error.reason}; check the address"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__


def _receive(url: str, part: Path, size_bytes: int | None) -> str | None:
    """One request: append to ``part`` or, where the server cannot do ranges, start it over."""
    start = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            start = 0
        length = response.headers.get("Content-Length")
        total = size_bytes if length is None else start + int(length)
        if size_bytes is not None and total != size_bytes:
            raise DrumscribeError(
                f"{url}: has {total} bytes instead of {size_bytes}; it is another file or a "
                "log-in page of the network"
            )
        _save(response, part, start, total)
    return None if total is None or _size(part) == total else "the connection broke off"


def _save(response: http.client.HTTPResponse, part: Path, start: int, total: int | None) -> None:
    """Write the body of ``response`` from byte ``start`` of ``part`` on.

    Raises:
        DrumscribeError: when the file cannot be written.
        OSError: when the connection breaks.
    """
    size_mb = (total or 0) / MB
    with progress_bar(part.stem, size_mb, unit="MB") as advance, _opened(part, start) as file:
        advance(start / MB)
        while chunk := response.read(_CHUNK_BYTES):
            try:
                file.write(chunk)
                file.flush()  # a full disk is to show here, where it cannot pass for a lost line
            except OSError as error:
                raise _not_writable(part, error) from error
            advance(len(chunk) / MB)


def _opened(part: Path, start: int) -> BinaryIO:
    """``part`` opened to be gone on with, or emptied when ``start`` is 0."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open("ab" if start else "wb")
    except OSError as error:
        raise _not_writable(part, error) from error


def _not_writable(part: Path, error: OSError) -> DrumscribeError:
    return DrumscribeError(
        f"{part}: cannot be written ({error.strerror or error}); free space or choose another "
        "folder, and run it again: what was downloaded is kept"
    )


def _past_the_end(part: Path, content_range: str) -> str | None:
    """What a server's "no such range" means: ``part`` was whole already, or is of another file."""
    if content_range == f"bytes */{_size(part)}":
        return None
    part.unlink()
    return "what was there did not fit the file"


def _require_checksum(part: Path, sha256_prefix: str) -> None:
    """Remove ``part`` and say so when its SHA-256 does not begin with ``sha256_prefix``."""
    if not sha256_prefix:
        return
    digest = hashlib.sha256()
    size_mb = _size(part) / MB
    bar = progress_bar(f"checking {part.stem}", size_mb, unit="MB")
    with part.open("rb") as file, bar as advance:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk) / MB)
    if not digest.hexdigest().startswith(sha256_prefix):
        part.unlink()
        raise DrumscribeError(
            f"{part}: its checksum is wrong (SHA-256 {digest.hexdigest()[:16]}... instead of "
            f"{sha256_prefix}...), so it was removed; download it again"
        )


def _size(path: Path) -> int:
    """Bytes of a file, 0 when it is absent."""
    return path.stat().st_size if path.is_file() else 0
