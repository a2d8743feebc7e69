"""``patchloom singan sample``: new pictures from a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...params import MOST_SCALES
from ..options import whole
from .making import Call, making

if TYPE_CHECKING:
    from ...singan import Sample

EXAMPLES = """\b
Examples:
  patchloom singan sample photo.safetensors
  patchloom singan sample photo.safetensors --count 16 --out samples/
  patchloom singan sample photo.safetensors --size 200%x100% --start-scale 2 --out wide.png
"""


@making("sample", size=True, short_help="New pictures, of any size.", epilog=EXAMPLES)
@click.option("--start-scale", type=whole("start_scale", 0, MOST_SCALES - 1), default="0",
              help="The scale at which noise enters: 0, the coarsest, may change everything; from later ones on the "
                   "picture's own layout stays.  [default: 0; to the model's last]")
def sample(call: Call) -> Sample:
    """Make new pictures with the patches of the one that MODEL was trained on."""
    from ... import singan

    return singan.sample(call.model, size=call.options["size"], start_scale=call.options["start_scale"], **call.how)
