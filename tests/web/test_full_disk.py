"""A studio whose disk fills up says so, loses nothing, and goes on when there is room again."""

import tempfile
import time

import pytest
from studio_server import running_studio

from small_disk import fill, small_disk


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", 4000) as disk:
        yield disk


@pytest.fixture
def studio(disk):
    with running_studio(disk / "studio", max_upload_mb=0.5) as studio:
        yield studio


def leftovers(disk):
    found = [*disk.rglob("*.partial*"), *(disk / "studio/incoming").iterdir()]
    return [*found, *(path for path in (disk / "studio/jobs").iterdir() if not any(path.iterdir()))]


@pytest.mark.slow
def test_a_recording_whose_result_finds_no_room_fails_in_one_line(studio, disk, song):
    job_id = studio.upload(song).json()["id"]
    while studio.studio.store.get(job_id).status != "running":
        time.sleep(0.01)
    filling = fill(disk)
    status = studio.wait(job_id)
    assert status["status"] == "failed"
    assert "cannot be written (No space left on device)" in status["error"]
    assert str(disk) not in status["error"]
    refused = studio.upload(song)
    assert refused.status_code == 503
    assert refused.json()["detail"] == "the server's disk is full; delete transcriptions"
    filling.unlink()
    assert studio.transcribed(song)
    assert leftovers(disk) == []


@pytest.mark.slow
def test_on_a_full_disk_results_are_read_and_deleted_and_edits_refused(studio, disk, song):
    job_id = studio.transcribed(song)
    path = f"/api/transcriptions/{job_id}"
    before = studio.get(job_id, "result").json()
    edit = {"revision": 0, "events": [{"onset_s": 0.002 * i, "lane": "kick", "velocity": 9} for i in
            range(900)]}  # fmt: skip
    filling = fill(disk)
    assert studio.get(job_id, "result").json() == before
    assert studio.client.get(f"{path}/export/mid").status_code == 200
    refused = studio.client.patch(f"{path}/events", json=edit)
    assert refused.status_code == 503
    assert "free space on its disk" in refused.json()["detail"]
    assert studio.get(job_id, "result").json() == before
    filling.unlink()
    assert studio.client.patch(f"{path}/events", json=edit).json() == {"revision": 1}
    fill(disk)
    assert studio.client.delete(path).status_code == 204
    assert studio.client.get(path).status_code == 404
    assert leftovers(disk) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "mid", "clonehero"])
def test_an_export_that_finds_no_room_says_so_and_comes_later(
    studio, disk, song, monkeypatch, form
):
    job_id = studio.transcribed(song)
    (disk / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(disk / "tmp"))
    path = f"/api/transcriptions/{job_id}/export/{form}"
    filling = fill(disk)
    refused = studio.client.get(path)
    assert refused.status_code == 503
    assert "(No space left on device); free space on the server's disk" in refused.json()["detail"]
    assert str(disk) not in refused.json()["detail"]
    assert list((disk / "tmp").iterdir()) == []
    filling.unlink()
    assert studio.client.get(path).status_code == 200
