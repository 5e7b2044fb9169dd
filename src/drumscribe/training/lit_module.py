"""One training step and one validation, for Lightning.

Validation runs the real pipeline: chunks, stitching, peak picking and matching at 50 ms on whole
recordings, with the thresholds that suit them best, which are saved with the weights.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from drumscribe import __version__
from drumscribe.config import Config, PeakPickingConfig
from drumscribe.data.dataset import Batch, LabelledFrames
from drumscribe.data.shard_format import StoreHeader
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.thresholds import ThresholdCounter
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.checkpoint import TorchFrameModel
from drumscribe.models.crnn import DrumCRNN, Logits
from drumscribe.models.header import HEADER_KEY, ModelHeader
from drumscribe.training.compiling import compiled
from drumscribe.training.figures import activation_figure
from drumscribe.training.joint import join_batch_norms
from drumscribe.training.losses import class_weights, drum_losses
from drumscribe.training.schedule import learning_rate_factor
from drumscribe.utils.arrays import FloatArray

MONITORED = "val/onset_f1"
"""The score that chooses the best checkpoint: micro F-measure of onsets at 50 ms."""


class DrumLitModule(lightning.LightningModule):
    """Trains a ``DrumCRNN``.

    Args:
        config: the configuration.
        header: what the feature store's numbers mean.
        n_hits: hits of each class in the training data.
        n_steps: optimiser steps in the whole run, for the schedule.
    """

    def __init__(
        self, config: Config, header: StoreHeader, n_hits: Sequence[int], n_steps: int
    ) -> None:
        super().__init__()
        self._config = config
        self._n_steps = n_steps
        self.header = ModelHeader(
            kit=header.kit,
            features=header.features,
            model=config.model,
            thresholds=dict.fromkeys(header.kit.names, config.inference.threshold),
            provenance={"drumscribe_version": __version__, "run_name": config.training.run_name},
            peak_picking=config.inference.peak_picking(PeakPickingConfig()),
        )
        torch.manual_seed(config.training.seed)
        self.model = DrumCRNN(
            config.model, n_mels=header.features.n_mels, n_classes=len(header.kit)
        )
        if config.training.n_processes > 1:
            join_batch_norms(self.model)
        # Channels innermost: convolutions 1.4 times as fast on a CPU, and what GPUs want.
        self.model.to(memory_format=torch.channels_last)
        self.register_buffer("class_weights", class_weights(n_hits, config.training), False)
        self._counter = self._new_counter()
        self._network: Callable[[Tensor], Logits] = self.model.forward

    def on_fit_start(self) -> None:
        """Compile the network for the device it has been moved to."""
        if self._config.training.compile:
            self._network = compiled(self.model, self.device)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of one batch of windows."""
        # Dropout depends on the step and the process alone, so that a resumed run repeats an
        # undisturbed one.
        step = self.trainer.fit_loop.epoch_loop.total_batch_idx
        draw = step * self.trainer.world_size + self.trainer.global_rank
        torch.manual_seed(self._config.training.seed * 1_000_003 + draw)
        weights = self.get_buffer("class_weights")
        logits = self._network(batch["log_mel"])
        losses = drum_losses(logits, batch, weights, self._config.training)
        n_windows = len(batch["log_mel"])
        for name, loss in losses.items():
            self.log(
                f"train/{name}", loss.detach(), on_epoch=True, batch_size=n_windows, sync_dist=True
            )
        self.log("train/learning_rate", self.trainer.optimizers[0].param_groups[0]["lr"])
        return losses["loss"]

    def on_validation_epoch_start(self) -> None:
        """Start counting afresh."""
        self._counter = self._new_counter()

    def validation_step(self, batch: LabelledFrames, batch_idx: int) -> None:
        """Transcribe one recording and count its hits at every threshold."""
        frame_model = TorchFrameModel(self.model, self.header, self.device)
        transcriber = Transcriber(frame_model, self._config.inference)
        activations = transcriber.activations([batch.log_mel])
        n_classes = len(self.header.kit)
        events = batch.events
        reference_s = [events["onset_s"][events["drum"] == index] for index in range(n_classes)]
        self._counter.add(activations.onset, [times.tolist() for times in reference_s])
        if batch_idx == 0 and self.global_rank == 0:
            self._log_figure(batch, activations.onset)

    def on_validation_epoch_end(self) -> None:
        """Choose thresholds, log the scores at them, and keep both for the checkpoint."""
        table = torch.from_numpy(self._counter.table).to(self.device)
        self._counter.table = self.trainer.strategy.reduce(table, reduce_op="sum").cpu().numpy()
        thresholds, counts = self._counter.best()
        total = sum(counts.values(), Counts())
        scored = [found.f_measure for found in counts.values() if found.n_reference]
        scores = {
            MONITORED: total.f_measure,
            "val/precision": total.precision,
            "val/recall": total.recall,
            "val/onset_f1_macro": float(np.mean(scored)) if scored else 0.0,
        }
        scores |= {f"val_lane/{name}": found.f_measure for name, found in counts.items()}
        self.log_dict(scores, rank_zero_only=False)
        provenance = self.header.provenance | {
            "epoch": self.current_epoch + 1,
            "validation": {name: round(score, 4) for name, score in scores.items()},
        }
        self.header = dataclasses.replace(
            self.header,
            thresholds=thresholds,
            provenance=provenance,
            calibration=self._counter.calibrations(),
        )

    def configure_optimizers(self) -> Any:
        """AdamW with a schedule that is a function of the step."""
        settings = self._config.training
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate_factor(step, self._n_steps, settings)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put the header in, which is what makes a checkpoint usable for transcription."""
        checkpoint[HEADER_KEY] = self.header.to_dict()

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Move training batches; a validation recording stays where chunks are cut from it."""
        if isinstance(batch, LabelledFrames):
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)

    def _new_counter(self) -> ThresholdCounter:
        return ThresholdCounter(
            self.header.kit,
            self.header.peak_picking,
            default=self._config.inference.threshold,
        )

    def _log_figure(self, recording: LabelledFrames, onset: FloatArray) -> None:
        """Draw activations against labels into TensorBoard."""
        writer: Any = getattr(self.logger, "experiment", None)
        if hasattr(writer, "add_figure"):
            figure = activation_figure(recording.log_mel, onset, recording.events, self.header.kit)
            writer.add_figure("val/activations", figure, self.global_step)
