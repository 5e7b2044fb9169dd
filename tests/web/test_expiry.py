import time

import pytest

from drumscribe.web.expiry import remove_expired
from drumscribe.web.settings import StudioSettings
from drumscribe.web.store import Job, JobStore, new_job_id

DAY_S = 86_400


@pytest.fixture
def store(tmp_path):
    opened = JobStore(tmp_path / "data")
    yield opened
    opened.close()


def finished_job(store, n_bytes=1000, touched_days_ago=0.0):
    upload = store.incoming_dir / new_job_id()
    upload.write_bytes(b"x" * n_bytes)
    job = store.add(Job(id=new_job_id(), name="song", recording="recording"), upload)
    store.end(job.id, "done")
    touched_at = time.time() - touched_days_ago * DAY_S
    store._db.execute("UPDATE jobs SET touched_at = ? WHERE id = ?", (touched_at, job.id))
    store._db.commit()
    return job.id


def settings(tmp_path, **changes):
    return StudioSettings(data_dir=tmp_path, model=tmp_path, **changes)


def test_only_what_nobody_touched_for_too_long_goes(store, tmp_path):
    old, young = finished_job(store, touched_days_ago=11), finished_job(store, touched_days_ago=9)
    assert remove_expired(store, settings(tmp_path, keep_days=10)) == 1
    assert store.get(old) is None
    assert store.get(young) is not None


def test_looking_at_an_old_transcription_keeps_it(store, tmp_path):
    old = finished_job(store, touched_days_ago=11)
    store.touch(old)
    assert remove_expired(store, settings(tmp_path, keep_days=10)) == 0


def test_without_room_those_touched_longest_ago_go_until_there_is(store, tmp_path):
    ids = [finished_job(store, 1000, touched_days_ago=days) for days in (1, 4, 3, 2)]
    assert remove_expired(store, settings(tmp_path, keep_gb=2500e-9)) == 2
    assert [store.get(job_id) is not None for job_id in ids] == [True, False, False, True]
    assert store.total_bytes() == 2000


def test_jobs_that_wait_or_run_are_kept_whatever_their_size(store, tmp_path):
    upload = store.incoming_dir / "up"
    upload.write_bytes(b"x" * 5000)
    waiting = store.add(Job(id=new_job_id(), name="song", recording="recording"), upload)
    finished = finished_job(store, 10)
    remove_expired(store, settings(tmp_path, keep_gb=1e-9), now=time.time() + 1000 * DAY_S)
    assert store.get(waiting.id) is not None
    assert store.get(finished) is None
