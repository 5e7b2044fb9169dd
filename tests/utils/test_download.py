import hashlib
import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from drumscribe.utils.download import fetch, part_path
from drumscribe.utils.errors import DrumscribeError

CONTENT = bytes(itertools.islice(itertools.cycle(range(251)), 300_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves ``CONTENT`` at every path and does what its attributes say."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.break_after: int | None = None
        self.n_breaks = 0
        self.can_range = True
        self.statuses: list[int] = []
        self.requested_ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.requested_ranges.append(self.headers["Range"])
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        start = 0
        if self.headers["Range"] and server.can_range:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        body = CONTENT[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.break_after is not None and server.n_breaks > 0:
            server.n_breaks -= 1
            body = body[: server.break_after]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def waits() -> list[float]:
    """Collects the pauses that would have been made."""
    return []


def test_connection_that_breaks_many_times_is_gone_on_with(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    server.break_after, server.n_breaks = 20_000, 14
    target = tmp_path / "new" / "file.zip"
    fetch(server.url, target, size_bytes=len(CONTENT), sha256_prefix=SHA256, wait=waits.append)
    assert target.read_bytes() == CONTENT
    assert server.requested_ranges[:3] == [None, "bytes=20000-", "bytes=40000-"]
    assert len(waits) == 14
    assert set(waits) == {1.0}  # each attempt brought something, so pauses stay short
    assert not part_path(target).exists()


def test_killed_download_goes_on_in_the_next_run(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file.zip"
    part_path(target).write_bytes(CONTENT[:123_456])
    fetch(server.url, target, sha256_prefix=SHA256[:16])
    assert target.read_bytes() == CONTENT
    assert server.requested_ranges == ["bytes=123456-"]


@pytest.mark.parametrize("is_size_known", [True, False])
def test_whole_part_is_only_checked(server: Server, tmp_path: Path, is_size_known: bool) -> None:
    target = tmp_path / "file.zip"
    part_path(target).write_bytes(CONTENT)
    size_bytes = len(CONTENT) if is_size_known else None
    fetch(server.url, target, size_bytes=size_bytes, sha256_prefix=SHA256)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("is_size_known", [True, False])
def test_part_longer_than_the_file_starts_over(
    server: Server, tmp_path: Path, waits: list[float], is_size_known: bool
) -> None:
    target = tmp_path / "file.zip"
    part_path(target).write_bytes(CONTENT + b"more")
    size_bytes = len(CONTENT) if is_size_known else None
    fetch(server.url, target, size_bytes=size_bytes, wait=waits.append)
    assert target.read_bytes() == CONTENT


def test_server_without_ranges_starts_over(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    server.can_range = False
    server.break_after, server.n_breaks = 50_000, 2
    target = tmp_path / "file.zip"
    part_path(target).write_bytes(CONTENT[:1000])
    fetch(server.url, target, sha256_prefix=SHA256, wait=waits.append)
    assert target.read_bytes() == CONTENT


def test_server_without_ranges_that_always_breaks_is_given_up(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    server.can_range = False
    server.break_after, server.n_breaks = 50_000, 1000
    with pytest.raises(DrumscribeError, match=r"broke off.*run it again"):
        fetch(server.url, tmp_path / "file.zip", wait=waits.append)
    assert len(waits) < 10
    assert waits == sorted(waits)


def test_busy_server_is_asked_again(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.statuses = [503, 429]
    target = tmp_path / "file.zip"
    fetch(server.url, target, wait=waits.append)
    assert target.read_bytes() == CONTENT
    assert waits == [1.0, 2.0]


def test_wrong_address_is_told_at_once(server: Server, tmp_path: Path, waits: list[float]) -> None:
    server.statuses = [404]
    with pytest.raises(DrumscribeError, match=r"file\.zip: the server answered 404"):
        fetch(server.url, tmp_path / "file.zip", wait=waits.append)
    assert waits == []


def test_wrong_checksum_removes_the_file(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file.zip"
    with pytest.raises(DrumscribeError, match=r"checksum is wrong.*removed"):
        fetch(server.url, target, sha256_prefix="0123456789abcdef")
    assert list(tmp_path.iterdir()) == []


def test_other_size_is_refused_before_the_download(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file.zip"
    part_path(target).write_bytes(CONTENT[:1000])
    with pytest.raises(DrumscribeError, match="300000 bytes instead of 400000"):
        fetch(server.url, target, size_bytes=400_000)
    assert part_path(target).read_bytes() == CONTENT[:1000]


def test_no_network_is_one_line(tmp_path: Path, waits: list[float]) -> None:
    server = Server()
    server.server_close()  # nobody listens at this address any more
    with pytest.raises(DrumscribeError, match="check the network") as caught:
        fetch(server.url, tmp_path / "file.zip", wait=waits.append)
    assert "\n" not in str(caught.value)
    assert sum(waits) < 120


def test_full_disk_is_told_and_not_tried_again(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    target = tmp_path / "file.zip"
    part_path(target).symlink_to("/dev/full")
    with pytest.raises(DrumscribeError, match=r"cannot be written.*No space left"):
        fetch(server.url, target, wait=waits.append)
    assert waits == []
