"""``patchloom generate``: new pictures of the same kind as the given ones."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from .. import io
from .._version import __version__
from ..checks import as_memory, as_seed, as_threads
from ..errors import ParameterError, explain
from .exits import check_open, tell
from .jobs import Request, as_seeds, as_sources, check_inputs_kept, prepare
from .options import (
    MAX_COUNT,
    Checked,
    as_count,
    as_number,
    as_params,
    as_size_request,
    choice_options,
    number_options,
)
from .output import DEFAULT_NAME, FIELDS, STDOUT, as_naming, check_distinct, check_many
from .running import Runner

EXAMPLES = """\b
Examples:
  patchloom generate photo.jpg
  patchloom generate photo.jpg --count 8 --seed 1 --diversity high --out out/
  patchloom generate photo.jpg --size 200%x100% --out wide.png
  patchloom generate photos/ --out "out/{stem}/{index:03d}.png" --json
  patchloom generate photo.jpg --size 4000x3000 --dry-run
  cat photo.jpg | patchloom generate - --out - > new.png
"""


@click.command(epilog=EXAMPLES, short_help="New pictures of the same kind as a picture.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--count", type=Checked("INTEGER", as_count), default="1",
              help=f"Pictures to make of each input.  [default: 1; 1 to {MAX_COUNT}]")
@click.option("--size", metavar="WxH", type=Checked("WxH", as_size_request),
              help="WIDTHxHEIGHT of the results, in pixels or per cent of the input: 640x480, 150%, 200%x100%."
                   "  [default: 100%]")
@click.option("--seed", type=Checked("INTEGER", lambda text: as_seed(as_number(text))),
              help="Decides everything random; picture i of --count has seed S + i."
                   "  [default: a fresh one, which is told; 0 to 2**64 - 1]")
@choice_options
@number_options
@click.option("--threads", type=Checked("INTEGER", lambda text: as_threads(as_number(text))), default="0",
              help="Threads; the result is the same for any number."
                   "  [default: 0, which means PATCHLOOM_THREADS or else all cores; 0 to 1024]")
@click.option("--memory", type=Checked("SIZE", as_memory),
              help="Refuse a run that would need more, such as 500MB or 2GiB.  [default: no limit]")
@click.option("--out", metavar="PATH",
              help="A file, a folder (ends with a slash, exists as one or has no suffix), a template with "
                   + ", ".join(f"{{{name}}}" for name in FIELDS)
                   + f", or - for standard output.  [default: {DEFAULT_NAME} in the current folder]")
@click.option("--force", is_flag=True,
              help="Overwrite files that exist, but no input. A symbolic link stays; what it leads to is replaced.")
@click.option("--save-nnf", is_flag=True, help="Write the nearest-neighbour field of each picture beside it, as .npz.")
@click.option("--json", "as_json", is_flag=True, help="Tell on standard output what was made, as one JSON object.")
@click.option("--quiet", is_flag=True,
              help="Say nothing but errors, and a fresh seed that neither the file (BMP) nor its name can keep.")
@click.option("--dry-run", is_flag=True, help="Tell sizes, patches, time, memory and names; run and write nothing.")
def generate(**values: Any) -> int:
    """Make new pictures that look like IMAGE and are not it.

    Every patch of a new picture comes from IMAGE, which is a file, a folder of pictures
    or - for standard input. The same seed gives the same pixels on any machine. A bad
    picture among several does not stop the others; the exit code is then 1.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    request = as_request(values)
    if request.naming.stdout:
        _check_stdout(values)
    elif values["as_json"]:
        check_open("--json")
    sources = as_sources(values["images"])
    check_many(request.naming, len(sources), len(request.seeds))
    several = len(sources) > 1 or io.is_folder(values["images"][0])
    runner = Runner(request, several=several, quiet=values["quiet"])
    found = [runner.attempt(source, partial(prepare, source, request)) for source in sources]
    jobs = [job for job in found if job is not None]
    check_distinct(path for job in jobs for target in job.targets for path in target.paths)
    check_inputs_kept(sources, jobs)
    report = runner.dry(jobs) if values["dry_run"] else runner.real(jobs)
    if values["as_json"]:
        tell(json.dumps({"version": __version__, **report, "failed": runner.failed}, indent=2))
    return runner.summary(len(sources))


def as_request(values: Mapping[str, Any]) -> Request:
    """Return what the options say together."""
    naming = as_naming(values["out"])
    return Request(
        params=as_params(values),
        size=values["size"],
        seeds=as_seeds(values["seed"], values["count"]),
        naming=naming,
        threads=values["threads"],
        memory=values["memory"],
        force=values["force"],
        save_nnf=values["save_nnf"],
        tell_seed=values["seed"] is None and not values["as_json"] and "{seed" not in naming.template,
    )


def _check_stdout(values: Mapping[str, Any]) -> None:
    """Refuse to send a picture where it cannot go."""
    if not values["dry_run"]:
        check_open("out=-")
    for problem, allowed, remedy in (
        (values["as_json"], "standard output cannot hold a picture and --json", "write the picture to a file"),
        (values["save_nnf"], "--save-nnf writes beside a file", "write the picture to a file"),
        (not values["dry_run"] and sys.stdout.isatty(), "standard output is a terminal", "pipe it or redirect it"),
    ):
        if problem:
            raise ParameterError(explain("out", STDOUT, allowed, remedy))
