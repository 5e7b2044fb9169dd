"""The API as the page and programs use it, over real sockets and worker processes."""

import inspect
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from studio_server import audio_bytes

from drumscribe.config import InferenceConfig, PeakPickingConfig
from drumscribe.inference.peak_picking import find_peaks
from drumscribe.inference.transcriber import Transcriber
from drumscribe.models.bundled import bundled_path
from drumscribe.models.load import load_model
from drumscribe.timing import HOP_LENGTH, SAMPLE_RATE, frame_count
from drumscribe.web.intake import UPLOAD_FORM
from drumscribe.web.schemas import Edits, Event
from drumscribe.web.store import JobStore


@pytest.fixture(scope="module")
def example(studio):
    """The finished example."""
    created = studio.client.post("/api/transcriptions/example")
    assert created.status_code == 202
    job_id = created.json()["id"]
    assert created.headers["location"] == f"/api/transcriptions/{job_id}"
    assert studio.wait(job_id)["status"] == "done"
    return job_id


@pytest.fixture(scope="module")
def example_bytes():
    from drumscribe.web.studio import example_path

    return example_path().read_bytes()


def test_health(studio):
    assert studio.client.get("/health").json()["status"] == "ok"


def test_openapi_tells_of_every_route(studio):
    schema = studio.client.get("/openapi.json").json()
    paths = schema["paths"]
    assert {"/transcribe", "/api/transcriptions", "/health", "/api/formats"} <= set(paths)
    assert "patch" in paths["/api/transcriptions/{job_id}/events"]
    body = paths["/api/transcriptions"]["post"]["requestBody"]["content"]
    assert "audio" in body["multipart/form-data"]["schema"]["properties"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path}"


def test_the_documentation_names_every_field_that_may_be_sent():
    text = (Path(__file__).parents[2] / "docs" / "studio.md").read_text(encoding="utf-8")
    api = text.partition("## The API")[2]
    form = UPLOAD_FORM["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    for path in ("/api/transcriptions", "/transcribe"):
        (row,) = (line for line in api.splitlines() if line.startswith(f"| `POST {path}` |"))
        assert set(re.findall(r"`(\w+)`", row)) >= set(form)
    assert set(re.findall(r"`(\w+)`", api)) >= {*Event.model_fields, *Edits.model_fields}


def test_openapi_tells_how_many_jobs_are_listed(studio):
    operation = studio.client.get("/openapi.json").json()["paths"]["/api/transcriptions"]["get"]
    limit = inspect.signature(JobStore.newest).parameters["limit"].default
    assert f"newest {limit} " in operation["description"]


def test_an_upload_is_accepted_named_and_transcribed(studio, song):
    created = studio.upload(song, "My take.wav", title="AC/DC", artist="me")
    assert created.status_code == 202
    status = studio.wait(created.json()["id"])
    assert (status["status"], status["stage"], status["progress"]) == ("done", "done", 1.0)
    assert (status["name"], status["title"], status["artist"]) == ("My take.wav", "AC/DC", "me")
    assert status["duration_s"] == pytest.approx(2.0)
    newest = studio.client.get("/api/transcriptions").json()["transcriptions"][0]
    assert newest == status


def test_the_result_has_the_hits_where_they_are(studio, song):
    result = studio.get(studio.transcribed(song), "result").json()
    onsets = sorted({round(event["onset_s"], 1) for event in result["events"]})
    assert onsets == [0.3, 0.8, 1.5]
    assert [lane["name"] for lane in result["lanes"]][:3] == ["kick", "snare", "hihat"]
    assert result["revision"] == 0 and not result["edited"]
    assert [event["id"] for event in result["events"]] == list(range(len(result["events"])))


@pytest.mark.slow
def test_exports_are_what_the_command_line_writes(studio, example, example_bytes, tmp_path):
    audio = tmp_path / "groove.ogg"
    audio.write_bytes(example_bytes)
    command = ["transcribe", str(audio), "-o", str(tmp_path), "--format", "mid,csv,json"]
    subprocess.run([sys.executable, "-m", "drumscribe", *command], check=True)
    for name in ("mid", "csv", "json"):
        exported = studio.get(example, f"export/{name}")
        assert exported.content == (tmp_path / f"groove.{name}").read_bytes()
        disposition = exported.headers["content-disposition"]
        assert disposition == f"attachment; filename*=utf-8''Example%20groove.{name}"


@pytest.mark.slow
def test_every_format_that_is_listed_is_exported(studio, example):
    formats = studio.client.get("/api/formats").json()["formats"]
    assert {"mid", "csv", "json"} <= {each["id"] for each in formats}
    for each in formats:
        exported = studio.get(example, f"export/{each['id']}")
        assert exported.content
        assert f".{each['extension']}" in exported.headers["content-disposition"]
    assert studio.client.get(f"/api/transcriptions/{example}/export/exe").status_code == 404


def test_activations_picked_again_give_the_events(studio, example):
    """What the page does when a slider moves, at the model's own thresholds."""
    result = studio.get(example, "result").json()
    answer = studio.get(example, "activations")
    n_frames = int(answer.headers["x-frames"])
    assert (answer.headers["x-frame-rate"], answer.headers["x-lanes"]) == ("98", "8")
    levels = np.frombuffer(answer.content, np.uint8).reshape(n_frames, 8) / np.float32(255)
    config = PeakPickingConfig(**result["picking"])
    n_differing = 0
    for index, lane in enumerate(result["lanes"]):
        peaks = find_peaks(levels[:, index], config, threshold=result["thresholds"][lane["name"]])
        picked = set(peaks.frame.tolist())
        heard = {
            round(event["onset_s"] * 98)
            for event in result["events"]
            if event["lane"] == lane["name"]
        }
        n_differing += len(picked ^ heard)
    # Bytes are coarser than floats: of equal neighbours another may be the highest.
    assert n_differing <= 0.03 * len(result["events"])


def test_velocities_are_those_of_the_events(studio, example):
    result = studio.get(example, "result").json()
    content = studio.get(example, "velocities").content
    velocities = np.frombuffer(content, np.uint8).reshape(-1, 8).astype(float) / 255 * 127
    lanes = [lane["name"] for lane in result["lanes"]]
    for event in result["events"]:
        there = velocities[round(event["onset_s"] * 98), lanes.index(event["lane"])]
        assert abs(there - event["velocity"]) <= 1


def test_the_waveform_is_lowest_and_highest_of_each_frame(studio):
    samples = np.zeros(5 * HOP_LENGTH + 10, np.float32)
    samples[HOP_LENGTH + 3], samples[3 * HOP_LENGTH], samples[5 * HOP_LENGTH + 5] = 1, -1, 0.5
    answer = studio.get(studio.transcribed(audio_bytes(samples, subtype="FLOAT")), "waveform")
    assert float(answer.headers["x-step-seconds"]) == pytest.approx(HOP_LENGTH / SAMPLE_RATE)
    outline = np.frombuffer(answer.content, np.uint8).reshape(-1, 2).tolist()
    zero = 128
    assert outline == [
        [zero, zero], [zero, 255], [zero, zero], [0, zero], [zero, zero], [zero, 191]
    ]  # fmt: skip


def test_frames_of_activations_fit_the_audio(studio, song):
    answer = studio.get(studio.transcribed(song), "activations")
    assert int(answer.headers["x-frames"]) == frame_count(2 * SAMPLE_RATE)


@pytest.mark.parametrize(
    ("kind", "options", "media_type"),
    [
        ("WAV", {}, "audio/wav"),
        ("FLAC", {}, "audio/flac"),
        ("OGG", {"subtype": "VORBIS"}, "audio/ogg"),
        ("AIFF", {}, "audio/ogg"),
        ("WAV", {"subtype": "DOUBLE"}, "audio/ogg"),
        ("MP3", {}, "audio/ogg"),
        ("OGG", {"subtype": "OPUS"}, "audio/ogg"),
    ],
)
def test_the_sound_is_in_a_form_browsers_play_and_in_time(
    studio, drum_hits, kind, options, media_type
):
    samples = drum_hits([0.5, 1.0, 1.5], duration_s=2.0)
    rate = 24_000 if options.get("subtype") == "OPUS" else SAMPLE_RATE
    audio = audio_bytes(np.stack([samples, samples], axis=1), rate, kind, **options)
    job_id = studio.transcribed(audio, f"a.{kind.lower()}")
    answer = studio.get(job_id, "audio")
    assert answer.headers["content-type"] == media_type
    played, rate = soundfile.read(io.BytesIO(answer.content))
    assert played.shape[1] == 2
    loud_s = np.argmax(np.abs(played[:, 0]) > 0.1) / rate
    onsets = [event["onset_s"] for event in studio.get(job_id, "result").json()["events"]]
    assert min(abs(onset_s - loud_s) for onset_s in onsets) < 0.02


@pytest.mark.slow
def test_what_only_ffmpeg_decodes_is_heard_and_played(studio, drum_hits, tmp_path):
    av = pytest.importorskip("av")
    samples = drum_hits([0.5, 1.2], duration_s=2.0)
    with av.open(str(tmp_path / "a.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    job_id = studio.transcribed((tmp_path / "a.m4a").read_bytes(), "a.m4a")
    answer = studio.get(job_id, "audio")
    assert answer.headers["content-type"] == "audio/ogg"
    played, rate = soundfile.read(io.BytesIO(answer.content))
    loud_s = np.argmax(np.abs(played) > 0.1) / rate
    onsets = [event["onset_s"] for event in studio.get(job_id, "result").json()["events"]]
    assert min(abs(onset_s - loud_s) for onset_s in onsets) < 0.02
    assert abs(loud_s - 0.5) < 0.02


def test_parts_of_the_sound_can_be_asked_for(studio, song):
    job_id = studio.transcribed(song)
    part = studio.client.get(f"/api/transcriptions/{job_id}/audio", headers={"Range": "bytes=4-9"})
    assert part.status_code == 206
    assert part.content == song[4:10]


def events_of(studio, job_id):
    return studio.get(job_id, "result").json()["events"]


def patch(studio, job_id, **body):
    return studio.client.patch(f"/api/transcriptions/{job_id}/events", json=body)


SIGNATURE = {"first_beat": 0, "numerator": 3, "denominator": 4}
TEMPO = {
    "beats_s": [0.0, 0.5, 1.0, 1.5],
    "time_signatures": [SIGNATURE],
    "confidence": 1.0,
    "is_steady": True,
}


def test_edits_are_kept_and_exported(studio, song):
    job_id = studio.transcribed(song)
    heard = studio.get(job_id, "result").json()
    kept = heard["events"][0]
    added = {"onset_s": 1.25, "lane": "ride", "velocity": 33, "confidence": 1}
    edited = patch(studio, job_id, revision=0, events=[added, kept], tempo=TEMPO)
    assert edited.json() == {"revision": 1}

    result = studio.get(job_id, "result").json()
    assert (result["revision"], result["edited"]) == (1, True)
    assert result["events"] == [kept, {**added, "id": kept["id"] + 1}]
    assert result["tempo"] == {**TEMPO, "bpm": 120.0}
    assert result["found_tempo"] == heard["tempo"] == heard["found_tempo"]

    midi = mido.MidiFile(file=io.BytesIO(studio.get(job_id, "export/mid").content))
    notes = [(m.note, m.velocity) for m in midi if m.type == "note_on" and m.velocity]
    assert len(notes) == 2 and (51, 33) in notes
    signatures = [m.numerator for m in midi if m.type == "time_signature"]
    assert signatures[-1] == 3


@pytest.mark.slow
def test_songs_for_games_hold_chart_and_sound(studio, song):
    job_id = studio.transcribed(song, "a.wav", title="My: song?", artist="me")
    for name, wanted in (("clonehero", "song.ini"), ("dtxmania", "set.def")):
        content = io.BytesIO(studio.get(job_id, f"export/{name}").content)
        with zipfile.ZipFile(content) as archive:
            assert archive.testzip() is None
            names = {Path(entry).name for entry in archive.namelist()}
            assert wanted in names
            assert names & {"song.opus", "bgm.ogg"}
            assert {Path(entry).parent.as_posix() for entry in archive.namelist()} == {"My_ song"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tags", "fields", "artist", "title"),
    [
        ({}, {}, "Some Artist", "Some Title"),
        ({"title": "Tagged", "artist": "Band"}, {}, "Band", "Tagged"),
        ({"title": "Tagged", "artist": "Band"}, {"title": "Mine"}, "Band", "Mine"),
    ],
)
def test_a_song_for_a_game_is_named_as_by_the_command_line(
    studio, song, tmp_path, tags, fields, artist, title
):
    path = tmp_path / "Some Artist - Some Title.flac"
    samples, rate = soundfile.read(io.BytesIO(song))
    with soundfile.SoundFile(path, "w", rate, 1) as file:
        for name, text in tags.items():
            setattr(file, name, text)
        file.write(samples)
    job_id = studio.transcribed(path.read_bytes(), path.name, **fields)
    content = io.BytesIO(studio.get(job_id, "export/clonehero").content)
    with zipfile.ZipFile(content) as archive:
        (ini,) = (entry for entry in archive.namelist() if entry.endswith("song.ini"))
        lines = archive.read(ini).decode().splitlines()
    assert {f"name = {title}", f"artist = {artist}"} <= set(lines)


def test_the_tempo_is_what_the_command_line_finds(studio, example, example_bytes, tmp_path):
    found = studio.get(example, "result").json()["tempo"]
    (tmp_path / "groove.ogg").write_bytes(example_bytes)
    transcriber = Transcriber(load_model(bundled_path()), InferenceConfig())
    tempo = transcriber.transcribe(tmp_path / "groove.ogg").tempo
    assert found["beats_s"] == pytest.approx(tempo.beats_s)
    assert found["confidence"] == pytest.approx(tempo.confidence)


def test_a_hit_and_a_bar_may_begin_at_the_very_end(studio, song):
    job_id = studio.transcribed(song)
    signatures = [SIGNATURE, {**SIGNATURE, "first_beat": 7}]
    hit = {"onset_s": 2.0, "lane": "kick", "velocity": 1}
    tempo = {**TEMPO, "time_signatures": signatures}
    assert patch(studio, job_id, revision=0, events=[hit], tempo=tempo).json() == {"revision": 1}


def test_what_an_edit_leaves_out_stays(studio, song):
    job_id = studio.transcribed(song)
    patch(studio, job_id, revision=0, events=[], tempo=TEMPO, thresholds={"kick": 0.2})
    assert patch(studio, job_id, revision=1, events=[], tempo=None).json() == {"revision": 2}
    result = studio.get(job_id, "result").json()
    assert result["tempo"]["beats_s"] == TEMPO["beats_s"]
    assert result["chosen_thresholds"] == {"kick": 0.2}


def test_an_edit_of_an_old_revision_is_refused(studio, song):
    job_id = studio.transcribed(song)
    patch(studio, job_id, revision=0, events=[])
    late = patch(studio, job_id, revision=0, events=[])
    assert late.status_code == 409
    assert "newest revision is 1" in late.json()["detail"]


GOOD = {"onset_s": 1.0, "lane": "kick", "velocity": 100}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events": [{**GOOD, "onset_s": -1}]}, "events.0.onset_s"),
        ({"events": [{**GOOD, "lane": "cowbell"}]}, "events.0.lane"),
        ({"events": [{**GOOD, "velocity": 0}]}, "events.0.velocity"),
        ({"events": [{**GOOD, "velocity": 1.5}]}, "events.0.velocity"),
        ({"events": [{**GOOD, "confidence": 2}]}, "events.0.confidence"),
        ({"events": [{**GOOD, "surprise": 1}]}, "events.0.surprise"),
        ({"events": [{**GOOD, "id": 1}, {**GOOD, "id": 1}]}, "same id"),
        ({"events": "all"}, "events"),
        ({"events": None}, "events"),
        ({"revision": "x"}, "revision"),
        ({"revision": -1}, "revision"),
        ({"tempo": {**TEMPO, "beats_s": [1.0]}}, "tempo.beats_s"),
        ({"tempo": {**TEMPO, "beats_s": [1.0, 1.0]}}, "increasing order"),
        ({"tempo": {**TEMPO, "beats_s": [10.0, 10.0 + 1e-9]}}, "begins too late"),
        ({"tempo": {**TEMPO, "time_signatures": []}}, "tempo.time_signatures"),
        (
            {"tempo": {**TEMPO, "time_signatures": [SIGNATURE, {**SIGNATURE, "first_beat": 8}]}},
            "tempo.time_signatures.1.first_beat: must be 0..7, as there are 4 beats",
        ),
        (
            {"events": [GOOD, {**GOOD, "onset_s": 50_000}]},
            "events.1.onset_s: is beyond the recording's end at 21.886 s",
        ),
        ({"events": [{**GOOD, "onset_s": 21.887}]}, "events.0.onset_s: is beyond"),
        ({"thresholds": {"kick": 2}}, "thresholds.kick"),
        ({"thresholds": {"cowbell": 0.5}}, "thresholds.cowbell"),
    ],
)
def test_a_wrong_edit_is_refused_in_one_line(studio, example, change, words):
    answer = patch(studio, example, **{"revision": 0, "events": [], **change})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"[" * 100_000, b'{"revision":0,"events":[{"onset_s":NaN}]}',
     b'{"revision":0,"events":[],"\\ud800":1}', b"\xff\xfe", b'{"revision":1e400,"events":[]}'],
)  # fmt: skip
def test_what_is_no_edit_at_all_is_a_client_error(studio, example, body):
    answer = studio.client.patch(
        f"/api/transcriptions/{example}/events",
        content=body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json()["detail"], str)


def test_progress_is_told_until_the_end(studio, song):
    job_id = studio.upload(song).json()["id"]
    with studio.client.stream("GET", f"/api/transcriptions/{job_id}/progress") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert told[-1]["status"] == "done"
    shares = [status["progress"] for status in told]
    assert shares == sorted(shares)
    assert all(status["id"] == job_id for status in told)


@pytest.mark.slow
def test_a_running_job_is_cancelled_and_the_next_one_runs(studio, long_song, song):
    job_id = studio.upload(long_song).json()["id"]
    studio.wait_until_begun(job_id)
    cancelled = studio.client.post(f"/api/transcriptions/{job_id}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert studio.client.get(f"/api/transcriptions/{job_id}/result").status_code == 409
    assert studio.transcribed(song)


def test_a_queued_job_is_cancelled(studio, long_song, song):
    running = studio.upload(long_song).json()["id"]
    queued = studio.upload(song).json()["id"]
    for job_id in (queued, running):
        answer = studio.client.post(f"/api/transcriptions/{job_id}/cancel")
        assert answer.json()["status"] == "cancelled"


def test_cancelling_what_is_done_changes_nothing(studio, example):
    answer = studio.client.post(f"/api/transcriptions/{example}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "done")


def test_a_deleted_transcription_is_gone(studio, song):
    job_id = studio.transcribed(song)
    assert studio.client.delete(f"/api/transcriptions/{job_id}").status_code == 204
    for part in ("", "/result", "/audio", "/export/mid", "/progress"):
        assert studio.client.get(f"/api/transcriptions/{job_id}{part}").status_code == 404
    assert studio.client.delete(f"/api/transcriptions/{job_id}").status_code == 404
    assert not studio.studio.store.job_dir(job_id).exists()


@pytest.mark.parametrize("content", [b"", b'{"events": [', b"\xff\xfe", b"[]"])
def test_a_damaged_transcription_is_told_and_can_be_deleted(studio, song, content):
    job_id = studio.transcribed(song)
    (studio.studio.store.job_dir(job_id) / "result.json").write_bytes(content)
    for part in ("/result", "/export/mid"):
        answer = studio.client.get(f"/api/transcriptions/{job_id}{part}")
        detail = answer.json()["detail"]
        assert (answer.status_code, "is damaged on the server" in detail) == (422, True)
        assert str(studio.studio.store.folder) not in detail
    assert studio.client.delete(f"/api/transcriptions/{job_id}").status_code == 204


def test_a_running_job_is_deleted_with_all_it_has(studio, long_song):
    job_id = studio.upload(long_song).json()["id"]
    studio.wait_until_begun(job_id)
    assert studio.client.delete(f"/api/transcriptions/{job_id}").status_code == 204
    assert not studio.studio.store.job_dir(job_id).exists()


def test_the_example_is_transcribed_once(studio, example):
    again = studio.client.post("/api/transcriptions/example")
    assert (again.status_code, again.json()["id"]) == (202, example)


@pytest.mark.slow
def test_the_example_is_heard_again_by_another_model(studio_at):
    def heard_by(**changes):
        with studio_at(**changes) as studio:
            job_id = studio.client.post("/api/transcriptions/example").json()["id"]
            assert studio.wait(job_id)["status"] == "done"
            return job_id, studio.studio.store.job_dir(job_id) / "result.json"

    live = bundled_path("drums8-live")
    first, result = heard_by()
    other, _ = heard_by(model=live)
    assert len({first, other}) == 2
    assert heard_by(model=live)[0] == other
    assert heard_by()[0] == first
    content = json.loads(result.read_text())
    del content["model_sha256"]  # as studios wrote it that did not know
    result.write_text(json.dumps(content))
    assert heard_by()[0] not in (first, other)


@pytest.mark.slow
def test_one_request_from_recording_to_statistics(studio, song):
    answer = studio.client.post(
        "/transcribe",
        files={"audio": ("a.wav", song)},
        data={"threshold": "0.3", "min_interval": "0.05", "tempo": "90"},
    )
    assert answer.status_code == 200, answer.text
    statistics = answer.json()["statistics"]
    assert statistics["duration_s"] == pytest.approx(2.0)
    assert statistics["n_events"] == sum(statistics["n_events_by_lane"].values()) >= 3
    assert statistics["bpm"] == pytest.approx(90)
    assert studio.client.get(answer.json()["download_url"]).content[:4] == b"MThd"


@pytest.mark.slow
def test_a_higher_threshold_finds_fewer_hits(studio, example_bytes):
    counts = []
    for threshold in ("0.2", "0.5", "0.95"):
        answer = studio.client.post(
            "/transcribe", files={"audio": ("a.ogg", example_bytes)}, data={"threshold": threshold}
        )
        counts.append(answer.json()["statistics"]["n_events"])
    assert counts[0] > counts[1] > counts[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [("threshold", "2"), ("threshold", "x"), ("tempo", "0"), ("min_interval", "nan")],
)
def test_wrong_settings_are_refused(studio, song, field, value):
    answer = studio.client.post(
        "/transcribe", files={"audio": ("a.wav", song)}, data={field: value}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{field}: must be a number")


def test_a_setting_that_does_not_exist_is_refused_by_its_name(studio, song):
    answer = studio.client.post(
        "/transcribe", files={"audio": ("a.wav", song)}, data={"treshold": "0.3"}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("'treshold' is no field; there are audio, title, ")


def test_a_broken_recording_tells_why_under_its_own_name(studio, song):
    created = studio.upload(song[:2000], "half.wav")
    status = studio.wait(created.json()["id"])
    assert status["status"] == "failed"
    assert status["error"].startswith("half.wav: is cut short")
    assert str(studio.studio.store.folder) not in status["error"]
    refused = studio.client.get(f"/api/transcriptions/{created.json()['id']}/result")
    assert (refused.status_code, refused.json()["detail"]) == (409, status["error"])
    answer = studio.client.post("/transcribe", files={"audio": ("half.wav", song[:2000])})
    assert (answer.status_code, answer.json()["detail"]) == (422, status["error"])


@pytest.mark.parametrize(
    "job_id", ["x", "0" * 32, "..%2f..%2fetc", "%00", "é", "A" * 32, "0" * 999]
)
def test_ids_of_nothing_are_not_found(studio, job_id):
    for path in (f"/api/transcriptions/{job_id}", f"/api/transcriptions/{job_id}/result"):
        answer = studio.client.get(path)
        assert answer.status_code == 404
        assert isinstance(answer.json()["detail"], str)
