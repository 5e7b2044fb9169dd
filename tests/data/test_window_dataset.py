"""Batches from shards: the same ones whoever reads them, and labels that fit their frames.

Not ``test_dataset.py``, a name that ``tests/data/synth`` has taken.
"""

import dataclasses

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from drumscribe.config import AugmentationConfig, TrainingConfig
from drumscribe.data.dataset import RecordingDataset, WindowDataset
from drumscribe.data.feature_store import Shard, open_split, opened_split, outline
from drumscribe.timing import FRAME_RATE
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import write_random_shard

TRAINING = TrainingConfig(window_s=0.5, batch_size=3, shuffle_shards=2, seed=7)
WINDOW = 49
LENGTHS = [[300, 120], [500], [80, 90, 100, 200], [250], [60, 350]]
AUGMENTATION = AugmentationConfig(
    noise_probability=0.5, mixup_probability=0.5, frequency_mask_bins=2
)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    for index, lengths in enumerate(LENGTHS):
        write_random_shard(folder / f"shard-{index:05}.h5", lengths, seed=index)
    return folder


def dataset_of(split, augmentation=None, **changes):
    places = {k: changes.pop(k) for k in ("epoch", "first_batch", "rank") if k in changes}
    training = dataclasses.replace(TRAINING, **changes)
    with opened_split(split) as shards:
        return WindowDataset(outline(shards), training, augmentation, **places)


def assert_same(batches, others):
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        assert batch.keys() == other.keys()
        for name in batch:
            np.testing.assert_array_equal(batch[name].numpy(), other[name].numpy())


def windows(batches):
    """Every window's log-mel as bytes: what identifies it."""
    return [window.numpy().tobytes() for batch in batches for window in batch["log_mel"]]


def test_batches_have_the_shapes_and_types_the_network_expects(split):
    batches = list(dataset_of(split))
    assert len(batches) == len(dataset_of(split)) == dataset_of(split).n_batches > 5
    for batch in batches:
        shapes = {name: tuple(tensor.shape) for name, tensor in batch.items()}
        assert shapes == {
            "log_mel": (3, WINDOW, 8),
            "onset": (3, WINDOW, 8),
            "velocity": (3, WINDOW, 8),
            "beat": (3, WINDOW, 2),
        }
        for tensor in batch.values():
            assert tensor.dtype == torch.float32
            assert 0 <= tensor.min() <= tensor.max() <= 1


def find(shards, window):
    """The shard and first frame of a window, looked for by its first frames of sound."""
    for shard in shards:
        track = np.concatenate([shard.log_mel(0, shard.n_frames), np.zeros((WINDOW, 8))])
        for first in range(shard.n_frames):
            if np.array_equal(track[first : first + WINDOW], window):
                return shard, first
    raise AssertionError("this window is not in the store")


def test_targets_match_the_events_and_beats_of_the_windows_frames(split):
    shards = open_split(split)
    batches = list(dataset_of(split, neighbour_target=0.25))
    for batch in batches[::3]:
        for position in range(3):
            shard, first = find(shards, batch["log_mel"][position].numpy())
            onset = np.zeros((WINDOW, 8))
            velocity = np.zeros((WINDOW, 8))
            beat = np.zeros((WINDOW, 2))
            for event in shard.events:
                frame = round(event["onset_s"] * FRAME_RATE) - first
                if 0 <= frame < WINDOW:
                    onset[frame, event["drum"]] = 1
                    velocity[frame, event["drum"]] = event["velocity"] / 127
            for row in shard.beats:
                frame = int(np.floor(row["time_s"] * FRAME_RATE + 0.5)) - first
                if 0 <= frame < WINDOW:
                    beat[frame, 0] = 1
                    beat[frame, 1] = max(beat[frame, 1], row["number"] == 1)
            found = {name: tensor[position].numpy() for name, tensor in batch.items()}
            np.testing.assert_array_equal(found["onset"] == 1, onset == 1)
            at_onsets = onset == 1
            np.testing.assert_allclose(found["velocity"][at_onsets], velocity[at_onsets], atol=1e-6)
            np.testing.assert_array_equal(found["beat"] == 1, beat == 1)
            assert set(np.unique(found["onset"])) <= {0, 0.25, 1}


@pytest.mark.slow
@pytest.mark.parametrize("augmentation", [None, AUGMENTATION], ids=["plain", "augmented"])
@pytest.mark.parametrize("reading", ["sequential", "random"])
def test_batches_do_not_depend_on_the_number_of_workers(split, augmentation, reading):
    alone = list(dataset_of(split, augmentation, reading=reading))
    for n_workers in (1, 2):
        dataset = dataset_of(split, augmentation, reading=reading)
        loader = DataLoader(dataset, batch_size=None, num_workers=n_workers)
        assert_same(list(loader), alone)


@pytest.mark.parametrize("n_workers", [0, 2])
@pytest.mark.parametrize("first_batch", [1, 4, 10])
def test_a_resumed_epoch_goes_on_with_the_same_batches(split, first_batch, n_workers):
    whole = list(dataset_of(split, AUGMENTATION, epoch=2))
    rest = dataset_of(split, AUGMENTATION, epoch=2, first_batch=first_batch)
    loader = DataLoader(rest, batch_size=None, num_workers=n_workers)
    assert_same(list(loader), whole[first_batch:])


def test_resuming_at_the_end_gives_nothing(split):
    n_batches = dataset_of(split).n_batches
    assert list(dataset_of(split, first_batch=n_batches)) == []


@pytest.mark.parametrize("reading", ["sequential", "random"])
def test_ranks_share_the_epoch_out(split, reading):
    whole = list(dataset_of(split, reading=reading))
    shares = [list(dataset_of(split, reading=reading, rank=(rank, 2))) for rank in range(2)]
    assert len(shares[0]) == len(shares[1]) == len(whole) // 2
    assert set(windows(shares[0])).isdisjoint(windows(shares[1]))
    interleaved = [batch for pair in zip(*shares, strict=True) for batch in pair]
    assert_same(interleaved, whole[: len(interleaved)])


@pytest.mark.slow
def test_ranks_with_workers_read_what_they_read_alone(split):
    for rank in range(2):
        dataset = dataset_of(split, AUGMENTATION, rank=(rank, 2), first_batch=1)
        loader = DataLoader(dataset, batch_size=None, num_workers=2)
        assert_same(list(loader), list(dataset))


@pytest.mark.parametrize("reading", ["sequential", "random"])
def test_no_window_comes_twice_in_an_epoch(split, reading):
    seen = windows(list(dataset_of(split, reading=reading)))
    assert len(set(seen)) == len(seen)


def test_epochs_differ(split):
    first, second = (windows(list(dataset_of(split, epoch=epoch))) for epoch in (0, 1))
    assert first != second
    assert len(first) == len(second)


def test_the_same_dataset_can_be_read_again(split):
    dataset = dataset_of(split, AUGMENTATION)
    assert_same(list(dataset), list(dataset))


def test_seed_and_epoch_decide_the_augmentation(split):
    plain = list(dataset_of(split))
    assert_same(list(dataset_of(split, AUGMENTATION)), list(dataset_of(split, AUGMENTATION)))
    changed = list(dataset_of(split, AUGMENTATION))
    assert not set(windows(plain)) & set(windows(changed))
    other_seed = list(dataset_of(split, AUGMENTATION, seed=8))
    assert not set(windows(changed)) & set(windows(other_seed))


def gains_of(plain, louder):
    """What was added to each window, taken where neither silence nor full scale cut it off."""
    gains = []
    for before, after in zip(plain, louder, strict=True):
        for window, changed in zip(before["log_mel"], after["log_mel"], strict=True):
            free = (window > 0) & (changed > 0) & (changed < 1)
            gains.append(round(float((changed - window)[free].median()), 5))
    return gains


def test_every_window_of_every_epoch_is_changed_in_its_own_way(split):
    config = AugmentationConfig(3.0, 0.0, 0.0, 0.0, -45.0, 0, 0, 0.0, 0, 0, 0.0)
    gains = []
    for place in ({"epoch": 0}, {"epoch": 1}, {"epoch": 0, "seed": 8}):
        gains += gains_of(
            list(dataset_of(split, **place)), list(dataset_of(split, config, **place))
        )
    assert np.abs(gains).max() <= 3 / 80 + 1e-4
    assert len(set(gains)) > 0.95 * len(gains)


def test_a_block_is_read_in_the_order_it_lies_on_disk(split, monkeypatch):
    reads = []
    read = Shard.log_mel

    def noted(shard, first_frame, n_frames):
        reads.append((shard.path, first_frame))
        return read(shard, first_frame, n_frames)

    monkeypatch.setattr(Shard, "log_mel", noted)
    list(dataset_of(split, shuffle_shards=5))
    assert len(reads) > 30
    assert reads == sorted(reads)


def test_mixing_adds_the_neighbours_hits_and_keeps_levels_in_range(split):
    """Windows of a batch are mixed with their neighbours, the last one with the first."""
    off = {"gain_db": 0.0, "tilt_db": 0.0, "eq_db": 0.0, "noise_probability": 0.0}
    config = AugmentationConfig(
        **off, frequency_shift_bins=0, n_time_masks=0, n_frequency_masks=0, mixup_probability=1.0
    )
    plain, mixed = list(dataset_of(split)), list(dataset_of(split, config))
    for before, after in zip(plain, mixed, strict=True):
        onset, velocity = before["onset"], before["velocity"]
        other_onset, other_velocity = (
            torch.roll(onset, -1, dims=0),
            torch.roll(velocity, -1, dims=0),
        )
        assert torch.equal(after["onset"], torch.maximum(onset, other_onset))
        # Who has the stronger onset has the velocity; the hit of one may be beside the other's.
        for mine, theirs, own in (
            (onset, other_onset, velocity),
            (other_onset, onset, other_velocity),
        ):
            assert torch.equal(after["velocity"][mine > theirs], own[mine > theirs])
        alike = onset == other_onset
        louder_velocity = torch.maximum(velocity, other_velocity)
        assert torch.equal(after["velocity"][alike], louder_velocity[alike])
        assert torch.equal(after["beat"], before["beat"])
        louder = torch.maximum(before["log_mel"], torch.roll(before["log_mel"], -1, dims=0))
        assert (after["log_mel"] >= louder - 1e-6).all()
        assert after["log_mel"].max() <= 1


def test_breaking_off_in_the_middle_closes_the_shards(split, monkeypatch):
    closed = []
    close = Shard.close
    monkeypatch.setattr(Shard, "close", lambda self: (closed.append(self.path), close(self)))
    batches = iter(dataset_of(split))
    closed.clear()  # opening them for their lengths closes them, too
    next(batches)
    batches.close()
    assert len(closed) == len(LENGTHS)


def test_fewer_windows_than_a_batch_give_one_smaller_batch(tmp_path):
    write_random_shard(tmp_path / "shard-00000.h5", [60], seed=1)
    (batch,) = dataset_of(tmp_path, AUGMENTATION, batch_size=32)
    assert batch["log_mel"].shape == (1, WINDOW, 8)


def test_an_absent_split_says_what_to_run(tmp_path):
    with pytest.raises(DrumscribeError, match="run 'drumscribe preprocess' first"):
        dataset_of(tmp_path)


def test_more_processes_than_batches_get_none(tmp_path):
    write_random_shard(tmp_path / "shard-00000.h5", [60], seed=1)
    for rank in range(2):
        dataset = dataset_of(tmp_path, batch_size=32, rank=(rank, 2))
        assert len(dataset) == 0
        assert list(dataset) == []


def test_recordings_come_whole_with_their_events(split):
    recordings = RecordingDataset(split, max_hours=1.0)
    assert [len(item.log_mel) for item in recordings] == [n for shard in LENGTHS for n in shard]
    shard = Shard(split / "shard-00002.h5")
    for item, entry in zip(list(recordings)[3:7], shard.recordings, strict=True):
        expected = shard.log_mel(entry.start_frame, entry.n_frames)
        np.testing.assert_array_equal(item.log_mel, expected)
        np.testing.assert_array_equal(item.events, shard.recording_events(entry))


def test_recordings_stop_when_the_hours_are_full(split):
    assert len(RecordingDataset(split, max_hours=5 / 3600)) == 2


def test_ranks_validate_on_recordings_of_their_own(split):
    whole = [item.log_mel for item in RecordingDataset(split, 1.0)]
    shares = [[item.log_mel for item in RecordingDataset(split, 1.0, (r, 3))] for r in range(3)]
    assert sum(map(len, shares)) == len(whole)
    for rank, share in enumerate(shares):
        for item, expected in zip(share, whole[rank::3], strict=True):
            np.testing.assert_array_equal(item, expected)
