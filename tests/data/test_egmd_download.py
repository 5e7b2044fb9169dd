import csv
import hashlib
import io
import itertools
import zipfile
from pathlib import Path

import pytest

from drumscribe.data import egmd_download
from drumscribe.data.egmd_csv import COLUMNS, CSV_NAME
from drumscribe.data.egmd_download import (
    DATASET_FOLDER,
    Archive,
    bytes_to_download,
    download_egmd,
    unpack_dataset,
)
from drumscribe.utils.download import part_path
from drumscribe.utils.errors import DrumscribeError

N_RECORDINGS = 5


def csv_text() -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for i in range(N_RECORDINGS):
        row = dict.fromkeys(COLUMNS, "x")
        writer.writerow(row | {"audio_filename": f"d1/{i}.wav", "midi_filename": f"d1/{i}.midi"})
    return text.getvalue()


def dataset_files(*, has_audio: bool = True, has_csv: bool = True) -> dict[str, bytes]:
    files = {f"{DATASET_FOLDER}/d1/{i}.midi": b"midi %d" % i * 50 for i in range(N_RECORDINGS)}
    if has_audio:
        files |= {f"{DATASET_FOLDER}/d1/{i}.wav": b"wav %d" % i * 500 for i in range(N_RECORDINGS)}
    if has_csv:
        files[f"{DATASET_FOLDER}/{CSV_NAME}"] = csv_text().encode()
    return files


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


class Publisher:
    """A folder of archives with a ``file:`` address."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.url = folder.as_uri()

    def publish(self, files: dict[str, bytes], *, has_audio: bool = True) -> Archive:
        name = "full.zip" if has_audio else "midi.zip"
        content = write_zip(self.folder / name, files).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        n_unpacked = sum(map(len, files.values()))
        return Archive(name, has_audio, n_unpacked, len(content), digest[:16])

    def close(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data root"


def files_below(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_dataset_stands_in_its_folder(publisher: Publisher, root: Path) -> None:
    files = dataset_files()
    archive = publisher.publish(files)
    dataset_dir = download_egmd(root, archive, base_url=publisher.url)
    assert (dataset_dir / CSV_NAME).is_file()
    assert files_below(root) == files | {"full.zip": (root / "full.zip").read_bytes()}


def test_zip_is_deleted_on_request(publisher: Publisher, root: Path) -> None:
    archive = publisher.publish(dataset_files())
    download_egmd(root, archive, base_url=publisher.url, delete_zip=True)
    assert files_below(root) == dataset_files()


def test_zip_is_deleted_on_request_also_by_a_later_run(publisher: Publisher, root: Path) -> None:
    archive = publisher.publish(dataset_files())
    download_egmd(root, archive, base_url=publisher.url)
    download_egmd(root, archive, base_url=publisher.url, delete_zip=True)
    assert files_below(root) == dataset_files()


def test_whole_dataset_needs_nothing_more(publisher: Publisher, root: Path) -> None:
    archive = publisher.publish(dataset_files())
    download_egmd(root, archive, base_url=publisher.url, delete_zip=True)
    publisher.close()
    assert download_egmd(root, archive, base_url=publisher.url) == root / DATASET_FOLDER


def test_zip_that_is_there_is_not_downloaded(publisher: Publisher, root: Path) -> None:
    archive = publisher.publish(dataset_files())
    root.mkdir()
    (publisher.folder / archive.name).rename(root / archive.name)
    download_egmd(root, archive, base_url=publisher.url)
    assert (root / DATASET_FOLDER / "d1/4.wav").is_file()


def test_audio_joins_the_midi_of_an_earlier_download(publisher: Publisher, root: Path) -> None:
    midi = publisher.publish(dataset_files(has_audio=False), has_audio=False)
    dataset_dir = download_egmd(root, midi, base_url=publisher.url, delete_zip=True)
    (dataset_dir / "my notes.txt").write_text("keep me")
    full = publisher.publish(dataset_files())
    download_egmd(root, full, base_url=publisher.url, delete_zip=True)
    notes = {f"{DATASET_FOLDER}/my notes.txt": b"keep me"}
    assert files_below(root) == dataset_files() | notes


def test_csv_is_fetched_when_the_zip_lacks_it(publisher: Publisher, root: Path) -> None:
    files = dataset_files(has_audio=False, has_csv=False)
    archive = publisher.publish(files, has_audio=False)
    (publisher.folder / CSV_NAME).write_text(csv_text(), newline="")
    dataset_dir = download_egmd(root, archive, base_url=publisher.url)
    assert (dataset_dir / CSV_NAME).read_bytes() == csv_text().encode()


def test_full_disk_is_told_before_the_download(publisher: Publisher, root: Path) -> None:
    archive = publisher.publish(dataset_files())
    n_needed = archive.unpacked_bytes + (archive.size_bytes or 0)
    with pytest.raises(DrumscribeError, match="GB are free; free space"):
        download_egmd(root, archive, base_url=publisher.url, free=lambda _: n_needed - 1)
    assert not root.exists()
    download_egmd(root, archive, base_url=publisher.url, free=lambda _: n_needed)


def test_full_disk_is_told_before_unpacking(tmp_path: Path) -> None:
    files = dataset_files()
    zip_path = write_zip(tmp_path / "full.zip", files)
    n_free = sum(map(len, files.values())) - 1
    with pytest.raises(DrumscribeError, match="unpacking E-GMD needs"):
        unpack_dataset(zip_path, tmp_path / DATASET_FOLDER, free=lambda _: n_free)
    assert [path.name for path in tmp_path.iterdir()] == ["full.zip"]


def test_interrupted_unpacking_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = dataset_files()
    zip_path = write_zip(tmp_path / "full.zip", files)
    dataset_dir = tmp_path / DATASET_FOLDER
    copy = egmd_download.shutil.copyfileobj
    calls = itertools.count()

    def copy_until_killed(source: io.BytesIO, file: io.BytesIO, length: int) -> None:
        if next(calls) == 4:
            file.write(b"half a fi")
            raise KeyboardInterrupt
        copy(source, file, length)

    monkeypatch.setattr(egmd_download.shutil, "copyfileobj", copy_until_killed)
    with pytest.raises(KeyboardInterrupt):
        unpack_dataset(zip_path, dataset_dir)
    assert not dataset_dir.exists()
    unpack_dataset(zip_path, dataset_dir)
    assert next(calls) == 4 + 1 + len(files) - 4  # the four whole files were not written again
    assert files_below(dataset_dir.parent) == files | {"full.zip": zip_path.read_bytes()}


def test_leftover_of_right_size_but_wrong_content_is_replaced(tmp_path: Path) -> None:
    files = dataset_files()
    zip_path = write_zip(tmp_path / "full.zip", files)
    name, content = next(iter(files.items()))
    leftover = tmp_path / f".{DATASET_FOLDER}.partial" / name
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"\0" * len(content))
    unpack_dataset(zip_path, tmp_path / DATASET_FOLDER)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize(
    "name",
    ["/tmp/evil.midi", "../evil.midi", f"{DATASET_FOLDER}/../../evil.midi", "C:/evil", "a\\b"],
)
def test_zip_that_writes_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    zip_path = write_zip(folder / "full.zip", dataset_files() | {name: b"evil"})
    with pytest.raises(DrumscribeError, match="unsafe path"):
        unpack_dataset(zip_path, folder / DATASET_FOLDER)
    assert list(files_below(tmp_path)) == ["inner/full.zip"]


def test_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo(f"{DATASET_FOLDER}/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "full.zip", "w") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(DrumscribeError, match="unsafe path"):
        unpack_dataset(tmp_path / "full.zip", tmp_path / DATASET_FOLDER)


@pytest.mark.parametrize("is_zip", [True, False])
def test_damaged_zip_is_told_and_leaves_no_dataset(tmp_path: Path, is_zip: bool) -> None:
    zip_path = tmp_path / "full.zip"
    with zipfile.ZipFile(zip_path, "w") as archive:  # stored, so that the damage hits content
        for name, content in dataset_files().items():
            archive.writestr(name, content)
    content = zip_path.read_bytes()
    damaged = content.replace(b"wav 3wav 3", b"wav 3wav 4", 1) if is_zip else b"<html>log in</html>"
    zip_path.write_bytes(damaged)
    with pytest.raises(DrumscribeError, match=r"full\.zip: is damaged or not a zip.*delete it"):
        unpack_dataset(zip_path, tmp_path / DATASET_FOLDER)
    assert not (tmp_path / DATASET_FOLDER).exists()


def test_what_is_there_already_needs_no_download(tmp_path: Path) -> None:
    archive = Archive("full.zip", True, 0, size_bytes=1000)
    assert bytes_to_download(tmp_path / "full.zip", archive) == 1000
    part_path(tmp_path / "full.zip").write_bytes(b"x" * 400)
    assert bytes_to_download(tmp_path / "full.zip", archive) == 600
