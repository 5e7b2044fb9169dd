import asyncio
import itertools

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from drumscribe.web.uploads import display_name, known_suffix, label, receive_upload, require_audio

WAV = b"RIFF" + bytes(range(256)) * 4
TYPE = "multipart/form-data; boundary=frontier"


def form(*parts):
    """A multipart body of (disposition, content)."""
    body = b""
    for disposition, content in parts:
        head = f"--frontier\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
        body += head.encode() + content + b"\r\n"
    return body + b"--frontier--\r\n"


def request_of(pieces, content_type=TYPE):
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def receive(pieces, path, content_type=TYPE):
    return asyncio.run(receive_upload(request_of(pieces, content_type), path))


def refused(pieces, path, content_type=TYPE):
    with pytest.raises(HTTPException) as error:
        receive(pieces, path, content_type)
    return error.value


def test_recording_name_and_fields_are_read(tmp_path):
    body = form(('name="audio"; filename="My Song.WAV"', WAV), ('name="title"', "Größe".encode()))
    upload = receive([body], tmp_path / "up")
    assert upload.path.read_bytes() == WAV
    assert (upload.name, upload.suffix) == ("My Song.WAV", ".wav")
    assert upload.fields == {"title": "Größe"}


@given(cuts=st.lists(st.integers(0, 1300), max_size=12).map(sorted))
def test_however_the_body_is_cut_the_recording_is_the_same(tmp_path, cuts):
    content = WAV + b"\r\n--frontie\r\n--front"  # nearly the boundary
    body = form(('name="title"', b"t"), ('name="audio"; filename="a.wav"', content))
    edges = [0, *(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in itertools.pairwise(edges)]
    upload = receive(pieces, tmp_path / "up")
    assert upload.path.read_bytes() == content
    assert upload.fields == {"title": "t"}


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "", "audio/wav"]
)
def test_what_is_no_form_is_refused(tmp_path, content_type):
    error = refused([WAV], tmp_path / "up", content_type)
    assert error.status_code == 415
    assert "field 'audio'" in error.detail


def test_a_form_without_a_recording_is_refused(tmp_path):
    assert refused([form(('name="title"', b"t"))], tmp_path / "up").status_code == 422


def test_a_form_with_two_recordings_is_refused(tmp_path):
    part = ('name="audio"; filename="a.wav"', WAV)
    assert refused([form(part, part)], tmp_path / "up").status_code == 400


def test_a_form_that_ends_early_is_refused(tmp_path):
    body = form(('name="audio"; filename="a.wav"', WAV))
    error = refused([body[:-20]], tmp_path / "up")
    assert (error.status_code, error.detail) == (400, "the form ends early; send it again")


@pytest.mark.parametrize("body", [b"no form at all", b"--frontier\r\nbad header\r\n\r\n", b"\r\n"])
def test_a_broken_form_is_refused(tmp_path, body):
    assert refused([body], tmp_path / "up").status_code == 400


def test_a_boundary_that_is_too_long_is_refused(tmp_path):
    kind = "multipart/form-data; boundary=" + "b" * 5000
    assert refused([WAV], tmp_path / "up", kind).status_code in (400, 415)


def test_other_fields_are_bounded_in_size_and_number(tmp_path):
    assert refused([form(('name="title"', b"t" * 5000))], tmp_path / "up").status_code == 413
    many = [(f'name="f{number}"', b"") for number in range(20)]
    assert refused([form(*many)], tmp_path / "up").status_code == 400


def test_an_empty_recording_is_refused(tmp_path):
    error = refused([form(('name="audio"; filename="a.wav"', b""))], tmp_path / "up")
    assert (error.status_code, error.detail) == (415, "a.wav: is empty; give a recording")


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",  # FFmpeg would follow it
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<?xml version='1.0'?><MPD></MPD>        ",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7 and so on and on",
        b"PK\x03\x04 a zip archive with things",
        bytes(64),
    ],
)
def test_what_does_not_begin_as_audio_never_reaches_a_decoder(tmp_path, content):
    error = refused([form(('name="audio"; filename="a.wav"', content))], tmp_path / "up")
    assert error.status_code == 415
    assert error.detail.startswith("a.wav: is no audio file")


@pytest.mark.parametrize(
    "head",
    [b"RIFF0000WAVEfmt ", b"fLaC" + bytes(12), b"OggS" + bytes(12), b"ID3\x04" + bytes(12),
     b"\xff\xfb\x90\x64" + bytes(12), b"\xff\xf1" + bytes(14), b"FORM0000AIFFCOMM",
     b"\0\0\0\x20ftypM4A \0\0\0\0", b"\x1aE\xdf\xa3" + bytes(12), b"caff" + bytes(12)],
)  # fmt: skip
def test_audio_of_every_known_kind_passes(head):
    require_audio(head, name="a")


@given(st.text(max_size=400))
def test_a_name_is_one_visible_line_and_no_path(name):
    shown = display_name(name)
    assert 1 <= len(shown) <= 200
    assert not set(shown) & set("/\\\n\r\t\0\u202e\u200f")
    assert shown.isprintable() or " " in shown or not shown.isascii()
    shown.encode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\Windows\\win.ini", "win.ini"),
        ("C:\\song.wav", "song.wav"),
        ("/", "recording"),
        ("", "recording"),
        ("a\0b\r\nSet-Cookie: x.wav", "abSet-Cookie: x.wav"),
        ("<script>alert(1)<script>.wav", "<script>alert(1)<script>.wav"),
        ("gpj.\u202evaw", "gpj.vaw"),
    ],
)
def test_names_are_labels(name, shown):
    assert display_name(name) == shown


def test_titles_may_hold_what_names_may_not():
    assert label("AC/DC\n live") == "AC/DC live"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.MP3", ".mp3"),
        ("a.wav/../../x", ""),
        ("a", ""),
        ("a.exe", ""),
        ("wav", ""),
        (".ogg", ".ogg"),
    ],
)
def test_only_known_suffixes_are_kept(name, suffix):
    assert known_suffix(name) == suffix


def test_a_recording_in_another_field_is_told_where_it_belongs(tmp_path):
    body = form(('name="file"; filename="a.wav"', WAV * 8))
    error = refused([body], tmp_path / "up")
    assert error.status_code == 413
    assert "'file' is too long; a recording belongs in 'audio'" in error.detail
