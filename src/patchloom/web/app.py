"""The application: all routes, one shape of errors, and the guard around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp

from .._version import __version__
from . import models
from .document import DESCRIPTION, errors, files, only
from .errors import JSON, add_handlers
from .examples import example_file, listed
from .guard import Guard
from .job_routes import JobRoutes
from .jobs import Studio
from .schema import described
from .static_files import PageFiles, page


def create(studio: Studio, *, port: int, hosts: Iterable[str] = (), root_path: str = "") -> ASGIApp:
    """Return the whole application, guarded.

    Parameters
    ----------
    studio : Studio
        That makes the pictures; it is started and closed with the server.
    port : int
        That the server listens on.
    hosts : iterable of str
        More names that it may be called by: of reverse proxies.
    root_path : str
        That a reverse proxy serves it under.
    """
    app = application(studio)
    return Guard(app, port=port, hosts=hosts, root_path=root_path, most_bytes=studio.limits.body)


def application(studio: Studio) -> FastAPI:
    """Return the routes of a studio, for nobody to reach but through `Guard`.

    Parameters
    ----------
    studio : Studio
        That makes the pictures.
    """

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        studio.start()
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(studio.close)

    app = FastAPI(
        title="Patchloom studio", description=DESCRIPTION, version=__version__, lifespan=living, docs_url=None,
        redoc_url=None, redirect_slashes=False,
    )
    add_handlers(app)
    _Pages(studio).add_to(app)
    JobRoutes(studio).add_to(app)
    app.mount("/static", PageFiles(), name="static")
    return app


class _Pages:
    """What is the same for everybody."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def add_to(self, app: FastAPI) -> None:
        """Add the routes to an application."""
        app.add_api_route("/", self.index, methods=["GET"], include_in_schema=False)
        app.add_api_route("/docs", self.docs, methods=["GET"], include_in_schema=False)
        tasks: dict[int | str, dict[str, Any]] = {200: {"model": models.Tasks, "description": "All tasks."}}
        pictures: dict[int | str, dict[str, Any]] = {
            200: {"model": list[models.Example], "description": "At least one for each task."}
        }
        for path, work, answers in (
            ("tasks", self.tasks, tasks | errors(422)), ("examples", self.examples, pictures | errors(422)),
            ("examples/{file}", self.example, files("image/png", describe="The file.") | errors(404, 422)),
        ):
            app.add_api_route(
                f"/api/{path}", work, methods=["GET"], tags=["tasks"], dependencies=[only()], response_class=Response,
                responses=answers,
            )

    def index(self) -> Response:
        """Show the studio."""
        return page("index.html")

    def docs(self) -> Response:
        """Show what is said here, in a browser."""
        return page("docs.html")

    def tasks(self) -> Response:
        """List every task with its pictures, parameters, defaults and ranges; and what the studio accepts."""
        return JSON(described(self._studio.limits))

    def examples(self) -> Response:
        """List pictures that come with Patchloom, with a task and parameters for each."""
        return JSON(listed())

    def example(self, file: str) -> Response:
        """Send one of their files."""
        data, kind = example_file(file)
        return Response(data, media_type=kind)
