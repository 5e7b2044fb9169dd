"""A training run: store in, checkpoints out."""

import contextlib
import logging
import math
import signal
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from drumscribe.config import Config, TrainingConfig, save_config
from drumscribe.data.data_module import DrumDataModule
from drumscribe.data.shard_format import StoreHeader
from drumscribe.models.checkpoint import load_checkpoint
from drumscribe.models.crnn import count_parameters
from drumscribe.training.callbacks import (
    AtomicCheckpointIO,
    AveragedWeights,
    BestCheckpoint,
    EpochLog,
    Patience,
    ResumePoint,
)
from drumscribe.training.lit_module import DrumLitModule
from drumscribe.training.run_start import (
    BEST_NAME,
    LAST_NAME,
    check_run,
    clear_run,
    prepare_weights,
)
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import remove_partial_files, write_text
from drumscribe.utils.sole_writer import sole_writer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitResult:
    """Where a run's best checkpoint is, and its score.

    Attributes:
        best_path: ``best_model.ckpt``.
        best_score: micro onset F-measure on the validation split, 0..1.
    """

    best_path: Path
    best_score: float


def fit(config: Config, *, resume: bool = False, overwrite: bool = False) -> FitResult:
    """Train as ``config`` says.

    Args:
        config: the configuration.
        resume: go on from the run's ``last.ckpt``; refused with settings that would change the
            batches or what is done with them.
        overwrite: start again although the run has checkpoints.

    Raises:
        DrumscribeError: when there is no store, nothing to resume or something to overwrite, or
            another process trains this run.
        KeyboardInterrupt: after saving ``last.ckpt``, when stopped by Ctrl-C or SIGTERM.
    """
    run_dir = config.data.checkpoints_path / config.training.run_name
    last_path = run_dir / f"{LAST_NAME}.ckpt"
    check_run(config, run_dir, resume=resume, overwrite=overwrite)
    data = DrumDataModule(config)
    header = data.read_header()
    _require_store_of(config, header)
    # An epoch's last step takes the batches that are left.
    steps_per_epoch = math.ceil(data.count_batches() / config.training.accumulate_batches)
    n_steps = config.training.epochs * steps_per_epoch
    module = DrumLitModule(config, header, data.count_hits(), n_steps)
    prepare_weights(module, config, data.fingerprint, last_path if resume else None)
    best = BestCheckpoint(run_dir, BEST_NAME)
    trainer = _trainer(config, best, last_path)
    with contextlib.ExitStack() as stack:
        if trainer.is_global_zero:
            stack.enter_context(sole_writer(run_dir))
            # Nothing is refused from here on, so the earlier run may go.
            if overwrite and not resume:
                clear_run(run_dir, config.data.logs_path / config.training.run_name)
            remove_partial_files(run_dir)  # of a run that was killed
            save_config(config, run_dir / "config.yaml")
        _tell_start(trainer, module, data.count_batches())
        _run(trainer, module, data, last_path if resume else None)
    return _result(best, run_dir)


def _tell_start(trainer: lightning.Trainer, module: DrumLitModule, n_batches: int) -> None:
    logger.info(
        "training %s parameters on %s, %d epochs of %d batches",
        f"{count_parameters(module.model):,}",
        trainer.accelerator.__class__.__name__.removesuffix("Accelerator"),
        trainer.max_epochs,
        n_batches,
    )


def _require_store_of(config: Config, header: StoreHeader) -> None:
    """Refuse a store that was not made as the configuration says."""
    if header.features != config.features or header.kit.name != config.data.kit:
        raise DrumscribeError(
            f"{config.data.processed_path}: was made with other features or another kit than this "
            "configuration; preprocess again or use its own config.yaml"
        )


def _run(
    trainer: lightning.Trainer,
    module: DrumLitModule,
    data: DrumDataModule,
    resume_from: Path | None,
) -> None:
    """Train to the end, or raise ``KeyboardInterrupt`` as any other function does."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        trainer.fit(module, data, ckpt_path=resume_from, weights_only=True)
    except torch.OutOfMemoryError as error:
        raise DrumscribeError(
            "the GPU has too little memory; set a smaller training.batch_size or training.window_s"
        ) from error
    except SystemExit:  # what Lightning makes of Ctrl-C
        if not trainer.interrupted:
            raise
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning has it ignored
    if trainer.interrupted:
        raise KeyboardInterrupt


def _trainer(config: Config, best: BestCheckpoint, last_path: Path) -> lightning.Trainer:
    settings = config.training
    on_gpu = _uses_gpu(settings)
    _quieten()
    return lightning.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=settings.devices,
        num_nodes=settings.n_nodes,
        precision=_precision(settings, on_gpu=on_gpu),
        max_epochs=settings.epochs,
        accumulate_grad_batches=settings.accumulate_batches,
        gradient_clip_val=settings.gradient_clip,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        use_distributed_sampler=False,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        plugins=[AtomicCheckpointIO()],
        logger=TensorBoardLogger(
            config.data.logs_path, settings.run_name, version="", default_hp_metric=False
        ),
        callbacks=_callbacks(settings, best, last_path, device="cuda" if on_gpu else "cpu"),
    )


def _uses_gpu(settings: TrainingConfig) -> bool:
    """Whether to train on a GPU; the user is told when not."""
    on_gpu = settings.accelerator != "cpu" and torch.cuda.is_available()
    if settings.accelerator == "gpu" and not on_gpu:
        raise DrumscribeError(
            "training.accelerator: no GPU that torch can use; run 'drumscribe doctor'"
        )
    if on_gpu and torch.cuda.device_count() < settings.devices:
        raise DrumscribeError(
            f"training.devices: {settings.devices} GPUs, but torch finds "
            f"{torch.cuda.device_count()}; set it to so many"
        )
    if not on_gpu:
        logger.warning(
            "training on the CPU: fine for a small set, weeks for all of E-GMD; "
            "'drumscribe doctor' tells why no GPU is used"
        )
    return on_gpu


def _callbacks(
    settings: TrainingConfig, best: BestCheckpoint, last_path: Path, *, device: str
) -> list[Callback]:
    """What goes on beside training, in the order in which it does."""
    averaging = [AveragedWeights(settings.ema_decay, device)] if settings.ema_decay else []
    return [
        *averaging,
        EpochLog(),
        Patience(settings.early_stopping_patience),
        best,
        ResumePoint(last_path, every_s=settings.checkpoint_minutes * 60),
    ]


def _precision(
    settings: TrainingConfig, *, on_gpu: bool
) -> Literal["32-true", "16-mixed", "bf16-mixed"]:
    """The number format: half precision where the hardware has it."""
    if settings.precision != "auto":
        return settings.precision
    return "16-mixed" if on_gpu else "32-true"


def _quieten() -> None:
    """Silence what Lightning says to its own developers, and torch of more loaders than cores.

    Loaders wait for the disk more than they compute, so ``training.n_workers`` may well be more.
    """
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", message="This DataLoader will create")
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _result(best: BestCheckpoint, run_dir: Path) -> FitResult:
    """Write the thresholds beside the checkpoints, to read, and say what came out."""
    import yaml

    best_path = run_dir / f"{BEST_NAME}.ckpt"
    header = load_checkpoint(best_path, device="cpu").header
    write_text(run_dir / "thresholds.yaml", yaml.safe_dump(header.thresholds, sort_keys=False))
    score = float(best.best_model_score) if best.best_model_score is not None else 0.0
    return FitResult(best_path, score)
