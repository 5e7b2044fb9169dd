"""One worker process: what comes of requests, and how it ends."""

import dataclasses
import os
import time

import pytest

from drumscribe.models.bundled import bundled_path
from drumscribe.utils.workers import SPAWN
from drumscribe.web import worker_process
from drumscribe.web.settings import StudioSettings
from drumscribe.web.worker_process import WorkerProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path):
    return StudioSettings(data_dir=tmp_path, model=bundled_path())


@pytest.fixture
def process(settings):
    started = WorkerProcess(settings)
    yield started
    started.end()


def request_of(path, name="song.wav"):
    return {"recording": str(path), "name": name, "options": {}, "max_duration_s": 900.0}


def ask(process, path, should_stop=lambda: False):
    return process.ask(request_of(path), lambda stage, share: None, should_stop)


@pytest.fixture
def recording(tmp_path, song):
    path = tmp_path / "job" / "recording.wav"
    path.parent.mkdir()
    path.write_bytes(song)
    return path


def test_one_process_hears_recording_after_recording(process, recording):
    assert ask(process, recording).kind == "done"
    pid = process.pid
    assert ask(process, recording).duration_s == pytest.approx(2.0)
    assert process.pid == pid


def test_after_so_many_recordings_a_fresh_process_is_started(process, recording, monkeypatch):
    monkeypatch.setattr(worker_process, "_JOBS_PER_PROCESS", 2)
    pids = []
    for _ in range(3):
        pids.append(process.pid)
        assert ask(process, recording).kind == "done"
    assert pids[0] is None and pids[1] is not None and pids[2] is None


def test_a_refused_recording_leaves_the_process_for_the_next(process, recording, tmp_path):
    outcome = ask(process, tmp_path / "absent.wav")
    assert (outcome.kind, outcome.message) == (
        "failed",
        "song.wav: no such audio file; check the path",
    )
    assert ask(process, recording).kind == "done"


def test_a_process_that_cannot_start_is_one_that_died(process, recording, monkeypatch):
    def too_many_processes(self):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(SPAWN.Process, "start", too_many_processes)
        assert ask(process, recording).kind == "died"
        assert process.pid is None
    assert ask(process, recording).kind == "done"


def test_results_that_cannot_be_written_fail_without_telling_paths(process, recording):
    if os.geteuid() == 0:
        (recording.parent / "activations.u8").mkdir()  # root may write anywhere
    else:
        recording.parent.chmod(0o500)
    outcome = ask(process, recording)
    recording.parent.chmod(0o700)
    assert outcome.kind == "failed"
    assert outcome.message.startswith("activations.u8: ")
    assert str(recording.parent) not in outcome.message


def test_a_damaged_model_is_named_as_the_reason(settings, recording, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    process = WorkerProcess(dataclasses.replace(settings, model=tmp_path / "model.onnx"))
    try:
        for _ in range(2):
            outcome = ask(process, recording)
            assert outcome.kind == "failed"
            assert "model.onnx: is not a readable ONNX model" in outcome.message
    finally:
        process.end()


def test_told_to_stop_it_ends_at_once(process, recording, long_song):
    recording.write_bytes(long_song)
    began_at = time.monotonic()
    outcome = ask(process, recording, lambda: time.monotonic() - began_at > 1)
    assert outcome.kind == "stopped"
    assert time.monotonic() - began_at < 5
    assert process.pid is None


class Chatterbox:
    """A connection to a process that a hostile file has taken over."""

    def __init__(self, message):
        self._message = message

    def send_bytes(self, _request):
        pass

    def poll(self, _timeout_s):
        return True

    def recv_bytes(self, _max_bytes):
        return self._message

    def close(self):
        pass


@pytest.mark.parametrize(
    "message",
    [b"\x80\x04\x95", b"{", b"[]", b"null", b'{"kind":"done"}', b'{"kind":"done","duration_s":"x"}',
     b'{"kind":"progress","stage":1}', b"\xff", b'{"no":"kind"}'],
)  # fmt: skip
def test_what_is_no_message_ends_the_process_and_nothing_else(process, monkeypatch, message):
    monkeypatch.setattr(process, "_started", lambda: Chatterbox(message))
    assert process.ask({}, lambda stage, share: None, lambda: False).kind == "died"


class Silence(Chatterbox):
    """A connection to a process that says nothing any more."""

    def poll(self, timeout_s):
        time.sleep(timeout_s)
        return False


def test_only_a_fresh_process_is_given_time_to_start(settings, monkeypatch):
    monkeypatch.setattr(worker_process, "_START_TIMEOUT_S", 60.0)
    process = WorkerProcess(dataclasses.replace(settings, job_timeout_s=0.1))
    connections = [Chatterbox(b'{"kind":"done","duration_s":1}'), Silence(b"")]
    monkeypatch.setattr(process, "_started", lambda: connections.pop(0))

    def outcome():
        began_at = time.monotonic()
        return process.ask({}, lambda *step: None, lambda: time.monotonic() - began_at > 2)

    assert [outcome().kind, outcome().kind] == ["done", "late"]
