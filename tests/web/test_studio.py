"""The bundled example, whatever became of its result and of the model."""

import asyncio
import json
import logging

import httpx
import pytest

from drumscribe import cli
from drumscribe.models.bundled import bundled_path
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import file_sha256
from drumscribe.web import serve
from drumscribe.web.app import create_api
from drumscribe.web.settings import StudioSettings
from drumscribe.web.store import JobStore
from drumscribe.web.studio import Studio


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def studio(tmp_path, model):
    """A studio whose jobs nobody hears."""
    opened = Studio(StudioSettings(tmp_path / "data", model))
    yield opened
    opened.store.close()


def hear(store, model):
    """Finish the job that waits, as a worker does; where its result is."""
    job = store.claim()
    result = store.job_dir(job.id) / "result.json"
    result.write_text(json.dumps({"model_sha256": file_sha256(model)}))
    assert store.end(job.id, "done")
    return result


def remove(result):
    result.unlink()


def lock_away(result):
    result.unlink()
    result.mkdir()  # what cannot be read, even by who may read everything


def cut(result):
    result.write_bytes(result.read_bytes()[:20])


def overwrite(result):
    result.write_bytes(b"\xff\x00")


def replace(result):
    result.write_text("[]")


DAMAGES = [remove, lock_away, cut, overwrite, replace]


def test_the_example_is_known_as_soon_as_it_waits_and_once_it_is_heard(studio, model):
    job_id = studio.accept_example().id
    assert studio.accept_example().id == job_id
    hear(studio.store, model)
    assert studio.accept_example().id == job_id


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_example_whose_result_is_lost_is_heard_again(studio, model, damage):
    older = studio.accept_example().id
    damage(hear(studio.store, model))
    again = studio.accept_example()
    assert (again.id == older, again.status) == (False, "queued")
    hear(studio.store, model)
    assert studio.accept_example().id == again.id


def test_an_older_example_that_can_be_read_is_shown_instead(studio, model):
    older = studio.accept_example().id
    result = hear(studio.store, model)
    readable = result.read_bytes()
    result.unlink()
    studio.accept_example()
    damaged = hear(studio.store, model)
    result.write_bytes(readable)
    damaged.unlink()
    assert studio.accept_example().id == older


def test_a_lost_result_does_not_keep_the_demo_from_starting(tmp_path, monkeypatch, caplog):
    class StandIn:
        def run(self, sockets):
            sockets[0].close()

    def server(studio):
        studio.store.close()
        return StandIn()

    monkeypatch.setattr(serve, "_server", server)
    caplog.set_level(logging.INFO)
    options = ["--demo", "--port", "0", "--data", str(tmp_path / "data"), "--no-browser"]
    assert cli.main(["studio", *options]) == 0
    store = JobStore(tmp_path / "data")
    hear(store, bundled_path()).unlink()
    store.close()
    assert cli.main(["studio", *options]) == 0
    assert len({line.partition("#")[2][:32] for line in caplog.messages if "#" in line}) == 2


def test_without_its_model_the_studio_says_so_and_not_that_a_transcription_is_gone(studio, model):
    studio.accept_example()
    model.unlink()
    message = f"{model}: the model cannot be read (No such file or directory); put it back"
    with pytest.raises(DrumscribeError) as told:
        studio.accept_example()
    assert str(told.value).startswith(message)
    answer = post_example(studio)
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith(message)


def post_example(studio):
    async def run():
        transport = httpx.ASGITransport(create_api(studio))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/api/transcriptions/example")

    return asyncio.run(run())
