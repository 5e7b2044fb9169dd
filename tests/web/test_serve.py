"""The command ``drumscribe studio``: what it refuses and what it opens."""

import importlib.util
import socket
import time
import tomllib
from pathlib import Path

import pytest
from studio_server import ServerProcess

from drumscribe import cli
from drumscribe.web import serve
from drumscribe.web.studio import example_path

ROOT = Path(__file__).parents[2]


def test_another_address_without_a_token_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DRUMSCRIBE_STUDIO_TOKEN", raising=False)
    options = ["studio", "--host", "0.0.0.0", "--data", str(tmp_path), "--no-browser"]
    assert cli.main(options) == 1
    assert "--token" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        options = ["studio", "--port", str(port), "--data", str(tmp_path), "--no-browser"]
        assert cli.main(options) == 1
    told = capsys.readouterr().err
    assert f"127.0.0.1:{port}: cannot listen there" in told
    assert told.endswith("choose another --port\n")


@pytest.mark.parametrize("host", ["a..b", "ä..b", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_named(tmp_path, capsys, host):
    options = ["studio", "--host", host, "--port", "0", "--token", "t" * 16]
    assert cli.main([*options, "--data", str(tmp_path), "--no-browser"]) == 1
    told = capsys.readouterr().err
    assert f"{host}:0: cannot listen there" in told
    assert told.endswith("choose another --host\n")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--port", "70000"], "--port 70000"),
        (["--workers", "0"], "--workers 0: must be a number above 0"),
        (["--max-minutes", "-3"], "--max-minutes -3: must be a number above 0"),
        (["--checkpoint", "absent/model.onnx"], "no such checkpoint"),
    ],
)
def test_nonsense_is_refused_in_one_line(tmp_path, capsys, option, words):
    assert cli.main(["studio", "--data", str(tmp_path), "--no-browser", *option]) == 1
    assert words in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["studio", "--data", str(tmp_path), "--no-browser"]) == 1
    assert "pip install '.[web]'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_has_the_example_transcribed_and_no_other_server_its_folder(tmp_path, capsys):
    server = ServerProcess(tmp_path / "data", "--demo")
    try:
        (job_id,) = server.statuses()
        while server.statuses()[job_id]["status"] in ("queued", "running"):
            pass
        assert server.statuses()[job_id]["status"] == "done"
        options = ["studio", "--port", "0", "--data", str(tmp_path / "data"), "--no-browser"]
        assert cli.main(options) == 1
        assert "another studio uses this folder" in capsys.readouterr().err
    finally:
        server.kill()


def test_the_browser_is_given_the_token_and_the_log_is_not(tmp_path, monkeypatch, caplog):
    opened = []

    class StandIn:
        started = True

        def run(self, sockets):
            sockets[0].close()

    monkeypatch.setattr(serve, "_server", lambda studio: StandIn())
    monkeypatch.setattr(serve.webbrowser, "open", opened.append)
    token = "a secret of some length&"
    options = ["studio", "--port", "0", "--data", str(tmp_path), "--token", token]
    assert cli.main(options) == 0
    deadline = time.monotonic() + 10
    while not opened and time.monotonic() < deadline:
        time.sleep(0.01)
    assert opened[0].endswith("/?token=a%20secret%20of%20some%20length%26")
    assert "secret" not in caplog.text


def test_the_wheel_takes_the_example_along():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    ((source, target),) = included.items()
    assert (ROOT / source).read_bytes() == example_path().read_bytes()
    assert target == f"drumscribe/web/example/{example_path().name}"
