"""``patchloom tile``: a picture that fits its own opposite edges."""

from __future__ import annotations

import click

from .. import plans
from ..params import GPNNParams
from ..pixels import repeated
from ..plans.tile import LEAST_KEEP, MOST_KEEP, as_keep
from ..types import Plan
from .command import command
from .options import Checked, as_number, choice, feather_option, preview_option
from .task import Options, Pictures

EXAMPLES = """\b
Examples:
  patchloom tile cobbles.jpg
  patchloom tile cobbles.jpg --preview --count 4 --out out/
  patchloom tile panorama.jpg --axes x --keep 0.9
  patchloom tile stone.png --map normal=stone_n.png --map height=stone_h.png
  patchloom tile textures/ --size 512x512 --out tiles/
"""

AXES = ("xy", "x", "y")


@command("tile", short_help="Make a picture fit its own opposite edges.", epilog=EXAMPLES, beside={"preview": repeated})
@click.option("--axes", type=choice("axes", AXES), metavar=f"[{'|'.join(AXES)}]", default="xy",
              help="Directions in which the result goes on at its opposite edge.  [default: xy]")
@click.option("--keep", type=Checked("NUMBER", lambda text: as_keep(as_number(text))), default="0.8",
              help="Least share of the pixels that stay as they are."
                   f"  [default: 0.8; {LEAST_KEEP:g} to {MOST_KEEP:g}]")
@feather_option("Pixels at the inner border of what changes over which it passes into the picture.")
@preview_option
def tile(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Make IMAGE tileable, changing only a band along its edges.

    Everything outside of the band stays as it is, to the last bit; the result is not rolled.
    The band is made of patches of the picture. --preview also writes the result repeated
    three times in both directions, to look at.
    """
    return plans.tile(
        pictures.image, axes=options["axes"], keep=options["keep"], feather=options["feather"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )
