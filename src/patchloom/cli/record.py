"""What is written down about a result: in its file, and as JSON."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from .._version import __version__
from ..params import GPNNParams
from ..types import Plan, Result, Size
from .inputs import Input, Loaded
from .jobs import Job, Target, Work
from .options import Checked
from .output import STDOUT

VERSION, TASK, SEED, PARAMETERS, OPTIONS, SOURCES, PART = (
    f"patchloom:{name}" for name in ("version", "task", "seed", "parameters", "options", "sources", "part")
)
"""What a file's metadata calls these; the last is in files beside a picture only."""


def parameters(params: GPNNParams, size: Size) -> dict[str, Any]:
    """Return all numbers of a run and the size of its result, as JSON can hold them: infinity is ``"inf"``."""
    rows, cols = size
    values = {name: "inf" if value == math.inf else value for name, value in asdict(params).items()}
    return {**values, "size": f"{cols}x{rows}"}


def metadata(work: Work, loaded: Loaded, plan: Plan) -> dict[str, str]:
    """Return what a file says about itself: enough to make it again, and nothing that differs from run to run.

    Parameters
    ----------
    work : Work
        What was done.
    loaded : Loaded
        With which pictures.
    plan : Plan
        Of the run.
    """
    options = {**work.recorded, **({"map_weight": dict(work.map_weights)} if work.map_weights else {})}
    size = work.resolved(loaded)["size"]
    if size is not None:
        options["size"] = f"{size[1]}x{size[0]}"
    return {
        VERSION: __version__,
        TASK: work.task.name,
        SEED: str(plan.seed),
        # As they were asked for: what a plan chooses by itself it will choose again.
        PARAMETERS: json.dumps(parameters(work.params, plan.sizes[0]), sort_keys=True),
        OPTIONS: json.dumps(options, sort_keys=True),
        SOURCES: json.dumps(entries(loaded)),
    }


def entries(loaded: Loaded) -> list[dict[str, str]]:
    """Return what is recorded of all inputs."""
    return [
        entry(one, picture.name, picture.sha256) for one, picture in zip(loaded.inputs, loaded.pictures, strict=True)
    ]


def entry(one: Input, name: str, sha256: str) -> dict[str, str]:
    """Return what is recorded of an input: its part, name and hash, and a path that gives no private folder away."""
    path = one.source.path
    found = {"role": one.role, "name": name, "sha256": sha256}
    if path is not None and path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else None
    return found if path is None else {**found, "path": path.as_posix()}


def recorded(options: list[click.Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's own options as JSON can hold them and `given_again` reads them; what is not given is left out.

    Parameters
    ----------
    options : list of click options
        The command's own.
    values : mapping
        Their values.
    """
    found = {}
    for option in options:
        value, write = values[str(option.name)], option.type.text if isinstance(option.type, Checked) else _as_is
        unset = value is None or value == () or (value is False and not option.secondary_opts)
        if not unset:
            found[str(option.name)] = [write(item) for item in value] if option.multiple else write(value)
    return found


def given_again(options: list[click.Option], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a command's own options from what `recorded` made of them.

    Raises
    ------
    InputError or click.UsageError
        If a value is not one, or is missing.
    ValueError
        If there is no such option.
    """
    unknown = set(told) - {option.name for option in options}
    if unknown:
        raise ValueError(f"options {', '.join(sorted(unknown))}")
    words = [word for option in options if option.name in told for word in _typed(option, told[option.name])]
    return click.Command("", params=list(options)).make_context("", words).params


def _typed(option: click.Option, value: Any) -> list[str]:
    """Return an option as it is typed."""
    if option.is_flag:
        return option.opts[:1] if value else option.secondary_opts[:1]
    return [f"{option.opts[0]}={item}" for item in (value if option.multiple else [value])]


def _as_is(value: Any) -> Any:
    return value


def output_entry(job: Job, target: Target, plan: Plan, result: Result) -> dict[str, Any]:
    """Return what ``--json`` tells about one result."""
    rows, cols = plan.sizes[0]
    return {
        "path": STDOUT if target.path is None else str(target.path),
        "nnf": None if target.nnf is None else str(target.nnf),
        "maps": {name: str(path) for name, path in target.maps.items()},
        **{name: str(path) for name, path in target.beside.items()},
        "source": job.label,
        "seed": target.seed,
        "width": cols,
        "height": rows,
        "covered": None if plan.blend is None else round(plan.blend.covered, 6),
        "parameters": parameters(plan.params, plan.sizes[0]),
        "methods": result.methods,
        "iterations": result.iterations,
    }


def pixel_hash(*images: Any) -> str:
    """SHA-256 of the pixels in row-major order, little-endian, frame by frame; a palette picture's are its indices."""
    found = hashlib.sha256()
    for image in images:
        pixels = np.asarray(image)
        found.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
