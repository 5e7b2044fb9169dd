"""Exports in a process of their own, under the limits of a worker.

Songs for games hold the recording and the names in its tags, so readers of a foreign file run;
scores of absurd edits may take for ever. Neither may happen in the server.
"""

import json
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.workers import SPAWN
from drumscribe.web.exports import Export, write_export
from drumscribe.web.settings import StudioSettings
from drumscribe.web.worker import limit_process

_MAX_MESSAGE_BYTES = 65_536
_TIMEOUT_S = 180.0
_AT_ONCE = threading.BoundedSemaphore(2)

_QUICK = frozenset({"csv", "json"})
"""Formats that are written hit by hit, in the server itself; others count beats or bars."""


def export_safely(export: Export, target: Path, settings: StudioSettings) -> None:
    """Write an export.

    Args:
        export: what to write.
        target: the file.
        settings: the server's, for the limits.

    Raises:
        DrumscribeError: when it cannot be written within them.
    """
    if export.format_id in _QUICK:
        write_export(export, target)
        return
    with _AT_ONCE:
        reason = _reason_of_failure(export, target, settings)
    if reason:
        raise DrumscribeError(reason.replace(str(target.parent), "").lstrip("/"))


def _reason_of_failure(export: Export, target: Path, settings: StudioSettings) -> str:
    """Write in a new process; empty when that worked."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    arguments = (theirs, export, target, settings.worker_memory_bytes)
    process = SPAWN.Process(target=_write, args=arguments, daemon=True)
    try:
        process.start()
        theirs.close()
        if not ours.poll(_TIMEOUT_S):
            return f"{export.format_id}: took too long to write; choose another format"
        return str(json.loads(ours.recv_bytes(_MAX_MESSAGE_BYTES))["reason"])
    except (EOFError, OSError, ValueError, KeyError):
        return f"{export.format_id}: could not be written; choose another format"
    finally:
        ours.close()
        process.kill()
        process.join()


def _write(connection: Connection, export: Export, target: Path, memory_bytes: int) -> None:
    limit_process(memory_bytes, cpu_s=int(_TIMEOUT_S))  # it may outlive a killed server
    reason = ""
    try:
        write_export(export, target)
    except DrumscribeError as error:
        reason = str(error)
    connection.send_bytes(json.dumps({"reason": reason}).encode())
