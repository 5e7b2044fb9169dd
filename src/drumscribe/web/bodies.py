"""Bodies of requests, bounded while they arrive: size, pauses and pace."""

import asyncio
import time
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Send

from drumscribe.utils.disk import MB

_DRAIN_S = 5.0
_SILENCE_S = 0.5


class BoundedBody:
    """The body of one request, and the answer to it.

    An answer given before the whole body has come closes the connection, but not at once: for a
    few seconds the rest is read and thrown away, since many clients read no answer before they
    have sent everything.

    Args:
        receive: ASGI's.
        send: ASGI's.
        headers: of the request, names in lower case.
        max_bytes: largest body.
        timeout_s: longest pause.
        min_rate_bytes: bytes a second that the whole body must keep up, after ``timeout_s``.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        *,
        max_bytes: int,
        timeout_s: float,
        min_rate_bytes: float,
    ) -> None:
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._min_rate_bytes = min_rate_bytes
        self._n_bytes = 0
        self._declared_bytes = int(headers.get("content-length", "0"))
        self._is_complete = self._declared_bytes == 0 and "transfer-encoding" not in headers
        self._began_at = time.monotonic()

    def require_declared_size(self) -> None:
        """Refuse a body that says itself that it is too large, before any of it is read.

        Raises:
            HTTPException: 413.
        """
        if self._declared_bytes > self._max_bytes:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next part of the body; afterwards what ASGI has to tell.

        Raises:
            HTTPException: 413 when it is too large, 408 when it is too slow.
        """
        if self._is_complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._timeout_s)
        except TimeoutError:
            raise HTTPException(408, "the request stopped before its end; send it again") from None
        self._n_bytes += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._n_bytes > self._max_bytes:
            raise self._too_large()
        took_s = time.monotonic() - self._began_at - self._timeout_s
        if not self._is_complete and self._n_bytes < took_s * self._min_rate_bytes:
            raise HTTPException(408, "the request comes too slowly; try a faster connection")
        return message

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer."""
        if self._is_complete:
            await self._send(message)
        elif message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"connection", b"close")]
            await self._send({**message, "headers": headers})
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b""})

    async def _drain(self) -> None:
        """Read what is still sent, for a while."""
        deadline = time.monotonic() + _DRAIN_S
        while time.monotonic() < deadline:
            try:
                message = await asyncio.wait_for(self._receive(), _SILENCE_S)
            except TimeoutError:
                return
            if not message.get("more_body", False):
                return

    def _too_large(self) -> HTTPException:
        limit = f"{self._max_bytes / MB:.3g} MB"
        return HTTPException(413, f"larger than {limit}, the most that is taken here; send less")
