"""A file is written whole or not at all, and a wrong path is refused by name."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.files import (
    atomic_path,
    remove_partial_files,
    require_file,
    require_target,
    safe_name,
    write_text,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "song.mid"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        assert not target.exists()
        temporary.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
    assert names_in(target.parent) == ["song.mid"]


def test_what_can_be_no_file_is_refused_and_nothing_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DrumscribeError, match="is a folder"):
        require_target(tmp_path)
    with pytest.raises(DrumscribeError, match="file is no folder"):
        require_target(tmp_path / "file" / "new" / "a.json")
    for target in (tmp_path / "file", tmp_path / "new" / "a.json", Path("a")):
        require_target(target)
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_the_old_file_and_no_other(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    target = tmp_path / "song.mid"
    target.write_bytes(b"old")
    with pytest.raises(interruption), atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        raise interruption
    assert target.read_bytes() == b"old"
    assert names_in(tmp_path) == ["song.mid"]


def test_the_temporary_name_keeps_the_suffix_and_is_hidden_beside_the_target(
    tmp_path: Path,
) -> None:
    with atomic_path(tmp_path / "shard.h5") as temporary:
        temporary.touch()
        assert temporary.suffix == ".h5"
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "song.mid"
    with atomic_path(target) as first, atomic_path(target) as second:
        assert first != second
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert target.read_bytes() == b"first"  # its block ended last
    assert names_in(tmp_path) == ["song.mid"]


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DrumscribeError, match=r"is a folder; name a file"),
        atomic_path(tmp_path) as temporary,
    ):
        temporary.touch()
    assert names_in(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    link, real = tmp_path / "link.mid", tmp_path / "songs" / "real.mid"
    link.symlink_to(Path("songs") / "real.mid")
    for text in ("first", "second"):  # a link to nothing yet, then to a file
        write_text(link, text)
        assert link.is_symlink()
        assert real.read_text() == text
    assert names_in(tmp_path) == ["link.mid", "songs"]
    assert names_in(real.parent) == ["real.mid"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(DrumscribeError, match=r"pipe\.mid: is no ordinary file; name a file"):
        write_text(tmp_path / "pipe.mid", "song")
    assert (tmp_path / "pipe.mid").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="there is no /dev")
def test_a_device_is_written_to_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    terminal, device = os.openpty()
    try:
        write_text(Path(os.ttyname(device)), "song")
        assert os.read(terminal, 100) == b"song"
    finally:
        os.close(device)
        os.close(terminal)
    write_text(Path(os.devnull), "song")
    assert Path(os.devnull).is_char_device()
    assert names_in(tmp_path) == []


def test_a_place_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "song.mid"
    with pytest.raises(DrumscribeError) as info, atomic_path(target):
        pass
    assert str(info.value).startswith(f"{target}: cannot be written (")
    assert "\n" not in str(info.value)


def test_a_third_file_is_blamed_for_its_own_absence(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mid", tmp_path / "song.mid"
    with pytest.raises(FileNotFoundError) as info, atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    assert info.value.filename == str(source)
    assert names_in(tmp_path) == []


def test_errors_without_a_name_are_about_the_file_that_is_written(tmp_path: Path) -> None:
    target = tmp_path / "song.mid"
    with pytest.raises(DrumscribeError, match=r"song\.mid: cannot be written"), atomic_path(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    target = tmp_path / "song.mid"
    with pytest.raises(DrumscribeError, match=r"song\.mid: cannot be written"), atomic_path(target):
        pass
    assert names_in(tmp_path) == []


def test_data_are_flushed_before_the_rename_by_a_handle_that_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []

    def fsync(descriptor: int) -> None:
        os.write(descriptor, b"")  # Windows refuses to flush a handle opened for reading
        os.ftruncate(descriptor, 5)
        flushed.append(not (tmp_path / "song.mid").exists())

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(tmp_path / "song.mid", "whole")
    assert flushed == [True]


def test_text_is_utf8_with_the_same_line_ends_everywhere(tmp_path: Path) -> None:
    write_text(tmp_path / "song.ini", "name = Für Elise\nartist = ベ\n")
    assert (tmp_path / "song.ini").read_bytes() == "name = Für Elise\nartist = ベ\n".encode()


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_path(tmp_path / "a.h5") as temporary:
        temporary.touch()
        leftover = temporary.with_name(temporary.name.replace(".", ".0", 1))
        leftover.touch()
        raise KeyboardInterrupt
    for name in ("shard.h5", ".hidden", "notes.partial.txt"):
        (tmp_path / name).touch()
    assert remove_partial_files(tmp_path) == 1
    assert names_in(tmp_path) == [".hidden", "notes.partial.txt", "shard.h5"]
    assert remove_partial_files(tmp_path) == 0


def test_a_file_that_exists_is_returned(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert require_file(tmp_path / "a.wav", what="audio file") == tmp_path / "a.wav"


def test_an_absent_file_and_a_folder_are_refused_by_name_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DrumscribeError, match=r"absent\.wav: no such audio file; ask Kim"):
        require_file(tmp_path / "absent.wav", what="audio file", hint="ask Kim")
    with pytest.raises(DrumscribeError, match=r"is a folder, not a config file; check the path"):
        require_file(tmp_path, what="config file")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AC/DC - T.N.T.", "AC_DC - T.N.T"),
        ("Song (live)", "Song (live)"),
        ("a\nb\x00c\udce9", "a_b_c_"),
        ('<:"|?*>', "song"),
        ("...", "song"),
        ("", "song"),
        ("../up", "up"),
        ("ド" * 100, "ド" * 66),
    ],
)
def test_any_text_is_a_name_of_a_file(tmp_path: Path, text: str, name: str) -> None:
    found = safe_name(text, default="song")
    assert found.rstrip("_") == name.rstrip("_")
    (tmp_path / found).touch()


@given(st.text())
def test_a_name_names_nothing_but_a_file_here(text: str) -> None:
    name = safe_name(text, default="song")
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(name.encode()) <= 200
