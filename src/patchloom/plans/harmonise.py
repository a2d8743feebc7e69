"""Making a pasted object look as if it belonged."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..cancelling import check, copied
from ..checks import as_real, as_seed, as_size
from ..errors import ImageError, explain
from ..layers import Blend, Layer
from ..params import MAX_CHANNELS, GPNNParams
from ..regions import as_feather, distance, feathered
from ..types import Image, Mask, Plan, Size
from .masked import as_part, coarsest_for, masked, resolved, thickness
from .material import Maps, Material, Weights, as_params, check_side, gather, identity

MOST_TEXTURE = 10.0

# How many patches thick the object is at the coarsest level: what is smaller than a patch there is redrawn.
_PATCHES = 6
# The error, relative to the variance within a patch, up to which a patch of the surroundings may stand for one of the
# object's; and the largest variance that counts: flat surroundings have no texture to give, smooth objects would
# drown in it, and beyond this everything fits anything.
_TOLERATED, _MOST_VARIATION = 2.5, 0.0045
# Bounds of the factor by which contrast (of grey, and of colour) follows the surroundings.
_GREY, _COLOUR = (0.5, 1.25), (0.25, 1.25)
# Rounds of moving the mean to where it should be, which cutting off at black and white moves away again.
_ROUNDS = 4
_LEAST_RING = 8
_LEVELS = 65535                                           # in whole numbers, whose sums are the same in any order

Whole = npt.NDArray[np.int64]


def harmonise(
    image: Any,
    mask: Any,
    *,
    strength: float = 0.8,
    texture: float = 1.0,
    feather: int = 3,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to give a pasted object the colours and the texture of what surrounds it.

    Its colours move towards those of a ring around it; then patches of the rest of the picture
    replace its own where they show the same thing nearly as well.

    Parameters
    ----------
    image : array or PIL image
        The picture with the object in it.
    mask : array or PIL image
        Of its size, white where the object is.
    strength : float
        How far colours and contrast move, 0 (they stay) to 1 (the surroundings' mean).
    texture : float
        How freely patches of the surroundings replace the object's own, 0 (never) to 10: the more, the
        more of its structure goes.
    feather : int
        Pixels around the object over which the result passes into the picture, 0 to 256.
    size : (rows, columns), optional
        What the picture, the mask and the maps are brought to first.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["harmonise"]``,
        where ``coarsest`` 0 is chosen from the object's size. Maps follow the patches; only the picture
        changes its colours.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If the mask is of another size than the picture, or covers nothing or everything.
    ParameterError
        If something is out of range.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019): harmonisation; Reinhard et al., "Color transfer between
    images" (2001): means and spreads.
    """
    params = as_params(params, "harmonise")
    share, freely = as_strength(strength), as_texture(texture)
    soft = as_feather(feather)
    out = None if size is None else as_size(size, least=params.patch_size)
    material = gather(image, maps, map_weights, name="image", size=out)
    where = as_part(mask, material.own, out, "mask")
    check_side(material.image, params, "image")
    alpha, thick = feathered(where, soft), thickness(where)
    material = _recoloured(material, where, thick, share)
    marked, guess = _marked(material, where, freely, params.patch_size)
    params = resolved(params, coarsest_for(material.size, thick / _PATCHES, params))
    return masked(
        "harmonise", material, marked, alpha > 0, source=marked, guess=guess, forbidden=None,
        home=identity(material.size, params.patch_size), blend=Blend(alpha), params=params, seed=as_seed(seed),
    )


def as_strength(value: Any) -> float:
    """Return how far colours move."""
    return as_real(value, "strength", 0, 1)


def as_texture(value: Any) -> float:
    """Return how freely patches are replaced."""
    return as_real(value, "texture", 0, MOST_TEXTURE)


def _marked(material: Material, mask: Mask, texture: float, patch_size: int) -> tuple[Image, Image]:
    """Return the picture with a channel more, and the same as a guess.

    In the source that channel tells the object from the rest; the guess has the rest's value everywhere. So a
    patch of the object costs a fixed amount, and one of the rest wins where it fits nearly as well.
    """
    image, colours = material.image, material.channels - material.kind.alpha
    if image.shape[2] >= MAX_CHANNELS:
        raise ImageError(explain("image", f"{image.shape[2]} channels", f"must be below {MAX_CHANNELS}", "use fewer"))
    check()
    around, inside = _variations(image[..., :colours], mask, patch_size)
    varies = min(around, 2 * inside, _MOST_VARIATION)
    mark = np.float32(math.sqrt(_TOLERATED * texture * varies * colours))
    rest = np.full((*mask.shape, 1), mark, np.float32)
    source = np.concatenate([image, np.where(mask[..., None], np.float32(0), rest)], axis=2)
    return source, np.concatenate([image, rest], axis=2)


def _variations(colours: Image, mask: Mask, patch_size: int) -> tuple[float, float]:
    """Return the median variance within patches outside of the mask, and inside, the mean of the channels."""
    rows, cols = (side // patch_size for side in mask.shape)
    shape = (rows, patch_size, cols, patch_size)
    cut, count = (slice(rows * patch_size), slice(cols * patch_size)), patch_size**2
    variances = np.zeros((rows, cols), np.int64)
    for channel in range(colours.shape[2]):
        check()
        blocks = _whole(colours[cut][..., channel]).reshape(shape)
        check()
        sums = blocks.sum(axis=3).sum(axis=1)
        blocks *= blocks
        variances += count * blocks.sum(axis=3).sum(axis=1) - sums * sums
    covered = mask[cut].reshape(shape).sum(axis=(1, 3))
    found = [np.sort(variances[covered == share]) for share in (0, count)]
    whole = count**2 * colours.shape[2] * _LEVELS**2
    outside, inside = (float(of[of.size // 2]) / whole if of.size else 0.0 for of in found)
    return outside, inside


def _whole(colours: npt.NDArray[Any]) -> Whole:
    check()
    levels = colours.astype(np.float64)
    levels *= _LEVELS
    levels += 0.5
    return np.floor(levels, out=levels).astype(np.int64)


def _recoloured(material: Material, mask: Mask, thick: float, strength: float) -> Material:
    """Return the picture with the object's colours moved towards those of a ring around it, a quarter as wide as it."""
    if strength == 0:
        return material
    width = max(_LEAST_RING, int(thick / 4))
    ring = (distance(mask, width) <= width) & ~mask
    image, kind, channels = copied(material.image), material.kind, material.channels
    if kind.alpha:
        seen = image[..., channels - 1] > 0
        mask, ring = mask & seen, ring & seen
    if not mask.any() or not ring.any():
        return material
    inside, around = (image[where][:, :channels].T for where in (mask, ring))
    check()
    own, others = (_whole(one[:-1] / one[-1] if kind.alpha else one) for one in (inside, around))
    moved = _moved(own, others, strength)
    image[mask, : len(moved)] = (moved * inside[-1] if kind.alpha else moved).T
    layers = {**material.layers, "": Layer(image[..., :channels], kind, material.layers[""].below)}
    return replace(material, image=image, layers=layers)


def _moved(inside: Whole, around: Whole, strength: float) -> npt.NDArray[np.float32]:
    """Return the colours inside, (C, N), with means and contrast moved towards those around; on [0, 1]."""
    goal = _means(inside) + strength * (_means(around) - _means(inside))
    moved = []
    for number, (own, other) in enumerate(zip(_planes(inside), _planes(around), strict=True)):
        check()
        low, high = _COLOUR if number and len(inside) == 3 else _GREY
        (mean, spread), wanted = _moments(own), _moments(other)[1]
        ratio = min(max(wanted / spread, low), high) if spread > 0 else 1.0
        moved.append((own - mean) * (1 + strength * (ratio - 1)) + mean)
    colours = _colours(moved)
    for _ in range(_ROUNDS):
        check()
        colours += (goal - _means(np.floor(colours)))[:, None]
        np.clip(colours, 0, _LEVELS, out=colours)
    return (colours / _LEVELS).astype(np.float32)


def _planes(colours: Whole) -> list[Whole]:
    """Return grey and two differences of three colours, so that contrast in grey keeps the hue; others as they are."""
    planes = list(colours)
    if len(planes) != 3:
        return planes
    red, green, blue = planes
    return [red + 2 * green + blue, red - blue, 2 * green - red - blue]


def _colours(planes: list[npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """Return the colours, (C, N), of such planes."""
    if len(planes) == 3:
        grey, across, green = planes
        rest = (grey - green) / 2
        planes = [(rest + across) / 2, (grey + green) / 4, (rest - across) / 2]
    return np.stack(planes)


def _means(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the means of planes of whole numbers, whose sums are exact."""
    means: npt.NDArray[np.float64] = values.sum(axis=1) / values.shape[1]
    return means


def _moments(values: Whole) -> tuple[float, float]:
    """Return mean and standard deviation, from sums that are exact."""
    count, total, squares = len(values), int(values.sum()), int((values * values).sum())
    return total / count, math.sqrt(max(count * squares - total * total, 0)) / count
