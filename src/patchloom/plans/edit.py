"""A crude edit, made seamless."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_seed, as_size
from ..compare import alike, changed
from ..errors import ImageError, ParameterError, explain
from ..layers import Blend, Layer
from ..params import GPNNParams
from ..pyramid import pyramid
from ..regions import as_feather, dilated, feathered
from ..types import Image, Mask, Plan, Size
from .masked import as_part, coarsest_for, masked, resolved, shrinking, thickness, used
from .material import Maps, Material, Weights, as_params, check_side, gather, identity, levels_for

# How far what may change reaches around an edit, and the soft border beyond, as shares of the longer side.
_MARGIN, _FEATHER = 0.08, 0.02
# At the coarsest level a patch is at most so wide, as a share of the edit; wider ones undo it.
_SHARE = 0.45
# The coarsest level is at least so large, as a share of the picture: the official code's five steps.
_DEEPEST = 0.24


def edit(
    source: Any,
    edited: Any,
    *,
    region: Any = "auto",
    feather: int | None = None,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to make a crude edit of a picture seamless, with patches of the picture before it.

    Parameters
    ----------
    source : array or PIL image
        The picture before the edit, which patches come from.
    edited : array or PIL image
        The same with parts of it copied, moved or painted over; the result has its type.
    region : str, array or PIL image
        What may change: ``"auto"``, where the two differ and a margin around; ``"all"``, the
        whole picture (`edited` may then be of another size); or a mask, white where it may.
    feather : int, optional
        Pixels around the region over which the result passes into `edited`, 0 to 256; by
        default a fiftieth of the longer side.
    size : (rows, columns), optional
        What both pictures, the maps and the mask are brought to first.
    maps : mapping of str to array or PIL image, optional
        Pictures of the source's size. They follow in the region, and are left alone elsewhere.
    map_weights : mapping of str to float, optional
        None may be above 0: the edit has no such map.
    params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["edit"]``,
        where ``coarsest`` 0 is chosen from the size of what changed.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If the two pictures have other sizes (unless all is made anew) or channels, or do not
        differ, or the mask does not fit or covers nothing or everything.
    ParameterError
        If something is out of range.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4; Rott Shaham et al., "SinGAN" (ICCV
    2019), whose editing lays the result over a region that is dilated and softened.
    """
    params = as_params(params, "edit")
    out = None if size is None else as_size(size, least=params.patch_size)
    crude = gather(edited, name="edited", size=out)
    everything, mask = as_region(region, crude.own, out)
    material, guess = compatible(gather(source, maps, map_weights, size=out).unweighed("edit"), crude)
    check_side(material.image, params)
    check_side(guess, params, "edited")
    same = material.size == crude.size
    if not same and not everything:
        raise ImageError(
            explain("edited", f"{crude.size[1]} x {crude.size[0]} pixels",
                    f"must be {material.size[1]} x {material.size[0]}, as source is",
                    "only the region all takes another size")
        )
    differing = changed(material.image, guess) if same else np.ones(crude.size, np.bool_)
    params = resolved(params, _coarsest(differing, params))
    if everything:
        return _anew(material, guess, params, as_seed(seed))
    soft = scaled(_FEATHER, crude.size) if feather is None else as_feather(feather)
    alpha = feathered(dilated(differing, scaled(_MARGIN, crude.size)) if mask is None else mask, soft)
    return masked(
        "edit", material, guess, alpha > 0, source=material.image, guess=guess, forbidden=None,
        home=identity(crude.size, params.patch_size), blend=Blend(alpha), params=params, seed=as_seed(seed),
    )


def scaled(share: float, size: Size) -> int:
    """Return a share of a picture's longer side in whole pixels, at least one."""
    return max(1, int(share * max(size) + 0.5))


def as_region(region: Any, own: Size, size: Size | None) -> tuple[bool, Mask | None]:
    """Return whether everything may change, and the mask of what may, if one was passed.

    Parameters
    ----------
    region : str, array or PIL image
        ``"auto"``, ``"all"`` or a mask.
    own : Size
        That a mask has to have.
    size : Size, optional
        What it is brought to.
    """
    if not isinstance(region, str):
        return False, as_part(region, own, size, "region")
    if region not in ("auto", "all"):
        raise ParameterError(explain("region", repr(region), "must be auto, all or a mask"))
    return region == "all", None


def compatible(material: Material, crude: Material) -> tuple[Material, Image]:
    """Return the source in the channels and units of another picture, to be delivered over it, and that picture.

    Parameters
    ----------
    material : Material
        The source.
    crude : Material
        The edited picture.

    Raises
    ------
    ImageError
        If the two do not have the same channels, but for an opaque alpha, or not the same units.
    """
    image = alike(material.image, material.kind, crude.kind, crude.channels, crude.clear, ("source", "edited"))
    kinds = material.kind, crude.kind
    low, high = min(kind.low for kind in kinds), max(kind.high for kind in kinds)
    floats = [kind.dtype.kind == "f" for kind in kinds]
    layer, guess = crude.layers[""], crude.image
    layer = Layer(image, layer.kind, layer.below)
    if (low, high) != (0.0, 1.0):
        if not all(floats):
            kind = kinds[floats.index(True)]
            raise ImageError(
                explain("edited" if floats[1] else "source", f"values from {kind.low:g} to {kind.high:g}",
                        "floats must be within [0, 1] beside integers", "scale them")
            )
        image, guess = (_between(one, kind, low, high) for one, kind in zip((image, guess), kinds, strict=True))
        layer = Layer(image, replace(crude.kind, low=low, high=high), layer.below)
    return replace(material, image=image, kind=layer.kind, layers={**material.layers, "": layer}), guess


def _between(image: Image, kind: Any, low: float, high: float) -> Image:
    """Return what was brought from a kind's range to [0, 1], brought there from another range."""
    true = image.astype(np.float64) * (kind.high - kind.low) + kind.low
    scaled_down: npt.NDArray[np.float64] = (true - low) / (high - low)
    return scaled_down.astype(np.float32)


def _coarsest(differing: Mask, params: GPNNParams) -> int:
    """Return the shorter side of the coarsest level: small as seams want it, and large enough for the edit to last."""
    size = (differing.shape[0], differing.shape[1])
    least = round(_DEEPEST * min(size))
    return params.coarsest or max(least, coarsest_for(size, _SHARE * thickness(differing), params))


def _anew(material: Material, crude: Image, params: GPNNParams, seed: int) -> Plan:
    """Return a plan that makes the whole picture anew."""
    levels = pyramid(material.image, ratio=params.ratio, coarsest=params.coarsest)
    levels, sizes = levels_for(levels, (crude.shape[0], crude.shape[1]), params)
    levels, sizes = used(levels, sizes, None, params)
    guess = shrinking(crude, sizes, params)[-1]
    return Plan(levels, sizes, guess, params, seed, task="edit", layers=material.layers)
