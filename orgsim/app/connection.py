"""A connection that does not wait for ever: who begins a request and does not end it gives way to others."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0  # that a request's first lines may take, and what comes after a request was answered


class Connection(H11Protocol):
    """The server's own, which waits for ever once the first byte of a request has come."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait(True)

    def data_received(self, data: bytes) -> None:
        """Wait on for the rest of what has begun, counted from its first byte."""
        super().data_received(data)
        begun: Any = self.cycle
        under_way = self.conn.their_state is not h11.IDLE and begun is not None and not begun.response_complete
        self._wait(self in self.connections and not under_way)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits any more."""
        self._wait(False)
        super().connection_lost(exc)

    def _wait(self, needed: bool) -> None:
        if self._late is not None and not needed:
            self._late.cancel()
            self._late = None
        elif self._late is None and needed:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)
