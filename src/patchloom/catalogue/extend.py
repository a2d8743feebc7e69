"""A picture made larger without changing it, as data."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from .. import plans
from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.extend import as_margin
from ..types import Plan
from .option import Option, feather, integer
from .task import Options, Pictures, Task


def _margin(name: str, where: str) -> Option:
    return integer(name, f"Pixels to add {where}.", partial(as_margin, name), None, low=0, high=MAX_SIDE, unit="px",
                   told="0, or half of what the size asks for")


def _check(given: Collection[str], options: Options) -> None:
    """Refuse to add nothing."""
    if options["size"] is None and not any(options[side] for side in ("left", "right", "top", "bottom")):
        raise ParameterError(
            explain("size", "none", "something must be added",
                    "say how much: top, bottom, left, right or a larger size")
        )


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.extend(
        pictures.image, top=options["top"], bottom=options["bottom"], left=options["left"], right=options["right"],
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )


EXTEND = Task(
    "extend", "Extend the frame", "Continue a picture beyond its edges.", _plan,
    options=(
        _margin("left", "on the left"), _margin("right", "on the right"), _margin("top", "above"),
        _margin("bottom", "below"),
        feather("Pixels inside the picture's edges over which what is new passes into it; 0 leaves it as it is."),
    ),
    check=_check,
)
