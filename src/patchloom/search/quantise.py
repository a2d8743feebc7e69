"""Pictures as 16-bit integers: as fine as 32-bit patch sums allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..types import NNF, Image


@dataclass(frozen=True, eq=False)
class Quantised:
    """Two pictures on one integer scale.

    Attributes
    ----------
    query, key : int16 arrays (H, W, C)
        ``rint((picture - low) * scale)``.
    patch_size : int
        Side of a patch in pixels.
    scale : float
        Integer steps per unit of intensity, a power of two.
    """

    query: npt.NDArray[np.int16]
    key: npt.NDArray[np.int16]
    patch_size: int
    scale: float

    def mean_distance(self, total: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return integer sums as mean squared differences per element."""
        elements = self.patch_size * self.patch_size * self.query.shape[2]
        return (total / (self.scale * self.scale * elements)).astype(np.float32)

    def field(self, index: npt.NDArray[Any], total: npt.NDArray[np.int32]) -> NNF:
        """Return a kernel's output as an `NNF`."""
        return NNF(index, self.mean_distance(total), self.patch_size)


def scale_for(span: float, elements: int) -> float:
    """Return the largest power of two at which a patch's sum fits into int32.

    With d the largest difference of two quantised values, all of these hold:
    d <= 32767, so a difference fits into int16; elements * d**2 <= 2**31 - 1, so
    every partial sum of a patch fits into int32, in any order, and so does the
    sum of a pair of squares that 16-bit multiply-add instructions make. Rounding
    each value adds at most one step to a difference.

    Parameters
    ----------
    span : float
        Largest minus smallest value of both pictures.
    elements : int
        Values per patch, at most 31 * 31 * 32.
    """
    most = min(32767, math.isqrt((2**31 - 1) // elements)) - 1
    scale = 1.0
    if span <= 0:
        return scale
    while span * scale > most:
        scale /= 2
    while span * scale * 2 <= most and scale < 2.0**100:
        scale *= 2
    return scale


def quantise(query: Image, key: Image, *, patch_size: int) -> Quantised:
    """Return both pictures on one scale.

    The error of a mean squared difference D is below
    ``2 * sqrt(D) / scale + 1 / scale**2``; for 7 x 7 x 3 patches of values
    within [0, 1] the scale is 2048.
    """
    low = min(float(query.min()), float(key.min()))
    high = max(float(query.max()), float(key.max()))
    scale = scale_for(high - low, patch_size * patch_size * query.shape[2])
    whole = [
        np.rint((image - np.float32(low)) * np.float32(scale)).astype(np.int16, order="C") for image in (query, key)
    ]
    return Quantised(whole[0], whole[1], patch_size, scale)
