"""Objects moved to other places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..cancelling import bands, check
from ..checks import as_seed, as_size
from ..errors import ImageError, explain
from ..layers import Blend
from ..params import MAX_CHANNELS, GPNNParams
from ..regions import as_feather, dilated, feathered, grown_inwards
from ..types import Image, Mask, Plan, Size
from .edit import as_region, scaled
from .masked import coarsest_for, masked, resolved, thickness
from .material import Maps, Weights, as_params, check_side, gather
from .moving import Layout, Move, as_objects, laid_out

# How far what may change reaches around a place that was left and a box that came, as a share of the longer side,
# and around an object with a mask, in pixels: farther, its old surroundings would come with it.
_MARGIN, _NEAR = 0.04, 1
# The soft border beyond, as a share of the longer side.
_FEATHER = 0.04
# How far around an object its place is filled anew, in pixels: its blurred edge.
_EDGE = 2
# How much it counts in the search that a pixel is an object's, the picture counting 1: at least, and in variances of
# the picture. What belongs to an object fits what surrounds the place it left; any other patch is two variances away.
_OWNED, _OWNED_VARIANCES = 0.04, 3.0
# Where no place was left, a patch at the coarsest level is at most so wide, as a share of the object.
_SHARE = 0.45


def reshuffle(
    source: Any,
    moves: Sequence[Move],
    *,
    copy: bool = False,
    region: Any = "auto",
    feather: int | None = None,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to move objects of a picture, to fill the places that they leave, and to heal the seams.

    Parameters
    ----------
    source : array or PIL image
        The picture.
    moves : sequence of Move
        What goes where; later ones come to lie above earlier ones. What leaves the frame is
        cut off.
    copy : bool
        The objects stay at their old places too.
    region : str, array or PIL image
        What may change: ``"auto"``, the places left and taken and a margin around; ``"all"``,
        the whole picture; or a mask, white where it may besides those places.
    feather : int, optional
        Pixels around the region over which the result passes into the picture, 0 to 256; by
        default a twenty-fifth of the longer side.
    size : (rows, columns), optional
        What the picture is brought to first, and with it maps, masks, boxes and shifts.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["reshuffle"]``,
        where ``coarsest`` 0 is chosen from the size of the places left.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If a mask is of another size than the picture, or covers nothing or everything.
    ParameterError
        If there is no move, a box is not within the picture, an object does not move or
        leaves the picture, or something is out of range.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: reshuffling. That objects stay as
    they are, and do not come back to the place they left, is ours.
    """
    params = as_params(params, "reshuffle")
    out = None if size is None else as_size(size, least=params.patch_size)
    material = gather(source, maps, map_weights, size=out)
    everything, mask = as_region(region, material.own, out)
    layout = laid_out(as_objects(moves, material.own, material.size), material.size, copy=copy)
    check_side(material.image, params)
    hole = dilated(layout.left, _EDGE)
    picture, canvas = _guarded(material.image, layout, layout.left if hole.all() else hole)
    params = resolved(params, params.coarsest or _coarsest(layout, params))
    wide = dilated(hole | layout.rim, scaled(_MARGIN, material.size)) if mask is None else mask | hole
    soft = scaled(_FEATHER, material.size) if feather is None else as_feather(feather)
    alpha = feathered(wide | dilated(layout.taken, _NEAR) | everything, soft)
    alpha[layout.firm] = 0
    return masked(
        "reshuffle", material, canvas, alpha > 0, source=picture, guess=canvas, forbidden=None,
        home=layout.home(params.patch_size), blend=Blend(alpha, parts=layout.parts()), params=params,
        seed=as_seed(seed),
    )


def _guarded(image: Image, layout: Layout, hole: Mask) -> tuple[Image, Image]:
    """Return the source, and the picture with its objects moved and the hole filled from its edges.

    Both have one more channel, which tells what belongs to an object: its patches do not come back to the place
    that it left, where the channel says that nothing does.
    """
    count = image.shape[2]
    if count == MAX_CHANNELS:
        raise ImageError(explain("source", f"{count} channels", f"at most {MAX_CHANNELS - 1} in reshuffle"))
    firm = np.zeros(image.shape[:2], np.bool_)
    for moved in layout.objects:
        check()
        firm[moved.here] |= moved.firm
    owned = _OWNED + _OWNED_VARIANCES * _variance(image)
    channel = np.sqrt(np.float32(owned * count)) * firm[..., None].astype(np.float32)
    check()
    whole = np.concatenate([image, channel], axis=2)
    return whole, np.ascontiguousarray(layout.carried(whole, grown_inwards(whole, hole)))


def _variance(image: Image) -> float:
    """Return the variance of a picture's values, the mean of its channels, from sums of whole numbers."""
    count = image.shape[0] * image.shape[1]
    total = squares = np.zeros(image.shape[2], np.int64)
    for rows in bands(len(image), image[:1].size):
        levels = np.rint(np.clip(image[rows], -1, 2) * 1023).astype(np.int64).reshape(-1, image.shape[2])
        total, squares = total + levels.sum(axis=0), squares + (levels * levels).sum(axis=0)
    return sum(count * int(s) - int(t) ** 2 for s, t in zip(squares, total, strict=True)) / (
        (count * 1023) ** 2 * image.shape[2]
    )


def _coarsest(layout: Layout, params: GPNNParams) -> int:
    """Return the shorter side of the coarsest level, where the place that was left is about as wide as a patch."""
    rows, cols = layout.owner.shape
    left = layout.left & ~layout.taken
    detail = thickness(left) if left.any() else _SHARE * thickness(layout.taken)
    return coarsest_for((rows, cols), detail, params)
