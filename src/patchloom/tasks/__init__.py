"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

from .analogy import analogy
from .animate import animate
from .collage import collage
from .delivery import apply
from .edit import edit
from .extend import extend
from .generate import generate
from .harmonise import harmonise
from .inpaint import inpaint
from .paint import paint
from .reshuffle import reshuffle
from .retarget import retarget
from .running import run
from .tile import tile

__all__ = [
    "analogy", "animate", "apply", "collage", "edit", "extend", "generate", "harmonise", "inpaint", "paint",
    "reshuffle", "retarget", "run", "tile",
]
