"""The structure of one picture with the patches of another, as data."""

from __future__ import annotations

from .. import plans
from ..guidance import COLOURS
from ..params import GPNNParams
from ..plans.analogy import MOST_DETAIL, as_detail
from ..types import Plan
from .option import choice, number
from .task import Options, Pictures, Task


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.analogy(
        pictures.source, pictures.image, colours=options["colours"], detail=options["detail"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


ANALOGY = Task(
    "analogy", "Borrow a structure", "The structure of one picture with the patches of another.", _plan,
    takes=("source", "structure"),
    options=(
        choice("colours", "What the structure's colours become: the source's in the order of light, or evenly over its"
                          " range, or channel by channel, or they stay. auto: range for drawings, else light.",
               COLOURS, "auto"),
        number("detail", "Width in pixels of what is made anew as one piece; the larger, the freer. 0 measures that in"
                         " the structure, and a given coarsest wins over both.",
               as_detail, 0.0, low=0, high=MOST_DETAIL, unit="px"),
    ),
    presets=("analogy", "style", "sketch"),
)
