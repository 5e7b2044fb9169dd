"""Killed workers and killed servers lose nothing that was accepted.

``DRUMSCRIBE_KILLS`` sets how often each is killed (default 2, so that the gate stays quick).
"""

import os
import random
import signal
import subprocess
import time

import pytest
from studio_server import FINISHED, ServerProcess, audio_bytes

N_KILLS = int(os.environ.get("DRUMSCRIBE_KILLS", "2"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="kills by signal"),
]


def children_of(pid):
    """Ids of the processes below one, from the system's table."""
    listed = subprocess.run(["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [
        int(child) for child, parent, args in rows if int(parent) == pid and "spawn_main" in args
    ]


def running_job(studio):
    """The id of a job that a worker is listening to."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for status in studio.client.get("/api/transcriptions").json()["transcriptions"]:
            if status["stage"] == "listening":
                return status["id"]
        time.sleep(0.02)
    raise AssertionError("no job is running")


@pytest.mark.timeout(600)
def test_jobs_whose_worker_is_killed_are_done_all_the_same(studio_at, long_song, song):
    with studio_at() as studio:
        ids = [studio.upload(long_song).json()["id"], studio.upload(song).json()["id"]]
        for _ in range(2):
            running_job(studio)
            time.sleep(0.3)
            for pid in children_of(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)
        assert [studio.wait(job_id)["status"] for job_id in ids] == ["done", "done"]


@pytest.mark.timeout(120)
def test_a_job_that_kills_its_worker_each_time_fails_alone(studio_at, long_song, song):
    with studio_at() as studio:
        hostile = studio.upload(long_song, "hostile.wav").json()["id"]
        good = studio.upload(song).json()["id"]
        while (status := studio.client.get(f"/api/transcriptions/{hostile}").json())[
            "status"
        ] not in FINISHED:
            if status["stage"] == "listening":
                for pid in children_of(os.getpid()):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        error = status["error"]
        assert error.startswith("hostile.wav: ended the transcription process each time")
        assert studio.wait(good)["status"] == "done"


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.timeout(600)
def test_a_killed_server_ends_every_accepted_job_after_its_restart(tmp_path, drum_hits):
    chance = random.Random(3)
    wav = audio_bytes(drum_hits([0.3, 1.1], duration_s=30.0))
    accepted, workers = [], []
    for _ in range(N_KILLS):
        server = ServerProcess(tmp_path / "data", "--queue", "1000")
        for _ in range(3):
            answer = server.client.post("/api/transcriptions", files={"audio": ("a.wav", wav)})
            accepted.append(answer.json()["id"])
        time.sleep(chance.uniform(0, 3))
        workers += children_of(server.process.pid)
        server.kill()
    server = ServerProcess(tmp_path / "data")
    try:
        deadline = time.monotonic() + 300
        while any(s["status"] not in FINISHED for s in server.statuses().values()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        statuses = server.statuses()
        assert {job_id: statuses[job_id]["status"] for job_id in accepted} == dict.fromkeys(
            accepted, "done"
        )
        results = {
            server.client.get(f"/api/transcriptions/{job_id}/export/mid").content
            for job_id in accepted
        }
        assert len(results) == 1
    finally:
        server.kill()
    time.sleep(1)
    assert not [pid for pid in workers if is_alive(pid)], "workers outlived their server"


def test_ctrl_c_ends_the_server_and_its_worker(tmp_path, long_song):
    server = ServerProcess(tmp_path / "data")
    job_id = server.client.post(
        "/api/transcriptions", files={"audio": ("a.wav", long_song)}
    ).json()["id"]
    while server.statuses()[job_id]["stage"] != "listening":
        time.sleep(0.05)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) in (0, 130, -signal.SIGINT)
    server = ServerProcess(tmp_path / "data")
    try:
        assert server.statuses()[job_id]["status"] in ("queued", "running")
    finally:
        server.kill()
