"""Filling holes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_image, as_mapping, as_mask, as_seed, as_size
from ..compare import coloured
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..pixels import again, as_array
from ..regions import as_feather, check_share, clear_patches, feathered
from ..types import Image, Mask, PixelFormat, Plan, Size
from .masked import brought, coarsest_for, masked, resolved, thickness
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
        The picture; what stands in the hole, of maps too, is read only for ``fill="source"``.
    hole : array, PIL image or str
        A mask of the picture's size, white where the hole is (see
        `patchloom.checks.as_mask`); ``"alpha"`` for where the picture is less than half
        opaque; or a colour such as ``"#00ffff"`` that stands where the hole is,
        whatever its alpha is above 0.
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
        What the picture, its hole filled, and its masks are brought to first.
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
    params, fill, soft = as_params(params, "inpaint"), as_fill(fill), as_feather(feather)
    out = None if size is None else as_size(size, least=params.patch_size)
    mask = as_hole(hole, image) ^ bool(invert)
    check_share(mask, "mask")
    allowed = None if source_mask is None else brought(as_mask(source_mask, mask.shape[:2], "source_mask"), out)
    painted = fill == "source"
    image = _in_range(image, mask, "image", painted)
    maps = {
        label: _in_range(picture, mask, f"map {label}", painted)
        for label, picture in as_mapping(maps, "maps", "names to pictures").items()
    }
    own = gather(image, maps, map_weights, name="image", size=out, hole=mask)
    check_side(own.image, params, "image")
    mask = brought(mask, out)
    check_share(mask, "mask")
    filled = guess = own.image
    if fill != "edges":
        paint = gather(image, maps, map_weights, name="image", size=out).image if painted else _plain(fill, own)
        guess = np.where(mask[..., None], paint, filled)
    forbidden = mask if allowed is None else _forbidden(mask, allowed, params.patch_size)
    alpha = feathered(mask, soft)
    wide = thickness(mask) / (_WIDE if fill == "edges" else _WIDE_PAINTED)
    params = resolved(params, coarsest_for(own.size, wide, params))
    return masked(
        "inpaint", own, filled, alpha > 0, source=filled, guess=guess,
        forbidden=forbidden, home=identity(own.size, params.patch_size),
        blend=Blend(alpha), params=params, seed=as_seed(seed),
    )


def _forbidden(mask: Mask, allowed: Mask, patch_size: int) -> Mask:
    """Return where no patch may be copied from."""
    forbidden = mask | ~allowed
    if not clear_patches(forbidden, patch_size).any() and clear_patches(mask, patch_size).any():
        raise ParameterError(
            explain("source_mask", f"{100 * allowed.mean():.1f} % of the picture",
                    f"must leave a patch of {patch_size} pixels outside of the hole to copy", "let it cover more")
        )
    return forbidden


def _in_range(picture: Any, hole: Mask, name: str, painted: bool) -> Any:
    """Return a picture whose floats in the hole do not count for its range: the nearest in it, or not those at all."""
    array = as_array(picture, name)
    if array.dtype.kind != "f" or array.shape[:2] != hole.shape:
        return picture
    known = array[~hole]
    known = known[np.isfinite(known)]
    if not known.size:
        return picture
    low, high = float(known.min()), float(known.max())
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    array = array.copy()
    array[hole] = np.clip(array[hole], low, high) if painted else low
    return again(array, picture)


def as_hole(hole: Any, picture: Any) -> Mask:
    """Return the mask that a picture's own alpha, a colour in it, or another picture says."""
    if isinstance(hole, str) and hole != "alpha":
        return _of_colour(hole, *as_image(picture, "image"))
    array = as_array(picture, "image")
    floats = array.dtype.kind == "f"                      # they may be anything, where the hole turns out to be
    image, kind = as_image(np.zeros(array.shape, np.bool_) if floats else picture, "image")
    if not isinstance(hole, str):
        return as_mask(hole, (image.shape[0], image.shape[1]), "mask")
    if not kind.alpha:
        raise ImageError(explain("mask", "alpha", "the picture has no alpha channel", "pass a mask"))
    return np.asarray((array if floats else image)[..., -1] < 0.5)


def _of_colour(text: str, image: Image, kind: PixelFormat) -> Mask:
    """Return where a picture has a colour, as it is before alpha; what is fully transparent has none."""
    colour = as_colour(text, kind, image.shape[2], "hole")
    if kind.alpha:
        colour, alpha = colour[:-1], image[..., -1:]
        image = np.divide(image[..., :-1], alpha, out=np.full_like(image[..., :-1], 2), where=alpha > 0)
    # Half a step of 8 bits: the colour itself, and no other.
    mask = np.asarray((np.abs(image - colour) < 0.5 / 255).all(axis=2))
    if not mask.any():
        raise ImageError(
            explain("hole", text, "no pixel has exactly this colour", "pick it from the picture, or pass a mask")
        )
    return mask


def _plain(text: str, material: Material) -> Image:
    """Return a colour in all channels that are searched, (C,); maps that weigh get the middle."""
    colour = as_colour(text, material.kind, material.channels, "fill")
    return np.append(colour, np.full(material.image.shape[2] - material.channels, 0.5, np.float32))


def as_colour(text: str, kind: PixelFormat, channels: int, name: str) -> Image:
    """Return a colour, opaque, of a picture of so many channels, (C,), from ``#rgb`` or ``#rrggbb``."""
    rgb = as_rgb(text, name)
    count = channels - kind.alpha
    remedy = "pass a mask" if name == "hole" else "paint it, and fill from the source"
    if (kind.low, kind.high) != (0.0, 1.0):
        allowed = f"the picture has values from {kind.low:g} to {kind.high:g}, colours are within [0, 1]"
        raise ParameterError(explain(name, repr(text), allowed, remedy))
    if count != 3 and not (count == 1 and rgb[0] == rgb[1] == rgb[2]):
        if count == 1:
            remedy = "try #808080, a mask or alpha" if name == "hole" else "try #808080, edges or source"
        raise ParameterError(explain(name, repr(text), f"the picture {coloured(count)}", remedy))
    return np.array([*rgb[:count], *[1.0] * kind.alpha], np.float32)


def as_rgb(text: str, name: str) -> tuple[float, float, float]:
    """Return red, green and blue on [0, 1] from ``#rgb`` or ``#rrggbb``."""
    digits = text.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    if not text.startswith("#") or len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        others = {"fill": f"{', '.join(FILLS)} or ", "hole": "alpha, a mask of the picture's size or "}
        choices = f"must be {others.get(name, '')}a colour"
        raise ParameterError(explain(name, repr(text), choices, "colours are such as #00ffff"))
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def as_fill(fill: Any) -> str:
    """Return what a hole looks like to begin with: a word of `FILLS`, or a colour."""
    if fill not in FILLS:
        as_rgb(fill if isinstance(fill, str) else repr(fill), "fill")
    return str(fill)
