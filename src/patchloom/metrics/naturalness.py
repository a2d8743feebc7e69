"""What NIQE sees of a picture: how its local contrasts are distributed, block by block and at two scales.

Mittal, Soundararajan and Bovik, "Making a completely blind image quality analyzer" (IEEE Signal Processing Letters
20, 2013), with the choices of the authors' MATLAB: grey values rounded to whole numbers, borders replicated for the
window and mirrored for the half scale, pictures cropped to whole blocks first, products of neighbours going round
within a block.

Where a window is flat, its contrast is 0 but for rounding, and the fits below count its sign: there NIQE is chance, in
the authors' MATLAB as in any other code. Ours at least is the same chance everywhere: the weights are written out, and
windows are summed one weight after the other, without fused operations. How much of a block is flat is counted, to be
told beside the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ImageError, explain
from ..types import Image
from .grey import LUMA

FEATURES = 36
"""Numbers that describe a block: eighteen at each of two scales."""

Floats = npt.NDArray[np.float64]

_LEAST_DEVIATION = 1e-3                                   # one pixel off by one level gives 0.0126, rounding 1e-5
_REACH = 3                                                # of the window to either side
# A Gaussian of sigma 7/6 that sums to 1, as float64 arithmetic gives it; libraries differ in the last digit.
_OUTER = (0.012560200468474616, 0.07882796468173003, 0.23729607711717063)
WINDOW = (*_OUTER, 0.3426315154652495, *reversed(_OUTER))
"""Weights of the window along each axis."""

_HALF = (-3, -9, 29, 111)                                 # Keys' cubic, widened twofold, at 3.5, 2.5, 1.5, 0.5; / 256
_SHAPES = np.arange(200, 10001) / 1000                    # shapes that a fit can have
_ROWS = 256                                               # turned grey at a time
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))               # the four neighbours


def grey_levels(image: Image, name: str = "generated") -> npt.NDArray[np.uint8]:
    """Return a picture's grey values as whole numbers from 0 to 255.

    Parameters
    ----------
    image : Image
        (H, W, 1 or 3) on [0, 1]; what came with more than 8 bits is rounded to 8 first.
    name : str
        What errors call it.

    Returns
    -------
    uint8 array
        (H, W).

    Raises
    ------
    ImageError
        If it is neither grey nor RGB.
    """
    if image.shape[2] not in (1, 3):
        raise ImageError(
            explain(f"{name} channels", image.shape[2], "NIQE takes grey (1) or RGB (3)",
                    "convert it, and lay transparency over a background")
        )
    grey = np.empty(image.shape[:2], np.uint8)
    for start in range(0, len(grey), _ROWS):
        levels = np.rint(image[start : start + _ROWS].astype(np.float64) * 255)
        if levels.shape[2] == 3:
            red, green, blue = (levels[..., channel] * weight for channel, weight in enumerate(LUMA))
            levels = np.floor(red + green + blue + 0.5)[..., None]
        grey[start : start + _ROWS] = levels[..., 0]
    return grey


class Blocks(NamedTuple):
    """What is known of every whole block of a picture, row by row.

    Attributes
    ----------
    features : float64 array
        (blocks, 36): the shape and scale of the contrasts, and for each of the four neighbours
        shape, mean, left and right scale of their products; then the same at half scale. NaN where a
        block has no contrast of one of the signs, as flat blocks do.
    sharpness : float64 array
        (blocks,): mean over a block of the local standard deviation, in grey levels.
    flat : float64 array
        (blocks,): share of the pixels whose window is of one grey level.
    """

    features: Floats
    sharpness: Floats
    flat: Floats


def blocks_of(grey: npt.NDArray[np.uint8], block: int) -> Blocks:
    """Return what NIQE sees of a picture.

    Parameters
    ----------
    grey : uint8 array
        (H, W), cropped to whole blocks first.
    block : int
        Side of a block in pixels, even.
    """
    rows, cols = grey.shape[0] // block, grey.shape[1] // block
    if rows * cols == 0:
        return Blocks(np.empty((0, FEATURES)), np.empty(0), np.empty(0))
    grey = grey[: rows * block, : cols * block]
    full, sharpness, flat = [], [], []
    for contrast, deviation in _bands(grey, 1, block):
        full.append(_features(contrast))
        sharpness.append(deviation.mean(axis=(1, 2)))
        flat.append((deviation < _LEAST_DEVIATION).mean(axis=(1, 2)))
    halved = [_features(contrast) for contrast, _ in _bands(half(grey), 1 << 16, block // 2)]
    features = np.concatenate([np.concatenate(full), np.concatenate(halved)], axis=1)
    return Blocks(features, np.concatenate(sharpness), np.concatenate(flat))


def half(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Return a picture of even sides at half scale, times 2^16: anti-aliased cubic, mirrored borders, unclipped.

    Parameters
    ----------
    grey : uint8 array
        (H, W).

    Returns
    -------
    int32 array
        (H / 2, W / 2).
    """
    values: npt.NDArray[Any] = grey
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        count = len(values) // 2
        padded = np.pad(values, ((_REACH, _REACH), (0, 0)), "symmetric")
        total = np.zeros((count, values.shape[1]), np.int32)
        for tap, weight in enumerate(_HALF):
            pair = (padded[first : first + 2 * count : 2] for first in (tap, 7 - tap))
            total += weight * np.add(*pair, dtype=np.int32)
        values = np.moveaxis(total, 0, axis)
    return values


def _bands(picture: npt.NDArray[Any], unit: int, block: int) -> Iterator[tuple[Floats, Floats]]:
    """Yield the contrasts and the local deviations of one row of blocks after the other, each (blocks, side, side)."""
    columns = picture.shape[1] // block
    for top in range(0, len(picture), block):
        rows = np.arange(top - _REACH, top + block + _REACH).clip(0, len(picture) - 1)
        band = np.pad(picture[rows], ((0, 0), (_REACH, _REACH)), "edge") / float(unit)
        mean = _blur(band)
        deviation = np.sqrt(np.abs(_blur(band * band) - mean * mean))
        contrast = (band[_REACH:-_REACH, _REACH:-_REACH] - mean) / (deviation + 1)
        yield _cut(contrast, columns), _cut(deviation, columns)


def _cut(band: Floats, columns: int) -> Floats:
    """Return a row of blocks one by one: (side, columns x side) -> (columns, side, side)."""
    return np.ascontiguousarray(band.reshape(len(band), columns, -1).swapaxes(0, 1))


def _blur(values: Floats) -> Floats:
    """Return the windows' means: (H + 6, W + 6) -> (H, W)."""
    for _ in range(2):
        count = len(values) - 2 * _REACH
        total = WINDOW[0] * values[:count]
        for tap in range(1, len(WINDOW)):
            total += WINDOW[tap] * values[tap : tap + count]
        values = total.T
    return values


def _features(contrast: Floats) -> Floats:
    """Return eighteen features of each block of contrasts, (blocks, side, side) -> (blocks, 18)."""
    shape, left, right, _ = fit_asymmetric(contrast)
    columns = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        shape, left, right, spread = fit_asymmetric(contrast * np.roll(contrast, shift, (1, 2)))
        columns += [shape, (right - left) * spread, left, right]
    return np.stack(columns, axis=1)


def fit_asymmetric(blocks: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit an asymmetric generalised Gaussian to each block, by its moments.

    Parameters
    ----------
    blocks : float64 array
        (blocks, ...), values on both sides of 0.

    Returns
    -------
    shape, left, right : float64 array
        (blocks,): 2 for a Gaussian, 1 for a Laplacian, and the scales of both sides; NaN where one side
        has no values.
    spread : float64 array
        (blocks,): what the difference of the scales is multiplied by to give the mean.
    """
    values = blocks.reshape(len(blocks), -1)
    negative, positive = np.minimum(values, 0), np.maximum(values, 0)
    below, above = (np.count_nonzero(side, axis=1) for side in (negative, positive))
    squares = [np.einsum("ij,ij->i", side, side) for side in (negative, positive)]
    both = (below > 0) & (above > 0)
    left, right = (
        np.sqrt(np.divide(square, count, out=np.full(len(values), np.nan), where=both))
        for square, count in zip(squares, (below, above), strict=True)
    )
    mean = (positive.sum(axis=1) - negative.sum(axis=1)) / values.shape[1]
    with np.errstate(invalid="ignore"):
        ratio = mean**2 / (sum(squares) / values.shape[1])
    skew = left / right
    ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    ratios, scales, spreads = _shape_tables()
    at = np.searchsorted(ratios[:-1], ratio).clip(1)
    at = np.where(ratio - ratios[at - 1] <= ratios[at] - ratio, at - 1, at)
    shape, scale, spread = (np.where(both, table[at], np.nan) for table in (_SHAPES, scales, spreads))
    return shape, left * scale, right * scale, spread


@lru_cache(maxsize=1)
def _shape_tables() -> tuple[Floats, Floats, Floats]:
    """Return, for every shape: squared mean magnitude over variance; scale over deviation; mean over difference."""
    one, two, three = (np.array([math.lgamma(k / shape) for shape in _SHAPES]) for k in (1, 2, 3))
    return np.exp(2 * two - one - three), np.exp((one - three) / 2), np.exp(two - one)
