"""New pictures of the same kind, as data."""

from __future__ import annotations

from .. import plans
from ..params import GPNNParams
from ..plans.generate import TILES
from ..types import Plan
from .option import choice
from .task import Options, Pictures, Task


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.generate(
        pictures.image, size=options["size"], tile=options["tile"], maps=pictures.maps,
        map_weights=pictures.map_weights, params=params, seed=seed,
    )


GENERATE = Task(
    "generate", "New variations", "New pictures of the same kind as a picture.", _plan,
    options=(
        choice("tile", "Directions in which a result fits its own opposite edge.",
               tuple(tile for tile in TILES if tile), "", told="none"),
    ),
    presets=("default", "official", "paper"), diversity=True,
)
