"""Paintings of flat colours that become pictures, as data."""

from __future__ import annotations

from .. import plans
from ..guidance import COLOURS
from ..params import GPNNParams
from ..types import Plan
from .option import choice
from .task import Options, Pictures, Task


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.paint(
        pictures.source, pictures.image, colours=options["colours"], size=options["size"], maps=pictures.maps,
        map_weights=pictures.map_weights, params=params, seed=seed,
    )


PAINT = Task(
    "paint", "Paint with patches", "Turn a crude painting into a picture.", _plan, takes=("source", "painting"),
    options=(
        choice("colours", "What the painting's colours become: the source's in the order of light, or evenly over its"
                          " range, or channel by channel, or they stay.",
               COLOURS, "keep"),
    ),
)
