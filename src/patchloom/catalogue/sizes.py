"""Sizes of results as they are asked for: in pixels, or in per cent of a picture's."""

from __future__ import annotations

import re
from typing import TypeAlias

from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..types import Size

Side: TypeAlias = tuple[float, bool]
"""A number, and whether it is a percentage."""

_SIDE = re.compile(r"(?P<number>\d+(?:\.\d{1,6})?)(?P<percent>%?)")


def as_size_request(text: str) -> tuple[Side, Side]:
    """Return what ``300x200``, ``150%`` or ``150%x100%`` says (width first), as (rows, columns)."""
    parts = re.split("[xX×]", text.replace(" ", ""))
    sides = [_SIDE.fullmatch(part) for part in parts]
    found = [(float(side["number"]), bool(side["percent"])) for side in sides if side]
    whole = all(percent or number.is_integer() for number, percent in found)
    if len(found) != len(parts) or not whole or len(parts) > 2 or (len(parts) == 1 and not found[0][1]):
        raise ParameterError(
            explain("size", repr(text), "must be WIDTHxHEIGHT in pixels or a percentage",
                    "try 300x200, 150% or 150%x100%")
        )
    if any(number > MAX_SIDE * (100 if percent else 1) for number, percent in found):
        raise ParameterError(
            explain("size", repr(text), f"a side has at most {MAX_SIDE} pixels", "ask for less")
        )
    return found[-1], found[0]


def resolve_size(request: tuple[Side, Side] | None, own: Size) -> Size:
    """Return (rows, columns) of the result from what was asked for and the picture's own size."""
    if request is None:
        return own
    rows, cols = (
        int(side * number / 100 + 0.5) if percent else int(number)
        for (number, percent), side in zip(request, own, strict=True)
    )
    return rows, cols
