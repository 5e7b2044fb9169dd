"""A studio that really listens, with real worker processes, in a thread of the tests."""

import contextlib
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
import uvicorn

from drumscribe.data.midi_processing import MidiNote
from drumscribe.data.synth.kits import synth_kit
from drumscribe.data.synth.pieces import EGMD_SAMPLE_RATE
from drumscribe.data.synth.synthesis import synthesised
from drumscribe.models.bundled import bundled_path
from drumscribe.timing import SAMPLE_RATE
from drumscribe.web.app import create_app
from drumscribe.web.protocol import ImpatientProtocol
from drumscribe.web.settings import StudioSettings
from drumscribe.web.studio import Studio

KICK, SNARE = 36, 38

FINISHED = ("done", "failed", "cancelled")


class RunningStudio:
    """A studio and a client of it."""

    def __init__(self, studio: Studio, port: int) -> None:
        self.studio = studio
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def upload(self, audio: bytes, name: str = "song.wav", **fields: str) -> httpx.Response:
        return self.client.post("/api/transcriptions", files={"audio": (name, audio)}, data=fields)

    def wait(self, job_id: str, timeout_s: float = 120) -> dict[str, Any]:
        """The status of a job that has ended."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = self.client.get(f"/api/transcriptions/{job_id}").json()
            if status["status"] in FINISHED:
                return status
            time.sleep(0.02)
        raise AssertionError(f"{job_id} has not ended: {status}")

    def wait_until_begun(self, job_id: str) -> None:
        """Wait for a worker to take a job; without pauses, asking would take the worker's core."""
        while self.client.get(f"/api/transcriptions/{job_id}").json()["status"] == "queued":
            time.sleep(0.01)

    def transcribed(self, audio: bytes, name: str = "song.wav", **fields: str) -> str:
        """The id of a finished transcription."""
        created = self.upload(audio, name, **fields)
        assert created.status_code == 202, created.text
        status = self.wait(created.json()["id"])
        assert status["status"] == "done", status
        return created.json()["id"]

    def get(self, job_id: str, part: str) -> httpx.Response:
        answer = self.client.get(f"/api/transcriptions/{job_id}/{part}")
        assert answer.status_code == 200, answer.text
        return answer


@contextlib.contextmanager
def running_studio(data_dir: Path, **changes: Any) -> Iterator[RunningStudio]:
    """A studio that listens until the block ends."""
    settings = StudioSettings(
        **{"data_dir": data_dir, "model": bundled_path(), "port": 0} | changes
    )
    studio = Studio(settings)
    config = uvicorn.Config(
        create_app(studio),
        port=0,
        http=ImpatientProtocol,
        log_level="error",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    running = RunningStudio(studio, server.servers[0].sockets[0].getsockname()[1])
    try:
        yield running
    finally:
        running.client.close()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not end"


class ServerProcess:
    """``drumscribe studio`` as a user runs it."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["studio", "--data", str(folder), "--port", str(port), "--no-browser", *options]
        self.process = subprocess.Popen([sys.executable, "-m", "drumscribe", *command])
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.client.get("/health")
                return
            except httpx.TransportError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.02)
        raise AssertionError("the server did not answer")

    def kill(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()

    def statuses(self) -> dict[str, Any]:
        """The status of every job by its id."""
        listed = self.client.get("/api/transcriptions").json()["transcriptions"]
        return {status["id"]: status for status in listed}


def kick_and_snare(
    times_s: Sequence[float], *, duration_s: float, drowned_kicks_s: Sequence[float] = ()
) -> bytes:
    """A wav of kick and snare in turns, from kick on.

    A model has no doubt of them, but with drowned kicks: there is a hiss, in which those can
    hardly be heard, and nothing is certain.
    """
    notes = [
        MidiNote(time_s, (KICK, SNARE)[index % 2], 100) for index, time_s in enumerate(times_s)
    ]
    notes += [MidiNote(time_s, KICK, 40) for time_s in drowned_kicks_s]
    samples = synthesised(notes, synth_kit(0), duration_s=duration_s, seed=1)
    if drowned_kicks_s:
        samples = samples + 0.15 * np.random.default_rng(1).standard_normal(len(samples))
    return audio_bytes(samples, EGMD_SAMPLE_RATE)


def audio_bytes(samples: Any, rate: int = SAMPLE_RATE, kind: str = "WAV", **options: str) -> bytes:
    """Samples as the bytes of an audio file."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=kind, **options)
    return stream.getvalue()
