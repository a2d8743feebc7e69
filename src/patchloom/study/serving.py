"""The page of a study and its answers, over loopback, by the standard library's server.

======  ============  ==========================================================
method  path          answer
======  ============  ==========================================================
GET     ``/``         the page
POST    ``/answers``  ``{"saved": true}`` once the answer is in the database
======  ============  ==========================================================

Everything else, and every error, is ``{"error": line}`` with a status of 400 or more.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, cast

from .. import io
from ..errors import InputError, explain
from ..loopback import ADDRESS, HEADERS, taken, url
from .answers import as_answer
from .database import Database
from .pages import Page

log = logging.getLogger("patchloom")

MOST_BODY = 4096
"""Bytes of a request's body; an answer has some four hundred."""

_DRAINED = 1 << 20
_PATHS = {"/": "GET, HEAD", "/answers": "POST"}

_HEADERS = {
    **HEADERS,
    "Cache-Control": "no-store",
    # The page has a policy of its own; these cannot stand in a page.
    "Content-Security-Policy": "frame-ancestors 'none'",
}


class StudyServer(ThreadingHTTPServer):
    """Serves one study on this machine alone.

    Parameters
    ----------
    page : Page
        What is shown.
    database : Database
        Where answers go; of the same study.
    port : int
        0 takes a free one.

    Raises
    ------
    FileError
        If the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128                              # five, as it is otherwise, refuses a room that starts at once

    def __init__(self, page: Page, database: Database, port: int = 0) -> None:
        self.page, self.database = page, database
        self._ended = False
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise taken(port, error) from error

    def server_bind(self) -> None:
        """Take the port, without asking the network what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    @property
    def url(self) -> str:
        """Where the page is."""
        return url(self.server_port)

    def serve_forever(self, poll_interval: float = 0.1) -> None:
        """Serve until `stop`, which is looked for so often, in seconds."""
        self.timeout = poll_interval
        while not self._ended:
            self.handle_request()

    def stop(self) -> None:
        """Have `serve_forever` return; may be called from any thread, before it too."""
        self._ended = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what ended a connection, as browsers that go away do."""
        log.info("study: a connection ended early", exc_info=True)


class _Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, line: str) -> None:
        super().__init__(line)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    timeout = 30                                          # seconds that a connection may be silent

    @property
    def study(self) -> StudyServer:
        """The server, as what it is."""
        return cast(StudyServer, self.server)

    def do_GET(self) -> None:
        """Give the page."""
        self._attempt("GET")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Take an answer."""
        self._attempt("POST")

    def do_PUT(self) -> None:
        """Refuse what no path here takes."""
        self._attempt("")

    do_DELETE = do_PATCH = do_OPTIONS = do_PUT

    @property
    def _route(self) -> str:
        """The path without its query, which means nothing here."""
        return self.path.partition("?")[0]

    def _attempt(self, method: str) -> None:
        try:
            body = self._body()                           # read first: closing on unread bytes would drop the answer
            self._check_host()
            self._check_path(method)
            if method == "GET":
                self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.study.page.html)
                return
            saved = self._save(body)
        except _Refused as refusal:
            self._send_json(refusal.status, {"error": str(refusal)})
        else:
            self._send_json(HTTPStatus.OK, saved)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers:
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "Transfer-Encoding: the body must come with its Content-Length")
        if not length:
            return b""
        if not length.isascii() or not length.isdigit() or len(length) > 18:
            raise _Refused(HTTPStatus.BAD_REQUEST, "Content-Length: must be a number")
        if int(length) > MOST_BODY:
            self.rfile.read(min(int(length), _DRAINED))
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body={length} bytes: must be at most {MOST_BODY}")
        return self.rfile.read(int(length))

    def _check_host(self) -> None:
        """Refuse requests that a page elsewhere made, or a name that was bent to this machine."""
        port = self.study.server_port
        hosts = [f"{name}:{port}" for name in (ADDRESS, "localhost")]
        if port == 80:                                    # which browsers leave out
            hosts += [ADDRESS, "localhost"]
        if self.headers.get_all("Host") not in [[host] for host in hosts]:
            raise _Refused(HTTPStatus.FORBIDDEN, f"Host: must be {hosts[0]}")
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{self.headers['Host']}":
            raise _Refused(HTTPStatus.FORBIDDEN, "Origin: must be the study's own page")

    def _check_path(self, method: str) -> None:
        allowed = _PATHS.get(self._route)
        if allowed is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "path: must be / or /answers")
        if method not in allowed.split(", "):
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"method: {self._route} takes {allowed}")

    def _save(self, body: bytes) -> dict[str, Any]:
        if self.headers.get("Origin") is None:
            raise _Refused(HTTPStatus.FORBIDDEN, "Origin: must be the study's own page")
        if self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type: must be application/json")
        try:
            record = json.loads(body)
        except (ValueError, RecursionError):
            raise _Refused(HTTPStatus.BAD_REQUEST, "body: must be JSON") from None
        study = self.study.page.study
        if not isinstance(record, dict) or record.pop("study", None) != study.id:
            raise _Refused(HTTPStatus.CONFLICT, "study: must be an answer to the study that is served; reload the page")
        try:
            counts = self.study.database.add(as_answer(study, record))
        except InputError as error:
            raise _Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        except sqlite3.Error as error:                    # a full disk, a file that was taken away
            log.warning("study: %s", error)
            line = explain("answers", f"{io.shown(self.study.database.path)} ({error})", "could not be written")
            raise _Refused(HTTPStatus.INTERNAL_SERVER_ERROR, line) from None
        if not counts:
            raise _Refused(HTTPStatus.CONFLICT, "trial: this participant has answered it otherwise, which counts")
        return {"saved": True}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the standard library refuses (no HTTP, an unknown method) in the shape of all errors."""
        self.close_connection = True
        self._send_json(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})

    def _send_json(self, status: HTTPStatus, value: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: HTTPStatus, kind: str, data: bytes) -> None:
        self.send_response(status)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", _PATHS[self._route])
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def version_string(self) -> str:
        """Name the server without versions."""
        return "patchloom"

    def log_message(self, format: str, *args: Any) -> None:
        """Log a request."""
        log.info("study: " + format, *args)
