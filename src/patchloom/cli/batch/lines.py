"""``patchloom batch jobs``: the jobs of a JSON Lines file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from ...batch.reading import Lines
from ...catalogue import TASKS
from ..output import DEFAULT_NAME
from .checking import check_jobs
from .naming import Place, as_place, check_ending
from .options import batch_options
from .running import perform

HELP = """Do the jobs of FILE, one JSON object in each line.

A line is {"task": ..., "image": ..., "mask": ..., "maps": {NAME: ...}, "parameters": {...}, "out": ...}: pictures by
the task's names for them ("images" for several that make one), paths relative to FILE or URLs; parameters by their
names in Python, with "seed" and "count"; and, if it is to differ from --out, a template below that folder. FILE may
be a URL.
"""

EXAMPLES = """\b
Examples:
  patchloom batch jobs jobs.jsonl --out out/
  patchloom batch jobs s3://bucket/jobs.jsonl --scheduler tcp://host:8786 --out s3://bucket/out/
"""

TEMPLATE = DEFAULT_NAME.replace("{stem}", "{stem}_{task}")
"""What results are called that neither the line nor ``--out`` names."""


def _invoke(**values: Any) -> int:
    """Do what a command line asks for, and return its exit code."""
    place = as_place(values["out"], TEMPLATE)
    here = values["scheduler"] is None
    jobs = Lines(values["file"], partial(_named, place), save_nnf=values["save_nnf"], here=here)
    check_jobs(jobs)
    return perform(jobs, place.folder, values)


def _named(place: Place, own: str | None, fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return the folder and the template of a job's result."""
    place = place if own is None else place.below(own, TEMPLATE)
    out = place.out(fields)
    check_ending(TASKS[fields["task"]], place.folder, out)
    return place.folder, out


lines = click.Command(
    "jobs", callback=_invoke, help=HELP, epilog=EXAMPLES, short_help="The jobs of a JSON Lines file.",
    params=[
        click.Argument(["file"], metavar="FILE"),
        click.Option(["--save-nnf"], is_flag=True,
                     help="Write the nearest-neighbour field of each picture beside it, as .npz."),
        *batch_options(TEMPLATE),
    ],
)
