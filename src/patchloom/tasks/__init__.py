"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .collage import collage
from .delivery import apply
from .edit import edit
from .extend import extend
from .generate import generate
from .harmonise import harmonise
from .inpaint import inpaint
from .reshuffle import reshuffle
from .retarget import retarget
from .running import run
from .tile import tile

__all__ = [
    "apply", "collage", "edit", "extend", "generate", "harmonise", "inpaint", "reshuffle", "retarget", "run", "tile",
]
