"""Cubic resampling: anti-aliased, centre-aligned, exact in scale and size, mirrored borders."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from . import kernels
from .types import Image, Size, Wrap


def cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' cubic convolution kernel, a = -1/2 (IEEE Trans. ASSP 29, 1981)."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


@lru_cache(maxsize=64)
def taps(
    length: int, target: int, scale: float, wrap: bool = False
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return which samples make each output sample, and with what weights.

    Parameters
    ----------
    length, target : int
        Samples before and after.
    scale : float
        Samples after per sample before. The centres of both coincide whatever
        the rounding of `target`. Below 1 the kernel widens by 1 / scale.
    wrap : bool
        The samples go round, instead of being mirrored at the borders.

    Returns
    -------
    index : int32 array (target, T)
        Mirrored at the borders (the border sample repeats: ``b a | a b c``).
    weight : float32 array (target, T)
        Sums to 1 along T. Additions, multiplications and divisions only, so
        the same everywhere.
    """
    shrink = min(scale, 1.0)
    reach = 2.0 / shrink
    centre = (np.arange(target) - (target - 1) / 2) / scale + (length - 1) / 2
    count = math.ceil(2 * reach) + 1
    first = np.floor(centre - reach).astype(np.int64) + 1
    index = first[:, None] + np.arange(count)
    weight = cubic((index - centre[:, None]) * shrink)
    total = weight[:, 0].copy()
    for tap in range(1, count):
        total += weight[:, tap]
    weight /= total[:, None]
    used = (weight != 0).any(axis=0)
    index, weight = index[:, used], weight[:, used]
    index = index % (length if wrap else 2 * length)
    index = np.where(index >= length, 2 * length - 1 - index, index)
    result = np.ascontiguousarray(index, np.int32), np.ascontiguousarray(weight, np.float32)
    for array in result:
        array.flags.writeable = False
    return result


def resize(
    image: Image, size: Size, *, scale: float | None = None, wrap: Wrap = (False, False),
    part: tuple[slice, slice] | None = None, threads: int = 1,
) -> Image:
    """Return `image` at another size.

    Parameters
    ----------
    image : Image
        (H, W, C).
    size : Size
        (rows, columns) of the result, each at least 1.
    scale : float, optional
        Factor along both axes; by default `size` over the image's size, for each
        axis by itself. A pyramid passes its ratio, so that rounding the size to
        whole pixels does not distort.
    wrap : (bool, bool)
        Whether rows, and columns, go round; their scale is then `size` over the image's
        size, so that the result goes round too.
    part : (slice, slice), optional
        Rows and columns of the result to make; by default all.
    threads : int
        At least 1.

    Returns
    -------
    Image
        (rows, columns, C). Values can leave the input's range by the cubic's overshoot.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.linspace(0, 1, 8, dtype=np.float32)[None, :, None]
    >>> resize(ramp, (1, 4)).shape
    (1, 4, 1)
    """
    axes = both_taps((image.shape[0], image.shape[1]), size, scale, wrap, part)
    if axes is None:
        return image if part is None else np.ascontiguousarray(image[part])
    return kernels.resize(image, *axes, threads=threads)


def both_taps(
    before: Size, after: Size, scale: float | None, wrap: Wrap, part: tuple[slice, slice] | None
) -> tuple[npt.NDArray[Any], ...] | None:
    """Return the `taps` of the rows and of the columns, index and weight; None if a picture stays as it is."""
    if tuple(after) == tuple(before) and scale in (None, 1.0):
        return None
    axes: list[npt.NDArray[Any]] = []
    parts = (slice(None), slice(None)) if part is None else part
    for length, target, goes_round, wanted in zip(before, after, wrap, parts, strict=True):
        index, weight = taps(length, target, target / length if scale is None or goes_round else scale, goes_round)
        axes.extend((index[wanted], weight[wanted]))
    return tuple(axes)
