"""Rendered stores: read like any other, continued after a kill, the same however made."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from drumscribe import cli
from drumscribe.data.feature_store import Shard, opened_split
from drumscribe.data.render.render_config import RenderConfig
from drumscribe.data.render.render_store import StoreJob, plan_shards, write_rendered_store
from drumscribe.drums import LANES8
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.sole_writer import sole_writer


@pytest.fixture
def job(tmp_path: Path, midi_dir: Path, kits_dir: Path) -> StoreJob:
    """Four recordings of some five seconds in two shards."""
    return StoreJob(
        tmp_path / "store",
        midi_dir,
        kits_dir,
        hours=20 / 3600,
        shard_hours=10 / 3600,
        render=RenderConfig(duration_s=(4.0, 6.0)),
    )


def contents(path: Path) -> tuple:
    shard = Shard(path)
    try:
        return shard.log_mel(0, shard.n_frames).tobytes(), shard.events.tobytes(), shard.recordings
    finally:
        shard.close()


def test_a_store_holds_what_was_asked_for(job: StoreJob):
    paths = write_rendered_store(job)
    assert [path.name for path in paths] == ["shard-00000.h5", "shard-00001.h5"]
    shard = Shard(paths[1])
    assert shard.header.kit is LANES8
    assert [r.audio_filename for r in shard.recordings] == [
        "rendered/train/1/0000002",
        "rendered/train/1/0000003",
    ]
    log_mel = shard.log_mel(0, shard.n_frames)
    assert 0 <= log_mel.min() < log_mel.max() <= 1
    ends_s = shard.recordings[-1].start_frame / 98 + shard.recordings[-1].duration_s
    assert np.all(np.diff(shard.events["onset_s"]) >= 0)
    assert len(shard.events) == 0 or shard.events["onset_s"][-1] < ends_s
    shard.close()


def test_a_store_is_continued(job: StoreJob):
    paths = write_rendered_store(job)
    before = [contents(path) for path in paths]
    kept_at = paths[0].stat().st_mtime_ns
    paths[1].unlink()
    write_rendered_store(job)
    assert paths[0].stat().st_mtime_ns == kept_at
    assert [contents(path) for path in paths] == before


def test_a_store_of_other_settings_is_not_overwritten_unasked(job: StoreJob):
    write_rendered_store(job)
    other = dataclasses.replace(job, seed=2)
    with pytest.raises(DrumscribeError, match="other recordings or settings"):
        write_rendered_store(other)
    paths = write_rendered_store(other, overwrite=True)
    assert Shard(paths[0]).recordings[0].audio_filename == "rendered/train/2/0000000"


def test_what_another_run_is_writing_is_left_alone(job: StoreJob):
    being_written = job.folder / "train" / ".12345678.partial.h5"
    being_written.parent.mkdir(parents=True)
    being_written.touch()
    with sole_writer(job.folder):
        with pytest.raises(DrumscribeError, match="store: another run is writing here; wait"):
            write_rendered_store(job)
        assert being_written.exists()


def test_the_plan_does_not_depend_on_workers(job: StoreJob):
    assert plan_shards(job) == plan_shards(dataclasses.replace(job, n_workers=7))


@pytest.mark.slow
def test_processes_write_the_same_store(job: StoreJob, tmp_path: Path):
    alone = write_rendered_store(job)
    together = write_rendered_store(
        dataclasses.replace(job, folder=tmp_path / "other", n_workers=2)
    )
    assert [contents(path) for path in alone] == [contents(path) for path in together]


def test_the_hours_that_are_told_are_those_written(
    midi_dir, kits_dir, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("DRUMSCRIBE_DATA", str(tmp_path))
    amounts = ["--hours", "1e-9", "--val-hours", "0", "--set", "preprocessing.n_workers=1"]
    command = ["render", "--midi", str(midi_dir), "--kits", str(kits_dir), *amounts]
    assert cli.main([*command, "--set", "data.processed_dir=store"]) == 0
    folder = tmp_path / "store/train"
    with opened_split(folder) as [shard]:
        [recording] = shard.recordings
    assert recording.duration_s > 1.8  # which shows as 0.001 h or more
    expected = f"{folder}: {recording.duration_s / 3600:.3f} h in 1 shards\n"
    assert capsys.readouterr().out == expected
