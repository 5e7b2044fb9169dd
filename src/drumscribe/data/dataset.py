"""Training windows and validation recordings from the feature store.

B windows in a batch, T frames, F mel bands, C drum classes. Everything random depends on the seed,
the epoch and a window's position in it, never on which process reads it or in what order.
"""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from drumscribe.config import AugmentationConfig, TrainingConfig
from drumscribe.data.augmentation import add_power, augment
from drumscribe.data.feature_store import Shard, SplitOutline, open_split, select_recordings
from drumscribe.data.targets import NeighbourTargets, Targets, paint_targets
from drumscribe.data.window_plan import EpochPlan, count_batches, plan_epoch
from drumscribe.timing import seconds_to_frame
from drumscribe.utils.arrays import FloatArray

Batch = dict[str, torch.Tensor]
"""log_mel (B, T, F), onset (B, T, C), velocity (B, T, C) and beat (B, T, 2), all float32."""


@dataclass(frozen=True)
class _Window:
    """One window as it is in the store."""

    log_mel: FloatArray
    targets: Targets


class WindowDataset(IterableDataset[Batch]):
    """The batches of one epoch, from a given one on.

    Args:
        split: the shards.
        training: window length, batch size, reading order, seed.
        augmentation: changes to make, or ``None`` for windows as they are.
        epoch: which epoch of the plan.
        first_batch: the batch to begin with, to resume in the middle of an epoch.
        rank: which of ``n_ranks`` training processes this is; each trains on batches of its own.
    """

    def __init__(
        self,
        split: SplitOutline,
        training: TrainingConfig,
        augmentation: AugmentationConfig | None,
        *,
        epoch: int = 0,
        first_batch: int = 0,
        rank: tuple[int, int] = (0, 1),
    ) -> None:
        self._header = split.header
        self._paths = split.shard_paths
        self._shard_frames = split.shard_frames
        self._training = training
        self._augmentation = augmentation
        self._seed = (training.seed, epoch)
        self._first_batch = first_batch
        self._rank, self._n_ranks = rank
        self._window_frames = seconds_to_frame(training.window_s)
        target = training.neighbour_target
        self._neighbours = NeighbourTargets(target if training.early_target else 0.0, target)

    @property
    def n_batches(self) -> int:
        """Batches in a whole epoch of one process; none where processes outnumber batches."""
        n_all = count_batches(self._shard_frames, self._window_frames, self._training.batch_size)
        return n_all // self._n_ranks

    def __len__(self) -> int:
        """Batches in the whole epoch, those before ``first_batch`` included.

        The trainer counts the batches it has done before a resume towards the epoch's length.
        """
        return self.n_batches

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        stride, offset = (worker.num_workers, worker.id) if worker else (1, 0)
        mine = set(range(self._first_batch + offset, self.n_batches, stride))
        plan = self._plan()
        blocks = [
            [index for index in block if self._own_index(index) in mine] for block in plan.blocks
        ]
        with contextlib.ExitStack() as stack:
            shards = [Shard(path) for path in self._paths]
            for shard in shards:
                stack.callback(shard.close)
            # The next block is read while the present one is trained on.
            reader = stack.enter_context(ThreadPoolExecutor(1))
            waiting = reader.submit(self._read, plan, blocks[0], shards)
            for block, following in zip(blocks, [*blocks[1:], []], strict=True):
                windows = waiting.result()
                waiting = reader.submit(self._read, plan, following, shards)
                for index in block:
                    positions = plan.batch(index)
                    yield self._batch(positions, [windows.pop(p) for p in positions])

    def _plan(self) -> EpochPlan:
        in_blocks = self._training.reading == "sequential"
        return plan_epoch(
            self._shard_frames,
            window_frames=self._window_frames,
            batch_size=self._training.batch_size,
            shuffle_shards=self._training.shuffle_shards if in_blocks else None,
            seed=self._seed,
        )

    def _own_index(self, index: int) -> int | None:
        """Which of this process's batches the plan's batch is, or ``None`` if another's."""
        own, rank = divmod(index, self._n_ranks)
        return own if rank == self._rank else None

    def _read(
        self, plan: EpochPlan, batches: Sequence[int], shards: Sequence[Shard]
    ) -> dict[int, _Window]:
        """The windows of some batches by their position, read in the order they lie on disk."""
        positions = [position for index in batches for position in plan.batch(index)]
        positions.sort(key=lambda p: (plan.shard[p], plan.first_frame[p]))
        return {
            position: self._window(shards[plan.shard[position]], int(plan.first_frame[position]))
            for position in positions
        }

    def _window(self, shard: Shard, first_frame: int) -> _Window:
        span = (first_frame, self._window_frames)
        targets = paint_targets(
            shard.events_between(*span),
            shard.beats_between(*span),
            first_frame=first_frame,
            n_frames=self._window_frames,
            n_classes=len(self._header.kit),
            neighbours=self._neighbours,
        )
        return _Window(shard.log_mel(*span), targets)

    def _batch(self, positions: Sequence[int], windows: Sequence[_Window]) -> Batch:
        """Augment windows and stack them."""
        if self._augmentation is not None:
            windows = self._augmented(positions, windows, self._augmentation)
        stacked = {
            "log_mel": np.stack([window.log_mel for window in windows]),
            "onset": np.stack([window.targets.onset for window in windows]),
            "velocity": np.stack([window.targets.velocity for window in windows]),
            "beat": np.stack([window.targets.beat for window in windows]),
        }
        return {name: torch.from_numpy(array) for name, array in stacked.items()}

    def _augmented(
        self, positions: Sequence[int], windows: Sequence[_Window], config: AugmentationConfig
    ) -> list[_Window]:
        """Windows augmented one by one, then some mixed with their neighbour in the batch."""
        range_db = self._header.features.range_db
        rngs = [np.random.default_rng([*self._seed, position]) for position in positions]
        changed = [
            _Window(augment(window.log_mel, config, rng, range_db=range_db), window.targets)
            for window, rng in zip(windows, rngs, strict=True)
        ]
        partners = [*changed[1:], changed[0]]
        return [
            _mixed(window, partner, range_db)
            if len(changed) > 1 and rng.random() < config.mixup_probability
            else window
            for window, partner, rng in zip(changed, partners, rngs, strict=True)
        ]


@dataclass(frozen=True)
class LabelledFrames:
    """A whole recording.

    Attributes:
        log_mel: shape (T, F).
        events: ``EVENT_DTYPE``, in seconds from the recording's start.
    """

    log_mel: FloatArray
    events: npt.NDArray[np.void]


class RecordingDataset(Dataset[LabelledFrames]):
    """Whole recordings of a split with their events, for validation.

    Args:
        split_dir: folder of the shards.
        max_hours: recordings are taken until so much audio is full.
        rank: which of ``n_ranks`` processes this is; each takes recordings of its own.
    """

    def __init__(self, split_dir: Path, max_hours: float, rank: tuple[int, int] = (0, 1)) -> None:
        shards = open_split(split_dir)
        chosen = select_recordings(shards, max_hours)
        self._recordings = chosen[rank[0] :: rank[1]]

    def __len__(self) -> int:
        return len(self._recordings)

    def __getitem__(self, index: int) -> LabelledFrames:
        shard, recording = self._recordings[index]
        frames = shard.log_mel(recording.start_frame, recording.n_frames)
        return LabelledFrames(frames, shard.recording_events(recording))


def _mixed(window: _Window, partner: _Window, range_db: float) -> _Window:
    """Two windows heard at once; the beat stays the first one's.

    A velocity is that of the stronger onset, which owns the frame; of two alike the louder.
    """
    ours, theirs = window.targets, partner.targets
    velocity = np.maximum(ours.velocity, theirs.velocity)
    velocity = np.where(ours.onset > theirs.onset, ours.velocity, velocity)
    velocity = np.where(theirs.onset > ours.onset, theirs.velocity, velocity)
    return _Window(
        np.minimum(add_power(window.log_mel, partner.log_mel, range_db=range_db), 1),
        Targets(onset=np.maximum(ours.onset, theirs.onset), velocity=velocity, beat=ours.beat),
    )
