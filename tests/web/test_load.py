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

import httpx
import numpy as np
import pytest
from studio_server import audio_bytes

from drumscribe.timing import SAMPLE_RATE

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


def upload_until_taken(url, name, content):
    """Status and id (or reason), minding 429; and how often that came."""
    n_refused = 0
    with httpx.Client(base_url=url, timeout=120) as client:
        while True:
            answer = client.post("/api/transcriptions", files={"audio": (name, content)})
            if answer.status_code != 429:
                break
            n_refused += 1
            time.sleep(min(2.0, float(answer.headers["retry-after"])) * 0.5)
    return answer.status_code, answer.json().get("id") or answer.json()["detail"], n_refused


def memory_kb():
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1])


@pytest.mark.timeout(3600)
def test_a_crowd_of_clients_loses_nothing(studio_at, tmp_path, drum_hits):
    good, bad = recordings(drum_hits)
    (tmp_path / "audio").mkdir()
    wanted = reference(tmp_path / "audio", good)
    names = list({**good, **bad})
    plan = [names[number % len(names)] for number in range(N_UPLOADS)]
    memory = []
    with studio_at(n_workers=1, max_waiting=8) as studio:
        with ThreadPoolExecutor(N_CLIENTS) as clients:
            sent = [
                clients.submit(upload_until_taken, studio.url, name, {**good, **bad}[name])
                for name in plan
            ]
            while not all(each.done() for each in sent):
                memory.append(memory_kb())
                time.sleep(0.5)
        n_refused = 0
        for name, each in zip(plan, sent, strict=True):
            status_code, found, refusals = each.result()
            n_refused += refusals
            if status_code != 202:
                assert name in bad and 400 <= status_code < 500, (name, found)
                assert found.startswith(name)
                continue
            status = studio.wait(found, 600)
            assert status["status"] == ("done" if name in good else "failed"), (name, status)
            if name in good:
                assert studio.get(found, "export/mid").content == wanted[name], name
            else:
                assert status["error"].startswith(f"{name}: "), status
        n_listed = len(studio.client.get("/api/transcriptions").json()["transcriptions"])
        assert n_listed == sum(each.result()[0] == 202 for each in sent)
        memory.append(memory_kb())
    half = memory[len(memory) // 2 :]
    assert max(half) < memory[len(memory) // 4] + 50_000, memory
    told = f"{N_UPLOADS} uploads, {n_refused} refusals, memory {memory[0]}..{memory[-1]} kB"
    logging.getLogger(__name__).info(told)
