"""The Lightning face of the feature store: which loader trains and which one validates."""

from typing import Any

import lightning
import numpy as np
from lightning.pytorch.accelerators import CUDAAccelerator
from torch.utils.data import DataLoader

from drumscribe.config import Config
from drumscribe.data.dataset import Batch, LabelledFrames, RecordingDataset, WindowDataset
from drumscribe.data.feature_store import StoreHeader, open_split


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
        """What the store's numbers mean; refuses a store without the splits that training needs."""
        headers = []
        for folder in (self._train_dir, self._val_dir):
            shards = open_split(folder)
            headers.append(shards[0].header)
            for shard in shards:
                shard.close()
        return headers[0]

    def count_hits(self) -> list[int]:
        """Hits of each class in the training split."""
        shards = open_split(self._train_dir)
        n_classes = len(shards[0].header.kit)
        hits = sum(np.bincount(shard.events["drum"], minlength=n_classes) for shard in shards)
        for shard in shards:
            shard.close()
        return [int(n) for n in np.asarray(hits)]

    def count_batches(self) -> int:
        """Batches in an epoch of each training process."""
        n_ranks = self._config.training.devices
        return WindowDataset(
            self._train_dir, self._config.training, None, rank=(0, n_ranks)
        ).n_batches

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches of windows, from where the trainer is to the end of that epoch."""
        n_done = self._trainer.fit_loop.epoch_loop.batch_progress.total.ready
        epoch, first_batch = divmod(n_done, self.count_batches())
        dataset = WindowDataset(
            self._train_dir,
            self._config.training,
            self._config.augmentation,
            epoch=epoch,
            first_batch=first_batch,
            rank=(self._trainer.global_rank, self._trainer.world_size),
        )
        n_workers = self._config.training.n_workers
        return DataLoader(
            dataset,
            batch_size=None,
            num_workers=n_workers,
            multiprocessing_context="spawn" if n_workers else None,
            pin_memory=isinstance(self._trainer.accelerator, CUDAAccelerator),
        )

    def val_dataloader(self) -> DataLoader[LabelledFrames]:
        """Whole recordings with their events, one at a time."""
        rank = (self._trainer.global_rank, self._trainer.world_size)
        dataset = RecordingDataset(self._val_dir, self._config.training.validation_hours, rank)
        return DataLoader(dataset, batch_size=None, collate_fn=_as_it_is)

    @property
    def _trainer(self) -> lightning.Trainer:
        assert self.trainer is not None, "loaders exist only under a trainer"
        return self.trainer


def _as_it_is(recording: Any) -> Any:
    """Keep a recording from being turned into tensors."""
    return recording
