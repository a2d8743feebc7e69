"""``patchloom generate``: new pictures of the same kind as the given ones."""

from __future__ import annotations

import click

from .. import plans
from ..params import GPNNParams
from ..pixels import repeated
from ..plans.generate import TILES
from ..types import Plan
from .command import command
from .options import choice, diversity_option, preview_option
from .output import DEFAULT_NAME
from .task import Options, Pictures

EXAMPLES = """\b
Examples:
  patchloom generate photo.jpg
  patchloom generate photo.jpg --count 8 --seed 1 --diversity high --out out/
  patchloom generate photo.jpg --size 200%x100% --out wide.png
  patchloom generate grass.png --tile xy --size 512x512 --preview
  patchloom generate photos/ --out "out/{stem}/{index:03d}.png" --json
  patchloom generate photo.jpg --size 4000x3000 --dry-run
  cat photo.jpg | patchloom generate - --out - > new.png
"""

DIRECTIONS = tuple(tile for tile in TILES if tile)


@command("generate", short_help="New pictures of the same kind as a picture.", epilog=EXAMPLES,
         presets=("default", "official", "paper"), template=DEFAULT_NAME, beside={"preview": repeated})
@diversity_option
@click.option("--tile", type=choice("tile", DIRECTIONS), metavar=f"[{'|'.join(DIRECTIONS)}]",
              help="Directions in which a result fits its own opposite edge.  [default: none]")
@preview_option
def generate(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Make new pictures that look like IMAGE and are not it.

    Every patch of a new picture comes from IMAGE, which is a file, a folder of pictures
    or - for standard input. The same seed gives the same pixels on any machine. A bad
    picture among several does not stop the others; the exit code is then 1.
    """
    return plans.generate(
        pictures.image, size=options["size"], tile=options["tile"] or "", maps=pictures.maps,
        map_weights=pictures.map_weights, params=params, seed=seed,
    )
