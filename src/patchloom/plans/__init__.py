"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .generate import generate
from .inpaint import inpaint

__all__ = ["generate", "inpaint"]
