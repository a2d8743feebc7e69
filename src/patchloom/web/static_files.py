"""The page's own files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"

TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon",
    ".json": "application/json", ".webmanifest": "application/manifest+json",
}
"""Said by us: what a system takes a suffix for is its own affair, and a browser runs no module of another type."""


class PageFiles(StaticFiles):
    """Files below one folder, with the types that browsers insist on."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        _say_type(response, Path(full_path))
        return response


def page(name: str) -> Response:
    """Return one of the pages."""
    path = FOLDER / name
    response = FileResponse(path)
    _say_type(response, path)
    return response


def _say_type(response: Response, path: Path) -> None:
    if response.status_code != 304:
        response.headers["Accept-Ranges"] = "none"        # the guard lets nobody ask for parts
        response.headers["Content-Type"] = TYPES.get(path.suffix, "application/octet-stream")
