"""``patchloom inpaint``: holes filled with patches of the rest."""

from __future__ import annotations

from typing import Any

import click

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..plans.inpaint import FILLS, as_fill, as_rgb
from ..types import Plan
from .command import command
from .options import Checked, feather_option
from .task import Options, Pictures, Role

EXAMPLES = """\b
Examples:
  patchloom inpaint photo.jpg --mask hole.png
  patchloom inpaint photo.jpg --mask hole.png --count 4 --feather 3 --out out/
  patchloom inpaint cutout.png --hole-alpha
  patchloom inpaint painted.png --hole-color "#00ffff" --fill source
  patchloom inpaint photos/ --mask "masks/{stem}.png" --source-mask good.png
"""


def _as_colour(text: str) -> str:
    as_rgb(text, "hole_color")
    return text


@command("inpaint", short_help="Fill holes with patches of the rest.", epilog=EXAMPLES,
         roles=(Role("mask", "White (at least half of the range) where the hole is."),
                Role("source_mask", "White where patches may be copied from.")))
@click.option("--hole-alpha", is_flag=True, help="The hole is where the picture is less than half opaque.")
@click.option("--hole-color", metavar="COLOR", type=Checked("COLOR", _as_colour),
              help="The hole is where the picture has exactly this colour, such as #00ffff.  [default: none]")
@click.option("--invert-mask", is_flag=True, help="The hole is everything else.")
@click.option("--fill", metavar=f"[{'|'.join(FILLS)}|COLOR]", type=Checked("FILL", as_fill, FILLS), default="edges",
              help="What the hole looks like to begin with: the colours around it, what was painted into it, or a"
                   " colour. What is painted is followed.  [default: edges]")
@feather_option("Pixels around the hole over which the result passes into the picture; 0 is the hole itself.")
def inpaint(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Fill the holes of IMAGE with patches of the rest.

    Say where they are by --mask, --hole-alpha or --hole-color. All pixels outside stay as
    they are, to the last bit. Every seed gives another answer: try --count 4.
    """
    return plans.inpaint(
        pictures.image, _hole(pictures, options), invert=options["invert_mask"], fill=options["fill"],
        source_mask=pictures.get("source_mask"), feather=options["feather"], size=options["size"],
        maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )


def _hole(pictures: Pictures, options: Options) -> Any:
    """Return the one thing that says where the hole is."""
    told = {
        "--mask": pictures.get("mask"), "--hole-alpha": "alpha" if options["hole_alpha"] else None,
        "--hole-color": options["hole_color"],
    }
    given = [name for name, value in told.items() if value is not None]
    if len(given) != 1:
        raise ParameterError(
            explain("mask", " and ".join(given) or "none", "exactly one must say where the hole is",
                    f"give one of {', '.join(told)}")
        )
    return told[given[0]]
