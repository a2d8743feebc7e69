"""What a file says about itself: enough to make it again, whoever wrote it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..params import GPNNParams
from ..types import Plan
from .given import finite
from .task import Options, Task

VERSION, TASK, SEED, PARAMETERS, OPTIONS, SOURCES, PART = (
    f"patchloom:{name}" for name in ("version", "task", "seed", "parameters", "options", "sources", "part")
)
"""What a file's metadata calls these; the last is in files beside a picture only."""

NEEDED = (VERSION, TASK, SEED, PARAMETERS, OPTIONS, SOURCES)
"""What is needed to make a file again."""


def metadata(
    task: Task, *, options: Options, params: GPNNParams, map_weights: Mapping[str, float],
    sources: Sequence[Mapping[str, str]], plan: Plan,
) -> dict[str, str]:
    """Return what a file says about itself: enough to make it again, and nothing that differs from run to run.

    Parameters
    ----------
    task : Task
        What was done.
    options : mapping
        Canonical, as `as_options` returns them, with the size in pixels.
    params : GPNNParams
        As they were asked for: what a plan chooses by itself it will choose again.
    map_weights : mapping of str to float
        By the map's name.
    sources : sequence of mapping
        Of every input: ``role`` (of the task's `takes` or `roles`, or ``map NAME``), ``name``, ``sha256`` of its
        file and, where that may be told, ``path``.
    plan : Plan
        Of the run.
    """
    return {
        VERSION: __version__,
        TASK: task.name,
        SEED: str(plan.seed),
        PARAMETERS: json.dumps(parameters(params), sort_keys=True),
        OPTIONS: json.dumps(recorded(task, options, map_weights)),
        SOURCES: json.dumps(list(sources)),
    }


def entry(role: str, name: str, sha256: str, path: str = "") -> dict[str, str]:
    """Return what is recorded of an input: its part, its file's name and hash, and where it is if `path` tells."""
    found = {"role": role, "name": name, "sha256": sha256}
    return {**found, "path": path} if path else found


def told(path: Path | None) -> str:
    """Return where a file says that an input is: a path that gives no private folder away, or nothing."""
    if path is not None and path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else None
    return "" if path is None else path.as_posix()


def parameters(params: GPNNParams) -> dict[str, Any]:
    """Return all numbers of a run as JSON can hold them (`finite`)."""
    return {name: finite(value) for name, value in asdict(params).items()}


def recorded(task: Task, options: Options, map_weights: Mapping[str, float]) -> dict[str, Any]:
    """Return a task's options as JSON can hold them and `as_options` reads them; what is None is left out."""
    found = {option.name: option.plain(options[option.name]) for option in task.options
             if options[option.name] is not None}
    if options.get("size") is not None:
        found["size"] = list(options["size"])
    if map_weights:
        found["map_weights"] = dict(map_weights)
    return found


def pixel_hash(*images: Any) -> str:
    """SHA-256 of the pixels in row-major order, little-endian, frame by frame; a palette picture's are its indices."""
    found = hashlib.sha256()
    for image in images:
        pixels = np.asarray(image)
        found.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
