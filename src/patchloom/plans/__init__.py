"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from .generate import generate

__all__ = ["generate"]
