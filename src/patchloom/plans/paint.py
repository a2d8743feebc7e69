"""Paintings of flat colours that become pictures."""

from __future__ import annotations

from typing import Any

from ..checks import as_seed
from ..guidance import as_colours, flat_until, recoloured
from ..params import GPNNParams
from ..types import Plan, Size
from .analogy import as_guide, guided
from .masked import resolved
from .material import Maps, Weights, as_params, gather

# Bounds of the coarsest level's shorter side in patches: below there is no layout left, above no room for texture.
_LEAST, _MOST = 3, 6


def paint(
    source: Any,
    painting: Any,
    *,
    colours: str = "keep",
    size: Size | None = None,
    maps: Maps = None,
    map_weights: Weights = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
) -> Plan:
    """Plan a picture that is laid out like a painting and looks like the source.

    Parameters
    ----------
    source : array or PIL image
        Where patches come from.
    painting : array or PIL image
        Flat colours and crude shapes, with the source's channels (an opaque alpha does not count).
    colours : {"keep", "channels", "auto", "light", "range"}
        What the painting's colours become before patches are looked up: they stay, for paintings in
        colours picked from the source; ``"channels"`` makes any colours the source's, channel by channel
        in the order of their values; the others as for `analogy`.
    size : (rows, columns), optional
        Of the result; by default the painting's.
    maps, map_weights, params, seed
        As for `patchloom.plans.generate`; the numbers are by default ``PRESETS["paint"]``, where ``coarsest`` 0
        is where the painting becomes flatter than the source. Maps follow, but cannot weigh in the search.

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
    Rott Shaham et al., "SinGAN" (ICCV 2019): paint to image.
    """
    params, how = as_params(params, "paint"), as_colours(colours)
    material = gather(source, maps, map_weights).unweighed("a painting")
    guide = as_guide(painting, "painting", material, params, size)
    coarsest = params.coarsest
    if not coarsest:
        shown = flat_until(recoloured(guide, material.image[..., : material.channels], how), material.image)
        coarsest = min(max(shown, _LEAST * params.patch_size), _MOST * params.patch_size)
    return guided("paint", material, guide, colours=how, params=resolved(params, coarsest), seed=as_seed(seed))
