"""``patchloom retarget``: another size or shape, the objects as they are."""

from __future__ import annotations

import click

from .. import plans
from ..params import GPNNParams
from ..plans.retarget import MOST_STEPS, as_steps
from ..types import Plan
from .command import command
from .options import Checked, as_number
from .task import Options, Pictures, Role

EXAMPLES = """\b
Examples:
  patchloom retarget photo.jpg --size 150%x100%
  patchloom retarget photo.jpg --size 400x300 --protect people.png
  patchloom retarget photo.jpg --size 60%x100% --remove sign.png --count 3
"""


@command(
    "retarget", short_help="Another shape without stretching.", epilog=EXAMPLES, size="required",
    roles=(
        Role("protect", "White regions are in the result pixel for pixel, each at its place relative to the frame."),
        Role("remove", "Nothing that is white here is in the result."),
    ),
)
@click.option(
    "--steps", type=Checked("INTEGER", lambda text: as_steps(as_number(text))),
    help="In how many steps the coarsest level comes to its size; 1: at once."
         f"  [default: by the change; 1 to {MOST_STEPS}]",
)
def retarget(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Bring IMAGE to another size or shape whose objects keep theirs.

    Background is left out or goes on, where the picture gets smaller or larger; objects are neither squeezed nor
    stretched, though some may be left out or appear twice. With --protect they stay for certain.
    """
    return plans.retarget(
        pictures.image, options["size"], steps=options["steps"], protect=pictures.get("protect"),
        remove=pictures.get("remove"), maps=pictures.maps, map_weights=pictures.map_weights, params=params, seed=seed,
    )
