"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .generate import generate
from .inpaint import inpaint
from .retarget import retarget
from .tile import tile

__all__ = ["generate", "inpaint", "retarget", "tile"]
