"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .collage import collage
from .edit import edit
from .extend import extend
from .generate import generate
from .harmonise import harmonise
from .inpaint import inpaint
from .mosaic import mosaic
from .moving import Move
from .reshuffle import reshuffle
from .retarget import retarget
from .tile import tile

__all__ = [
    "Move", "collage", "edit", "extend", "generate", "harmonise", "inpaint", "mosaic", "reshuffle", "retarget", "tile",
]
