"""``patchloom singan harmonise``: a pasted object in the texture of the picture that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalogue import Role
from ...params.singan_tasks import HARMONISE_BACK, HARMONISE_DILATION, HARMONISE_FEATHER
from ..options import feather_option
from .making import Call, making
from .parts import dilate_option, injection_option, own_size

if TYPE_CHECKING:
    from ...singan import Sample

EXAMPLES = """\b
Examples:
  patchloom singan harmonise lake.safetensors composite.png --mask object.png
  patchloom singan harmonise lake.safetensors composite.png --mask object.png --start-scale 5 --count 4
  patchloom singan harmonise lake.safetensors composites/ --mask masks/ --out done/
"""


@making("harmonise", takes="composite", like="picture", sized=own_size, short_help="Make a pasted object belong.",
        epilog=EXAMPLES, roles=(Role("mask", "White where the object is.", required=True),))
@injection_option("the composite", "a coarser one changes the object more", f"{HARMONISE_BACK} before the last")
@dilate_option(HARMONISE_DILATION)
@feather_option("Pixels around the mask, once it has grown, over which the result passes into COMPOSITE.",
                HARMONISE_FEATHER)
def harmonise(call: Call) -> Sample:
    """Give an object that was pasted into MODEL's picture, which is COMPOSITE, the look of that picture.

    COMPOSITE has the size that MODEL makes (info tells it), or any if training did not make its picture smaller.
    Beyond the mask, and what it grows by, it stays as it is, to the last bit.
    """
    from ... import singan

    return singan.harmonise(
        call.model, call.picture, call.get("mask"), start_scale=call.options["start_scale"],
        dilate=call.options["dilate"], feather=call.options["feather"], **call.how
    )
