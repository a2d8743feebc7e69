"""A pasted object in the colours and texture of its surroundings, as data."""

from __future__ import annotations

from .. import plans
from ..params import GPNNParams
from ..plans.harmonise import MOST_TEXTURE, as_strength, as_texture
from ..types import Plan
from .option import feather, number
from .task import Options, Pictures, Role, Task


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.harmonise(
        pictures.image, pictures.get("mask"), strength=options["strength"], texture=options["texture"],
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )


HARMONISE = Task(
    "harmonise", "Blend in an object", "Make a pasted object belong.", _plan,
    roles=(Role("mask", "White where the object is.", required=True),),
    options=(
        number("strength", "How far the object's colours and contrast move to those around it.", as_strength, 0.8,
               low=0, high=1),
        number("texture", "How freely patches of the surroundings replace the object's own: the more, the more of its"
                          " structure goes.",
               as_texture, 1.0, low=0, high=MOST_TEXTURE),
        feather("Pixels around the object over which the result passes into the picture.", 3),
    ),
)
