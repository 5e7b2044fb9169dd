"""Hostile requests and hostile recordings: refused in one line, and the next user is served.

``DRUMSCRIBE_EDITS`` sets how many edits one transcription gets (default 200).
"""

import contextlib
import json
import os
import socket
import struct
import time

import numpy as np
import pytest
from studio_server import audio_bytes

from drumscribe.timing import SAMPLE_RATE
from drumscribe.web import protocol

pytestmark = pytest.mark.slow

N_EDITS = int(os.environ.get("DRUMSCRIBE_EDITS", "200"))

HEAD = (
    "POST /api/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Content-Type: multipart/form-data; boundary=frontier\r\n"
)
FORM_HEAD = (
    b'--frontier\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
    b"RIFF\xff\xff\xff\xffWAVEfmt "
)


@contextlib.contextmanager
def raw(studio, head=""):
    with socket.create_connection(("127.0.0.1", studio.port), timeout=30) as connection:
        connection.sendall(head.encode())
        yield connection


def status_of(connection):
    """Status and detail of the answer on a raw connection, read until it is closed."""
    answer = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["detail"]


def assert_still_serves(studio, song):
    assert studio.transcribed(song)
    assert list(studio.studio.store.incoming_dir.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/evil.wav", "/etc/passwd", "..\\..\\evil.wav", "a\0.wav", ".", "..", "con.wav",
     "%2e%2e%2fevil.wav", "a" * 3000 + ".wav", "\u202egnp.wav", "recording/../../x.wav"],
)  # fmt: skip
def test_names_never_become_paths(studio, song, name):
    before = {path for path in studio.studio.store.folder.rglob("*") if path.is_dir()}
    answer = studio.upload(song, name)
    if answer.status_code != 202:  # not even a form
        assert answer.status_code in (400, 413)
        return
    job_id = answer.json()["id"]
    status = studio.wait(job_id)
    assert status["status"] == "done"
    assert "/" not in status["name"] and "\\" not in status["name"]
    new = {path for path in studio.studio.store.folder.rglob("*") if path.is_dir()} - before
    assert new == {studio.studio.store.job_dir(job_id)}
    names = {path.name for path in studio.studio.store.job_dir(job_id).iterdir()}
    assert names <= {
        "recording", "recording.wav", "result.json", "activations.u8", "velocities.u8",
        "waveform.u8", "playback.ogg",
    }  # fmt: skip
    disposition = studio.get(job_id, "export/mid").headers["content-disposition"]
    assert "\n" not in disposition and "/" not in disposition.replace("utf-8''", "")


def test_script_in_names_and_titles_stays_text(studio, song):
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    job_id = studio.transcribed(song, f"{script}.wav", title=script, artist='"><svg onload=x>')
    answer = studio.client.get(f"/api/transcriptions/{job_id}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["title"] == script
    for each in studio.client.get("/api/formats").json()["formats"]:
        exported = studio.get(job_id, f"export/{each['id']}")
        assert exported.headers["content-disposition"].startswith("attachment")
        assert exported.headers["content-type"] == "application/octet-stream"


def test_a_recording_is_never_served_as_a_page(studio):
    page = b"<html><script>alert(1)</script>"
    samples = np.zeros(SAMPLE_RATE, np.float32)
    wav = audio_bytes(samples) + b"junk" + struct.pack("<I", len(page)) + page
    job_id = studio.transcribed(wav, "page.html")
    answer = studio.get(job_id, "audio")
    assert answer.headers["content-type"] == "audio/wav"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_ten_gigabytes_are_refused_before_a_byte_is_read(studio, song):
    with raw(studio, f"{HEAD}Content-Length: 10000000000\r\n\r\n") as connection:
        began_at = time.monotonic()
        status, detail = status_of(connection)
        assert time.monotonic() - began_at < 5
        assert (status, "larger than 200 MB" in detail) == (413, True)
    assert_still_serves(studio, song)


def test_an_endless_body_ends(studio_at, song):
    with studio_at(max_upload_mb=1) as studio:
        with raw(studio, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n") as connection:
            connection.settimeout(30)
            began_at = time.monotonic()
            chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
            connection.sendall(f"{len(FORM_HEAD):x}\r\n".encode() + FORM_HEAD + b"\r\n")
            with pytest.raises((ConnectionError, TimeoutError)):
                while time.monotonic() - began_at < 25:
                    connection.sendall(chunk)
            assert time.monotonic() - began_at < 20
        assert_still_serves(studio, song)


def test_more_than_the_limit_is_refused_while_it_arrives(studio_at, song):
    with studio_at(max_upload_mb=0.5) as studio:
        answer = studio.upload(song + bytes(1_000_000))
        assert answer.status_code == 413
        assert "MB" in answer.json()["detail"]
        assert_still_serves(studio, song)


def test_a_body_that_stops_is_given_up(studio_at, song):
    with studio_at(body_timeout_s=0.5) as studio:
        with raw(studio, f"{HEAD}Content-Length: 1000000\r\n\r\n") as connection:
            connection.sendall(FORM_HEAD)
            status, detail = status_of(connection)
        assert (status, detail) == (408, "the request stopped before its end; send it again")
        assert_still_serves(studio, song)


def test_a_body_that_drips_is_given_up(studio_at, song):
    with studio_at(body_timeout_s=0.5) as studio:
        with raw(studio, f"{HEAD}Content-Length: 1000000\r\n\r\n") as connection:
            began_at = time.monotonic()
            connection.sendall(FORM_HEAD)
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - began_at < 20 and not _has_answer(connection):
                    connection.sendall(b"x")
                    time.sleep(0.1)
            status, detail = status_of(connection)
            assert time.monotonic() - began_at < 15
        assert (status, "too slowly" in detail) == (408, True)
        assert_still_serves(studio, song)


def _has_answer(connection):
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(30)


def test_a_head_that_never_ends_is_given_up(studio_at, song, monkeypatch):
    monkeypatch.setattr(protocol, "HEADER_TIMEOUT_S", 0.5)
    with studio_at() as studio:
        with raw(studio, "GET / HTTP/1.1\r\nHost: 127.") as connection:
            assert connection.recv(100) == b""
        with raw(studio, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") as connection:
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(4096)
            assert b" 200 " in answer
            connection.sendall(b"GET /hea")  # the second head on the same connection
            assert connection.recv(100) == b""
        assert_still_serves(studio, song)


def test_a_connection_closed_in_the_middle_leaves_nothing(studio, song):
    with raw(studio, f"{HEAD}Content-Length: 1000000\r\n\r\n") as connection:
        connection.sendall(FORM_HEAD + bytes(100_000))
    deadline = time.monotonic() + 10
    while list(studio.studio.store.incoming_dir.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert_still_serves(studio, song)


def test_a_full_queue_says_when_to_come_back_and_reads_no_upload(studio_at, long_song, song):
    with studio_at(max_waiting=2) as studio:
        answers = [studio.upload(long_song) for _ in range(5)]
        refused = [answer for answer in answers if answer.status_code == 429]
        accepted = [answer for answer in answers if answer.status_code == 202]
        assert len(accepted) >= 2 and refused
        assert int(refused[0].headers["retry-after"]) >= 1
        for answer in accepted:
            studio.client.delete(f"/api/transcriptions/{answer.json()['id']}")
        assert_still_serves(studio, song)


def failed_error(studio, audio, name):
    created = studio.upload(audio, name)
    assert created.status_code == 202, created.text
    status = studio.wait(created.json()["id"])
    assert status["status"] == "failed", status
    return status["error"]


def test_hours_of_silence_in_a_small_flac_are_refused(studio_at, song):
    hours = audio_bytes(np.zeros(3 * 3600 * 8000, np.int16), 8000, "FLAC")
    assert len(hours) < 1_000_000
    with studio_at(max_duration_s=60) as studio:
        error = failed_error(studio, hours, "bomb.flac")
        assert error.startswith("bomb.flac: is longer than 1 minutes")
        assert_still_serves(studio, song)


def test_a_header_that_hides_the_length_does_not_help(studio_at, song):
    flac = bytearray(audio_bytes(np.zeros(600 * 8000, np.int16), 8000, "FLAC"))
    flac[21] &= 0xF0  # STREAMINFO's count of samples: 0 is "unknown"
    flac[22:26] = bytes(4)
    with studio_at(max_duration_s=60) as studio:
        assert "is longer than 1 minutes" in failed_error(studio, bytes(flac), "bomb.flac")
        assert_still_serves(studio, song)


def test_a_recording_that_needs_too_much_memory_fails_alone(studio_at, song):
    # Ten seconds of 8 channels at 655,350 Hz: 210 MB of floats in one block.
    flac = audio_bytes(np.zeros((11 * 655_350, 8), np.int16), 655_350, "FLAC")
    with studio_at(worker_memory_mb=700) as studio:
        error = failed_error(studio, flac, "wide.flac")
        assert error.startswith("wide.flac: ")
        assert_still_serves(studio, song)


def test_a_transcription_that_takes_too_long_is_ended(studio_at, long_song, song):
    with studio_at(job_timeout_s=1.5) as studio:
        error = failed_error(studio, long_song, "long.wav")
        assert error.startswith("long.wav: took longer than")
        assert_still_serves(studio, song)


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF" + bytes(1000),
        b"fLaC" + b"\xff" * 5000,
        b"OggS" + b"\x00\xff" * 3000,
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\xff" * 1000,
        b"\xff\xfb\x90\x64" + b"\xff" * 4000,
        b"\x00\x00\x00\x20ftypM4A " + b"moov" * 500,
        b"\x1aE\xdf\xa3" + b"\x01" * 900,
        b"FORM\x00\x00\x00\xffAIFF" + bytes(500),
    ],
)
def test_damaged_recordings_fail_with_a_reason(studio, content):
    error = failed_error(studio, content, "bad file")
    assert error.startswith("bad file: ")
    assert len(error) < 400 and "\n" not in error
    assert str(studio.studio.store.folder) not in error


def test_random_damage_to_a_good_recording_never_hurts_the_server(studio, song, drum_hits, rng):
    samples = drum_hits([0.2, 0.6], duration_s=1.0)
    kinds = ("WAV", "FLAC", "OGG", "MP3", "AIFF")
    for kind in kinds:
        audio = bytearray(audio_bytes(samples, kind=kind))
        for place in rng.integers(16, len(audio), 12):
            audio[place] = rng.integers(256)
        created = studio.upload(bytes(audio), f"damaged.{kind.lower()}")
        assert created.status_code == 202
        status = studio.wait(created.json()["id"])
        assert status["status"] in ("done", "failed")
        assert (status["error"] is None) == (status["status"] == "done")
    assert_still_serves(studio, song)


def test_the_largest_edit_is_kept_and_a_larger_one_refused(studio, song):
    job_id = studio.transcribed(song)
    event = {"onset_s": 1.0, "lane": "kick", "velocity": 100}
    path = f"/api/transcriptions/{job_id}/events"
    many = {"revision": 0, "events": [event] * 100_001}
    refused = studio.client.patch(path, json=many)
    assert (refused.status_code, "100000" in refused.json()["detail"]) == (422, True)
    kept = studio.client.patch(path, json={**many, "events": many["events"][1:]})
    assert kept.json() == {"revision": 1}
    assert len(studio.get(job_id, "result").json()["events"]) == 100_000
    assert studio.get(job_id, "export/mid").content[:4] == b"MThd"


def test_thousands_of_edits_leave_one(studio_at, song):
    with studio_at() as studio:
        job_id = studio.transcribed(song)
        path = f"/api/transcriptions/{job_id}/events"
        event = {"onset_s": 1.0, "lane": "kick", "velocity": 100}
        for revision in range(N_EDITS):
            edit = {"revision": revision, "events": [event] * (1 + revision % 50)}
            assert studio.client.patch(path, json=edit).json() == {"revision": revision + 1}
        result = studio.get(job_id, "result").json()
        assert (result["revision"], len(result["events"])) == (N_EDITS, 1 + (N_EDITS - 1) % 50)
        folder = studio.studio.store.folder
        assert sum(path.stat().st_size for path in folder.glob("studio.sqlite3*")) < 10_000_000


def test_foreign_host_and_origin_are_refused_by_the_real_server(studio, song):
    client = studio.client
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    files = {"audio": ("a.wav", song)}
    for path in ("/api/transcriptions", "/transcribe", "/api/transcriptions/example"):
        answer = client.post(path, files=files, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403


def test_files_outside_static_are_not_served(studio):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/app.py"):
        with raw(
            studio, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ) as c:
            answer = c.recv(4096)
        assert b" 404 " in answer.split(b"\r\n")[0]
