"""``patchloom harmonise``: a pasted object in the colours and texture of its surroundings."""

from __future__ import annotations

import click

from .. import plans
from ..params import GPNNParams
from ..plans.harmonise import MOST_TEXTURE, as_strength, as_texture
from ..types import Plan
from .command import command
from .options import Checked, as_number, feather_option
from .task import Options, Pictures, Role

EXAMPLES = """\b
Examples:
  patchloom harmonise composite.png --mask object.png
  patchloom harmonise composite.png --mask object.png --texture 1.5 --out painted.png
  patchloom harmonise composite.png --mask object.png --strength 0.5 --texture 0
  patchloom harmonise composites/ --mask masks/ --out done/
"""


@command("harmonise", short_help="Make a pasted object belong.", epilog=EXAMPLES,
         roles=(Role("mask", "White where the object is.", required=True),))
@click.option("--strength", type=Checked("NUMBER", lambda text: as_strength(as_number(text))), default="0.8",
              help="How far the object's colours and contrast move to those around it.  [default: 0.8; 0 to 1]")
@click.option("--texture", type=Checked("NUMBER", lambda text: as_texture(as_number(text))), default="1",
              help="How freely patches of the surroundings replace the object's own: the more, the more of its"
                   f" structure goes.  [default: 1; 0 to {MOST_TEXTURE:g}]")
@feather_option("Pixels around the object over which the result passes into the picture.", 3)
def harmonise(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Give an object that was pasted into IMAGE the colours and the texture of what surrounds it.

    Its colours move towards those of a ring around it; then patches of the rest of IMAGE replace
    its own where they show nearly the same. Its structure stays, and so does every pixel outside.
    """
    return plans.harmonise(
        pictures.image, pictures.get("mask"), strength=options["strength"], texture=options["texture"],
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )
