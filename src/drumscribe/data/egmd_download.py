"""E-GMD from its publisher to a folder: the zip downloaded, checked and unpacked.

The dataset is unpacked into a temporary folder beside its place and moved when it is whole, so half
a dataset is never taken for one. Running it again after any interruption goes on where it stopped;
running it on a finished dataset does nothing.
"""

import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drumscribe.data.egmd_csv import CSV_NAME, read_rows
from drumscribe.utils.disk import MB, FreeBytes, free_bytes, require_space
from drumscribe.utils.download import fetch, part_path
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.progress import progress_bar

BASE_URL = "https://storage.googleapis.com/magentadata/datasets/e-gmd/v1.0.0"
"""Where the publisher keeps the dataset."""

DATASET_FOLDER = "e-gmd-v1.0.0"
"""The folder that the publisher's zips unpack to."""


@dataclass(frozen=True)
class Archive:
    """One of the publisher's zips.

    Attributes:
        name: its file name.
        has_audio: whether it holds the recordings or the MIDI alone.
        unpacked_bytes: about how much its files take; the zip itself tells exactly, but late.
        size_bytes: its exact size, where that is known.
        sha256_prefix: how its SHA-256 begins in hexadecimal; empty where it is not known, and then
            the checksums inside the zip have to do.
    """

    name: str
    has_audio: bool
    unpacked_bytes: int
    size_bytes: int | None = None
    sha256_prefix: str = ""


FULL_ARCHIVE = Archive(
    name="e-gmd-v1.0.0.zip",
    has_audio=True,
    unpacked_bytes=142_000_000_000,  # 444.5 h of 16-bit mono at 44.1 kHz, and the MIDI
    size_bytes=96_422_999_145,
    sha256_prefix="7d9a264fb4c9eabd",
)

MIDI_ARCHIVE = Archive(name="e-gmd-v1.0.0-midi.zip", has_audio=False, unpacked_bytes=500_000_000)

_CHUNK_BYTES = 1 << 20
# A few rows of the official csv name files that its zip lacks, so a whole dataset is not quite all.
_WHOLE_SHARE = 0.99


def download_egmd(
    folder: Path,
    archive: Archive = FULL_ARCHIVE,
    *,
    base_url: str = BASE_URL,
    delete_zip: bool = False,
    free: FreeBytes = free_bytes,
    wait: Callable[[float], None] = time.sleep,
) -> Path:
    """Put the dataset below ``folder``, unless it is there already.

    A zip that already lies in ``folder`` under its own name is unpacked and not downloaded.

    Args:
        folder: the data root.
        archive: the whole dataset (``FULL_ARCHIVE``) or the MIDI alone (``MIDI_ARCHIVE``).
        base_url: the address of the folder that holds the archives.
        delete_zip: whether to delete the zip once it is unpacked.
        free: measures the free bytes of a disk.
        wait: sleeps for a number of seconds.

    Returns:
        The dataset's folder, with the csv in it.

    Raises:
        DrumscribeError: when the network, the disk or the archive fails.
    """
    dataset_dir = folder / DATASET_FOLDER
    zip_path = folder / archive.name
    if _is_whole(dataset_dir, archive):
        if delete_zip:
            zip_path.unlink(missing_ok=True)
        return dataset_dir
    if not zip_path.is_file():
        missing_bytes = bytes_to_download(zip_path, archive)
        require_space(
            folder, missing_bytes + archive.unpacked_bytes, what="E-GMD, zip and files", free=free
        )
        fetch(
            f"{base_url}/{archive.name}",
            zip_path,
            size_bytes=archive.size_bytes,
            sha256_prefix=archive.sha256_prefix,
            wait=wait,
        )
    unpack_dataset(zip_path, dataset_dir, free=free)
    if not (dataset_dir / CSV_NAME).is_file():
        fetch(f"{base_url}/{CSV_NAME}", dataset_dir / CSV_NAME, wait=wait)
    if delete_zip:
        zip_path.unlink()
    return dataset_dir


def unpack_dataset(zip_path: Path, dataset_dir: Path, *, free: FreeBytes = free_bytes) -> None:
    """Unpack one of the publisher's zips so that its csv stands in ``dataset_dir``.

    Files that an interrupted run left are checked against the zip and kept; files that stand in
    ``dataset_dir`` but not in the zip stay.

    Raises:
        DrumscribeError: when the zip is damaged or unsafe or the disk cannot hold its files.
    """
    partial = dataset_dir.with_name(f".{dataset_dir.name}.partial")
    try:
        with zipfile.ZipFile(zip_path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                _require_safe(member, zip_path)
            _unpack_members(archive, members, partial, free)
        _publish(partial, dataset_dir)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DrumscribeError(
            f"{zip_path}: is damaged or not a zip ({error}); delete it and download it again"
        ) from error
    except OSError as error:
        raise DrumscribeError(
            f"{dataset_dir}: cannot be unpacked ({error.strerror or error}); mend that and run it "
            "again, what is unpacked is kept"
        ) from error


def bytes_to_download(zip_path: Path, archive: Archive) -> int:
    """How much of ``archive`` is still to come to ``zip_path``, as far as its size is known."""
    paths = (zip_path, part_path(zip_path))
    n_present = max(path.stat().st_size if path.is_file() else 0 for path in paths)
    return max(0, (archive.size_bytes or 0) - n_present)


def _is_whole(dataset_dir: Path, archive: Archive) -> bool:
    """Whether (nearly) everything that the csv names and ``archive`` holds is in its place."""
    if not (dataset_dir / CSV_NAME).is_file():
        return False
    columns = ("midi_filename", "audio_filename") if archive.has_audio else ("midi_filename",)
    names = [row[column] for row in read_rows(dataset_dir) for column in columns if row[column]]
    n_present = sum((dataset_dir / name).is_file() for name in names)
    return n_present > 0 and n_present >= _WHOLE_SHARE * len(names)


def _require_safe(member: zipfile.ZipInfo, zip_path: Path) -> None:
    """Refuse a zip whose files would land outside the folder it is unpacked to."""
    path = PurePosixPath(member.filename)
    is_outside = path.is_absolute() or ".." in path.parts or set("\\:") & set(member.filename)
    if is_outside or stat.S_ISLNK(member.external_attr >> 16):
        raise DrumscribeError(
            f"{zip_path}: holds the unsafe path {member.filename!r}; it is not E-GMD's, delete it"
        )


def _unpack_members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], partial: Path, free: FreeBytes
) -> None:
    """Unpack ``members`` below ``partial``, keeping what is there and right."""
    total_bytes = sum(member.file_size for member in members)
    n_present = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    require_space(partial.parent, total_bytes - n_present, what="unpacking E-GMD", free=free)
    with progress_bar("unpacking", total_bytes / MB, unit="MB") as advance:
        for member in members:
            target = partial / member.filename
            if not _is_unpacked(target, member):
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK_BYTES)
            advance(member.file_size / MB)


def _is_unpacked(target: Path, member: zipfile.ZipInfo) -> bool:
    """Whether ``target`` holds what the zip says; a power cut can leave the right size but not."""
    if not target.is_file() or target.stat().st_size != member.file_size:
        return False
    checksum = 0
    with target.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
    return checksum == member.CRC


def _publish(partial: Path, dataset_dir: Path) -> None:
    """Move what was unpacked to its place, the csv last where there is a dataset already."""
    unpacked = partial / DATASET_FOLDER
    unpacked = unpacked if unpacked.is_dir() else partial
    if not dataset_dir.exists():
        unpacked.replace(dataset_dir)
    else:
        files = [path for path in unpacked.rglob("*") if path.is_file()]
        for path in sorted(files, key=lambda path: path.name == CSV_NAME):
            target = dataset_dir / path.relative_to(unpacked)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    shutil.rmtree(partial, ignore_errors=True)
