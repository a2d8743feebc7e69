"""The structure of one picture with the patches of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_image, as_real, as_seed, as_size
from ..compare import alike
from ..guidance import as_colours, detail_size, recoloured
from ..params import GPNNParams
from ..pyramid import depth, pyramid
from ..resize import resize
from ..types import Image, Plan, Size
from .masked import coarsest_for, resolved, shrinking, used
from .material import Maps, Material, Weights, as_params, check_side, gather, levels_for

MOST_DETAIL = 4096.0

# Most patches along the shorter side of the coarsest level, where its detail was measured: grain is no structure.
_MOST = 9


def analogy(
    source: Any,
    structure: Any,
    *,
    colours: str = "auto",
    detail: float = 0.0,
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan a picture with the structure of one and the patches of another.

    Parameters
    ----------
    source : array or PIL image
        Where patches come from.
    structure : array or PIL image
        What the result is laid out like; with the source's channels (an opaque alpha does not count).
    colours : {"auto", "light", "range", "channels", "keep"}
        What the structure's colours become before patches are looked up: the source's in the order of light;
        evenly over its range of light (for drawings); channel by channel; or they stay. ``"auto"`` tells
        drawings from other pictures. See `patchloom.guidance.recoloured`.
    detail : float
        Width of what is to be made anew as one piece, in pixels of the structure; 0: measured in it. The larger,
        the freer the result; ``params.coarsest`` wins if it is not 0.
    size : (rows, columns), optional
        Of the result; by default the structure's.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["analogy"]``; ``"style"`` stays
        closer to the structure, ``"sketch"`` is for drawings. Maps follow, but cannot weigh in the search.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If a picture is smaller than a patch, or the two differ in their channels.
    ParameterError
        If something is out of range.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4: structural analogies; Benaim et al.,
    "Structural-analogy from a Single Image Pair" (2020).
    """
    params, how = as_params(params, "analogy"), as_colours(colours)
    width = as_detail(detail)
    material = gather(source, maps, map_weights).unweighed("an analogy")
    guide = as_guide(structure, "structure", material, params, size)
    out = guide.shape[0], guide.shape[1]
    width = width or max(detail_size(guide), min(out) / _MOST)
    params = resolved(params, params.coarsest or _coarsest(out, width, params))
    return guided("analogy", material, guide, colours=how, params=params, seed=as_seed(seed))


def _coarsest(out: Size, detail: float, params: GPNNParams) -> int:
    """Return the shorter side of the level where detail is a patch wide, with a finer one above where a run begins."""
    side = float(min(out))
    for _ in range(params.start_level + 1):
        side *= params.ratio
    return min(coarsest_for(out, detail, params), int(side))


def as_guide(picture: Any, name: str, material: Material, params: GPNNParams, size: Size | None) -> Image:
    """Return a picture that guides the result, with the source's channels and the result's size."""
    check_side(material.image, params)
    image, kind = as_image(picture, name)
    image = alike(image, kind, material.kind, material.channels, material.clear, (name, "source"))
    if size is not None:
        image = resize(image, as_size(size, least=params.patch_size))
    check_side(image, params, name)
    return image


def as_detail(value: Any) -> float:
    """Return a width in pixels, or 0."""
    return as_real(value, "detail", 0, MOST_DETAIL, unit="pixels", remedy="0 measures it")


def guided(task: str, material: Material, guide: Image, *, colours: str, params: GPNNParams, seed: int) -> Plan:
    """Return a plan that starts from a guide instead of the source.

    Parameters
    ----------
    task : str
        The application.
    material : Material
        What patches come from.
    guide : Image
        Of the result's size and the source's channels.
    colours : str
        One of `patchloom.guidance.COLOURS`.
    params : GPNNParams
        `coarsest` is the guide's, and not 0 any more.
    seed : int
        Canonical.
    """
    out = (guide.shape[0], guide.shape[1])
    # The guide says how many levels there are, so that its detail is met whatever the source's size.
    count = depth(out, ratio=params.ratio, coarsest=params.coarsest)
    levels = pyramid(material.image, ratio=params.ratio, coarsest=params.patch_size)[:count]
    levels, sizes = used(*levels_for(levels, out, params), None, params)
    guess = recoloured(shrinking(guide, sizes, params)[-1], levels[len(sizes) - 1], colours)
    return Plan(levels, sizes, np.ascontiguousarray(guess), params, seed, task=task, layers=material.layers)
