"""Making a picture larger without changing it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ..checks import MAX_SIDE, as_seed, as_size, as_whole
from ..errors import ParameterError, explain
from ..layers import Blend
from ..params import GPNNParams
from ..regions import as_feather, feathered
from ..types import Image, Plan, Size
from .masked import coarsest_for, masked, resolved
from .material import Maps, Weights, as_params, check_side, gather, identity

# How much of the picture is mirrored at its edges to begin with, as a share of its rows and of its columns: what is
# beside a picture is like it, what is above and below is like its edge only (sky has no ground above it).
_MIRRORED = (0.125, 1.0)

Pair: TypeAlias = tuple[int | None, int | None]


def extend(
    image: Any,
    *,
    top: int | None = None,
    bottom: int | None = None,
    left: int | None = None,
    right: int | None = None,
    feather: int = 0,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan to continue a picture beyond its edges, with patches of itself.

    Parameters
    ----------
    image : array or PIL image
        The picture; it stays as it is, to the last bit.
    top, bottom, left, right : int, optional
        Pixels to add on each side; by default none, or what `size` asks for.
    feather : int
        Pixels inside the picture's edges over which the new part passes into it, 0 to 256;
        0 leaves the whole picture as it is.
    size : (rows, columns), optional
        Of the result: what is missing is added on the sides that are not told, on both alike.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default
        ``PRESETS["extend"]``, where ``coarsest`` 0 is chosen from what is added.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If the picture is smaller than a patch.
    ParameterError
        If nothing is added, or something is out of range.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: the known part is put back at every level.
    """
    params = as_params(params, "extend")
    material = gather(image, maps, map_weights, name="image")
    check_side(material.image, params, "image")
    above, below, before, after = (
        None if count is None else as_margin(name, count)
        for name, count in (("top", top), ("bottom", bottom), ("left", left), ("right", right))
    )
    rows, cols = _margins(material.size, (above, below), (before, after), size)
    out = as_size((material.size[0] + sum(rows), material.size[1] + sum(cols)))
    guess = _mirrored(material.image, rows, cols)
    new = np.ones(out, np.bool_)
    new[rows[0] : out[0] - rows[1], cols[0] : out[1] - cols[1]] = False
    alpha = feathered(new, as_feather(feather))
    params = resolved(params, coarsest_for(material.size, max(*rows, *cols), params))
    corner = rows[0], cols[0]
    return masked(
        "extend", material, guess, alpha > 0, source=material.image, guess=guess, forbidden=None,
        home=identity(out, params.patch_size, corner, material.size), blend=Blend(alpha, corner), params=params,
        seed=as_seed(seed),
    )


def _margins(own: Size, rows: Pair, cols: Pair, size: Size | None) -> tuple[Size, Size]:
    """Return what is added above and below, and left and right."""
    height, width = (None, None) if size is None else as_size(size)
    margins = _spread("rows", rows, own[0], height), _spread("columns", cols, own[1], width)
    if not any(map(any, margins)):
        raise ParameterError(
            explain("size", f"{own[1]} x {own[0]} pixels", "is the picture's own; something must be added",
                    "say how much: top, bottom, left, right or a larger size")
        )
    return margins


def as_margin(name: str, count: Any) -> int:
    """Return how many pixels are added on a side."""
    return as_whole(count, name, 0, MAX_SIDE, "pixels")


def _spread(name: str, told: Pair, own: int, wanted: int | None) -> Size:
    """Return what is added before and after along one axis, so that it becomes as long as wanted."""
    first, last = (count or 0 for count in told)
    rest = 0 if wanted is None else wanted - own - first - last
    if rest < 0 or (rest and None not in told):
        raise ParameterError(
            explain("size", f"{wanted} {name}", f"must be {own + first + last} {name}" + " or more" * (None in told),
                    f"the picture itself has {own}")
        )
    if told == (None, None):
        return rest // 2, rest - rest // 2
    return (first + rest, last) if told[0] is None else (first, last + rest)


def _mirrored(image: Image, rows: tuple[int, int], cols: tuple[int, int]) -> Image:
    """Return the picture with its edges' surroundings mirrored around it."""
    places = []
    for own, (before, after), share in zip(image.shape[:2], (rows, cols), _MIRRORED, strict=True):
        far = np.arange(max(before, after)) % (2 * max(1, int(own * share)))
        folded = np.minimum(far, 2 * max(1, int(own * share)) - 1 - far)
        places.append(np.concatenate([folded[:before][::-1], np.arange(own), own - 1 - folded[:after]]))
    return np.ascontiguousarray(image[places[0][:, None], places[1][None, :]])
