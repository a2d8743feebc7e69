"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .collage import collage
from .delivery import apply
from .generate import generate
from .harmonise import harmonise
from .running import run
from .tile import tile

__all__ = ["apply", "collage", "generate", "harmonise", "run", "tile"]
