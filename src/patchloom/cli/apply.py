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

from .. import catalogue, io, tasks
from .._version import __version__
from ..errors import ParameterError, explain
from ..plans.mosaic import mosaic
from ..types import Size, Transform
from .command import check_stdout, machine_options, output_options
from .exits import deliver, say, tell
from .inputs import Input, Source, as_sources, label, load
from .jobs import Request
from .output import as_naming, check_distinct, check_many
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
    """The picture that a field is applied to (of a collage, all of them), and where the result goes."""

    sources: list[Source]
    path: Path | None

    @property
    def label(self) -> str:
        """What messages call the result; without a path it goes to standard output."""
        return "stdout" if self.path is None else io.shown(self.path)


def _apply(**values: Any) -> int:
    """Do to IMAGE what a run did to its source: FIELD is what --save-nnf wrote beside a result.

    IMAGE has the size of that run's source: another map of it (normals, heights, roughness), or a
    version of it in other colours or more depth. Every pixel comes from where the run's came from.
    The field of a collage takes as many pictures as that had, in the same order.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    naming = as_naming(values["out"], TEMPLATE, FIELDS)
    check_stdout(values)
    field = Path(values["field"])
    transform = io.load_field(field)
    sources = [source.kept() for source in as_sources(values["images"])]
    groups = _groups(sources, field)
    check_many(naming, len(groups), 1)
    request = Request(range(1), naming, values["threads"], None, values["force"])
    runner = Runner(request, several=len(groups) > 1, quiet=values["quiet"])
    found = [
        runner.attempt(label(group), partial(_prepare, group, index, request, _size(transform)))
        for index, group in enumerate(groups)
    ]
    jobs = [job for job in found if job is not None]
    outputs = [job.path for job in jobs if job.path is not None]
    check_distinct(outputs)
    io.check_inputs_kept([field, *(source.path for source in sources)], outputs)
    made = [runner.attempt(label(job.sources), partial(_make, job, field, transform, runner)) for job in jobs]
    if values["as_json"]:
        told = [entry for entry in made if entry is not None]
        tell(json.dumps({"version": __version__, "outputs": told, "failed": runner.failed}, indent=2))
    return runner.summary(len(groups))


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


def _groups(sources: list[Source], field: Path) -> list[list[Source]]:
    """Return the pictures that each result is made of: as many as the run had that the field is of."""
    try:
        roles = [one["role"] for one in json.loads(io.read_metadata(field)[catalogue.SOURCES])]
    except (KeyError, TypeError, ValueError):             # a field that another program wrote
        roles = ["image"]
    count = roles.count("image")
    if count < 2:
        return [[source] for source in sources]
    if len(sources) != count:
        raise ParameterError(
            explain("images", f"{len(sources)} pictures", f"{io.shown(field)} is of a run with {count} sources",
                    "pass as many, in the same order")
        )
    return [sources]


def _pixels(pictures: list[io.Picture]) -> Any:
    """Return what the field points into."""
    if len(pictures) == 1:
        return pictures[0].pixels
    return mosaic([picture.pixels for picture in pictures], names=[io.shown(picture.name) for picture in pictures])


def _size(transform: Transform) -> Size:
    """(rows, columns) of what a field makes."""
    nnf = transform.nnf
    rows, cols = (
        side + (0 if around else nnf.patch_size - 1) for side, around in zip(nnf.distance.shape, nnf.wrap, strict=True)
    )
    return rows, cols


def _prepare(sources: list[Source], index: int, request: Request, size: Size) -> _Job:
    """Read pictures and check what can be checked before their result is made; writes nothing."""
    pictures, naming = [source.read() for source in sources], request.naming
    pixels, first = _pixels(pictures), pictures[0]
    if naming.stdout:
        io.check_mode(pixels, ".png")
        return _Job(sources, None)
    path = naming.path({
        "stem": first.stem, "name": first.name, "index": index, "width": size[1], "height": size[0],
        "suffix": first.suffix,
    })
    io.check_mode(pixels, path.suffix)
    io.check_writable(path, force=request.force)
    return _Job(sources, path)


def _make(job: _Job, field: Path, transform: Transform, runner: Runner) -> dict[str, Any]:
    """Make, write and tell one picture."""
    loaded = load([Input("image", source) for source in job.sources])
    pixels = tasks.apply(transform, _pixels(list(loaded.pictures)), threads=runner.request.threads)
    sha256 = hashlib.sha256(io.read_bytes(field)).hexdigest()
    about = {
        catalogue.VERSION: __version__,
        catalogue.TASK: "apply",
        catalogue.SOURCES: json.dumps(
            [catalogue.entry("field", field.name, sha256, catalogue.told(field)), *loaded.entries()]
        ),
    }
    icc = loaded.pictures[0].icc
    data = io.encode(pixels, ".png" if job.path is None else job.path.suffix, icc=icc, metadata=about)
    if job.path is None:
        deliver(data)
    else:
        io.place(job.path, data, force=runner.request.force)
    rows, cols = _size(transform)
    if not runner.quiet:
        say(f"{job.label}  {cols} x {rows}")
    return {
        "path": str(job.path), "source": label(job.sources), "field": str(field), "width": cols, "height": rows,
        "sha256_of_pixels": catalogue.pixel_hash(pixels),
    }
