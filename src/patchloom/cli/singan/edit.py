"""``patchloom singan edit``: a crude edit of the picture that a model was trained on, made seamless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalogue import Role
from ...params.singan_tasks import EDIT_BACK, EDIT_DILATION, EDIT_FEATHER
from ..options import feather_option
from .making import Call, making
from .parts import dilate_option, injection_option, own_size

if TYPE_CHECKING:
    from ...singan import Sample

EXAMPLES = """\b
Examples:
  patchloom singan edit photo.safetensors photo_edited.png
  patchloom singan edit photo.safetensors photo_edited.png --mask mask.png --dilate 5 --feather 4
  patchloom singan edit photo.safetensors edits/ --count 4 --out out/
"""


@making("edit", takes="edited", like="picture", sized=own_size, short_help="Make a crude edit seamless.",
        epilog=EXAMPLES, roles=(Role("mask", "White where the edit is; without one, where EDITED differs from MODEL's"
                                     " picture, for which it has to be of its size."),))
@injection_option("the edit", "a coarser one changes it more", f"{EDIT_BACK} before the last")
@dilate_option(EDIT_DILATION)
@feather_option("Pixels around the mask, once it has grown, over which the result passes into EDITED.",
                EDIT_FEATHER)
def edit(call: Call) -> Sample:
    """Make EDITED, a crude edit of MODEL's picture, seamless.

    EDITED has the size that MODEL makes (info tells it), or any if training did not make its picture smaller.
    Beyond the mask, and what it grows by, it stays as it is, to the last bit.
    """
    from ... import singan

    return singan.edit(
        call.model, call.picture, call.get("mask"), start_scale=call.options["start_scale"],
        dilate=call.options["dilate"], feather=call.options["feather"], **call.how
    )
