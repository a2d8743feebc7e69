"""Holes filled with patches of the rest, as data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.inpaint import FILLS, as_fill, as_rgb
from ..types import Plan
from .option import Option, feather, flag
from .task import Options, Pictures, Role, Task


def _as_place(hole: Any) -> str:
    """Return what says where a hole is: the word alpha, or a colour."""
    if hole != "alpha":
        as_rgb(hole if isinstance(hole, str) else repr(hole), "hole")
    return str(hole)


def _check(given: Collection[str], options: Options) -> None:
    """Refuse any but one thing that says where the hole is."""
    masked, told = "hole" in given, options["hole"]
    if masked == (told is not None):
        raise ParameterError(
            explain("hole", f"a mask beside {told}" if masked else "none", "one thing must say where the hole is",
                    "pass a mask, alpha or a colour")
        )


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    _check(pictures.companions, options)
    hole = pictures.companions.get("hole", options["hole"])
    return plans.inpaint(
        pictures.image, hole, invert=options["invert"], fill=options["fill"],
        source_mask=pictures.get("source_mask"), feather=options["feather"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


INPAINT = Task(
    "inpaint", "Fill holes", "Fill holes with patches of the rest.", _plan,
    roles=(
        Role("hole", "White (at least half of the range) where the hole is.", flag="mask"),
        Role("source_mask", "White where patches may be copied from."),
    ),
    options=(
        Option("hole", "The hole is where the picture is less than half opaque (alpha), or has exactly this colour.",
               "fill", _as_place, choices=("alpha",), told="what the mask says"),
        flag("invert", "The hole is everything else.", flag="invert_mask"),
        Option("fill", "What the hole looks like to begin with: the colours around it, what was painted into it, or a"
                       " colour. What is painted is followed.",
               "fill", as_fill, "edges", choices=FILLS),
        feather("Pixels around the hole over which the result passes into the picture; 0 is the hole itself."),
    ),
    check=_check,
)
