"""The model, thresholds and threads that a command's options ask for."""

import logging
import os
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from drumscribe.config import Config, load_config
from drumscribe.models.bundled import bundled_models, bundled_path
from drumscribe.models.load import is_onnx
from drumscribe.transcribe_many import TranscriberSource
from drumscribe.utils.cores import n_usable_cores
from drumscribe.utils.errors import DrumscribeError, naming
from drumscribe.utils.files import require_file

if TYPE_CHECKING:
    from drumscribe.inference.transcriber import Transcriber
    from drumscribe.models.onnx_model import OnnxFrameModel

logger = logging.getLogger(__name__)


def hearing_config(arguments: Namespace) -> Config:
    """The configuration of a command that hears with a model, which brings its own thresholds.

    Raises:
        DrumscribeError: as ``load_config``; for ``--set inference.threshold``, which would change
            nothing.
    """
    for override in arguments.overrides:
        if override.partition("=")[0].strip() == "inference.threshold":
            hint = "give --threshold" if "threshold" in arguments else "'drumscribe tune' fits them"
            raise DrumscribeError(
                f"--set {override}: is of no use here, as models carry their thresholds; {hint}"
            )
    return load_config(arguments.config, arguments.overrides)


def find_model(path: Path | None, config: Config, *, default: str | None = None) -> Path:
    """The model that the user means.

    ``path`` itself; for a bare name that is not here, the bundled model called so, that file of the
    configuration's run, or else of the newest; a bundled model when no path was given.

    Args:
        path: as typed.
        config: where runs are.
        default: the bundled model when no path was given; ``None`` for that of recordings.

    Raises:
        DrumscribeError: when there is no such model.
    """
    if path is None:
        return bundled_path(default)
    if path.exists() or path.name != str(path):
        return require_file(path, what="checkpoint", hint="train one with 'drumscribe train'")
    bundled = [model.name for model in bundled_models()]
    if path.name in bundled:
        return bundled_path(path.name)
    runs = config.data.checkpoints_path
    of_this_run = runs / config.training.run_name / path.name
    if of_this_run.is_file():
        return of_this_run
    found = sorted(runs.glob(f"*/{path.name}"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise DrumscribeError(
            f"{path}: no such checkpoint here or in {runs}; name a bundled model "
            f"({', '.join(bundled)}) or a checkpoint that 'drumscribe train' has written"
        )
    return found[-1]


def make_transcriber(
    path: Path, config: Config, thresholds: dict[str, float] | None = None
) -> "Transcriber":
    """The transcriber of the model at ``path``; thresholds as ``thresholds_by_drum`` gives them."""
    return transcriber_source(path, config, thresholds).load()


def transcriber_source(
    path: Path, config: Config, thresholds: dict[str, float] | None = None
) -> TranscriberSource:
    """What the transcriber of the model at ``path`` is made of, in this process or in others."""
    logger.info("model: %s", path)
    return TranscriberSource(path, config.inference, tuple((thresholds or {}).items()))


def require_model(path: Path) -> None:
    """Refuse a model that does not load; a process of its own tries, which frees all that it took.

    Raises:
        DrumscribeError: as ``load_model``.
    """
    from drumscribe.utils.workers import WorkerKilledError, worker_pool

    try:
        with worker_pool(1) as pool:
            pool.submit(_try_to_load, path).result()
    except WorkerKilledError as error:
        raise DrumscribeError(f"{path}: cannot be loaded; it is damaged, or too large") from error


def _try_to_load(path: Path) -> None:
    from drumscribe.models.load import load_model

    load_model(path)


def make_streamed(path: Path, config: Config) -> "Transcriber":
    """A transcriber that hears recordings as ``drumscribe live`` would, by an .onnx model."""
    from drumscribe.inference.streaming import StreamedTranscriber

    model = load_live_model(path)
    with naming(str(path)):
        return StreamedTranscriber(model, config.inference)


def load_live_model(path: Path) -> "OnnxFrameModel":
    """The .onnx model at ``path``."""
    if not is_onnx(path):
        raise DrumscribeError(
            f"{path}: live needs an .onnx model; write one with 'drumscribe export'"
        )
    logger.info("model: %s", path)
    from drumscribe.models.onnx_model import load_onnx

    return load_onnx(path)


def thresholds_by_drum(options: Iterable[str]) -> dict[str, float]:
    """Thresholds by drum from ``--threshold`` options; the name "" stands for every drum."""
    thresholds: dict[str, float] = {}
    for option in options:
        drum, _, text = option.rpartition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise DrumscribeError(
                f"--threshold {option}: must be a number 0..1, or DRUM=number, as kick=0.3"
            )
        thresholds[drum] = value
    return thresholds


def limit_threads(n_busy: int = 0) -> None:
    """Leave a core to each of ``n_busy`` other processes: threads that wait for one stall all.

    Must run before torch is imported, so handlers call it first; a number the user has set stays.
    """
    n_free = max(1, n_usable_cores() - n_busy)
    os.environ.setdefault("OMP_NUM_THREADS", str(n_free))
