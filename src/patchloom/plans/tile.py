"""Making a picture fit its own opposite edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..checks import as_real, as_seed, as_size
from ..errors import ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..regions import as_feather, feathered, grown_inwards
from ..types import Image, Mask, Plan, Size, Wrap
from .generate import TILES, as_tile
from .masked import coarsest_for, masked, resolved
from .material import Maps, Weights, as_params, check_side, gather, identity
from .pieces import pieced

LEAST_KEEP, MOST_KEEP = 0.1, 0.99
# How wide the band is where it is laid out, both sides together, in patches: wider takes larger pieces in.
_PATCHES = 1.4


def tile(
    image: Any,
    *,
    axes: str = "xy",
    keep: float = 0.8,
    feather: int = 0,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to make a picture fit its own opposite edges, changing only a band along them.

    The band's two sides meet where the picture goes round. At the level where both
    together are a patch or two wide, it is laid out in pieces of the picture that fit both
    sides; the finer levels mend the joints.

    Parameters
    ----------
    image : array or PIL image
        The picture; it is not rolled, and keeps its size.
    axes : {"xy", "x", "y"}
        Directions in which it is to go on at its opposite edge.
    keep : float
        Least share of the pixels that stay as they are, 0.1 to 0.99.
    feather : int
        Pixels at the band's inner border over which the result passes into the picture,
        0 to 256; they lie within the band.
    size : (rows, columns), optional
        What the picture is brought to first.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["tile"]``, where ``coarsest`` 0 is chosen from the band's width.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If the picture is none or smaller than a patch, or a map does not fit it.
    ParameterError
        If something is out of range, or nothing could change.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4, for filling a part of a picture.
    """
    params, wrap, keep, feather = as_params(params, "tile"), as_axes(axes), as_keep(keep), as_feather(feather)
    out = None if size is None else as_size(size, least=params.patch_size)
    material = gather(image, maps, map_weights, name="image", size=out)
    check_side(material.image, params, "image")
    own, seed = material.size, as_seed(seed)
    width = band_width(own, wrap, keep)
    if feather >= width:
        raise ParameterError(
            explain("feather", feather, f"must be less than the band's width ({width} pixels)",
                    f"try {width - 1}, or a smaller keep")
        )
    alpha = feathered(band(own, wrap, width - feather), feather)
    canvas = _rolled(grown_inwards(_rolled(material.image, wrap), _rolled(alpha > 0, wrap)), wrap, back=True)
    over = [(params.patch_size - 1) * goes for goes in wrap]
    params = resolved(params, coarsest_for(own, 2 * width / _PATCHES, params))
    plan = masked(
        "tile", material, canvas, alpha > 0, source=material.image, guess=canvas, forbidden=None,
        home=identity((own[0] + over[0], own[1] + over[1]), params.patch_size, keys=own), blend=Blend(alpha),
        params=params, seed=seed, wrap=wrap,
    )
    return replace(plan, guess=_laid_out(plan))


def as_axes(axes: Any) -> Wrap:
    """Return whether (rows, columns) go round."""
    if axes not in TILES or not axes:
        raise ParameterError(explain("axes", repr(axes), "must be x, y or xy"))
    return as_tile(axes)


def as_keep(keep: Any) -> float:
    """Return the least share of pixels that stay."""
    return as_real(keep, "keep", LEAST_KEEP, MOST_KEEP)


def band_width(size: Size, wrap: Wrap, keep: float) -> int:
    """Return how wide the band is along each edge in pixels, if that share of the pixels is to stay.

    Raises
    ------
    ParameterError
        If it would have no width.
    """
    rows, cols = size
    width = 0
    while _inside(rows, wrap[0], width + 1) * _inside(cols, wrap[1], width + 1) >= keep * rows * cols:
        width += 1
    if width == 0:
        most = _inside(rows, wrap[0], 1) * _inside(cols, wrap[1], 1) / (rows * cols)
        raise ParameterError(
            explain("keep", keep, f"would leave a picture of {cols} x {rows} pixels as it is",
                    f"try {np.floor(100 * most) / 100:g}")
        )
    return width


def _inside(side: int, goes_round: bool, width: int) -> int:
    return max(side - 2 * width, 0) if goes_round else side


def band(size: Size, wrap: Wrap, width: int) -> Mask:
    """Return the pixels less than `width` from an edge that is to fit the opposite one."""
    mask = np.zeros(size, np.bool_)
    if wrap[0]:
        mask[:width], mask[size[0] - width :] = True, True
    if wrap[1]:
        mask[:, :width], mask[:, size[1] - width :] = True, True
    return mask


def _rolled(array: Any, wrap: Wrap, *, back: bool = False) -> Any:
    """Return an array with its edges in the middle where they go round, or the other way."""
    shifts = [side // 2 * goes for side, goes in zip(array.shape, wrap, strict=False)]
    return np.ascontiguousarray(np.roll(array, [-shift if back else shift for shift in shifts], (0, 1)))


def _laid_out(plan: Plan) -> Image:
    """Return the coarsest guess: what is free is pieces of the source that fit what is known on both sides."""
    stage = plan.stage(len(plan.sizes) - 1)
    if stage.known is None or stage.free is None:
        raise AssertionError("a masked plan tells what is known and what is free")
    filled = pieced(
        _rolled(stage.known, plan.wrap), _rolled(stage.free, plan.wrap), plan.source[len(plan.sizes) - 1],
        wrap=plan.wrap, patch_size=plan.params.patch_size, seed=plan.seed,
    )
    laid: Image = _rolled(filled, plan.wrap, back=True)
    return laid
