"""Multipart uploads streamed to disk: bounded while they arrive, names kept as mere labels."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from drumscribe.data.audio_processing import AUDIO_SUFFIXES

_MAX_FIELD_BYTES = 4_096
_MAX_PARTS = 16
_MAX_NAME_LENGTH = 200
_HEAD_BYTES = 16

# How the formats that the decoders are meant for begin. FFmpeg would also follow playlists, which
# may name any file of this machine, so what begins otherwise never reaches it.
_SIGNATURES = (
    (0, b"RIFF"),
    (0, b"RF64"),
    (0, b"riff"),
    (0, b"fLaC"),
    (0, b"OggS"),
    (0, b"ID3"),
    (0, b"FORM"),
    (0, b".snd"),
    (0, b"caff"),
    (4, b"ftyp"),
    (0, b"\x1aE\xdf\xa3"),
)


@dataclass
class Upload:
    """A form with one recording.

    Attributes:
        path: where the recording lies.
        name: what its sender calls it, fit to be shown.
        suffix: its suffix if a known one, for decoders that go by it.
        fields: the other fields of the form.
    """

    path: Path
    name: str = ""
    suffix: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _Form:
    """Receives a multipart body piece by piece: the field "audio" to a file, others to memory."""

    def __init__(self, boundary: bytes, file: BinaryIO, upload: Upload) -> None:
        self._file = file
        self._upload = upload
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._field = ""
        self._value = b""
        self._n_parts = 0
        self.n_audio_bytes = 0
        self.has_audio = self.is_complete = False
        self._head = b""
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_data,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def _begin_part(self) -> None:
        self._n_parts += 1
        if self._n_parts > _MAX_PARTS:
            raise HTTPException(400, f"the form has more than {_MAX_PARTS} fields")
        self._disposition = self._value = b""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._field == "audio":
            if self.has_audio:
                raise HTTPException(400, "the form has several fields 'audio'; send one recording")
            self.has_audio = True
            name = options.get(b"filename", b"").decode("utf-8", "replace")
            self._upload.name = display_name(name)
            self._upload.suffix = known_suffix(name)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._field != "audio":
            self._value += piece
            if len(self._value) > _MAX_FIELD_BYTES:
                raise HTTPException(
                    413,
                    f"the field {self._field[:40]!r} is too long; a recording belongs in 'audio'",
                )
            return
        if len(self._head) < _HEAD_BYTES:
            self._head += piece[: _HEAD_BYTES - len(self._head)]
            if len(self._head) >= _HEAD_BYTES:
                require_audio(self._head, name=self._upload.name)
        self.n_audio_bytes += len(piece)
        self._file.write(piece)

    def _end_part(self) -> None:
        if self._field != "audio":
            self._upload.fields[self._field] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self.is_complete = True


async def receive_upload(request: Request, path: Path) -> Upload:
    """Stream the form of a request; its recording goes to ``path``.

    Raises:
        HTTPException: 415 for what is no form with a recording, 400 for a broken form, 413 for a
            field that is too long. The size of the body is bounded before it comes here.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise HTTPException(415, "send the recording as multipart/form-data, in the field 'audio'")
    upload = Upload(path)
    with path.open("wb") as file:
        try:
            form = _Form(options[b"boundary"], file, upload)
            async for piece in _pieces(request):
                await asyncio.to_thread(form.parser.write, piece)
        except FormParserError:
            raise HTTPException(400, "the form is broken; send it again") from None
    if not form.is_complete:
        raise HTTPException(400, "the form ends early; send it again")
    if not form.has_audio:
        raise HTTPException(422, "the form has no field 'audio'; put the recording there")
    if form.n_audio_bytes < _HEAD_BYTES:
        raise HTTPException(415, f"{upload.name}: is empty; give a recording")
    return upload


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about a quarter of a megabyte."""
    pending = bytearray()
    async for piece in request.stream():
        pending += piece
        if len(pending) >= 1 << 18:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)


def require_audio(head: bytes, *, name: str) -> None:
    """Refuse what does not begin as an audio file.

    Args:
        head: its first bytes, 16 or more.
        name: what it is called, for the message.

    Raises:
        HTTPException: 415.
    """
    is_frame_sync = head[0] == 0xFF and head[1] & 0xE0 == 0xE0  # mp3 or aac without a header
    if not is_frame_sync and not any(head[at:].startswith(mark) for at, mark in _SIGNATURES):
        raise HTTPException(
            415,
            f"{name}: is no audio file this studio knows; give wav, flac, mp3, ogg, aiff, m4a, "
            "mp4 or webm",
        )


def display_name(name: str) -> str:
    """A file name as a label, without folders."""
    return label(name.replace("\\", "/").rpartition("/")[2]) or "recording"


def label(text: str) -> str:
    """One line to show: without control characters and what reverses text."""
    kept = "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")
    return " ".join(kept.split())[:_MAX_NAME_LENGTH]


def known_suffix(name: str) -> str:
    """The suffix of an audio file's name in lower case; empty when it is no known one."""
    dot, suffix = name.rpartition(".")[1:]
    found = f"{dot}{suffix}".lower()
    return found if found in AUDIO_SUFFIXES else ""
