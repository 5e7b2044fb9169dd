"""Exports in a process of their own, under the limits of a worker.

Songs for games hold the recording and the names in its tags, so readers of a foreign file run;
scores of absurd edits may take for ever. Neither may happen in the server.
"""

import json
import os
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import UnwritableError
from drumscribe.utils.workers import SPAWN
from drumscribe.web.exports import Export, write_export
from drumscribe.web.settings import StudioSettings
from drumscribe.web.worker import limit_process

_MAX_MESSAGE_BYTES = 65_536
_TIMEOUT_S = 180.0
_AT_ONCE = threading.BoundedSemaphore(2)

_QUICK = frozenset({"csv", "json"})
"""Formats that are written hit by hit, in the server itself; others count beats or bars."""


class UnavailableError(DrumscribeError):
    """An export that the server cannot write now, though nothing that was asked is wrong."""


def export_safely(export: Export, target: Path, settings: StudioSettings) -> None:
    """Write an export.

    Args:
        export: what to write.
        target: the file, in a folder of its own.
        settings: the server's, for the limits.

    Raises:
        UnavailableError: when there is no room for it, or it cannot be written within the limits.
        DrumscribeError: when the format cannot hold it, or the recording cannot be read.
    """
    if export.format_id in _QUICK:
        _write(export, target)
        return
    with _AT_ONCE:
        failure = _failure_elsewhere(export, target, settings)
    if failure is not None:
        raise failure


def _write(export: Export, target: Path) -> None:
    """Write, with errors in words that the user knows: no folder of the server's is named."""
    try:
        write_export(export, target)
    except (UnwritableError, OSError) as error:
        reason = error.reason if isinstance(error, UnwritableError) else error.strerror or error
        raise UnavailableError(
            f"{target.name}: cannot be written now ({reason}); free space on the server's disk, "
            "try again"
        ) from error
    except DrumscribeError as error:
        message = str(error).replace(str(export.recording), export.name)
        raise DrumscribeError(message.replace(f"{target.parent}{os.sep}", "")) from error


def _failure_elsewhere(
    export: Export, target: Path, settings: StudioSettings
) -> DrumscribeError | None:
    """Write in a new process; what to raise when that did not work."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    arguments = (theirs, export, target, settings.worker_memory_bytes)
    process = SPAWN.Process(target=_write_and_tell, args=arguments, daemon=True)
    with ours, theirs:
        try:
            process.start()
            theirs.close()  # so that the process's death closes the connection
            if not ours.poll(_TIMEOUT_S):
                reason = "took too long to write"
                return UnavailableError(f"{export.format_id}: {reason}; choose another format")
            return _failure_told(json.loads(ours.recv_bytes(_MAX_MESSAGE_BYTES)))
        except (EOFError, OSError, ValueError, KeyError):
            reason = "could not be written"
            return UnavailableError(f"{export.format_id}: {reason}; choose another format")
        finally:
            if process.pid is not None:  # it has been started
                process.kill()
                process.join()


def _failure_told(told: dict[str, Any]) -> DrumscribeError | None:
    """What to raise after the message of ``_write_and_tell``."""
    kind = UnavailableError if told["is_unavailable"] else DrumscribeError
    return kind(str(told["reason"])) if told["reason"] else None


def _write_and_tell(
    connection: Connection, export: Export, target: Path, memory_bytes: int
) -> None:
    limit_process(memory_bytes, cpu_s=int(_TIMEOUT_S))  # it may outlive a killed server
    told = {"reason": "", "is_unavailable": False}
    try:
        _write(export, target)
    except DrumscribeError as error:
        told = {"reason": str(error), "is_unavailable": isinstance(error, UnavailableError)}
    connection.send_bytes(json.dumps(told).encode())
