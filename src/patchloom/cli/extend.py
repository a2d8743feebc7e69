"""``patchloom extend``: a picture made larger without changing it."""

from __future__ import annotations

import click

from .. import plans
from ..params import GPNNParams
from ..plans.extend import as_margin
from ..types import Plan
from .command import command
from .options import Checked, as_number, feather_option
from .task import Options, Pictures

EXAMPLES = """\b
Examples:
  patchloom extend photo.jpg --left 200
  patchloom extend photo.jpg --left 60 --right 120 --top 40 --count 4 --out out/
  patchloom extend photo.jpg --size 200%x100%
  patchloom extend photo.jpg --size 1920x1080 --bottom 0
"""


def _margin(name: str) -> Checked:
    return Checked("PIXELS", lambda text: as_margin(name, as_number(text)))


_DEFAULT = "[default: 0, or half of what --size asks for]"


@command("extend", short_help="Continue a picture beyond its edges.", epilog=EXAMPLES)
@click.option("--left", type=_margin("left"), help=f"Pixels to add on the left.  {_DEFAULT}")
@click.option("--right", type=_margin("right"), help=f"Pixels to add on the right.  {_DEFAULT}")
@click.option("--top", type=_margin("top"), help=f"Pixels to add above.  {_DEFAULT}")
@click.option("--bottom", type=_margin("bottom"), help=f"Pixels to add below.  {_DEFAULT}")
@feather_option("Pixels inside the picture's edges over which what is new passes into it; 0 leaves it as it is.")
def extend(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Continue IMAGE beyond its edges, with patches of itself.

    The picture itself stays as it is, to the last bit. Say how much to add, or the --size of
    the result: the picture is then in its middle, or where --left and --top tell.
    """
    return plans.extend(
        pictures.image, top=options["top"], bottom=options["bottom"], left=options["left"], right=options["right"],
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )
