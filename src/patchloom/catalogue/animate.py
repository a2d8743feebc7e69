"""A short loop from a picture, as data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .. import io, plans
from ..params import GPNNParams
from ..plans.animate import FRAMES, MOTION, as_frames, as_motion
from ..types import Plan, Result
from .option import feather, integer, number
from .task import Delivery, Options, Pictures, Role, Task


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


def _plan(pictures: Pictures, options: Options, params: GPNNParams, seed: int | None) -> Plan:
    return plans.animate(
        pictures.image, frames=options["frames"], motion=options["motion"], mask=pictures.get("mask"),
        feather=options["feather"], size=options["size"], maps=pictures.maps, map_weights=pictures.map_weights,
        params=params, seed=seed,
    )


ANIMATE = Task(
    "animate", "Animate", "A short loop in which things move a little.", _plan,
    roles=(Role("mask", "White where things move; the rest stays as it is."),),
    options=(
        integer("frames", "Of the loop.", as_frames, 24, low=FRAMES[0], high=FRAMES[1]),
        number("fps", "Frames a second.", io.as_fps, 12.0, low=io.FPS[0], high=io.FPS[1]),
        number("motion", "How far things typically move, in per cent of the shorter side.", as_motion, 1.0,
               low=MOTION[0], high=MOTION[1], unit="%"),
        feather("Pixels around the mask over which motion ends.", 8),
    ),
    delivery=LOOP,
)
