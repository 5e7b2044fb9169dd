"""Which windows an epoch reads: all of the data, once, in an order that its seed decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.data.window_plan import count_batches, plan_epoch

SIZES = {
    "shard_frames": st.lists(st.integers(1, 400), min_size=1, max_size=12),
    "window_frames": st.integers(1, 60),
    "batch_size": st.integers(1, 9),
    "shuffle_shards": st.integers(1, 5),
    "seed": st.tuples(st.integers(0, 9), st.integers(0, 9)),
}


def plan_of(shard_frames=(1000, 700, 400), **changes):
    settings = {"window_frames": 20, "batch_size": 8, "shuffle_shards": 2, "seed": (1, 0)}
    return plan_epoch(shard_frames, **(settings | changes))


def starts_by_shard(plan):
    return {int(shard): np.sort(plan.first_frame[plan.shard == shard]) for shard in set(plan.shard)}


def windows_of(plan, batches):
    return [(plan.shard[p], plan.first_frame[p]) for index in batches for p in plan.batch(index)]


@given(**SIZES)
def test_windows_tile_every_shard_without_overlap(shard_frames, window_frames, **rest):
    plan = plan_epoch(shard_frames, window_frames=window_frames, **rest)
    starts = starts_by_shard(plan)
    assert set(starts) == set(range(len(shard_frames)))
    for shard, n_frames in enumerate(shard_frames):
        assert (np.diff(starts[shard]) == window_frames).all()
        first, end = starts[shard][0], starts[shard][-1] + window_frames
        assert 0 <= first < window_frames
        assert first < n_frames, "no window lies in silence alone"
        assert end > n_frames - window_frames, "no room for another window"
        assert starts[shard][-1] < n_frames


@given(**SIZES)
def test_the_number_of_windows_does_not_depend_on_the_epoch(seed, **rest):
    sizes = {len(plan_epoch(seed=(seed[0], epoch), **rest).shard) for epoch in range(4)}
    assert len(sizes) == 1
    counted = count_batches(rest["shard_frames"], rest["window_frames"], rest["batch_size"])
    assert plan_epoch(seed=seed, **rest).n_batches == counted


@given(**SIZES)
def test_blocks_are_the_batches_in_order(**sizes):
    plan = plan_epoch(**sizes)
    assert [index for block in plan.blocks for index in block] == list(range(plan.n_batches))
    assert all(len(block) > 0 for block in plan.blocks)


@given(**SIZES)
def test_batches_hold_different_windows_and_all_but_the_last_few(batch_size, **rest):
    plan = plan_epoch(batch_size=batch_size, **rest)
    trained = windows_of(plan, range(plan.n_batches))
    assert len(trained) == len(set(trained))
    assert len(plan.shard) - len(trained) < batch_size
    sizes = {len(plan.batch(index)) for index in range(plan.n_batches)}
    assert sizes == {batch_size} or (plan.n_batches == 1 and len(trained) == len(plan.shard))


@given(**SIZES)
def test_a_block_reads_its_own_shards_and_less_than_a_batch_of_others(**sizes):
    """What a block may hold in memory, and how often a spinning disk must seek."""
    plan = plan_epoch(**sizes)
    for block in plan.blocks:
        shards = [shard for shard, _ in windows_of(plan, block)]
        by_windows = sorted(set(shards), key=shards.count, reverse=True)
        others = sum(shards.count(shard) for shard in by_windows[sizes["shuffle_shards"] :])
        assert others < sizes["batch_size"]


@given(
    n_shards=st.integers(1, 12),
    shuffle_shards=st.integers(1, 5),
    seed=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_blocks_of_whole_batches_touch_no_more_shards_than_asked(n_shards, shuffle_shards, seed):
    shard_frames = [80] * n_shards  # four windows each, one batch each
    plan = plan_of(shard_frames, batch_size=4, shuffle_shards=shuffle_shards, seed=seed)
    for block in plan.blocks:
        assert len({shard for shard, _ in windows_of(plan, block)}) <= shuffle_shards


@given(**SIZES)
def test_without_groups_all_windows_are_shuffled_together_and_read_batch_by_batch(**sizes):
    del sizes["shuffle_shards"]
    plan = plan_epoch(**sizes, shuffle_shards=None)
    grouped = plan_epoch(**sizes, shuffle_shards=len(sizes["shard_frames"]))
    np.testing.assert_array_equal(plan.shard, grouped.shard)
    np.testing.assert_array_equal(plan.first_frame, grouped.first_frame)
    assert plan.blocks == tuple(range(index, index + 1) for index in range(plan.n_batches))


def test_every_frame_is_read_in_one_epoch_or_another():
    shard_frames = (50, 7, 3)
    seen = [np.zeros(n, bool) for n in shard_frames]
    for epoch in range(200):
        plan = plan_of(shard_frames, window_frames=10, batch_size=1, seed=(1, epoch))
        for shard, first in windows_of(plan, range(plan.n_batches)):
            seen[shard][first : first + 10] = True
    assert all(frames.all() for frames in seen)


def test_a_plan_is_the_same_for_the_same_seed_and_epoch():
    one, other = plan_of(seed=(5, 3)), plan_of(seed=(5, 3))
    np.testing.assert_array_equal(one.shard, other.shard)
    np.testing.assert_array_equal(one.first_frame, other.first_frame)
    assert one.blocks == other.blocks


@pytest.mark.parametrize("other", [(5, 4), (6, 3), (3, 5)])
def test_epochs_and_seeds_cut_and_order_differently(other):
    one, two = plan_of(seed=(5, 3)), plan_of(seed=other)
    assert windows_of(one, range(one.n_batches)) != windows_of(two, range(two.n_batches))
    assert {s: a[0] for s, a in starts_by_shard(one).items()} != {
        s: a[0] for s, a in starts_by_shard(two).items()
    }


def test_windows_are_shuffled_across_the_shards_of_a_group():
    plan = plan_of((1000, 1000), shuffle_shards=2)
    changes = np.count_nonzero(np.diff(plan.shard))
    assert changes > 30  # of 99; 1 if the shards came one after the other
    assert (np.diff(plan.first_frame) < 0).any()


def test_a_shard_shorter_than_a_window_still_gives_one():
    plan = plan_of((3,), window_frames=100, batch_size=32)
    assert plan.n_batches == 1
    assert len(plan.batch(0)) == 1
    assert plan.first_frame[0] < 3
