"""Running a command in this process and looking at all that it did."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finished import Finished
from writers import write_material

from drumscribe import cli

Digest = dict[str, tuple[str, int]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with the data root below it."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DRUMSCRIBE_DATA", "data")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return folder


@pytest.fixture
def run(here: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Finished]:
    """Run a command in this process, with what it does to the current folder."""

    def finished(*words: object) -> Finished:
        capfd.readouterr()
        before = _digest(here)
        status = cli.main([str(word) for word in words])
        after = _digest(here)
        touched = sorted(name for name in before | after if before.get(name) != after.get(name))
        return Finished(status, capfd.readouterr().err.splitlines(), touched)

    return finished


@pytest.fixture
def refuses(run: Callable[..., Finished]) -> Callable[..., None]:
    """Check that a command says what is wrong in one line, fails, and leaves no file behind."""

    def check(*words: object, told: str) -> None:
        finished = run(*words)
        assert finished.status == 1, finished
        [line] = finished.said
        assert line.startswith("drumscribe: ")
        assert told in line
        assert finished.touched == []

    return check


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Commands set up logging for a whole process; here it belongs to pytest."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def _digest(folder: Path) -> Digest:
    """Every file below a folder with its size and time; folders do not count."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    """What every command reads."""
    folder = tmp_path_factory.mktemp("material")
    write_material(folder)
    return folder


@pytest.fixture
def equipped(here: Path, material: Path) -> Path:
    """The current folder with that material in it."""
    shutil.copytree(material, here, dirs_exist_ok=True)
    return here
