"""A worker process: loads the model once, then hears one recording after another.

Decoders of foreign files run here alone, under limits of memory and file size. Messages are JSON,
never pickles, so that a worker taken over by a hostile file cannot run code in the server. Only
the standard library is imported before the limits stand.
"""

import contextlib
import dataclasses
import json
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drumscribe.utils.errors import DrumscribeError

if TYPE_CHECKING:
    from drumscribe.config import InferenceConfig
    from drumscribe.models.frame_model import FrameModel

logger = logging.getLogger(__name__)

_MAX_FILE_BYTES = 4_000_000_000


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker loads and may use.

    Attributes:
        model: the weights file.
        inference: ``InferenceConfig`` as a dict.
        n_threads: threads of one transcription.
        memory_bytes: address space.
    """

    model: str
    inference: dict[str, Any]
    n_threads: int
    memory_bytes: int


def run_worker(connection: Connection, setup: WorkerSetup) -> None:
    """Answer requests until the server ends or closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says what becomes of the work
    threading.Thread(target=_end_with_server, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(setup.n_threads)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    limit_process(setup.memory_bytes)
    from drumscribe.config import InferenceConfig, section_from_dict
    from drumscribe.models.load import load_model
    from drumscribe.utils.files import file_sha256

    inference = section_from_dict(InferenceConfig, setup.inference, name="inference")
    try:
        model = load_model(Path(setup.model))
    except DrumscribeError as error:  # it fails the job that waits for this process
        _send(connection, kind="failed", message=str(error), is_last=True)
        return
    known = {"model_sha256": file_sha256(Path(setup.model))}
    _send(connection, kind="ready")
    with contextlib.suppress(EOFError):
        while True:
            request = json.loads(connection.recv_bytes()) | known
            _answer(connection, request, model, inference)


def _answer(
    connection: Connection, request: dict[str, Any], model: "FrameModel", config: "InferenceConfig"
) -> None:
    """Hear one recording and say what came of it; without memory left, end after saying so."""
    try:
        duration_s = _hear(request, model, config, _progress_to(connection))
    except DrumscribeError as error:
        # People know the recording by its name, not by where the server keeps it.
        message = str(error).replace(request["recording"], request["name"])
        message = message.replace(f"{Path(request['recording']).parent}{os.sep}", "")
        _send(connection, kind="failed", message=message)
    except MemoryError:
        message = f"{request['name']}: needs more memory than a transcription may use; convert it"
        message = f"{message} to 16-bit stereo at 44100 Hz, or give the studio more --worker-mb"
        _send(connection, kind="failed", message=message, is_last=True)
        raise SystemExit(1) from None
    except Exception:
        logger.exception("transcription failed")
        message = f"{request['name']}: could not be transcribed; the server's log says why"
        _send(connection, kind="failed", message=message, is_last=True)
        raise SystemExit(1) from None
    else:
        _send(connection, kind="done", duration_s=duration_s)


def _hear(
    request: dict[str, Any],
    model: "FrameModel",
    config: "InferenceConfig",
    on_progress: Callable[[str, float], None],
) -> float:
    from drumscribe.inference.transcriber import Transcriber
    from drumscribe.web.hearing import hear_recording

    options = request["options"]
    thresholds = {}
    if options.get("threshold") is not None:
        thresholds = dict.fromkeys(model.header.kit.names, options["threshold"])
    if options.get("min_gap_s") is not None:
        config = dataclasses.replace(config, min_gap_s=options["min_gap_s"])
    return hear_recording(
        Path(request["recording"]),
        Transcriber(model, config, thresholds),
        model_sha256=request["model_sha256"],
        bpm=options.get("bpm"),
        max_duration_s=request["max_duration_s"],
        on_progress=on_progress,
    )


def _progress_to(connection: Connection) -> Callable[[str, float], None]:
    def send(stage: str, share: float) -> None:
        _send(connection, kind="progress", stage=stage, share=share)

    return send


def _send(connection: Connection, **message: Any) -> None:
    connection.send_bytes(json.dumps(message).encode())


def limit_process(memory_bytes: int, *, cpu_s: int | None = None) -> None:
    """Bound this process where the system can; crashes leave no core file.

    Args:
        memory_bytes: address space.
        cpu_s: seconds of computing in its whole life.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    bounds = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_FSIZE: _MAX_FILE_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    if cpu_s is not None:
        bounds[resource.RLIMIT_CPU] = cpu_s
    for kind, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (bound, bound))


def _end_with_server() -> None:
    """End this process when the server dies, however that happens."""
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(1)
