"""A short loop from a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_real, as_seed, as_size, as_whole
from ..layers import Blend
from ..motion import walk
from ..params import GPNNParams
from ..pyramid import pyramid
from ..regions import as_feather, feathered
from ..types import Plan, Size
from .masked import as_part, resolved, used
from .material import Maps, Weights, as_params, check_side, gather, levels_for

FRAMES = (4, 240)
MOTION = (0.1, 20.0)
"""Of the shorter side, in per cent."""

# The coarsest level relative to the picture: coarser ones move things by more than they should from frame to frame.
_COARSEST = 0.5
# Things move at least so far there, in pixels, if the picture is large enough: patches lie at whole pixels.
_LEAST_MOTION = 1.5


def animate(
    source: Any,
    *,
    frames: int = 24,
    motion: float = 1.0,
    mask: Any = None,
    feather: int = 8,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan a loop: each frame starts from the picture, displaced by noise that walks round once.

    Parameters
    ----------
    source : array or PIL image
        The picture.
    frames : int
        Of the loop, 4 to 240; more make it smoother.
    motion : float
        How far things typically move, in per cent of the shorter side, 0.1 to 20.
    mask : array or PIL image, optional
        White where things move; all else stays as it is, bit for bit, but for the feather.
    feather : int
        Pixels around the mask over which motion ends, 0 to 256.
    size : (rows, columns), optional
        What the picture, its maps and the mask are brought to first.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["animate"]``, where ``coarsest`` 0 is half the picture, more for little motion.

    Returns
    -------
    Plan
        Its `drift` has the walk.

    Raises
    ------
    ImageError
        If the mask is of another size than the picture, or covers nothing or everything.
    ParameterError
        If something is out of range.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 4, animates by a walk in noise too.
    """
    params = as_params(params, "animate")
    count, far, soft = as_frames(frames), as_motion(motion), as_feather(feather)
    out = None if size is None else as_size(size, least=params.patch_size)
    material = gather(source, maps, map_weights, size=out)
    moving = None if mask is None else as_part(mask, material.own, out, "mask")
    check_side(material.image, params)
    params = resolved(params, params.coarsest or _coarsest(min(material.size), far / 100))
    levels = pyramid(material.image, ratio=params.ratio, coarsest=params.coarsest)
    levels, sizes = used(*levels_for(levels, material.size, params), None, params)
    seed = as_seed(seed)
    return Plan(
        levels, sizes, levels[len(sizes) - 1], params, seed, task="animate", layers=material.layers,
        blend=None if moving is None else Blend(feathered(moving, soft)),
        drift=walk(material.size, count, seed) * np.float32(far / 100),
    )


def _coarsest(shorter: int, motion: float) -> int:
    """Return the shorter side of the level where displaced frames enter."""
    return min(shorter, max(round(_COARSEST * shorter), round(_LEAST_MOTION / motion)))


def as_frames(frames: Any) -> int:
    """Return the number of frames of a loop."""
    return as_whole(frames, "frames", *FRAMES)


def as_motion(motion: Any) -> float:
    """Return how far things move, in per cent of the shorter side."""
    return as_real(motion, "motion", *MOTION)
