"""HTTP for the studio: uvicorn's, without patience for requests that never get to their end."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_TIMEOUT_S = 15.0
"""A connection that has sent no whole request head for so long is closed."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's protocol, which by itself waits for ever for the head of the first request."""

    _header_timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._header_timeout = self.loop.call_later(HEADER_TIMEOUT_S, self._close_if_headless)

    def data_received(self, data: bytes) -> None:
        """Take data; after a whole answer the wait for the next request begins anew."""
        if self._header_timeout is None and self._is_between_requests():
            self._header_timeout = self.loop.call_later(HEADER_TIMEOUT_S, self._close_if_headless)
        super().data_received(data)
        if not self._is_between_requests():
            self._forget_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget_timeout()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        cycle: Any = self.cycle
        return cycle is None or cycle.response_complete

    def _forget_timeout(self) -> None:
        if self._header_timeout is not None:
            self._header_timeout.cancel()
            self._header_timeout = None

    def _close_if_headless(self) -> None:
        self._header_timeout = None
        if self._is_between_requests() and not self.transport.is_closing():
            self.transport.close()
