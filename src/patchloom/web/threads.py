"""Work of requests on threads, for as long as their clients wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request

from .errors import Refusal

T = TypeVar("T")


class Threads:
    """Does so much of one kind of work at a time; all else of that kind waits without a thread.

    Parameters
    ----------
    most : int
        Of the threads.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, request: Request, work: Callable[[Callable[[], bool]], T]) -> T:
        """Do the work of a request whose body has been read, unless its client leaves before it begins.

        Parameters
        ----------
        request : Request
            That wants it.
        work : callable
            Given what tells whether the client has left meanwhile.

        Raises
        ------
        Refusal
            If nobody waits for it any more.
        """
        if self._limiter is None:                         # belongs to the event loop that runs now
            self._limiter = anyio.CapacityLimiter(self._most)
        left, waiting = threading.Event(), anyio.CancelScope()
        watching = asyncio.ensure_future(_watch(request, left, waiting))
        try:
            with waiting:                                 # what has begun is not cut off by it
                return await anyio.to_thread.run_sync(work, left.is_set, limiter=self._limiter)
        finally:
            watching.cancel()
        raise Refusal(400, "request", "request: its client has left")


async def _watch(request: Request, left: threading.Event, waiting: anyio.CancelScope) -> None:
    with contextlib.suppress(Refusal):                    # of a body that a request has where none is read
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left.set()
        waiting.cancel()
