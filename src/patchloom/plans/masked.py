"""Plans that change a part of a picture and leave the rest as it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_mask
from ..errors import ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..pyramid import level_sizes, pyramid
from ..regions import check_share, clear_patches, distance, shrunk
from ..resize import resize
from ..types import Image, Mask, Plan, Pyramid, Size, Wrap
from .material import Material, levels_for

# A longer side to which masks are reduced before their thickness is measured, in pixels.
_ROUGHLY = 128


def brought(mask: Mask, size: Size | None) -> Mask:
    """Return a mask at another size: True where at least half of a pixel is."""
    if size is None or size == mask.shape:
        return mask
    return np.asarray(resize(mask.astype(np.float32)[..., None], size)[..., 0] >= 0.5)


def as_part(mask: Any, own: Size, size: Size | None, name: str) -> Mask:
    """Return a mask of a part of a picture, at the size that the picture is brought to.

    Parameters
    ----------
    mask : array or PIL image
        Of the picture's own size.
    own : Size
        That.
    size : Size, optional
        What picture and mask are brought to.
    name : str
        What errors call it.

    Raises
    ------
    ImageError
        If it has another size, or covers nothing or everything.
    """
    part = as_mask(mask, own, name)
    check_share(part, name)
    part = brought(part, size)
    check_share(part, name)
    return part


def thickness(mask: Mask) -> float:
    """Return about how thick a mask is at its thickest, in pixels: twice the largest distance to its outside."""
    step = max(1, math.ceil(max(mask.shape) / _ROUGHLY))
    small = np.pad(mask, 1)[step // 2 :: step, step // 2 :: step]
    depth, most = distance(~small, 1), 1
    while most < min(depth.max(), max(small.shape)):      # the cost grows with the distance: no farther than needed
        most *= 2
        depth = distance(~small, most)
    return float(2 * depth.max() * step)


def coarsest_for(size: Size, detail: float, params: GPNNParams) -> int:
    """Return the shorter side of the level at which something `detail` pixels wide is about as wide as a patch.

    Parameters
    ----------
    size : Size
        Of the picture.
    detail : float
        In pixels of the picture.
    params : GPNNParams
        `coarsest` wins if it is not 0.

    Returns
    -------
    int
        At least two patches, at most the picture.
    """
    if params.coarsest:
        return params.coarsest
    shorter = min(size)
    return int(min(max(2 * params.patch_size, shorter * params.patch_size / max(detail, 1.0)), shorter))


def masked(
    task: str,
    material: Material,
    canvas: Image,
    free: Mask,
    *,
    source: Image,
    guess: Image,
    forbidden: Mask | None,
    home: npt.NDArray[np.int32],
    blend: Blend,
    params: GPNNParams,
    seed: int,
    wrap: Wrap = (False, False),
) -> Plan:
    """Return a plan that changes the free pixels of a canvas.

    Parameters
    ----------
    task : str
        The application.
    material : Material
        What was passed; its layers are delivered.
    canvas : Image (H, W, C)
        What is known, at the output's size.
    free : Mask (H, W)
        Pixels that may change.
    source : Image (K, L, C)
        Where patches come from.
    guess : Image (H, W, C)
        What the free pixels look like to begin with.
    forbidden : Mask (K, L) or None
        Source pixels that no patch may hold.
    home : int32 array (H', W', 2)
        Where patches without a free pixel come from.
    blend : Blend
        How the result is laid over what it changes.
    params : GPNNParams
        `coarsest` is not 0 any more.
    seed : int
        Canonical.
    wrap : (bool, bool)
        Whether the output's rows, and columns, go round.

    Raises
    ------
    ParameterError
        If no source patch is left, or not as many levels as were asked for.
    """
    out = (canvas.shape[0], canvas.shape[1])
    levels = pyramid(source, ratio=params.ratio, coarsest=params.coarsest)
    levels, sizes = levels_for(levels, out, params)
    valid = None if forbidden is None else valid_patches(forbidden, levels, params)
    levels, sizes = used(levels, sizes, valid, params)
    count = len(sizes)
    known = levels[:count] if canvas is source else shrinking(canvas, sizes, params, wrap)
    return Plan(
        levels, sizes, known[-1] if guess is canvas else shrinking(guess, sizes, params, wrap)[-1], params, seed,
        task=task, layers=material.layers, valid=None if valid is None else valid[:count],
        free=shrunk(free, sizes, ratio=params.ratio), known=known, home=home, blend=blend, wrap=wrap,
    )


def shrinking(image: Image, sizes: tuple[Size, ...], params: GPNNParams, wrap: Wrap = (False, False)) -> Pyramid:
    """Return a picture at falling sizes, as a pyramid of its own would have it."""
    levels = [image]
    for size in sizes[1:]:
        levels.append(resize(levels[-1], size, scale=params.ratio, wrap=wrap))
    return tuple(levels)


def used(
    levels: Pyramid, sizes: tuple[Size, ...], valid: tuple[Mask, ...] | None, params: GPNNParams
) -> tuple[Pyramid, tuple[Size, ...]]:
    """Return the source's levels that have a valid patch, and the output's sizes from the level where a run starts.

    Raises
    ------
    ParameterError
        If there are not as many levels as were asked for.
    """
    deepest = len(sizes) if valid is None else min(len(sizes), len(valid))
    if params.start_level >= deepest:
        raise ParameterError(
            explain("start_level", params.start_level, f"must be below the number of levels ({deepest})",
                    f"try {deepest - 1}")
        )
    return levels[:deepest], sizes[: deepest - params.start_level]


def valid_patches(forbidden: Mask, levels: Pyramid, params: GPNNParams, name: str = "mask") -> tuple[Mask, ...]:
    """Return the source patches that may be found at each level, down to the last level that has any."""
    sizes = level_sizes((forbidden.shape[0], forbidden.shape[1]), ratio=params.ratio, levels=len(levels))
    valid = []
    for hole in shrunk(forbidden, sizes, ratio=params.ratio):
        clear = clear_patches(hole, params.patch_size)
        if not clear.any():
            break
        valid.append(clear)
    if not valid:
        share = 100 * forbidden.mean()
        raise ParameterError(
            explain(name, f"{share:.1f} % of the picture", f"no patch of {params.patch_size} pixels is left to copy",
                    "use a smaller mask or patch_size")
        )
    return tuple(valid)


def resolved(params: GPNNParams, coarsest: int) -> GPNNParams:
    """Return `params` with a coarsest size instead of 0."""
    return replace(params, coarsest=max(coarsest, params.patch_size))
