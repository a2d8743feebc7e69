"""What was made, laid over the picture that it changes, in that picture's type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .cancelling import bands, check
from .checks import as_image, from_image
from .layers import Blend, Layer, PixelFormat
from .pixels import again
from .regions import bounding
from .types import Image


def laid_over(image: Image, layer: Layer, blend: Blend | None) -> Any:
    """Return `image` over what lies below the layer, in its type; bit for bit the latter where the blend is 0."""
    kind = layer.kind
    if blend is None:
        return from_image(image, kind)
    pixels, like = _below(np.asarray(layer.below), blend), from_image(image[:1, :1], kind)
    changed = bounding(blend.alpha > 0)
    below, alpha, above = pixels[changed], blend.alpha[changed], image[changed]
    for rows in bands(len(alpha), 16 * above[:1].size):
        share, values = alpha[rows, :, None], _values(below[rows], like, kind)
        made = np.where(share == 1, above[rows], values + share * (above[rows] - values))
        numbers = np.asarray(from_image(made, kind))
        over = share > 0 if numbers.ndim == 3 else share[..., 0] > 0
        np.copyto(below[rows], numbers, where=over)
    return again(pixels, like)


def _below(whole: npt.NDArray[Any], blend: Blend) -> npt.NDArray[Any]:
    """Return a picture, or the parts of it that a blend names, at their places in one of the result's size."""
    (top, left), (rows, cols) = blend.origin, whole.shape[:2]
    there = np.zeros((*blend.alpha.shape, *whole.shape[2:]), whole.dtype)
    for (first, begin, height, width), (row, col) in blend.parts or (((0, 0, rows, cols), (top, left)),):
        check()
        there[row : row + height, col : col + width] = whole[first : first + height, begin : begin + width]
    return there


def _values(numbers: npt.NDArray[Any], like: Any, kind: PixelFormat) -> Image:
    """Return a picture's numbers in the units of a layer's values."""
    if kind.dtype.kind != "f" or kind.alpha:
        return as_image(again(numbers, like), "below")[0]
    array = numbers[..., None] if kind.flat else numbers
    return ((array.astype(np.float64) - kind.low) / (kind.high - kind.low)).astype(np.float32)
