"""Connections: how many there are, how long they may keep silent, and answers to what is no HTTP."""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import Refusal
from .guard import POLICY

MOST = 512
"""Connections at a time: each may hold as much as the head of a request."""

HEAD = 20.0
"""Seconds within which the head of a request must come."""


class Protocol(H11Protocol):
    """One connection, which is closed if it does not get on."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            told = f"connections={MOST}: the studio has no more; try again in 5 s"
            self._refuse(Refusal(503, "unavailable", told, headers={"Retry-After": "5"}))
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came; of the head of a request the rest must follow soon."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self._forget()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close."""
        self._refuse(Refusal(400, "request", "request: must be HTTP/1.1; use a browser or curl"))

    def _refuse(self, refusal: Refusal) -> None:
        body = json.dumps(refusal.body).encode()
        reason = {400: "Bad Request", 503: "Service Unavailable"}[refusal.status]
        head = (f"HTTP/1.1 {refusal.status} {reason}", "Content-Type: application/json",
                f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in refusal.headers.items()),
                f"Content-Security-Policy: {POLICY}", "X-Content-Type-Options: nosniff", "Connection: close", "", "")
        self.transport.write("\r\n".join(head).encode() + body)
        self.transport.close()

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD, self.transport.close)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
