"""Which windows a training epoch reads, in what order: a pure function of seed and epoch.

A window is a slice of a shard's time line. Shards are taken in a shuffled order, a few at a time,
and the windows of those few are shuffled together: nearly as good as a full shuffle, while a
spinning disk reads each shard once, in one direction. Because the order depends on nothing but its
arguments, training can be resumed in the middle of an epoch, with any number of loader processes.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drumscribe.utils.arrays import IntArray


@dataclass(frozen=True)
class EpochPlan:
    """The windows of one epoch in the order they are trained on.

    Attributes:
        shard: index of each window's shard, shape (n_windows,).
        first_frame: where each window starts in its shard, shape (n_windows,).
        batch_size: windows in a batch; the last incomplete batch is left out.
        blocks: ranges of batches to be read from disk together.
    """

    shard: IntArray
    first_frame: IntArray
    batch_size: int
    blocks: tuple[range, ...]

    @property
    def n_batches(self) -> int:
        """Whole batches in the epoch; a smaller one when there is not even one."""
        return _n_batches(len(self.shard), self.batch_size)

    def batch(self, index: int) -> range:
        """Positions of the windows of one batch."""
        first = index * self.batch_size
        return range(first, min(first + self.batch_size, len(self.shard)))


def plan_epoch(
    shard_frames: Sequence[int],
    *,
    window_frames: int,
    batch_size: int,
    shuffle_shards: int | None,
    seed: Sequence[int],
) -> EpochPlan:
    """Plan one epoch.

    Every shard is cut into windows from a random phase on, so that epochs cut at different places;
    their number does not depend on the phase.

    Args:
        shard_frames: length of each shard in frames.
        window_frames: length of a window in frames.
        batch_size: windows in a batch.
        shuffle_shards: how many shards' windows are shuffled together and read as a block; with
            ``None`` all windows are shuffled together and read batch by batch.
        seed: what decides the order; (seed, epoch) in training.
    """
    rng = np.random.default_rng(list(seed))
    order = rng.permutation(len(shard_frames))
    n_together = shuffle_shards or len(order)
    groups: list[IntArray] = []
    for first in range(0, len(order), n_together):
        group = [
            _shard_windows(int(index), shard_frames[index], window_frames, rng)
            for index in order[first : first + n_together]
        ]
        groups.append(rng.permutation(np.concatenate(group)))
    windows = np.concatenate(groups)
    n_batches = _n_batches(len(windows), batch_size)
    if shuffle_shards is None:
        edges = list(range(n_batches + 1))
    else:
        # A batch that straddles two groups is read with the later one.
        ends = itertools.accumulate(len(group) for group in groups[:-1])
        edges = [0, *(min(end // batch_size, n_batches) for end in ends), n_batches]
    blocks = tuple(range(a, b) for a, b in itertools.pairwise(edges) if b > a)
    return EpochPlan(windows[:, 0], windows[:, 1], batch_size, blocks)


def count_batches(shard_frames: Sequence[int], window_frames: int, batch_size: int) -> int:
    """Batches in every epoch of such a plan."""
    n_windows = sum(max(1, n_frames // window_frames) for n_frames in shard_frames)
    return _n_batches(n_windows, batch_size)


def _n_batches(n_windows: int, batch_size: int) -> int:
    """Whole batches; one that is not whole when there are no others."""
    return max(1, n_windows // batch_size)


def _shard_windows(
    shard: int, n_frames: int, window_frames: int, rng: np.random.Generator
) -> IntArray:
    """Windows of one shard as rows (shard, first_frame); the last may reach beyond its end."""
    phase = rng.integers(min(window_frames, max(1, n_frames // 2)))
    starts = phase + window_frames * np.arange(max(1, n_frames // window_frames))
    return np.stack([np.full(len(starts), shard), starts], axis=1).astype(np.int64)
