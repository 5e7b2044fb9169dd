"""A training run: store in, checkpoints out."""

import dataclasses
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

from drumscribe.config import (
    Config,
    ModelConfig,
    TrainingConfig,
    load_config,
    save_config,
)
from drumscribe.data.data_module import DrumDataModule
from drumscribe.data.shard_format import StoreHeader
from drumscribe.models.checkpoint import load_checkpoint
from drumscribe.models.crnn import count_parameters
from drumscribe.models.header import ModelHeader
from drumscribe.training.callbacks import (
    AtomicCheckpointIO,
    AveragedWeights,
    BestCheckpoint,
    EpochLog,
    Patience,
    ResumePoint,
)
from drumscribe.training.lit_module import DrumLitModule
from drumscribe.utils.environment import expanded_path
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import remove_partial_files, write_text

logger = logging.getLogger(__name__)

BEST_NAME = "best_model"
LAST_NAME = "last"

_MAY_CHANGE = {
    "run_name",
    "epochs",
    "n_workers",
    "early_stopping_patience",
    "validation_hours",
    "accelerator",
    "precision",
    "compile",
    "checkpoint_minutes",
}
"""Keys of ``training`` with which a run may be resumed anew: they leave the batches as they were.

Another number of epochs stretches the cosine of the learning rate, which then makes a step.
"""


_MUST_STAY = {"peak_window_s", "min_gap_s"}
"""Keys of ``inference`` that go into the checkpoint, as its thresholds are tuned with them."""

_STORE_KEY = "training_store"
"""What a checkpoint's provenance calls the fingerprint of the features it was trained on."""


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
        DrumscribeError: when there is no store, nothing to resume or something to overwrite.
        KeyboardInterrupt: after saving ``last.ckpt``, when stopped by Ctrl-C or SIGTERM.
    """
    run_dir = config.data.checkpoints_path / config.training.run_name
    last_path = run_dir / f"{LAST_NAME}.ckpt"
    _check_run(run_dir, last_path, resume=resume, overwrite=overwrite)
    if resume:
        _require_same_settings(config, run_dir / "config.yaml")
    data = DrumDataModule(config)
    header = data.read_header()
    _require_store_of(config, header)
    # An epoch's last step takes the batches that are left.
    steps_per_epoch = math.ceil(data.count_batches() / config.training.accumulate_batches)
    n_steps = config.training.epochs * steps_per_epoch
    module = DrumLitModule(config, header, data.count_hits(), n_steps)
    module.header.provenance[_STORE_KEY] = data.fingerprint
    _prepare_weights(module, config, last_path if resume else None)
    best = BestCheckpoint(run_dir, BEST_NAME)
    trainer = _trainer(config, best, last_path)
    if overwrite and not resume and trainer.is_global_zero:
        # Nothing is refused from here on, so the earlier run may go.
        _clear_run(run_dir, config.data.logs_path / config.training.run_name)
    save_config(config, run_dir / "config.yaml")
    logger.info(
        "training %s parameters on %s, %d epochs of %d batches",
        f"{count_parameters(module.model):,}",
        trainer.accelerator.__class__.__name__.removesuffix("Accelerator"),
        config.training.epochs,
        data.count_batches(),
    )
    _run(trainer, module, data, last_path if resume else None)
    return _result(best, run_dir)


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


def _check_run(run_dir: Path, last_path: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse to go on from nothing or to lose an earlier run."""
    if resume and not last_path.is_file():
        raise DrumscribeError(
            f"{last_path}: nothing to resume; run without --resume (or with --overwrite)"
        )
    remove_partial_files(run_dir)  # of a run that was killed
    if any(path.exists() for path in _checkpoints(run_dir)) and not resume and not overwrite:
        raise DrumscribeError(
            f"{run_dir}: has checkpoints of an earlier run; add --resume to go on, --overwrite to "
            "start again, or --set training.run_name=NAME"
        )


def _checkpoints(run_dir: Path) -> list[Path]:
    """What a run writes; whatever else lies in its folder is the user's."""
    return [run_dir / f"{name}.ckpt" for name in (BEST_NAME, LAST_NAME)]


def _require_same_settings(config: Config, path: Path) -> None:
    """Refuse to go on with other settings than those the run began with, written at ``path``."""
    begun = load_config(path)
    changed = [
        f"{section}.{key.name} (was {before}, now {after})"
        for section in ("training", "augmentation", "inference")
        for key in dataclasses.fields(getattr(config, section))
        if (before := getattr(getattr(begun, section), key.name))
        != (after := getattr(getattr(config, section), key.name))
        and not (section == "training" and key.name in _MAY_CHANGE)
        and (section != "inference" or key.name in _MUST_STAY)
    ]
    if changed:
        raise DrumscribeError(
            f"{path}: the run began with other settings: {', '.join(changed)}; resume with this "
            "file as --config, or start again with --overwrite"
        )


def _clear_run(run_dir: Path, log_dir: Path) -> None:
    """Delete what an earlier run left behind; its curves would be drawn into the new one's."""
    leftovers = [*_checkpoints(run_dir), run_dir / "thresholds.yaml"]
    for path in [*leftovers, *log_dir.glob("events.out.tfevents.*")]:
        path.unlink(missing_ok=True)


def _prepare_weights(module: DrumLitModule, config: Config, resume_from: Path | None) -> None:
    """Check what will be resumed, or start from the weights that the configuration names."""
    if resume_from is not None:  # its weights come with its other state
        _require_resumable(resume_from, module, config)
    elif config.training.initial_checkpoint is not None:
        _start_from(expanded_path(config.training.initial_checkpoint), module, config)


def _require_resumable(path: Path, module: DrumLitModule, config: Config) -> None:
    header = load_checkpoint(path, device="cpu").header
    if _differences(header, config, config.model):
        raise DrumscribeError(
            f"{path}: has another model, kit or features than this configuration; use the "
            "config.yaml beside it, or start again with --overwrite"
        )
    store = module.header.provenance[_STORE_KEY]
    # Checkpoints from before this was noted are believed.
    if header.provenance.get(_STORE_KEY, store) != store:
        raise DrumscribeError(
            f"{path}: was trained on other features than {config.data.processed_path} holds; "
            "set data.processed_dir to theirs, or start again with --overwrite"
        )


def _start_from(path: Path, module: DrumLitModule, config: Config) -> None:
    """Take over a checkpoint's weights; a causal network takes the forward half of another's."""
    model = load_checkpoint(path, device="cpu")
    has, weights = model.header.model, model.network.state_dict()
    wanted = dataclasses.replace(config.model, dropout=has.dropout)  # which has no weights
    takes_half = has.lookahead_frames is None and wanted.lookahead_frames is not None
    if takes_half:
        wanted = dataclasses.replace(wanted, lookahead_frames=None)
    if differences := _differences(model.header, config, wanted):
        raise DrumscribeError(
            f"{path}: has another model, kit or features than this configuration: "
            f"{', '.join(differences)}; set these so, or another training.initial_checkpoint"
        )
    if takes_half:
        module.model.load_forward_half(weights)
    else:
        module.model.load_state_dict(weights)


def _differences(header: ModelHeader, config: Config, network: ModelConfig) -> list[str]:
    """The settings that a model has otherwise than a configuration with ``network`` wants them."""
    return [
        f"{section}.{key} (has {has}, not {wants})"
        for section, found, wanted in (
            ("model", dataclasses.asdict(header.model), dataclasses.asdict(network)),
            ("features", dataclasses.asdict(header.features), dataclasses.asdict(config.features)),
            ("data", {"kit": header.kit.name}, {"kit": config.data.kit}),
        )
        for key, has in found.items()
        if has != (wants := wanted[key])
    ]


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
