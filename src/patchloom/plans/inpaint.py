"""Filling holes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_mask, as_seed, as_size
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..pixels import again
from ..regions import feathered, grown_inwards
from ..types import Image, Mask, Plan, Size
from .masked import as_feather, brought, check_share, coarsest_for, masked, resolved, thickness
from .material import Maps, Material, Weights, as_params, check_side, gather, identity

FILLS = ("edges", "source")

# How many patches wide the hole is at the coarsest level. A narrow one is decided by what is around it; what was
# painted into a hole needs patches that see nothing else, or the surroundings grow over it.
_WIDE, _WIDE_PAINTED = 0.7, 2.25


def inpaint(
    image: Any,
    hole: Any,
    *,
    invert: bool = False,
    fill: str = "edges",
    source_mask: Any = None,
    feather: int = 0,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to fill holes with patches of the rest of the picture.

    Parameters
    ----------
    image : array or PIL image
        The picture; what stands in the hole is read only for ``fill="source"``.
    hole : array, PIL image or str
        A mask of the picture's size, white where the hole is (see
        `patchloom.checks.as_mask`); ``"alpha"`` for where the picture is less than half
        opaque; or a colour such as ``"#00ffff"`` that stands where the hole is.
    invert : bool
        The hole is everything else.
    fill : str
        What the hole looks like to begin with: ``"edges"``, the colours around it;
        ``"source"``, what was painted into it; or a colour such as ``"#808080"``.
    source_mask : array or PIL image, optional
        White where patches may be copied from; by default everywhere outside the hole.
    feather : int
        Pixels around the hole over which the result passes into the picture, 0 to 256.
    size : (rows, columns), optional
        What the picture and its masks are brought to first.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["inpaint"]``, where ``coarsest`` 0 is chosen from the hole.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If a mask is of another size than the picture, or covers nothing or everything.
    ParameterError
        If something is out of range, or no patch is left to copy.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: conditional inpainting.
    """
    params, fill = as_params(params, "inpaint"), as_fill(fill)
    out = None if size is None else as_size(size, least=params.patch_size)
    own = gather(image, name="image")
    mask = as_hole(hole, own) ^ bool(invert)
    check_share(mask, "mask")
    allowed = None if source_mask is None else brought(as_mask(source_mask, own.size, "source_mask"), out)
    seen = image if fill == "source" else _unseen(image, own, mask)
    if seen is not image or out or maps:
        own = gather(seen, maps, map_weights, name="image", size=out)
    check_side(own.image, params, "image")
    mask = brought(mask, out)
    check_share(mask, "mask")
    filled = guess = grown_inwards(own.image, mask)
    if fill != "edges":
        colour = own.image if fill == "source" else as_colour(fill, own, "fill")
        guess = np.where(mask[..., None], colour, filled).astype(np.float32)
    alpha = feathered(mask, as_feather(feather))
    wide = thickness(mask) / (_WIDE if fill == "edges" else _WIDE_PAINTED)
    params = resolved(params, coarsest_for(own.size, wide, params))
    return masked(
        "inpaint", own, filled, alpha > 0, source=filled, guess=guess,
        forbidden=mask if allowed is None else mask | ~allowed, home=identity(own.size, params.patch_size),
        blend=Blend(alpha), params=params, seed=as_seed(seed),
    )


def _unseen(image: Any, own: Material, mask: Mask) -> Any:
    """Return the picture with nothing in its hole that could be read: floats there would count for their range."""
    if own.kind.dtype.kind != "f" or mask.all():
        return image
    array = np.array(image)
    array[mask] = array[~mask][0]
    return again(array, image)


def as_hole(hole: Any, material: Material) -> Mask:
    """Return the mask that a picture's own alpha, a colour in it, or another picture says."""
    if not isinstance(hole, str):
        return as_mask(hole, material.size, "mask")
    image = material.image
    if hole == "alpha":
        if not material.kind.alpha:
            raise ImageError(explain("mask", "alpha", "the picture has no alpha channel", "pass a mask"))
        return np.asarray(image[..., material.channels - 1] < 0.5)
    colours = image[..., : material.channels - material.kind.alpha]
    colour = as_colour(hole, material, "hole")[: colours.shape[2]]
    # Half a step of 8 bits: the colour itself, and no other.
    return np.asarray((np.abs(colours - colour) < 0.5 / 255).all(axis=2))


def as_colour(text: str, material: Material, name: str) -> Image:
    """Return a colour of a picture's channels, (C,), from ``#rgb`` or ``#rrggbb``; maps that weigh get the middle."""
    rgb = as_rgb(text, name)
    count = material.channels - material.kind.alpha
    if count == 3:
        colour = list(rgb)
    elif count == 1 and rgb[0] == rgb[1] == rgb[2]:
        colour = [rgb[0]]
    else:
        raise ParameterError(explain(name, repr(text), f"the picture has {count} colour channels", "pass a mask"))
    rest = [1.0] * material.kind.alpha + [0.5] * (material.image.shape[2] - material.channels)
    return np.array(colour + rest, np.float32)


def as_rgb(text: str, name: str) -> tuple[float, float, float]:
    """Return red, green and blue on [0, 1] from ``#rgb`` or ``#rrggbb``."""
    digits = text.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    if not text.startswith("#") or len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        choices = f"must be {', '.join(FILLS)} or a colour" if name == "fill" else "must be a colour"
        raise ParameterError(explain(name, repr(text), choices, "colours are such as #00ffff"))
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def as_fill(fill: Any) -> str:
    """Return what a hole looks like to begin with: a word of `FILLS`, or a colour."""
    if fill not in FILLS:
        as_rgb(fill if isinstance(fill, str) else repr(fill), "fill")
    return str(fill)
