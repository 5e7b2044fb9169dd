"""Exports that cannot be written: whose fault it is, and in which words."""

import errno
import io
import os
import tempfile
import zipfile
from urllib.parse import quote

import pytest
from studio_server import kick_and_snare

from drumscribe.web import export_process, exports, routes_results

CROWDED = {
    "beats_s": [0.0, 0.0005, 0.001],
    "time_signatures": [{"first_beat": 0, "numerator": 2, "denominator": 32}],
}
"""Bars of a thousandth of a second."""


@pytest.fixture(scope="module")
def recording():
    return kick_and_snare([0.3, 0.8, 1.5], duration_s=12.0)


@pytest.fixture(scope="module")
def job_id(studio, recording):
    return studio.transcribed(recording, "My: song.wav", title="A/B", artist="me")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "name"),
    [("", "My_ song"), ("A/B", "A_B"), ("...", "transcription"), ("Größe", "Größe")],
)
def test_what_is_exported_has_one_name_inside_and_outside(studio, recording, title, name):
    job_id = studio.transcribed(recording, "My: song.wav", title=title)
    answer = studio.get(job_id, "export/clonehero")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {entry.partition("/")[0] for entry in archive.namelist()} == {name}
    assert quote(f"{name}.zip") in answer.headers["content-disposition"]
    score = studio.get(job_id, "export/musicxml")
    assert f"<work-title>{name}</work-title>" in score.text
    assert quote(f"{name}.musicxml") in score.headers["content-disposition"]


def refusal(studio, job_id, form):
    answer = studio.client.get(f"/api/transcriptions/{job_id}/export/{form}")
    return answer.status_code, answer.json()["detail"]


def test_an_export_that_takes_too_long_is_not_done_in_time(studio, job_id, monkeypatch):
    monkeypatch.setattr(export_process, "_TIMEOUT_S", 0.0)
    assert refusal(studio, job_id, "mid") == (
        503,
        "mid: took too long to write; choose another format",
    )


def test_a_process_that_cannot_start_is_the_servers_fault(studio, job_id, monkeypatch):
    def too_many_processes(self):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(export_process.SPAWN.Process, "start", too_many_processes)
    status, detail = refusal(studio, job_id, "mid")
    assert (status, detail) == (503, "mid: could not be written; choose another format")


def test_no_place_for_exports_is_the_servers_fault(studio, job_id, monkeypatch):
    def no_place(**_options):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(routes_results.tempfile, "TemporaryDirectory", no_place)
    status, detail = refusal(studio, job_id, "csv")
    assert (status, "No usable temporary directory" in detail) == (503, True)


@pytest.mark.slow
def test_what_a_format_cannot_hold_names_nothing_of_the_servers(studio, job_id):
    edit = {"revision": 0, "events": [], "tempo": CROWDED}
    path = f"/api/transcriptions/{job_id}/events"
    assert studio.client.patch(path, json=edit).is_success
    status, detail = refusal(studio, job_id, "dtxmania")
    assert status == 422
    assert detail.startswith("A_B/bas.dtx: has ")


def test_a_recording_that_cannot_be_read_is_named_as_the_user_does(studio, recording):
    job_id = studio.transcribed(recording, "mine.wav")
    (studio.studio.store.job_dir(job_id) / "recording.wav").write_bytes(b"")
    assert refusal(studio, job_id, "clonehero") == (422, "mine: is empty; give a recording")


def test_a_format_that_lacks_its_extra_says_which(studio, job_id, monkeypatch):
    monkeypatch.setattr(exports, "is_installed", lambda name: name not in ("svg", "pdf"))
    for form in ("svg", "pdf"):
        status, detail = refusal(studio, job_id, form)
        assert status == 404
        assert detail.startswith(f"{form} needs the extra 'score'; ")
        assert ".[web,score]" in detail
    status, detail = refusal(studio, job_id, "exe")
    assert (status, detail.startswith("there is no such format; choose of mid, ")) == (404, True)


def test_an_export_leaves_only_its_file(tmp_path, studio, job_id):
    job = studio.studio.store.get(job_id)
    store = studio.studio.store
    export = exports.Export(
        "clonehero",
        routes_results.transcription_of(store, job),
        store.job_dir(job_id) / job.recording,
        name="song",
        title="",
        artist="",
    )
    exports.write_export(export, tmp_path / "song.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["song.zip"]


def test_the_temporary_folder_goes_when_an_export_fails(studio, job_id, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(export_process, "_TIMEOUT_S", 0.0)
    assert refusal(studio, job_id, "mid")[0] == 503
    assert list(tmp_path.iterdir()) == []
