"""``patchloom singan animate``: a model's picture that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ... import io
from ...catalogue import LOOP, Role
from ...params import MOST_SCALES
from ...params.singan_tasks import ALPHA, ANIMATE_FEATHER, BETA, FRAMES, LEAST_ALPHA
from ..options import Checked, as_number, feather_option, real, whole
from .making import Call, making

if TYPE_CHECKING:
    from ...singan import Sample

EXAMPLES = """\b
Examples:
  patchloom singan train lake.jpg --preset animate --out lake.safetensors
  patchloom singan animate lake.safetensors
  patchloom singan animate lake.safetensors --start-scale 1 --mask water.png --out lake.gif
  patchloom singan animate lake.safetensors --frames 48 --fps 24 --no-loop --out lake.mp4
"""


@making("animate", short_help="MODEL's picture, moving.", epilog=EXAMPLES, delivery=LOOP,
        roles=(Role("mask", "White where things move; the rest stays as it is."),))
@click.option("--frames", type=whole("frames", *FRAMES.limits), default=str(FRAMES.usual),
              help=f"Of the loop.  [default: {FRAMES.usual}; {FRAMES.low} to {FRAMES.high}]")
@click.option("--fps", type=Checked("NUMBER", lambda text: io.as_fps(as_number(text))), default="10",
              help=f"Frames a second.  [default: 10; {io.FPS[0]:g} to {io.FPS[1]:g}]")
@click.option("--start-scale", type=whole("start_scale", 0, MOST_SCALES - 1), default="0",
              help="The scale at which noise enters: at 0, the coarsest, everything moves; at later ones smaller "
                   "things and by less, and hardly anything if training was short.  [default: 0; to the model's last]")
@click.option("--alpha", type=real("alpha", *ALPHA.limits), default=str(ALPHA.usual),
              help="How strongly everything is drawn back to the picture; more is less motion."
                   f"  [default: {ALPHA.usual}; {ALPHA.low:g} to {ALPHA.high:g}, of a loop from {LEAST_ALPHA}]")
@click.option("--beta", type=real("beta", *BETA.limits), default=str(BETA.usual),
              help=f"How smoothly things go on as they went.  [default: {BETA.usual}; {BETA.low:g} to {BETA.high:g}]")
@click.option("--loop/--no-loop", default=True,
              help="Whether the last frame leads back to the first; without, as published, the walk begins at the "
                   "picture itself.  [default: loop]")
@feather_option("Pixels around the mask over which motion ends.", ANIMATE_FEATHER)
def animate(call: Call) -> Sample:
    """Make a short loop from the picture that MODEL was trained on: a walk in the noise of its scales.

    A model trained with --preset animate suits it best: its noise goes on around the picture, so that things move at
    the edges as they do within. The loop is WebP by default; --out x.gif has 256 colours, and --out x.mp4 needs the
    extra "video". A mask has the size of the frames, or of the picture before training made it smaller.
    """
    from ... import singan

    options, count = call.options, call.options["frames"]
    return singan.animate(
        call.model, frames=count, start_scale=options["start_scale"], alpha=options["alpha"], beta=options["beta"],
        loop=options["loop"], mask=call.get("mask"), feather=options["feather"],
        on_step=lambda done: call.tell(done / count, f"frame {done} of {count}"), **call.how,
    )
