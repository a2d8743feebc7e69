"""One shape for every error: ``{"error": {"status", "code", "message", "field"}}``, whatever made it."""

from __future__ import annotations

import http
import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from .. import io
from ..errors import PatchloomError
from .problems import QueueFull, problem_of

log = logging.getLogger("patchloom")

CODES: Mapping[int, str] = {
    400: "request", 403: "refused", 404: "not-found", 405: "method", 408: "timeout", 409: "not-ready", 410: "expired",
    411: "length", 413: "too-large", 415: "media-type", 422: "parameter", 429: "queue", 500: "internal",
    503: "unavailable",
}
"""What an error of a status is called where nothing more is known."""

_LONGEST, _KEPT = 600, 280


class Refusal(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        Of HTTP, 400 or more.
    code : str
        One word for programs.
    message : str
        One line for people.
    field : str, optional
        The part of the request that it is about.
    headers : mapping of str to str, optional
        Of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {"error": {
            "status": self.status, "code": self.code, "message": one_line(self.message), "field": self.field,
        }}


class JSON(Response):
    """A JSON answer in ASCII: it may quote what came in, and that may be no valid text."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, and without the middle if it is long."""
    text = io.shown(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[:_KEPT]} ... {text[-_KEPT:]}"


def answer(refusal: Refusal) -> JSON:
    """Return what is sent for a refusal."""
    return JSON(refusal.body, refusal.status, headers=refusal.headers)


def refusal_of(error: PatchloomError, fields: Mapping[str, str] = {}) -> Refusal:
    """Return an error of the library as a refusal.

    Parameters
    ----------
    error : PatchloomError
        What was raised.
    fields : mapping of str to str
        What its message may begin with, and the field of the request that it is about then.
    """
    problem = problem_of(error, fields)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, QueueFull) else {}
    return Refusal(problem.status, problem.code, problem.message, problem.field, headers)


def add_handlers(app: FastAPI) -> None:
    """Have the application answer all its errors, and the framework's, in the one shape."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return answer(error)

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, PatchloomError)
        return answer(refusal_of(error))

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(_of_framework(request, error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(_of_validation(error))

    async def failed(request: Request, error: Exception) -> Response:
        log.error("studio: %s %s failed", request.method, io.shown(request.url.path), exc_info=error)
        return answer(Refusal(500, "internal", "the studio failed at this; its terminal tells where"))

    for kind, handler in (
        (Refusal, refused), (PatchloomError, known), (HTTPException, framework), (RequestValidationError, invalid),
        (Exception, failed),
    ):
        app.add_exception_handler(kind, handler)


def _of_framework(request: Request, error: HTTPException) -> Refusal:
    status, headers = error.status_code, dict(error.headers or {})
    code = CODES.get(status, "request")
    message = str(error.detail or http.HTTPStatus(status).phrase)
    if status == 404:
        message = f"path={request.url.path}: there is nothing here; see /docs"
    elif status == 405:
        headers = {"Allow": ", ".join(_methods(request))}
        message = f"method={request.method}: this path takes {headers['Allow']}"
    elif status == 400:
        message = f"body: {message}"
    return Refusal(status, code, message, headers=headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of a path: of all its routes, and not of the first alone; files have none, and take GET."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] != Match.NONE]
    found = {method for route in routes for method in getattr(route, "methods", None) or ()} or {"GET"}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))    # the guard makes that of it


def _of_validation(error: RequestValidationError) -> Refusal:
    first = error.errors()[0]
    name = str(first["loc"][-1])
    got = first.get("input")
    return Refusal(422, "parameter", f"{name}={got!r}: {first['msg']}", name)
