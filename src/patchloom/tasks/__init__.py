"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .delivery import apply
from .generate import generate
from .running import run

__all__ = ["apply", "generate", "run"]
