"""The studio over HTTP on this machine, until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterable

import uvicorn

from ..loopback import ADDRESS, taken, url
from .app import create
from .guard import LONGEST_HEAD
from .jobs import Studio
from .protocol import Protocol

_LINGER = 1                                               # second that open connections have when the server ends
_KEEP_ALIVE = 20                                          # seconds that a connection without a request stays open


class StudioServer:
    """Serves one studio on this machine alone.

    Parameters
    ----------
    studio : Studio
        That makes the pictures.
    port : int
        0 takes a free one.
    hosts : iterable of str
        More names that it may be called by: of reverse proxies.
    root_path : str
        That a reverse proxy serves it under.

    Attributes
    ----------
    left : bool
        Whether threads still work after `serve_forever`: a picture is decoded, which nothing can cut off.

    Raises
    ------
    FileError
        If the port is taken.
    """

    def __init__(self, studio: Studio, port: int = 0, *, hosts: Iterable[str] = (), root_path: str = "") -> None:
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        app = create(studio, port=self.port, hosts=hosts, root_path=root_path)
        config = uvicorn.Config(
            app, http=Protocol, ws="none", lifespan="on", log_config=None, log_level="critical", access_log=False,
            proxy_headers=False, server_header=False, timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_LINGER, h11_max_incomplete_event_size=LONGEST_HEAD,
        )
        self._server = _Server(config, studio)
        self.left = False

    @property
    def url(self) -> str:
        """Where the page is."""
        return url(self.port)

    def __enter__(self) -> StudioServer:
        """Return itself: it already listens."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the port."""
        self._socket.close()

    def serve_forever(self) -> None:
        """Serve until `stop`, Ctrl-C or a request to end."""
        # It warns of each malformed form: anybody could fill the terminal.
        logging.getLogger("python_multipart").setLevel(logging.ERROR)
        before = set(threading.enumerate())
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.left = _ended(set(threading.enumerate()) - before)

    def stop(self) -> None:
        """Have `serve_forever` return; may be called from any thread."""
        self._server.should_exit = True


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((ADDRESS, port))
        made.listen(128)                                  # now, so that whoever reads the address can already come
    except OSError as error:
        made.close()
        raise taken(port, error) from error
    return made


def _ended(threads: set[threading.Thread]) -> bool:
    """Wait a little for threads to end; return whether one goes on that a program would wait for."""
    until = time.monotonic() + _LINGER
    waited_for = [thread for thread in threads if not thread.daemon]
    for thread in waited_for:
        thread.join(max(until - time.monotonic(), 0))
    return any(thread.is_alive() for thread in waited_for)


class _Server(uvicorn.Server):
    """Ends what runs and is watched before it waits for connections."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self._studio = studio

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel all jobs, which ends the streams of events, and then close the connections."""
        await asyncio.to_thread(self._studio.close)
        await super().shutdown(sockets)
