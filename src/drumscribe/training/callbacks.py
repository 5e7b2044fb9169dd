"""Checkpoints to go on from, whatever stops a run, and a line for every epoch."""

import logging
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    ModelCheckpoint,
    WeightAveraging,
)
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import Tensor

from drumscribe.training.lit_module import MONITORED
from drumscribe.utils.files import atomic_path

logger = logging.getLogger(__name__)

_SAME_PRESS_S = 1.0  # signals so near are of one press of Ctrl-C


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints to a temporary name and renames them: a killed run leaves whole ones."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | os.PathLike[str],
        storage_options: Any | None = None,
    ) -> None:
        """Write ``checkpoint`` to ``path``, whole or not at all."""
        with atomic_path(Path(path)) as temporary:
            super().save_checkpoint(checkpoint, temporary, storage_options)


class AveragedWeights(WeightAveraging):
    """Averages the weights of the last steps: what is validated, and transcribed with.

    BatchNorm's statistics are averaged with the weights they belong to. Checkpoints hold the
    average under the usual names, and beside it the weights that a resumed run goes on from.

    Args:
        decay: what is kept of the average in a step, 0..1.
        device: where the average is kept.
    """

    def __init__(self, decay: float, device: str) -> None:
        def average(averaged: Tensor, current: Tensor, n_averaged: Tensor) -> Tensor:
            # Early on only the latest steps count, or the average would hold on to the beginning.
            kept = torch.clamp((1 + n_averaged) / (10 + n_averaged), max=decay)
            return averaged + (1 - kept) * (current - averaged)

        super().__init__(device, avg_fn=average)


class BestCheckpoint(ModelCheckpoint):
    """Keeps the checkpoint of the epoch with the best score, also when a moved run is resumed.

    It is written when validation ends, before ``last.ckpt``, which thus knows of it.

    Args:
        run_dir: the run's folder.
        name: of the checkpoint, without its suffix.
    """

    def __init__(self, run_dir: Path, name: str) -> None:
        super().__init__(
            run_dir,
            name,
            monitor=MONITORED,
            mode="max",
            save_on_train_epoch_end=False,
            enable_version_counter=False,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the scores so far; Lightning drops them where the folder is another."""

        def moved(path: str) -> str:
            return str(Path(str(self.dirpath)) / Path(path).name) if path else path

        paths = ("best_model_path", "kth_best_model_path", "last_model_path")
        scores = {moved(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict(
            state_dict
            | {name: moved(state_dict[name]) for name in paths}
            | {"dirpath": self.dirpath, "best_k_models": scores}
        )


class Patience(EarlyStopping):
    """Stops a run that has not improved for a number of epochs.

    Args:
        n_epochs: how many, also where a run is resumed that began with another number.
    """

    def __init__(self, n_epochs: int) -> None:
        # A run resumed from the checkpoint that follows validation has no scores at the end of
        # that epoch.
        super().__init__(MONITORED, mode="max", patience=n_epochs, check_on_train_epoch_end=False)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the score to beat."""
        super().load_state_dict(state_dict | {"patience": self.patience})


class ResumePoint(Checkpoint):
    """Keeps ``last.ckpt``: after each validation, every few minutes, and when a run is interrupted.

    That is by Ctrl-C, or by SIGTERM where a job's time is over.

    Args:
        path: where to write it.
        every_s: seconds between checkpoints within an epoch.
    """

    def __init__(self, path: Path, *, every_s: float) -> None:
        self._path = path
        self._every_s = every_s
        self._saved_at_s = time.monotonic()
        self._interrupted_at_s: float | None = None
        self._previous_handlers: dict[signal.Signals, Any] = {}

    def on_fit_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Catch Ctrl-C: it takes effect between two steps, where the state is whole."""
        self._catch(signal.SIGINT)

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Catch SIGTERM, which Lightning has caught by now to stop without saving."""
        self._catch(signal.SIGTERM)

    def teardown(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str
    ) -> None:
        """Give the signals their usual meaning back."""
        for caught, handler in self._previous_handlers.items():
            signal.signal(caught, handler)

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save when it is time, or stop when asked to."""
        is_last = batch_idx + 1 >= trainer.num_training_batches
        if (batch_idx + 1) % trainer.accumulate_grad_batches and not is_last:
            return  # gradients are not saved, so a run resumed here would lose some
        is_due = time.monotonic() - self._saved_at_s >= self._every_s
        must_stop = self._interrupted_at_s is not None
        if trainer.world_size > 1:
            # Saving waits for every process, so all must do it: the first one's clock decides.
            is_due, must_stop = trainer.strategy.broadcast((is_due, must_stop))
        # After an epoch's last batch validation follows, and saves.
        if (is_due and not is_last) or must_stop:
            self._save(trainer)
        if must_stop:
            raise KeyboardInterrupt

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Save after each validation."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._save(trainer)

    def _save(self, trainer: lightning.Trainer) -> None:
        trainer.save_checkpoint(self._path)
        self._saved_at_s = time.monotonic()

    def _catch(self, signum: signal.Signals) -> None:
        self._previous_handlers[signum] = signal.signal(signum, self._interrupt)

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self._interrupted_at_s is not None:
            # One key press comes twice where a launcher, as uv run, passes on what all have got.
            if now_s - self._interrupted_at_s < _SAME_PRESS_S:
                return
            raise KeyboardInterrupt  # asked twice: at once
        self._interrupted_at_s = now_s
        logger.warning("stopping after this step; Ctrl-C stops at once")


class EpochLog(Callback):
    """One line in the log for every epoch."""

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Tell the epoch's scores."""
        metrics = trainer.callback_metrics
        if trainer.is_global_zero and MONITORED in metrics:
            logger.info(
                "epoch %d: onset F1 %.4f (precision %.3f, recall %.3f) on the validation split",
                trainer.current_epoch + 1,
                metrics[MONITORED],
                metrics["val/precision"],
                metrics["val/recall"],
            )
