import sqlite3

import pytest

from drumscribe.utils.errors import DrumscribeError
from drumscribe.web.store import Job, JobStore, StaleRevisionError, new_job_id


@pytest.fixture
def store(tmp_path):
    opened = JobStore(tmp_path / "data")
    yield opened
    opened.close()


def add(store, name="song", content=b"x", **values):
    upload = store.incoming_dir / new_job_id()
    upload.write_bytes(content)
    return store.add(Job(id=new_job_id(), name=name, recording="recording", **values), upload)


def test_an_added_job_has_its_recording_and_waits(store):
    job = add(store, content=b"12345")
    assert (store.job_dir(job.id) / "recording").read_bytes() == b"12345"
    assert store.get(job.id) == job
    assert (job.status, job.attempts, job.n_bytes) == ("queued", 0, 5)
    assert list(store.incoming_dir.iterdir()) == []


def test_jobs_are_claimed_in_the_order_they_came_and_once(store):
    ids = [add(store).id for _ in range(3)]
    claimed = [store.claim().id for _ in range(3)]
    assert claimed == ids
    assert store.claim() is None
    assert store.count_waiting() == 0


def test_everything_survives_a_restart_and_what_ran_waits_again(tmp_path):
    store = JobStore(tmp_path)
    running, waiting = add(store), add(store)
    store.claim()
    store.save_edits(waiting.id, 0, {"events": [1]})
    store.close()

    store = JobStore(tmp_path)
    store.requeue()
    assert store.count_waiting() == 2
    assert store.get(running.id).attempts == 1
    assert store.edits(waiting.id) == {"events": [1]}
    assert store.get(waiting.id).revision == 1
    store.close()


def test_what_a_killed_server_left_behind_is_removed(tmp_path):
    store = JobStore(tmp_path)
    kept = add(store)
    store.close()
    (tmp_path / "incoming" / "half").write_bytes(b"half an upload")
    orphan = tmp_path / "jobs" / new_job_id()
    orphan.mkdir()
    (orphan / "recording").write_bytes(b"never accepted")

    store = JobStore(tmp_path)
    assert [path.name for path in store.jobs_dir.iterdir()] == [kept.id]
    assert list(store.incoming_dir.iterdir()) == []
    store.close()


@pytest.mark.slow
def test_a_second_server_is_refused_the_folder(store):
    with pytest.raises(DrumscribeError, match="another studio uses this folder"):
        JobStore(store.folder)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "studio.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(DrumscribeError, match="no studio's database"):
        JobStore(tmp_path)


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DrumscribeError, match="name another with --data"):
        JobStore(tmp_path / "file")


def test_edits_of_an_old_revision_are_refused_and_change_nothing(store):
    job = add(store)
    assert store.save_edits(job.id, 0, "first") == 1
    with pytest.raises(StaleRevisionError) as error:
        store.save_edits(job.id, 0, "second")
    assert error.value.current == 1
    assert store.edits(job.id) == "first"
    assert store.save_edits(job.id, 1, "second") == 2


def test_a_job_that_has_ended_stays_as_it_ended(store):
    job = add(store)
    store.claim()
    assert store.end(job.id, "done", duration_s=2.0)
    assert not store.end(job.id, "failed", error="late news")
    assert store.get(job.id).status == "done"
    assert not store.cancel_queued(job.id)


def test_a_failed_job_keeps_its_reason_and_no_files(store):
    job = add(store)
    store.end(job.id, "failed", error="no audio")
    assert store.get(job.id).error == "no audio"
    assert store.get(job.id).n_bytes == 0
    assert not store.job_dir(job.id).exists()


def test_a_deleted_job_leaves_nothing(store):
    job = add(store)
    store.save_edits(job.id, 0, ["edit"])
    store.delete(job.id)
    assert store.get(job.id) is None
    assert store.edits(job.id) is None
    assert not store.job_dir(job.id).exists()


def test_edits_of_the_same_job_do_not_pile_up(store):
    job = add(store)
    for revision in range(200):
        store.save_edits(job.id, revision, {"events": list(range(50))})
    count = store._db.execute("SELECT count(*) FROM edits").fetchone()[0]
    assert count == 1


def test_the_newest_working_example_is_found_again(store):
    assert store.examples() == []
    failed = add(store, source="example")
    store.end(failed.id, "failed")
    assert store.examples() == []
    good = [add(store, source="example").id for _ in range(2)]
    assert [job.id for job in store.examples()] == good[::-1]


def test_names_and_texts_are_values_never_statements(store):
    name = "'); DROP TABLE jobs; --"
    job = add(store, name=name, title=name)
    store.save_edits(job.id, 0, {"text": name})
    assert store.get(job.id).name == name
    assert store.edits(job.id)["text"] == name


def test_the_database_is_plain_sqlite_that_other_programs_read(store):
    job = add(store, name="readable")
    store.close()
    rows = sqlite3.connect(store.folder / "studio.sqlite3").execute("SELECT id, name FROM jobs")
    assert rows.fetchall() == [(job.id, "readable")]


def test_edits_count_towards_what_a_job_holds(store):
    job = add(store, content=b"12345")
    store.save_edits(job.id, 0, "x" * 100)
    store.save_edits(job.id, 1, "x" * 50)
    assert store.total_bytes() == 5 + len('"') * 2 + 50
