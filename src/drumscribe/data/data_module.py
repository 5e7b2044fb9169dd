"""The Lightning face of the feature store: which loader trains and which one validates."""

import functools
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
from lightning.pytorch.accelerators import CUDAAccelerator
from torch.utils.data import DataLoader

from drumscribe.config import Config
from drumscribe.data.dataset import Batch, LabelledFrames, RecordingDataset, WindowDataset
from drumscribe.data.feature_store import (
    Shard,
    SplitOutline,
    opened_split,
    outline,
    select_recordings,
)
from drumscribe.data.shard_format import StoreHeader
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.workers import ctrl_c_waits

_GRACE_S = 60
"""How long loader processes outlive a SIGTERM: a step may take that long, and saving after it."""


class _DeafLoader(DataLoader[Batch]):
    """A loader whose processes do not hear Ctrl-C, and SIGTERM late.

    Batch systems send it to all processes of a job, and without these the run could not stop in
    order.
    """

    def __iter__(self) -> Any:
        """Its batches."""
        with ctrl_c_waits(signal.SIGTERM):
            return super().__iter__()


class DrumDataModule(lightning.LightningDataModule):
    """Loaders of the train and val splits.

    The training loader is made anew each epoch from the number of batches the trainer has done, so
    a run resumed in the middle of an epoch goes on with the next batch.

    Args:
        config: the configuration; ``data``, ``augmentation`` and ``training`` matter here.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config
        self._train_dir = config.data.processed_path / "train"
        self._val_dir = config.data.processed_path / "val"

    def read_header(self) -> StoreHeader:
        """What the store's numbers mean.

        Raises:
            DrumscribeError: when a split is absent, empty or too small for the training processes,
                or when the splits differ.
        """
        header = self._train_split.header
        training = self._config.training
        n_ranks = training.n_processes
        ranks = f"training.devices ({training.devices}) x training.n_nodes ({training.n_nodes})"
        if self.count_batches() < 1:
            raise DrumscribeError(
                f"{self._train_dir}: has fewer batches than {ranks}; set fewer devices or a "
                "smaller training.batch_size"
            )
        with opened_split(self._val_dir) as shards:
            _require_recordings(self._val_dir, shards)
            chosen = select_recordings(shards, self._config.training.validation_hours)
            if outline(shards).header != header:
                raise DrumscribeError(
                    f"{self._val_dir}: made with other settings than {self._train_dir.name}; run "
                    "'drumscribe preprocess --overwrite'"
                )
        if len(chosen) < n_ranks:
            raise DrumscribeError(
                f"{self._val_dir}: gives fewer recordings ({len(chosen)}) than {ranks}; set "
                "fewer devices or more training.validation_hours"
            )
        return header

    @property
    def fingerprint(self) -> str:
        """What the training split was made from, as a hash."""
        return self._train_split.fingerprint

    def count_hits(self) -> list[int]:
        """Hits of each class in the training split."""
        n_classes = len(self._train_split.header.kit)
        with opened_split(self._train_dir) as shards:
            hits = sum(np.bincount(shard.events["drum"], minlength=n_classes) for shard in shards)
        return [int(n) for n in np.asarray(hits)]

    def count_batches(self) -> int:
        """Batches in an epoch of each training process; none where processes outnumber batches."""
        return self._windows(rank=(0, self._config.training.n_processes)).n_batches

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of windows, from where the trainer is to the end of that epoch."""
        n_done = self._trainer.fit_loop.epoch_loop.batch_progress.total.ready
        epoch, first_batch = divmod(n_done, self.count_batches())
        rank = (self._trainer.global_rank, self._trainer.world_size)
        dataset = self._windows(rank, epoch=epoch, first_batch=first_batch)
        n_workers = self._config.training.n_workers
        return _DeafLoader(
            dataset,
            batch_size=None,
            num_workers=n_workers,
            multiprocessing_context="spawn" if n_workers else None,
            worker_init_fn=_outlive_sigterm,
            pin_memory=isinstance(self._trainer.accelerator, CUDAAccelerator),
        )

    def val_dataloader(self) -> DataLoader[LabelledFrames]:
        """Whole recordings with their events, one at a time."""
        rank = (self._trainer.global_rank, self._trainer.world_size)
        dataset = RecordingDataset(self._val_dir, self._config.training.validation_hours, rank)
        return DataLoader(dataset, batch_size=None, collate_fn=_as_it_is)

    @functools.cached_property
    def _train_split(self) -> SplitOutline:
        """The training shards, opened but once to see how long they are."""
        with opened_split(self._train_dir) as shards:
            _require_recordings(self._train_dir, shards)
            return outline(shards)

    def _windows(
        self, rank: tuple[int, int], *, epoch: int = 0, first_batch: int = 0
    ) -> WindowDataset:
        return WindowDataset(
            self._train_split,
            self._config.training,
            self._config.augmentation,
            epoch=epoch,
            first_batch=first_batch,
            rank=rank,
        )

    @property
    def _trainer(self) -> lightning.Trainer:
        assert self.trainer is not None, "loaders exist only under a trainer"
        return self.trainer


def _require_recordings(folder: Path, shards: Sequence[Shard]) -> None:
    """Refuse a split of which every recording was left out."""
    if not any(shard.recordings for shard in shards):
        raise DrumscribeError(
            f"{folder}: holds no recordings; see {folder.parent / 'splits' / folder.name}.csv for "
            "why they were left out, and preprocess again"
        )


def _outlive_sigterm(worker: int) -> None:
    """Have this process, in which ``_DeafLoader`` has blocked SIGTERM, end by it after a while."""

    def end_late() -> None:
        signal.sigwait({signal.SIGTERM})
        time.sleep(_GRACE_S)
        os._exit(1)

    if hasattr(signal, "sigwait"):  # Windows has none
        threading.Thread(target=end_late, daemon=True).start()


def _as_it_is(recording: Any) -> Any:
    """Keep a recording from being turned into tensors."""
    return recording
