"""What the OpenAPI document says besides the routes' own signatures: bodies, files and errors."""

from __future__ import annotations

from typing import Any

from fastapi import Depends
from starlette.requests import Request

from ..catalogue import TASKS, number_names
from ..params import PRESETS, numbers
from .errors import Refusal
from .limits import Limits
from .models import Error
from .ordering import IMAGE, MAP_FIELD
from .results import TYPES
from .uploads import MOST_FILES, TYPE

DESCRIPTION = (
    "Send a picture and a task, follow the work as it goes from coarse to fine, take the results. Every error has the "
    "one shape `{\"error\": {\"status\", \"code\", \"message\", \"field\"}}`. Sizes and places are rows first, then "
    "columns, in pixels. `GET /api/tasks` has every task with its pictures and parameters."
)

_ERRORS = {
    400: "The request cannot be read.",
    403: "Host, Origin or Sec-Fetch-Site is not the studio's own.",
    404: "There is no such job, result or file.",
    405: "The path takes other methods.",
    408: "The body stopped coming.",
    409: "The result is not made yet.",
    410: "The job was kept long enough, and is gone.",
    413: "The body is larger than the studio accepts.",
    415: "The body is no multipart/form-data.",
    422: "Something in the request cannot be used; `field` says what.",
    429: "There is no place in the queue now; Retry-After says when to come again.",
    500: "The studio failed.",
    503: "The studio is closing.",
}
_ALWAYS = (400, 403, 405, 500)
_BINARY = {"type": "string", "format": "binary"}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how a route may refuse, in the one shape.

    Parameters
    ----------
    *statuses : int
        Besides those that every route has.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*_ALWAYS, *statuses}):
        found[status] = {"model": Error, "description": _ERRORS[status]}
        if status in (429, 503):
            found[status]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


def files(*types: str, describe: str) -> dict[int | str, dict[str, Any]]:
    """Return that a route answers with a file.

    Parameters
    ----------
    *types : str
        Of its content.
    describe : str
        A sentence.
    """
    return {200: {"description": describe, "content": {kind: {"schema": _BINARY} for kind in types}}}


EVENT = {
    "type": "object", "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["state", "step", "result", "done", "failed", "cancelled"]},
        "data": {"type": "string", "contentMediaType": "application/json", "description": "A JSON object."},
    },
}
"""One event of a stream, as OpenAPI describes server-sent events."""

PICTURES = tuple(dict.fromkeys(kind for suffix, kind in TYPES.items() if suffix != ".npz"))
"""Types of the files that results become."""


def only(*names: str) -> Any:
    """Return a dependency that refuses other parameters of the query than these: nothing is silently ignored."""

    # Not on a thread: all of these may be waiting for files.
    async def check(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        for name in given:
            if name not in names:
                allowed = ", ".join(names) or "none"
                raise Refusal(422, "parameter", f"{name[:40]}: no such parameter of this path; these are: {allowed}",
                              name[:40])
            if given.count(name) > 1:
                raise Refusal(422, "parameter", f"{name}=given twice: must be given once", name)

    return Depends(check)


def job_body(limits: Limits) -> dict[str, Any]:
    """Return what the body of a new job is.

    Parameters
    ----------
    limits : Limits
        Of the studio.
    """
    properties: dict[str, Any] = {
        "task": {"type": "string", "enum": list(TASKS), "description": "What is to be made."},
        "parameters": {
            "type": "object", "description": "As JSON; GET /api/tasks has those of each task.",
            "properties": _parameters(limits), "default": {},
        },
        IMAGE: {
            "type": "array", "items": _BINARY, "minItems": 1, "maxItems": MOST_FILES,
            "description": "The picture; several for a collage, which are repeated fields.",
        },
        **_pictures(),
        MAP_FIELD + "NAME": {
            **_BINARY, "description": "A picture of the same size that follows the result (normals, heights); NAME is "
                                      "yours, and there may be several.",
        },
    }
    schema = {"type": "object", "required": ["task", IMAGE], "properties": properties, "additionalProperties": False}
    encoding = {"parameters": {"contentType": "application/json"}}
    return {"requestBody": {"required": True, "content": {TYPE: {"schema": schema, "encoding": encoding}}}}


def picture_body() -> dict[str, Any]:
    """Return that a body is one picture."""
    schema = {"type": "object", "required": [IMAGE], "properties": {IMAGE: _BINARY}, "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {TYPE: {"schema": schema}}}}


def _pictures() -> dict[str, Any]:
    """Return the fields of pictures besides the first, with the tasks that take them."""
    told: dict[str, list[str]] = {}
    for task in TASKS.values():
        for name in task.takes[1:]:
            told.setdefault(name, []).append(f"{task.name}: the second picture; required.")
        for role in task.roles:
            told.setdefault(role.name, []).append(f"{task.name}: {role.help}{' Required.' * role.required}")
    return {name: {**_BINARY, "description": " ".join(lines)} for name, lines in told.items()}


def _parameters(limits: Limits) -> dict[str, Any]:
    """Return the parameters that tasks share."""
    found: dict[str, Any] = {
        "size": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2,
                 "description": "Rows and columns of the result."},
        "count": {"type": "integer", "minimum": 1, "maximum": limits.count, "default": 1},
        "seed": {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
        "preset": {"type": "string", "enum": sorted({name for task in TASKS.values() for name in task.presets})},
        "map_weights": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100}},
    }
    for name in number_names():
        number = numbers()[name]
        kind = "integer" if isinstance(getattr(PRESETS["default"], name), int) else "number"
        known: dict[str, Any] = {"type": kind}
        if number.choices:
            known = {"type": "string", "enum": list(number.choices)}
        limited = {key: value for key, value in (("minimum", number.low), ("maximum", number.high))
                   if not number.choices and abs(value) != float("inf")}
        if not number.choices and number.high == float("inf"):
            known = {"type": [kind, "string"]}
        found[name] = {**known, **limited, "description": number.help}
    return found
