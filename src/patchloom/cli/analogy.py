"""``patchloom analogy``: the structure of one picture with the patches of another."""

from __future__ import annotations

import click

from .. import plans
from ..guidance import COLOURS
from ..params import GPNNParams
from ..plans.analogy import MOST_DETAIL, as_detail
from ..types import Plan
from .command import command
from .options import Checked, as_number, choice
from .task import Options, Pictures

EXAMPLES = """\b
Examples:
  patchloom analogy sand.jpg snow.jpg
  patchloom analogy painting.jpg photo.jpg --preset style --out painted.png
  patchloom analogy mosaic.jpg drawing.png --preset sketch --detail 30
  patchloom analogy sand.jpg snow.jpg --colours keep --size 300x200 --count 4
"""


@command("analogy", short_help="The structure of one picture with the patches of another.", epilog=EXAMPLES,
         takes=("source", "structure"), presets=("analogy", "style", "sketch"))
@click.option("--colours", type=choice("colours", COLOURS), metavar=f"[{'|'.join(COLOURS)}]", default="auto",
              help="What the structure's colours become: the source's in the order of light, or evenly over its range,"
                   " or channel by channel, or they stay. auto: range for drawings, else light.  [default: auto]")
@click.option("--detail", type=Checked("NUMBER", lambda text: as_detail(as_number(text))), default="0",
              help="Width in pixels of what is made anew as one piece; the larger, the freer. 0 measures that in"
                   f" STRUCTURE, and --coarsest wins over both.  [default: 0; 0 to {MOST_DETAIL:g}]")
def analogy(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Lay out patches of SOURCE so that they show the structure of STRUCTURE.

    The result has the size of STRUCTURE and looks like SOURCE. The preset style stays closer
    to STRUCTURE; sketch is for drawings of flat shapes.
    """
    return plans.analogy(
        pictures.source, pictures.image, colours=options["colours"], detail=options["detail"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )
