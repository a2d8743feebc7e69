"""New pictures of the same kind."""

from __future__ import annotations

from typing import Any

from ..checks import as_seed, as_size
from ..errors import ParameterError, explain
from ..params import GPNNParams
from ..pyramid import pyramid
from ..resize import resize
from ..types import Plan, Size, Wrap
from .masked import resolved, used
from .material import Maps, Weights, as_params, check_side, gather, levels_for

TILES = ("", "x", "y", "xy")
"""Directions in which a result may go on at its opposite edge."""


def generate(
    source: Any,
    *,
    size: Size | None = None,
    tile: str = "",
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan a new picture of the same kind: the source's coarsest level, which noise will rearrange.

    Parameters
    ----------
    source : array or PIL image
        See `patchloom.checks.as_image`; each side at least ``params.patch_size``.
    size : (rows, columns), optional
        Size of the result; by default the source's.
    tile : {"", "x", "y", "xy"}
        Directions in which the result fits its own opposite edge.
    maps : mapping of str to array or PIL image, optional
        Pictures of the source's size that follow it; see `patchloom.tasks.generate`.
    map_weights : mapping of str to float, optional
        How much each map counts in the search, 0 to 100; the source itself counts 1.
    params : GPNNParams, optional
        By default ``PRESETS["default"]``.
    seed : int, optional
        0 to 2**64 - 1; by default a fresh one is drawn and reported.

    Returns
    -------
    Plan

    Raises
    ------
    ImageError
        If the source is no picture or smaller than a patch, or a map does not fit it.
    ParameterError
        If the size or the seed is out of range, or ``start_level`` above the pyramid's depth.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.1.
    """
    params = as_params(params, "default")
    params = resolved(params, params.coarsest or 2 * params.patch_size)
    material = gather(source, maps, map_weights)
    check_side(material.image, params)
    out = material.size if size is None else as_size(size, least=params.patch_size)
    wrap = as_tile(tile)
    levels = pyramid(material.image, ratio=params.ratio, coarsest=params.coarsest)
    levels, sizes = used(*levels_for(levels, out, params), None, params)
    guess = resize(levels[len(sizes) - 1], sizes[-1])
    return Plan(levels, sizes, guess, params, as_seed(seed), layers=material.layers, wrap=wrap)


def as_tile(tile: str) -> Wrap:
    """Return whether (rows, columns) go round: a picture that tiles in x has columns that do."""
    if tile not in TILES:
        raise ParameterError(explain("tile", repr(tile), "must be x, y, xy or empty"))
    return "y" in tile, "x" in tile
