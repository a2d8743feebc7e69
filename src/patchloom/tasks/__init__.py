"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .delivery import apply
from .generate import generate
from .running import run
from .tile import tile

__all__ = ["apply", "generate", "run", "tile"]
