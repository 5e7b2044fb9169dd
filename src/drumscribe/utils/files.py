"""Writing files so that a reader never sees half of one."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import threading
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path

from drumscribe.utils.errors import DrumscribeError

_TEMPORARY_SUFFIX = ".partial"
_being_written: set[Path] = set()
_registering = threading.RLock()  # a signal may end the process while its own thread holds it
_REFUSED_IN_NAMES = '<>:"/\\|?*'
_MAX_NAME_BYTES = 200
_BLOCK_BYTES = 1 << 16  # more than a block of any file system


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` and rename it to ``target`` when the block succeeds.

    The folder is made if it is absent. When the block fails or is interrupted the temporary file is
    removed and ``target`` stays as it was. The temporary name keeps the suffix of ``target``, for
    libraries that choose a format by it. A link stays one: what it points to is replaced. A
    character device (``/dev/null``) stays too: it is sent the finished file.

    Raises:
        DrumscribeError: when the folder cannot be made or written to, or ``target`` is no file.
    """
    with _errors_naming(target):
        is_device = target.is_char_device()
        require_target(target)
        place = Path(os.path.realpath(target)) if target.is_symlink() else target
        folder = Path(tempfile.gettempdir()) if is_device else place.parent
        folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{uuid.uuid4().hex[:8]}{_TEMPORARY_SUFFIX}{target.suffix}"
    with _registering:
        _being_written.add(temporary)
    try:
        with _errors_naming(target, temporary=temporary):
            yield temporary
            if is_device:
                _send(temporary, target)
            else:
                flush_to_disk(temporary)
                temporary.replace(place)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        _being_written.discard(temporary)


def require_target(target: Path) -> None:
    """Refuse, before the work for it is done, what can be no file to write.

    Raises:
        DrumscribeError: when it is a folder or a special file, or lies below what is no folder.
    """
    with _errors_naming(target):
        if target.exists() and not (target.is_file() or target.is_char_device()):
            kind = "a folder" if target.is_dir() else "no ordinary file"
            raise DrumscribeError(f"{target}: is {kind}; name a file to write")
        above = next((parent for parent in target.parents if parent.exists()), target.parent)
        if not above.is_dir():
            raise UnwritableError(target, f"{above} is no folder")


def drop_what_is_being_written() -> None:
    """Delete this process's temporary files and let none be begun: it ends at once."""
    _registering.acquire()
    for temporary in tuple(_being_written):
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _errors_naming(target: Path, *, temporary: Path | None = None) -> Iterator[None]:
    """Turn an error of the system in the block into one line about ``target``.

    Where there is a ``temporary`` file in its place, errors that name a third file stay as they
    are: that file is to blame.
    """
    try:
        yield
    except OSError as error:
        own_names = (None, str(target), str(temporary))
        if temporary is not None and error.filename not in own_names:
            raise
        raise UnwritableError(target, error.strerror or str(error)) from error
    except RuntimeError as error:  # what libsndfile and torch make of a full disk
        if not _is_full(target.parent):
            raise
        raise UnwritableError(target, os.strerror(errno.ENOSPC)) from error


class UnwritableError(DrumscribeError):
    """A file that cannot be written where it was to be; ``reason`` is the system's."""

    def __init__(self, target: Path, reason: str) -> None:
        super().__init__(f"{target}: cannot be written ({reason}); choose another place")
        self.reason = reason


def _is_full(folder: Path) -> bool:
    """Whether the disk of ``folder`` has no room for another block."""
    try:
        return shutil.disk_usage(folder).free < _BLOCK_BYTES
    except OSError:
        return False


def _send(source: Path, device: Path) -> None:
    with source.open("rb") as read, device.open("wb") as written:
        shutil.copyfileobj(read, written)


def write_text(target: Path, text: str) -> None:
    """Write ``text`` to ``target`` as UTF-8, whole or not at all."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def remove_partial_files(folder: Path) -> int:
    """Delete what killed runs left half-written directly in ``folder``; return how many files."""
    leftovers = list(folder.glob(f".*{_TEMPORARY_SUFFIX}*"))
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def writable_text(text: str) -> str:
    """``text`` as any file can hold it, with U+FFFD for what UTF-8 or XML has no place for.

    Names of files may hold both: bytes that are not UTF-8, which Python gives as surrogates, and
    control characters.
    """
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def safe_name(text: str, *, default: str) -> str:
    """``text`` as the name of a file or folder on any system, ``default`` where nothing is left."""
    kept = "".join("_" if c in _REFUSED_IN_NAMES or not c.isprintable() else c for c in text)
    # In bytes, as systems count them; a suffix still fits.
    short = kept.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    return short.strip(" ._") or default


def require_file(path: Path, *, what: str, hint: str = "check the path") -> Path:
    """Return ``path`` if it is a file.

    Args:
        path: the path the user gave.
        what: what the file should be, for the message ("audio file").
        hint: what to do when it is absent.

    Raises:
        DrumscribeError: when it is absent, a folder, or cannot be looked at.
    """
    try:
        is_dir, is_file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise DrumscribeError(f"{path}: cannot be opened ({error.strerror}); {hint}") from error
    if is_dir:
        article = "an" if what[0] in "aeio" else "a"
        raise DrumscribeError(f"{path}: is a folder, not {article} {what}; {hint}")
    if not is_file:
        raise DrumscribeError(f"{path}: no such {what}; {hint}")
    return path


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush_to_disk(path: Path) -> None:
    """Ask the system to put ``path`` on the disk, so that what follows never outlives its data."""
    descriptor = os.open(path, os.O_RDWR)  # Windows flushes only what may be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
