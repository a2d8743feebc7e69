"""Arguments -> `Plan`, one short function per application. Nothing is searched here."""

from __future__ import annotations

from typing import Any

from .checks import as_image, as_seed, as_size
from .errors import ImageError, ParameterError, explain
from .params import PRESETS, GPNNParams
from .pyramid import level_sizes, pyramid
from .resize import resize
from .types import Image, Plan, Size


def generate(
    source: Any, *, size: Size | None = None, params: GPNNParams | None = None, seed: int | None = None
) -> Plan:
    """Plan a new picture of the same kind: the source's coarsest level, which noise will rearrange.

    Parameters
    ----------
    source : array or PIL image
        See `patchloom.checks.as_image`; each side at least ``params.patch_size``.
    size : (rows, columns), optional
        Size of the result; by default the source's.
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
        If the source is no picture or smaller than a patch.
    ParameterError
        If the size or the seed is out of range, or ``start_level`` above the pyramid's depth.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.1.
    """
    image, _ = as_image(source)
    return generate_from(image, size=size, params=params, seed=seed)


def generate_from(image: Image, *, size: Any, params: GPNNParams | None, seed: int | None) -> Plan:
    """Plan like `generate`, from a canonical `Image`."""
    params = PRESETS["default"] if params is None else params
    if not isinstance(params, GPNNParams):
        raise ParameterError(explain("params", repr(params), "must be GPNNParams", 'try patchloom.PRESETS["default"]'))
    own = (image.shape[0], image.shape[1])
    if min(own) < params.patch_size:
        raise ImageError(
            explain("source", f"{own[1]} x {own[0]} pixels", f"each side must be at least {params.patch_size}",
                    "use a larger picture or a smaller patch_size")
        )
    out = own if size is None else as_size(size, least=params.patch_size)
    source = pyramid(image, ratio=params.ratio, coarsest=params.coarsest)
    sizes = level_sizes(out, ratio=params.ratio, levels=len(source))
    source, sizes = _fitting(source, sizes, params)
    if params.start_level >= len(sizes):
        raise ParameterError(
            explain("start_level", params.start_level, f"must be below the number of levels ({len(sizes)})",
                    f"try {len(sizes) - 1}")
        )
    sizes = sizes[: len(sizes) - params.start_level]
    return Plan(source, sizes, resize(source[len(sizes) - 1], sizes[-1]), params, as_seed(seed))


def _fitting(
    source: tuple[Image, ...], sizes: tuple[Size, ...], params: GPNNParams
) -> tuple[tuple[Image, ...], tuple[Size, ...]]:
    """Leave out coarse levels at which the output or the source is smaller than a patch."""
    levels = len(sizes)
    while min(*sizes[levels - 1], *source[levels - 1].shape[:2]) < params.patch_size:
        levels -= 1
    return source[:levels], sizes[:levels]
