"""The routes of jobs: what is made."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import io
from ..errors import PatchloomError
from . import models
from .document import EVENT, PICTURES, errors, files, job_body, only, picture_body
from .errors import JSON, Refusal, refusal_of
from .files import File, metadata
from .job import QUEUED, RUNNING, SILENCE, Job
from .jobs import Studio
from .keeping import Gone
from .ordering import IMAGE, place, read_as
from .results import FORMATS, Made
from .threads import Threads
from .uploads import Form, Intake, read_form

T = TypeVar("T")

MOST_SIDE = 4096
"""Pixels of a preview's longer side."""

_HIDDEN = (("Patchloom-Channels", "How many channels of colour the file has, besides alpha: 1, 3, 4 for CMYK."),
           ("Patchloom-Range", "Its least and its greatest value: `0 1`, unless floats leave that."))

_DECODERS = 4                                             # requests that decode and plan at a time
_ENCODERS = 2                                             # each takes a core and some copies of the pixels
_FOLLOWERS, _STREAMS = 32, 256                            # streams of events: of a job, and of all
_BODIES = 4                                               # of the largest size, held at a time
_ALIVE = 15.0                                             # seconds of silence on a stream of events
_EVENTS = (
    "Server-sent events, the data of each a JSON object: `state` (as GET of the job; at once, and at every change), "
    "`step` (index, seed, level, levels, iteration, progress, width, height, preview), `result` (one of results), and "
    "last `done`, `failed` or `cancelled` (as GET), after which the stream ends."
)

Index = Annotated[int, Query(ge=0, description="Which result of the job, from 0.")]
Side = Annotated[int | None, Query(ge=1, le=MOST_SIDE, description="Pixels of the longer side, at most.")]
Format = Annotated[
    str | None, Query(description="The kind of file; by default what holds the input's pixels.",
                      json_schema_extra={"enum": list(FORMATS)}),
]


class JobRoutes:
    """Takes jobs, tells of them, and sends what they made.

    Parameters
    ----------
    studio : Studio
        That makes it.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._intake = Intake(_BODIES * studio.limits.body)
        self._decoders, self._encoders = Threads(_DECODERS), Threads(_ENCODERS)
        self._streams = 0

    def add_to(self, app: FastAPI) -> None:
        """Add the routes to an application."""
        taken: dict[int | str, dict[str, Any]] = {202: {
            "model": models.Accepted, "description": "Pictures, parameters and the first plan are good; the job waits.",
            "headers": {"Location": {"description": "Of the job.", "schema": {"type": "string"}}},
        }}
        app.add_api_route(
            "/api/jobs", self.create, methods=["POST"], status_code=202, tags=["jobs"], dependencies=[only()],
            openapi_extra=job_body(self._studio.limits), responses=taken | errors(408, 413, 415, 422, 429, 503),
        )
        shown = files("image/png", describe="The picture.")
        shown[200]["headers"] = {name: {"description": told, "schema": {"type": "string"}} for name, told in _HIDDEN}
        app.add_api_route(
            "/api/preview", self.show, methods=["POST"], tags=["pictures"], dependencies=[only()],
            openapi_extra=picture_body(), response_class=Response,
            responses=shown | errors(408, 413, 415, 422, 429, 503),
        )
        told: dict[int | str, dict[str, Any]] = {200: {"model": models.Job, "description": "The job."}}
        stream: dict[int | str, dict[str, Any]] = {
            200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": EVENT}}}
        }
        for path, work, methods, answers in (
            ("", self.read, "GET", told | errors(404, 410, 422)),
            ("", self.cancel, "DELETE", told | errors(404, 410, 422)),
            ("/events", self.events, "GET", stream | errors(404, 410, 422, 429)),
        ):
            app.add_api_route(
                "/api/jobs/{id}" + path, work, methods=[methods], tags=["jobs"], dependencies=[only()],
                response_class=Response, responses=answers,
            )
        self._add_results(app)

    def _add_results(self, app: FastAPI) -> None:
        plain: dict[int | str, dict[str, Any]] = {200: {
            "description": "What it says.", "content": {"application/json": {"schema": {"type": "object"}}},
        }}
        for path, work, names, answers in (
            ("image", self.image, ("index", "format"), files(*PICTURES, describe="The file.")),
            ("preview", self.preview, ("index", "side"), files("image/png", describe="The picture.")),
            ("field", self.field, ("index",), files("application/zip", describe="NumPy arrays, .npz.")),
            ("metadata", self.metadata, ("index",), plain),
            ("maps/{name}", self.map, ("index",), files(*PICTURES, describe="The file.")),
        ):
            app.add_api_route(
                "/api/jobs/{id}/" + path, work, methods=["GET"], tags=["results"], dependencies=[only(*names)],
                response_class=Response, responses=answers | errors(404, 409, 410, 422),
            )

    async def create(self, request: Request) -> Response:
        """Take a job.

        Pictures, masks, parameters and the plan of the first result are checked before this answers.
        """
        job = await self._decoded(request, lambda form, left: place(form, self._studio, left))
        if await request.is_disconnected():               # who left meanwhile cannot know its id
            self._studio.cancel(job.id)
        state = job.snapshot()
        told = {name: state[name] for name in models.Accepted.model_fields}
        return JSON(told, 202, headers={"Location": f"{request.scope['root_path']}/api/jobs/{job.id}"})

    async def show(self, request: Request) -> Response:
        """Show a picture that browsers cannot, such as TIFF and EXR: as PNG of 8 bits, of the same size."""
        def convert(form: Form, left: Callable[[], bool]) -> tuple[bytes, dict[str, str]]:
            found = [sent for sent in form.files if sent.field == IMAGE]
            if len(found) != 1 or len(form.files) > 1:
                raise Refusal(422, "file", f"image={len(form.files)} files: must be one, of this field", IMAGE)
            with self._studio.looking(left), read_as(IMAGE):
                read = io.read(found[0].name, data=found[0].data, most_pixels=self._studio.limits.pixels)
                channels, low, high = io.channels_and_range(read.pixels)
                told = {"Patchloom-Channels": f"{channels}", "Patchloom-Range": f"{low:g} {high:g}"}
                return io.encode_preview(read.pixels), told

        data, told = await self._decoded(request, convert, texts=())
        return Response(data, media_type="image/png", headers=told)

    async def _decoded(self, request: Request, work: Callable[[Form, Callable[[], bool]], T], **how: Any) -> T:
        """Read a body and do the work with it on a thread: few at a time, for pictures are large."""
        with self._intake.place(int(request.headers.get("content-length", 0))) as take:
            form = await read_form(request, take, **how)
            return await self._decoders.run(request, lambda left: work(form, left))

    async def read(self, id: str) -> Response:
        """Tell what has become of a job."""
        return JSON(self._job(id).snapshot())

    async def cancel(self, id: str) -> Response:
        """Cancel a job if it is not finished; results that are finished stay for a while."""
        job = self._job(id)
        self._studio.cancel(id)
        return JSON(job.snapshot())

    async def events(self, id: str) -> Response:
        """Follow a job until it has ended."""
        job = self._job(id)
        if job.followers >= _FOLLOWERS or self._streams >= _STREAMS:
            told = f"events={max(job.followers, self._streams)} streams: at most {_FOLLOWERS} of a job and {_STREAMS} "
            raise Refusal(429, "queue", told + "in all; close some", headers={"Retry-After": "5"})
        stream = self._stream(job)
        first = await anext(stream)                       # counted from now on, and not when it is sent
        return StreamingResponse(
            _rest(first, stream), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    async def _stream(self, job: Job) -> AsyncGenerator[bytes, None]:
        self._streams += 1
        try:
            async for kind, data in job.follow(silence=_ALIVE):
                yield b": alive\n\n" if kind == SILENCE else f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
        finally:
            self._streams -= 1

    async def image(self, request: Request, id: str, index: Index = 0, format: Format = None) -> Response:
        """Send the file of a result, with all that it says about itself."""
        job, made = self._result(id, index)
        files = self._studio.files
        if format is None:
            return await self._sent(request, lambda: files.image(job, made))
        allowed = [name for name, suffix in FORMATS.items() if suffix in job.order.task.delivery.suffixes]
        if format not in allowed:
            raise Refusal(422, "parameter", f"format={format[:40]}: must be one of {', '.join(allowed)}", "format")
        try:
            return await self._sent(request, lambda: files.image(job, made, FORMATS[format]))
        except PatchloomError as error:                   # another kind of file may not hold such pixels
            raise refusal_of(error, {"output": "format"}) from None

    async def preview(self, request: Request, id: str, index: Index = 0, side: Side = None) -> Response:
        """Send a result of any kind as PNG of 8 bits; of an animation the first frame."""
        job, made = self._result(id, index)
        return await self._sent(request, lambda: self._studio.files.preview(job, made, side), inline=True)

    async def field(self, request: Request, id: str, index: Index = 0) -> Response:
        """Send the nearest-neighbour field of a result, for `patchloom apply`."""
        job, made = self._result(id, index)
        return await self._sent(request, lambda: self._studio.files.field(job, made))

    async def metadata(self, id: str, index: Index = 0) -> Response:
        """Tell what the file of a result says about itself."""
        return JSON(metadata(self._result(id, index)[1]))

    async def map(self, request: Request, id: str, name: str, index: Index = 0) -> Response:
        """Send the file of a map that followed a result."""
        job, made = self._result(id, index)
        if name not in made.result.maps:
            raise Refusal(404, "not-found", f"map={name[:40]}: this result has no such map")
        return await self._sent(request, lambda: self._studio.files.map(job, made, name))

    async def _sent(self, request: Request, encode: Callable[[], File], *, inline: bool = False) -> Response:
        return _as_file(await self._encoders.run(request, lambda left: encode()), inline)

    def _job(self, id: str) -> Job:
        found = self._studio.job(id)
        if isinstance(found, Gone):
            kept = self._studio.limits.kept
            raise Refusal(410, "expired", f"job={id[:40]}: results are kept for {kept:g} s at most; run it again")
        if found is None:
            raise Refusal(404, "not-found", f"job={id[:40]}: there is no such job")
        return found

    def _result(self, id: str, index: int) -> tuple[Job, Made]:
        job = self._job(id)
        made, count = job.result(index), len(job.order.seeds)
        if made is None and index < count and job.state in (QUEUED, RUNNING):
            raise Refusal(409, "not-ready", f"index={index}: this result is not made yet; wait for its event", "index")
        if made is None:
            raise Refusal(404, "not-found", f"index={index}: this job has {len(job.results)} results", "index")
        return job, made


def _as_file(file: File, inline: bool) -> Response:
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in file.name)
    how = "inline" if inline else "attachment"
    named = f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name.encode('utf-8', 'replace'), safe='')}"
    return Response(file.data, media_type=file.type, headers={"Content-Disposition": named})


async def _rest(first: bytes, stream: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(stream):
        yield first
        async for event in stream:
            yield event
