"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .collage import collage
from .delivery import apply
from .edit import edit
from .generate import generate
from .harmonise import harmonise
from .reshuffle import reshuffle
from .running import run
from .tile import tile

__all__ = ["apply", "collage", "edit", "generate", "harmonise", "reshuffle", "run", "tile"]
