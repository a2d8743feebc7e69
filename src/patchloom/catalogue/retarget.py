"""Other sizes and shapes, as data."""

from __future__ import annotations

from .. import plans
from ..params import GPNNParams
from ..plans.retarget import MOST_STEPS, as_steps
from ..types import Plan
from .option import integer
from .task import Options, Pictures, Role, Task


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.retarget(
        pictures.image, options["size"], steps=options["steps"], protect=pictures.get("protect"),
        remove=pictures.get("remove"), maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


RETARGET = Task(
    "retarget", "Change the shape", "Another shape without stretching.", _plan,
    roles=(
        Role("protect", "White regions are in the result pixel for pixel, each at its place relative to the frame."),
        Role("remove", "Nothing that is white here is in the result."),
    ),
    options=(
        integer("steps", "In how many steps the coarsest level comes to its size; 1: at once.", as_steps, None,
                low=1, high=MOST_STEPS, told="by the change"),
    ),
    size="required",
)
