"""A folder is written by one run at a time, and by the next however the last one ended."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.sole_writer import sole_writer

HOLDER = """
import sys, time
from pathlib import Path
from drumscribe.utils.sole_writer import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            expected = pytest.raises(DrumscribeError, match="store: another run is writing here; ")
            with expected, sole_writer(folder):
                pass
        finally:
            holder.kill()
    with sole_writer(folder):
        pass
    assert os.name == "nt" or not list(folder.iterdir())


def test_a_second_run_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with sole_writer(tmp_path):
        with pytest.raises(DrumscribeError, match="another run"), sole_writer(tmp_path):
            pass
        with sole_writer(tmp_path / "other"):
            pass
    with sole_writer(tmp_path):
        pass


def test_an_error_gives_the_folder_back(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), sole_writer(tmp_path):
        raise RuntimeError
    with sole_writer(tmp_path):
        pass


def test_a_file_that_an_ended_run_has_deleted_is_no_lock(tmp_path: Path, monkeypatch) -> None:
    """It opens the file, the other run ends, and a third begins with a file of its own."""
    connect = sqlite3.connect

    def overtaken(path: Path, **options: Any) -> sqlite3.Connection:
        opened = connect(path, **options)
        Path(path).rename(tmp_path / "kept, so that its number is not given again")
        Path(path).touch()
        return opened

    monkeypatch.setattr(sqlite3, "connect", overtaken)
    with pytest.raises(DrumscribeError, match="another run"), sole_writer(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="folders of Windows are no files")
def test_where_nothing_can_be_locked_the_run_itself_tells(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with sole_writer(tmp_path / "file"):
        pass
    (tmp_path / ".writing.lock").write_text("no database " * 100)
    with sole_writer(tmp_path):
        pass
