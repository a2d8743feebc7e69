"""``patchloom paint``: paintings of flat colours that become pictures."""

from __future__ import annotations

import click

from .. import plans
from ..guidance import COLOURS
from ..params import GPNNParams
from ..types import Plan
from .command import command
from .options import choice
from .task import Options, Pictures

EXAMPLES = """\b
Examples:
  patchloom paint photo.jpg painting.png
  patchloom paint photo.jpg painting.png --colours channels
  patchloom paint photo.jpg painting.png --coarsest 40 --count 4 --out out/
  patchloom paint photo.jpg paintings/ --size 100%
"""


@command("paint", short_help="Turn a crude painting into a picture.", epilog=EXAMPLES, takes=("source", "painting"))
@click.option("--colours", type=choice("colours", COLOURS), metavar=f"[{'|'.join(COLOURS)}]", default="keep",
              help="What the painting's colours become: the source's in the order of light, or evenly over its range,"
                   " or channel by channel, or they stay.  [default: keep]")
def paint(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Turn PAINTING, of flat colours and crude shapes, into a picture made of patches of SOURCE.

    The result has the size and the layout of PAINTING. The larger --coarsest, the closer it
    keeps to what was painted; by default that is read off how flat PAINTING is.
    """
    return plans.paint(
        pictures.source, pictures.image, colours=options["colours"], size=options["size"], maps=pictures.maps,
        map_weights=pictures.map_weights, params=params, seed=seed,
    )
