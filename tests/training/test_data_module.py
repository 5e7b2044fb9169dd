"""What the data module refuses before a run touches anything, and how often it reads the store."""

import dataclasses

import h5py
import numpy as np
import pytest

from drumscribe.config import Config, DataConfig, TrainingConfig
from drumscribe.data.shard_writer import writing_shard
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import STORE_HEADER, write_random_shard

pytestmark = pytest.mark.slow


@pytest.fixture
def module_of(tmp_path):
    """Makes the data module of the store in ``tmp_path``; Lightning takes seconds to import."""
    from drumscribe.data.data_module import DrumDataModule

    def make(**training):
        data = DataConfig(root=str(tmp_path), processed_dir="store")
        settings = {"window_s": 0.5, "batch_size": 3} | training
        return DrumDataModule(Config(data=data, training=TrainingConfig(**settings)))

    return make


def write_split(tmp_path, split, lengths, header=STORE_HEADER):
    for index, length in enumerate(lengths):
        path = tmp_path / "store" / split / f"shard-{index:05}.h5"
        write_random_shard(path, [length], seed=index, header=header)


def assert_refused(module, folder, match):
    with pytest.raises(DrumscribeError, match=match) as caught:
        module.read_header()
    assert str(caught.value).startswith(f"{folder}: ")
    assert "\n" not in str(caught.value)


def test_a_store_is_read_once_however_often_it_is_asked_about(tmp_path, module_of, monkeypatch):
    write_split(tmp_path, "train", [300, 200, 100])
    write_split(tmp_path, "val", [100, 100])
    reads = []
    read = h5py.Dataset.__getitem__

    def noted(dataset, where):
        reads.append((dataset.file.filename, dataset.name))
        return read(dataset, where)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", noted)
    module = module_of()
    assert module.read_header() == STORE_HEADER
    hits = module.count_hits()
    assert len(hits) == 8
    assert sum(hits) == 16 + 11 + 6
    assert [module.count_batches() for _ in range(3)] == [4, 4, 4]
    assert len(reads) == len(set(reads))
    assert {name for _, name in reads} == {"/index", "/events"}


@pytest.mark.parametrize("empty", ["train", "val"])
def test_a_split_of_which_everything_was_left_out_is_refused(tmp_path, module_of, empty):
    write_split(tmp_path, {"train": "val", "val": "train"}[empty], [300])
    folder = tmp_path / "store" / empty
    with writing_shard(folder / "shard-00000.h5", STORE_HEADER, "x") as writer:
        writer.skip("b.wav", "no usable audio", "b.wav: is empty")
    assert_refused(module_of(), folder, rf"holds no recordings; see .*{empty}\.csv")


def test_splits_made_with_other_settings_are_refused(tmp_path, module_of):
    write_split(tmp_path, "train", [300])
    features = dataclasses.replace(STORE_HEADER.features, range_db=60.0)
    write_split(tmp_path, "val", [300], dataclasses.replace(STORE_HEADER, features=features))
    assert_refused(module_of(), tmp_path / "store" / "val", "other settings than train")


def test_fewer_batches_than_processes_are_refused(tmp_path, module_of):
    write_split(tmp_path, "train", [300])  # six windows
    write_split(tmp_path, "val", [100, 100, 100])
    assert module_of(devices=2).read_header() == STORE_HEADER
    match = r"fewer batches than training\.devices \(3\)"
    assert_refused(module_of(devices=3), tmp_path / "store" / "train", match)


def test_fewer_recordings_to_validate_on_than_processes_are_refused(tmp_path, module_of):
    write_split(tmp_path, "train", [300])
    write_split(tmp_path, "val", [100, 100])
    match = r"fewer recordings \(1\) than training\.devices \(2\)"
    folder = tmp_path / "store" / "val"
    assert_refused(module_of(devices=2, validation_hours=1e-6), folder, match)


def test_processes_share_the_batches_out(tmp_path, module_of):
    write_split(tmp_path, "train", [600])
    counts = [module_of(devices=n).count_batches() for n in (1, 2, 3)]
    np.testing.assert_array_equal(counts, [4, 2, 1])
