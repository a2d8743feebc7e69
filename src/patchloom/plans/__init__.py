"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .analogy import analogy
from .animate import animate
from .collage import collage
from .edit import edit
from .extend import extend
from .generate import generate
from .harmonise import harmonise
from .inpaint import inpaint
from .mosaic import mosaic
from .moving import Move
from .paint import paint
from .reshuffle import reshuffle
from .retarget import retarget
from .tile import tile

__all__ = [
    "Move", "analogy", "animate", "collage", "edit", "extend", "generate", "harmonise", "inpaint", "mosaic", "paint",
    "reshuffle", "retarget", "tile",
]
