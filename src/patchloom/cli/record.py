"""What is written down about a result: in its file, and as JSON."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from .. import io
from .._version import __version__
from ..types import Plan, Result
from .jobs import Source, Target
from .output import STDOUT


def parameters(plan: Plan) -> dict[str, Any]:
    """Return all numbers of a run and the size of its result, as JSON can hold them: infinity is ``"inf"``."""
    rows, cols = plan.sizes[0]
    values = {name: "inf" if value == math.inf else value for name, value in asdict(plan.params).items()}
    return {**values, "size": f"{cols}x{rows}"}


def metadata(plan: Plan, picture: io.Picture) -> dict[str, str]:
    """Return what a file says about itself: enough to make it again, and nothing that differs from run to run."""
    return {
        "patchloom:version": __version__,
        "patchloom:task": "generate",
        "patchloom:seed": str(plan.seed),
        "patchloom:parameters": json.dumps(parameters(plan), sort_keys=True),
        "patchloom:sources": json.dumps([{"name": picture.name, "sha256": picture.sha256}]),
    }


def output_entry(source: Source, target: Target, plan: Plan, result: Result) -> dict[str, Any]:
    """Return what ``--json`` tells about one result."""
    rows, cols = plan.sizes[0]
    return {
        "path": STDOUT if target.path is None else str(target.path),
        "nnf": None if target.nnf is None else str(target.nnf),
        "source": source.label,
        "seed": target.seed,
        "width": cols,
        "height": rows,
        "parameters": parameters(plan),
        "methods": result.methods,
        "iterations": result.iterations,
    }


def pixel_hash(image: Any) -> str:
    """SHA-256 of the pixels in row-major order, little-endian; a palette picture's are its indices."""
    pixels = np.asarray(image)
    return hashlib.sha256(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()).hexdigest()
