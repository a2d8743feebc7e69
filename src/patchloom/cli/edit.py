"""``patchloom edit``: a crude edit, made seamless."""

from __future__ import annotations

from typing import Any

import click

from .. import plans
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..types import Plan
from .command import command
from .options import feather_option
from .task import Options, Pictures, Role

EXAMPLES = """\b
Examples:
  patchloom edit photo.jpg photo_edited.png
  patchloom edit photo.jpg photo_edited.png --coarsest 60 --count 4
  patchloom edit photo.jpg photo_edited.png --region mask.png --feather 0
  patchloom edit photo.jpg edits/ --out out/
"""

REGION = Role("region", "White where the picture may change.")


def region_of(pictures: Pictures, everything: bool) -> Any:
    """Return what ``--region`` and ``--all`` say together."""
    mask = pictures.get("region")
    if mask is not None and everything:
        raise ParameterError(explain("region", "a mask beside --all", "must be one of the two"))
    return "all" if everything else "auto" if mask is None else mask


@command("edit", short_help="Make a crude edit of a picture seamless.", epilog=EXAMPLES, takes=("source", "edited"),
         roles=(REGION,))
@click.option("--all", is_flag=True, help="Make the whole picture anew, not only what differs and a margin around.")
@feather_option("Pixels around the region over which the result passes into EDITED.",
                None, "a fiftieth of the longer side")
def edit(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Make EDITED, a crude edit of SOURCE, seamless with patches of SOURCE.

    Copy, move or paint over parts of a picture in any program, and save it: what differs,
    and a margin around, is made anew; the rest of EDITED stays as it is, to the last bit.
    A smaller --coarsest melts the edit into the picture, a larger one keeps it as it is.
    """
    return plans.edit(
        pictures.source, pictures.image, region=region_of(pictures, options["all"]), feather=options["feather"],
        size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )
