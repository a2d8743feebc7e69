"""A picture that fits its own opposite edges, as data."""

from __future__ import annotations

from .. import plans
from ..params import GPNNParams
from ..plans.tile import LEAST_KEEP, MOST_KEEP, as_keep
from ..types import Plan
from .option import choice, feather, number
from .task import Options, Pictures, Task

AXES = ("xy", "x", "y")


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.tile(
        pictures.image, axes=options["axes"], keep=options["keep"], feather=options["feather"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


TILE = Task(
    "tile", "Make it tileable", "Make a picture fit its own opposite edges.", _plan,
    options=(
        choice("axes", "Directions in which the result goes on at its opposite edge.", AXES, "xy"),
        number("keep", "Least share of the pixels that stay as they are.", as_keep, 0.8, low=LEAST_KEEP,
               high=MOST_KEEP),
        feather("Pixels at the inner border of what changes over which it passes into the picture."),
    ),
)
