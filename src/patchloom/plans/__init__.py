"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .collage import collage
from .generate import generate
from .harmonise import harmonise
from .inpaint import inpaint
from .mosaic import mosaic
from .retarget import retarget
from .tile import tile

__all__ = ["collage", "generate", "harmonise", "inpaint", "mosaic", "retarget", "tile"]
