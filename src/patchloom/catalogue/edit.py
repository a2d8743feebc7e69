"""A crude edit made seamless, as data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..types import Plan
from .option import Option, choice, feather
from .task import Options, Pictures, Role, Task

REGION = Role("region", "White where the picture may change.")


def region_option(what: str) -> Option:
    """Return the option that says what may change if no mask does.

    Parameters
    ----------
    what : str
        What changes by default, and a margin around it.
    """
    return choice("region", f"What may change: {what} and a margin around (auto), or the whole picture (all).",
                  ("auto", "all"), "auto")


def check_region(given: Collection[str], options: Options) -> None:
    """Refuse a mask of what may change where all may."""
    if "region" in given and options["region"] == "all":
        raise ParameterError(explain("region", "a mask beside all", "must be one of the two"))


def region_of(pictures: Pictures, options: Options) -> Any:
    """Return what the mask and the option say together."""
    check_region(pictures.companions, options)
    return pictures.companions.get("region", options["region"])


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.edit(
        pictures.source, pictures.image, region=region_of(pictures, options), feather=options["feather"],
        size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


EDIT = Task(
    "edit", "Mend an edit", "Make a crude edit of a picture seamless.", _plan, takes=("source", "edited"),
    roles=(REGION,),
    options=(
        region_option("what differs"),
        feather("Pixels around the region over which the result passes into the edited picture.", None,
                "a fiftieth of the longer side"),
    ),
    check=check_region,
)
