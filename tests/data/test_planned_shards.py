"""What stands where shards are planned: only what is certainly worthless is deleted unasked."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import h5py
import pytest

from drumscribe.data.feature_store import shard_fingerprint
from drumscribe.data.planned_shards import absent_shards
from drumscribe.utils.errors import DrumscribeError
from store_fixtures import write_random_shard

MADE_FROM = "seed 1"


@dataclass(frozen=True)
class Plan:
    path: Path
    fingerprint: str = MADE_FROM


@pytest.fixture
def plan(tmp_path):
    plan = Plan(tmp_path / "train" / "shard-00000.h5")
    write_random_shard(plan.path, [98], seed=1)
    assert shard_fingerprint(plan.path) == MADE_FROM
    return plan


def absent(plan, *, overwrite=False):
    return absent_shards([plan], [plan.path.parent], overwrite=overwrite)


def test_a_shard_of_the_plan_is_kept(plan):
    before = plan.path.read_bytes()
    assert absent(plan) == absent(plan, overwrite=True) == []
    assert plan.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no HDF5 at all" * 100, "cut"], ids=["0", "text", "cut"])
def test_a_damaged_shard_is_made_again(plan, content):
    plan.path.write_bytes(plan.path.read_bytes()[:1000] if content == "cut" else content)
    assert absent(plan) == [plan]
    assert not plan.path.exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_shard_that_another_process_holds_is_not_deleted(plan, overwrite):
    fcntl = pytest.importorskip("fcntl")
    before = plan.path.read_bytes()
    with plan.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DrumscribeError, match=r"shard-00000\.h5: cannot be opened \(.*; end "):
            absent(plan, overwrite=overwrite)
    assert plan.path.read_bytes() == before
    assert absent(plan) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOLCK])
def test_a_shard_that_cannot_be_read_at_present_is_not_deleted(plan, number, monkeypatch):
    def refuse(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(DrumscribeError, match=os.strerror(number)):
        absent(plan)
    assert plan.path.exists()


def test_a_file_without_a_fingerprint_is_deleted_when_asked_only(plan):
    with h5py.File(plan.path, "r+") as file:
        del file.attrs["fingerprint"]
    with pytest.raises(DrumscribeError, match=r"shard-00000\.h5: was made from other.*--overwrite"):
        absent(plan)
    assert plan.path.exists()
    assert absent(plan, overwrite=True) == [plan]


def test_nothing_is_deleted_where_a_foreign_shard_stops_the_run(plan):
    damaged = plan.path.with_name("shard-00001.h5")
    damaged.write_bytes(b"")
    other = Plan(plan.path, "seed 2")
    with pytest.raises(DrumscribeError, match="other recordings or settings"):
        absent(other)
    assert plan.path.exists()
    assert damaged.exists()
    assert absent(other, overwrite=True) == [other]
    assert list(plan.path.parent.glob("*.h5")) == []
