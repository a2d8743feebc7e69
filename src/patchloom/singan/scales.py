"""The sizes of the scales and the pictures of the pyramid, coarsest first."""

from __future__ import annotations

import math

from ..errors import ImageError, ParameterError, explain
from ..params import MOST_SCALES, SinGANParams
from ..resize import resize
from ..types import Image, Pyramid, Size

LEAST = 11
"""Pixels that a side must have: a critic sees 11 at once, and gets the picture without a border."""


def finest_size(size: Size, params: SinGANParams) -> Size:
    """Return the size that a picture is trained at: its own, or smaller with `max_size` as the longer side."""
    shrink = min(1.0, params.max_size / max(size))
    rows, cols = (max(1, math.floor(side * shrink + 0.5)) for side in size)
    return rows, cols


def fitted_ratio(size: Size, params: SinGANParams) -> tuple[int, float]:
    """Return the number of scales and the size of one relative to the next finer.

    Parameters
    ----------
    size : Size
        Of the finest scale.
    params : SinGANParams
        `scales` wins over `min_size`; fewer scales begin at a larger size.

    Raises
    ------
    ImageError
        If the picture is too small.
    ParameterError
        If more scales are asked for than there are sizes, or the ratio leads to more than `MOST_SCALES`.

    Notes
    -----
    As in the paper's code, one scale more than the ratio asks for, and then the ratio is fitted so
    that the shorter side of the coarsest is exactly `min_size`: 250 x 188 has ten.
    """
    shorter = min(size)
    if shorter < LEAST:
        raise ImageError(explain("image", f"{size[1]} x {size[0]} pixels", f"its sides must be at least {LEAST}",
                                 "use a larger picture"))
    if shorter <= params.min_size:
        usual, ratio = 1, params.ratio
    else:
        steps = math.ceil(math.log(params.min_size / shorter) / math.log(params.ratio) - 1e-9) + 1
        usual, ratio = steps + 1, (params.min_size / shorter) ** (1 / steps)
    if params.scales > usual:
        raise ParameterError(
            explain("scales", params.scales, f"{size[1]} x {size[0]} pixels have 1 to {usual}",
                    "ask for less, for a smaller min_size or a larger picture")
        )
    count = params.scales or usual
    if count > MOST_SCALES:
        raise ParameterError(
            explain("ratio", params.ratio, f"{size[1]} x {size[0]} pixels have {count} scales with it and a min_size "
                    f"of {params.min_size}, and a model at most {MOST_SCALES}",
                    f"ask for a smaller ratio, a larger min_size, or the finest {MOST_SCALES} scales")
        )
    return count, ratio


def width_at(params: SinGANParams, scale: int) -> int:
    """Return the channels of a scale's networks: doubled every four scales."""
    return min(params.channels << (scale // 4), params.most_channels)


def scale_sizes(size: Size, count: int, ratio: float) -> tuple[Size, ...]:
    """Return the sizes of `count` scales, coarsest first; the last is `size`."""
    sizes = []
    for scale in range(count):
        factor = ratio ** (count - 1 - scale)
        rows, cols = (max(1, math.ceil(side * factor - 1e-6)) for side in size)
        sizes.append((rows, cols))
    return tuple(sizes)


def real_pictures(image: Image, count: int, ratio: float) -> Pyramid:
    """Return a picture at the sizes of its scales, coarsest first, each made from the finest."""
    size = (image.shape[0], image.shape[1])
    return tuple(
        resize(image, smaller, scale=ratio ** (count - 1 - scale))
        for scale, smaller in enumerate(scale_sizes(size, count, ratio))
    )
