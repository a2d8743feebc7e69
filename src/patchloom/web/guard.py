"""Who may ask: this machine's own page and programs, not pages from elsewhere.

A page of another site can send requests to 127.0.0.1, and a name of its own can be bent to lead there. Therefore the
``Host`` must be one of ours, ``Origin`` and ``Sec-Fetch-Site``, where a browser sends them, must be the page's own,
and no answer allows other origins to read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..loopback import ADDRESS, HEADERS
from .errors import Refusal, answer

LOOPBACK = (ADDRESS, "localhost", "[::1]")
LONGEST_HEAD = 32 << 10
"""Bytes of a request's first line and headers."""

SILENCE = 30.0
"""Seconds that a request's body may keep silent."""

SLOWEST = 16_000
"""Bytes of a body that must come per second, after so much silence."""

_PATIENCE, _DRAINED = 2.0, 10.0                           # seconds of silence, and in all, of a body that is dropped
_UNUSED = (b"range", b"if-range")

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:",
    "media-src 'self' blob:", "connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'none'",
    "frame-ancestors 'none'",
))

_HEADERS = {**HEADERS, "Content-Security-Policy": POLICY}
_PAGES = ("/", "/docs")


class Guard:
    """Refuses what does not come from this machine's own page or programs, and marks every answer.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    port : int
        That the server listens on.
    hosts : iterable of str
        More names that it may be called by, as `patchloom.web.addresses.as_host` returns them; https is allowed for
        these too.
    root_path : str
        As `patchloom.web.addresses.as_root_path` returns it; a request's path may begin with it or not.
    most_bytes : int
        Of a request's body.
    """

    def __init__(
        self, app: ASGIApp, *, port: int, hosts: Iterable[str] = (), root_path: str = "", most_bytes: int,
    ) -> None:
        self.app, self.root_path, self.most_bytes = app, root_path, most_bytes
        own = {f"{name}:{port}" for name in LOOPBACK} | (set(LOOPBACK) if port == 80 else set())
        more = set(hosts)
        self._origins = {name: {f"http://{name}"} for name in own}
        self._origins |= {name: {f"http://{name}", f"https://{name}"} for name in more}
        self._told = f"{ADDRESS}:{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        scope, headers = self._placed(scope), Headers(scope=scope)
        body = _Body(receive, headers, self.most_bytes)
        marked = _Marked(send, body, api="/api/" in scope["path"], head=scope["method"] == "HEAD")
        try:
            path = scope["path"][len(self.root_path):]
            self._check_path(path)
            self._check_host(headers)
            self._check_site(headers, path or "/", scope["method"])
            self._check_head(scope)
            self._check_length(headers)
            app = self.app if path else RedirectResponse(self.root_path + "/")    # what the page asks for is relative
            await app(_asked(scope), body.receive, marked.send)
        except Refusal as refusal:
            if marked.started:
                raise
            await answer(refusal)(scope, receive, marked.send)

    def _placed(self, scope: Scope) -> Scope:
        """Return the request with its path below the root path, whether the proxy has taken that away or not."""
        path, root = scope["path"] or "/", self.root_path
        if root and path != root and not path.startswith(root + "/"):
            path = root + path
        return {**scope, "path": path, "root_path": root}

    @staticmethod
    def _check_head(scope: Scope) -> None:
        size = len(scope["path"]) + len(scope.get("query_string", b""))
        size += sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
        if size > LONGEST_HEAD:
            raise Refusal(400, "request", f"headers={size} bytes: must be at most {LONGEST_HEAD}, with the path")

    @staticmethod
    def _check_path(path: str) -> None:
        if any(not letter.isprintable() or letter == "\\" for letter in path):
            raise Refusal(404, "not-found", f"path={path}: there is nothing here; see /docs")

    def _check_host(self, headers: Headers) -> None:
        hosts = [host.lower() for host in headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] not in self._origins:
            got = ", ".join(hosts) or "none"
            raise Refusal(403, "host", f"Host={got}: must be {self._told}, or a name given with --allow-host")
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or origins[0].lower() not in self._origins[hosts[0]]):
            raise Refusal(403, "origin", f"Origin={', '.join(origins)}: must be the studio's own page")

    @staticmethod
    def _check_site(headers: Headers, path: str, method: str) -> None:
        """Refuse what a page of another site asks for; it may only lead people here."""
        site = headers.get("sec-fetch-site", "none")
        led = (
            method in ("GET", "HEAD") and path in _PAGES and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest", "document") == "document"
        )
        if site not in ("same-origin", "none") and not led:
            raise Refusal(403, "origin", f"Sec-Fetch-Site={site}: must be the studio's own page")

    def _check_length(self, headers: Headers) -> None:
        text = headers.get("content-length")
        if text is None:
            return
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(400, "request", f"Content-Length={text}: must be a whole number")
        if int(text) > self.most_bytes:
            raise too_large(self.most_bytes, text)


def _asked(scope: Scope) -> Scope:
    """Return the request as the routes take it: HEAD is GET without what follows, and files are sent whole."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return {**scope, "method": method, "headers": [one for one in scope["headers"] if one[0] not in _UNUSED]}


def too_large(most: int, got: object = "more") -> Refusal:
    """Return the refusal of a body of too many bytes."""
    return Refusal(413, "too-large", f"body={got} bytes: must be at most {most}; send smaller files",
                   headers={"Connection": "close"})


class _Body:
    """Counts the bytes of a request's body as they come, and does not wait for them for ever."""

    def __init__(self, receive: Receive, headers: Headers, most: int) -> None:
        self._receive, self._most, self._begun, self._seen = receive, most, time.monotonic(), 0
        self.whole = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
        self._waits = "expect" in headers                 # to be told to go on, before it sends anything

    async def receive(self) -> Message:
        """Return what came next."""
        if self.whole:
            return await self._receive()
        left = self._begun + SILENCE + self._seen / SLOWEST - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(min(SILENCE, left), 0))
        except asyncio.TimeoutError:                      # its own class before Python 3.11
            self._waits = True                            # or as good as that
            told = f"nothing more came in {SILENCE:g} s" if left > SILENCE else f"{self._seen} bytes came too slowly"
            raise Refusal(408, "timeout", f"body: {told}; send it again", headers={"Connection": "close"}) from None
        self._count(message)
        if self._seen > self._most:
            raise too_large(self._most)
        return message

    async def drain(self) -> None:
        """Read what is still being sent, up to a point: who is cut off while he sends does not see the answer."""
        until = time.monotonic() + _DRAINED
        if self._waits:
            return
        with contextlib.suppress(asyncio.TimeoutError):
            while not self.whole and self._seen < 2 * self._most:
                patience = min(_PATIENCE, until - time.monotonic())
                self._count(await asyncio.wait_for(self._receive(), max(patience, 0)))

    def _count(self, message: Message) -> None:
        self._waits, self._seen = False, self._seen + len(message.get("body", b""))
        self.whole = not message.get("more_body", False)


class _Marked:
    """Sends answers with the headers that all have, errors when nothing more is being sent, to HEAD no content."""

    def __init__(self, send: Send, body: _Body, *, api: bool, head: bool) -> None:
        self._send, self._body, self._api, self._head = send, body, api, head
        self.started = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store" if self._api else "no-cache")
            if message["status"] >= 400:
                await self._body.drain()
                if not self._body.whole:
                    headers["Connection"] = "close"
            await self._send(message)
            if self._head:                                # now: a stream of events would go on for long
                await self._send({"type": "http.response.body", "body": b""})
        elif not self._head:
            await self._send(message)
