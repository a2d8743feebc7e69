"""``patchloom animate``: a short loop from a picture."""

from __future__ import annotations

from collections.abc import Mapping

import click
import numpy as np

from .. import io, plans
from ..params import GPNNParams
from ..plans.animate import FRAMES, MOTION, as_frames, as_motion
from ..types import Plan, Result
from .command import command
from .options import Checked, as_number, feather_option
from .task import Delivery, Options, Pictures, Role

EXAMPLES = """\b
Examples:
  patchloom animate lake.jpg
  patchloom animate lake.jpg --mask water.png --motion 3 --out lake.gif
  patchloom animate lake.jpg --frames 48 --fps 24 --out lake.mp4
  patchloom animate photos/ --size 320x240 --out loops/
"""


def _encode(result: Result, options: Options, suffix: str, icc: bytes | None, metadata: Mapping[str, str]) -> bytes:
    return io.encode_frames(result.frames, suffix, fps=options["fps"], icc=icc, metadata=metadata)


def _same_frames(data: bytes, other: bytes) -> bool:
    if data == other:
        return True
    made, was = io.decode_frames(data), io.decode_frames(other)
    return len(made) == len(was) and all(np.array_equal(*pair) for pair in zip(made, was, strict=True))


LOOP = Delivery(
    io.ANIMATED, lambda picture: io.ANIMATED[0], io.check_frames, encode=_encode, same=_same_frames, moving=True
)


@command("animate", short_help="A short loop in which things move a little.", epilog=EXAMPLES, delivery=LOOP,
         roles=(Role("mask", "White where things move; the rest stays as it is."),))
@click.option("--frames", type=Checked("INTEGER", lambda text: as_frames(as_number(text))), default="24",
              help=f"Of the loop.  [default: 24; {FRAMES[0]} to {FRAMES[1]}]")
@click.option("--fps", type=Checked("NUMBER", lambda text: io.as_fps(as_number(text))), default="12",
              help=f"Frames a second.  [default: 12; {io.FPS[0]:g} to {io.FPS[1]:g}]")
@click.option("--motion", type=Checked("NUMBER", lambda text: as_motion(as_number(text))), default="1",
              help="How far things typically move, in per cent of the shorter side."
                   f"  [default: 1; {MOTION[0]:g} to {MOTION[1]:g}]")
@feather_option("Pixels around the mask over which motion ends.", 8)
def animate(pictures: Pictures, options: Options, params: GPNNParams, seed: int) -> Plan:
    """Make a short loop from IMAGE: its things sway, made of its own patches in every frame.

    The loop is WebP by default; --out x.gif has 256 colours, and --out x.mp4 needs the extra
    "video". Water, clouds, leaves and flames suit it best; --mask keeps houses standing.
    """
    return plans.animate(
        pictures.image, frames=options["frames"], motion=options["motion"], mask=pictures.get("mask"),
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )
