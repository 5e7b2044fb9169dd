"""Many clients at once: nothing is lost, good recordings are transcribed as the command line does.

``DRUMSCRIBE_UPLOADS`` sets how many uploads there are (default 30, so that the gate stays quick)
and ``DRUMSCRIBE_CLIENTS`` from how many clients (default 6).
"""

import logging
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from studio_server import FINISHED, ServerProcess, audio_bytes

from drumscribe.timing import SAMPLE_RATE

pytestmark = pytest.mark.slow

N_UPLOADS = int(os.environ.get("DRUMSCRIBE_UPLOADS", "30"))
N_CLIENTS = int(os.environ.get("DRUMSCRIBE_CLIENTS", "6"))


def recordings(drum_hits):
    """Good ones and bad ones by name."""
    samples = drum_hits([0.25, 0.5, 1.0, 1.75], duration_s=3.0)
    other = drum_hits([0.1, 0.9, 2.2], duration_s=2.5, seed=5)
    stereo = np.stack([other, samples[: len(other)]], axis=1)
    good = {
        "good.wav": audio_bytes(samples),
        "good.flac": audio_bytes(other, kind="FLAC"),
        "good.ogg": audio_bytes(stereo, kind="OGG"),
        "good.mp3": audio_bytes(samples, kind="MP3"),
        "good 44100.wav": audio_bytes(other, 44_100),
    }
    wav = good["good.wav"]
    bad = {
        "empty.wav": b"",
        "cut.wav": wav[: len(wav) // 2],
        "text.wav": b"this is a letter and no recording" * 10,
        "noise.mp3": b"ID3" + bytes(np.random.default_rng(2).integers(0, 256, 5000, np.uint8)),
        "nan.wav": audio_bytes(np.full(SAMPLE_RATE, np.nan, np.float32), subtype="FLOAT"),
    }
    return good, bad


def reference(folder: Path, good):
    """The MIDI that the command line writes for each good recording."""
    for name, content in good.items():
        (folder / name).write_bytes(content)
    command = [sys.executable, "-m", "drumscribe", "transcribe", str(folder)]
    subprocess.run([*command, "-o", str(folder / "midi")], check=True)
    written = {path.name: path.read_bytes() for path in (folder / "midi").iterdir()}
    # Names that differ in the suffix alone keep it.
    return {name: written.get(f"{name}.mid") or written[f"{Path(name).stem}.mid"] for name in good}


def upload_until_taken(server, name, content):
    """Status and id (or reason), minding 429; and how often that came."""
    n_refused = 0
    while True:
        answer = server.client.post("/api/transcriptions", files={"audio": (name, content)})
        if answer.status_code != 429:
            return answer.status_code, answer.json().get("id") or answer.json()["detail"], n_refused
        n_refused += 1
        time.sleep(min(2.0, float(answer.headers["retry-after"])) * 0.5)


def memory_kb(pid):
    """What a process holds in memory; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1])


@pytest.mark.timeout(3600)
def test_a_crowd_of_clients_loses_nothing(tmp_path, drum_hits):
    good, bad = recordings(drum_hits)
    (tmp_path / "audio").mkdir()
    wanted = reference(tmp_path / "audio", good)
    names = list({**good, **bad})
    plan = [names[number % len(names)] for number in range(N_UPLOADS)]
    memory = []
    server = ServerProcess(tmp_path / "data", "--queue", "8")
    try:
        with ThreadPoolExecutor(N_CLIENTS) as clients:
            sent = [
                clients.submit(upload_until_taken, server, name, {**good, **bad}[name])
                for name in plan
            ]
            while not all(each.done() for each in sent):
                memory.append(memory_kb(server.process.pid))
                time.sleep(0.2)
        while any(s["status"] not in FINISHED for s in server.statuses().values()):
            time.sleep(0.2)
        statuses = server.statuses()
        for name, each in zip(plan, sent, strict=True):
            status_code, found, _ = each.result()
            if status_code != 202:
                assert name in bad and 400 <= status_code < 500, (name, found)
                assert found.startswith(name)
                continue
            status = statuses.pop(found)
            assert status["status"] == ("done" if name in good else "failed"), (name, status)
            if name in good:
                midi = server.client.get(f"/api/transcriptions/{found}/export/mid").content
                assert midi == wanted[name], name
            else:
                assert status["error"].startswith(f"{name}: "), status
        assert not statuses, "the server knows of jobs that nobody sent"
        memory.append(memory_kb(server.process.pid))
    finally:
        server.kill()
    n_refused = sum(each.result()[2] for each in sent)
    told = "%d uploads from %d clients, %d refusals; the server's memory in kB: %s"
    quarters = [memory[len(memory) * part // 4] for part in range(4)] + [memory[-1]]
    logging.getLogger(__name__).info(told, N_UPLOADS, N_CLIENTS, n_refused, quarters)
    assert quarters[4] - quarters[1] < 30_000, quarters
