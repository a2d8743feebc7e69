"""``patchloom apply``: what a run did, done to other pictures by its saved field."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from .. import io, tasks
from .._version import __version__
from ..types import Size, Transform
from . import record
from .command import check_stdout, machine_options, output_options
from .exits import deliver, say, tell
from .inputs import Input, Source, as_sources
from .jobs import Request
from .output import as_naming, check_distinct, check_inputs_kept, check_many
from .running import Runner

TEMPLATE = "{stem}_applied{suffix}"
FIELDS = ("stem", "name", "index", "width", "height", "suffix")

EXAMPLES = """\b
Examples:
  patchloom generate photo.jpg --seed 5 --save-nnf
  patchloom apply photo_5.npz normals.png
  patchloom apply photo_5.npz maps/ --out applied/
"""


@dataclass(frozen=True, eq=False)
class _Job:
    """A picture that a field is applied to, and where the result goes (None: standard output)."""

    source: Source
    path: Path | None

    @property
    def label(self) -> str:
        """What messages call the result."""
        return "stdout" if self.path is None else io.shown(self.path)


def _apply(**values: Any) -> int:
    """Do to IMAGE what a run did to its source: FIELD is what --save-nnf wrote beside a result.

    IMAGE has the size of that run's source: another map of it (normals, heights, roughness), or a
    version of it in other colours or more depth. Every pixel comes from where the run's came from.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    naming = as_naming(values["out"], TEMPLATE, FIELDS)
    check_stdout(values)
    field = Path(values["field"])
    transform = io.load_field(field)
    sources = [source.kept() for source in as_sources(values["images"])]
    check_many(naming, len(sources), 1)
    request = Request(range(1), naming, values["threads"], None, values["force"])
    runner = Runner(request, several=len(sources) > 1 or io.is_folder(values["images"][0]), quiet=values["quiet"])
    found = [
        runner.attempt(source.label, partial(_prepare, source, index, request, _size(transform)))
        for index, source in enumerate(sources)
    ]
    jobs = [job for job in found if job is not None]
    outputs = [job.path for job in jobs if job.path is not None]
    check_distinct(outputs)
    check_inputs_kept([field, *(source.path for source in sources)], outputs)
    made = [runner.attempt(job.source.label, partial(_make, job, field, transform, runner)) for job in jobs]
    if values["as_json"]:
        told = [entry for entry in made if entry is not None]
        tell(json.dumps({"version": __version__, "outputs": told, "failed": runner.failed}, indent=2))
    return runner.summary(len(sources))


apply = click.Command(
    "apply",
    callback=_apply,
    help=_apply.__doc__,
    short_help="A saved field, applied to other pictures.",
    epilog=EXAMPLES,
    params=[
        click.Argument(["field"], metavar="FIELD"),
        click.Argument(["images"], nargs=-1, required=True, metavar="IMAGE..."),
        machine_options()[0],
        *output_options(TEMPLATE, FIELDS),
    ],
)


def _size(transform: Transform) -> Size:
    """(rows, columns) of what a field makes."""
    nnf = transform.nnf
    rows, cols = (
        side + (0 if around else nnf.patch_size - 1) for side, around in zip(nnf.distance.shape, nnf.wrap, strict=True)
    )
    return rows, cols


def _prepare(source: Source, index: int, request: Request, size: Size) -> _Job:
    """Read a picture and check what can be checked before its result is made; writes nothing."""
    picture, naming = source.read(), request.naming
    if naming.stdout:
        io.check_mode(picture.pixels, ".png")
        return _Job(source, None)
    path = naming.path({
        "stem": picture.stem, "name": picture.name, "index": index, "width": size[1], "height": size[0],
        "suffix": picture.suffix,
    })
    io.check_mode(picture.pixels, path.suffix)
    io.check_writable(path, force=request.force)
    return _Job(source, path)


def _make(job: _Job, field: Path, transform: Transform, runner: Runner) -> dict[str, Any]:
    """Make, write and tell one picture."""
    picture = job.source.read()
    pixels = tasks.apply(transform, picture.pixels, threads=runner.request.threads)
    about = {
        record.VERSION: __version__,
        record.TASK: "apply",
        record.SOURCES: json.dumps([
            record.entry(Input("field", Source(field)), field.name, hashlib.sha256(io.read_bytes(field)).hexdigest()),
            record.entry(Input("image", job.source), picture.name, picture.sha256),
        ]),
    }
    data = io.encode(pixels, ".png" if job.path is None else job.path.suffix, icc=picture.icc, metadata=about)
    if job.path is None:
        deliver(data)
    else:
        io.place(job.path, data, force=runner.request.force)
    rows, cols = _size(transform)
    if not runner.quiet:
        say(f"{job.label}  {cols} x {rows}")
    return {
        "path": str(job.path), "source": job.source.label, "field": str(field), "width": cols, "height": rows,
        "sha256_of_pixels": record.pixel_hash(pixels),
    }
