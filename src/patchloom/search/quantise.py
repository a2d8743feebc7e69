"""Pictures as 16-bit integers: as fine as 32-bit patch sums allow."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..patches import grid
from ..types import NNF, Image, Mask, Size

_NO_RANK = np.empty(0, np.int32), np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class Whole:
    """A picture in whole numbers.

    Attributes
    ----------
    pixels : int16 array (H, W, C)
        ``rint((picture - low) * scale)``.
    sums : int16 array (H', W', 4)
        Over each patch's quarters, shortened by `sums_shift` bits.
    """

    pixels: npt.NDArray[np.int16]
    sums: npt.NDArray[np.int16]

    @cached_property
    def rank(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The patches in the order of their sums; see `kernels.rank`."""
        starts, order = kernels.rank(self.sums)
        return starts, order


@dataclass(frozen=True, eq=False)
class Quantised:
    """Two pictures on one integer scale.

    Attributes
    ----------
    query, key : Whole
        The pictures.
    patch_size : int
        Side of a patch in pixels.
    low, scale : float
        Intensity that is 0, and integer steps per unit of intensity, a power of two.
    exact_key : reference to Image
        What `key` was made from; does not keep it alive.
    key_range : (float, float)
        Least and largest value of the key.
    changed : Mask (H', W') or None
        Query patches that hold other integers than in the pair before, whose key was
        the same; None if there was no such pair, and all may differ.
    """

    query: Whole
    key: Whole
    patch_size: int
    low: float
    scale: float
    exact_key: weakref.ref[Image]
    key_range: tuple[float, float]
    changed: Mask | None = None

    @property
    def grids(self) -> tuple[Size, Size]:
        """(rows, columns) of the query's patches and of the key's."""
        return grid(self.query.pixels, self.patch_size), grid(self.key.pixels, self.patch_size)

    def swapped(self) -> Quantised:
        """Return the pair for the reverse search, from key to query."""
        return replace(self, query=self.key, key=self.query, changed=None)

    def kept(self) -> Quantised:
        """Return what the next pair needs of this one, without the rest of its memory."""
        pixels_only = Whole(self.query.pixels, np.empty((0, 0, 4), np.int16))
        return replace(self, query=pixels_only, changed=None)

    def pictures(self, looks: int) -> tuple[Any, ...]:
        """Return what `kernels.sweep` takes of the pair; the key's rank, which costs, only where keys are looked up."""
        shift = sums_shift(self.patch_size, self.query.pixels.shape[2])
        pixels = self.query.pixels, self.key.pixels, self.patch_size
        return *pixels, self.query.sums, self.key.sums, shift, *(self.key.rank if looks else _NO_RANK)

    @property
    def steps(self) -> float:
        """Sum of squared integer differences of a patch that make a mean squared difference of 1."""
        return self.scale * self.scale * self.patch_size * self.patch_size * self.query.pixels.shape[2]

    def field(self, index: npt.NDArray[Any], total: npt.NDArray[np.int32]) -> NNF:
        """Return indices and integer sums as an `NNF`."""
        return NNF(index, (total / self.steps).astype(np.float32), self.patch_size)


def totals(distance: npt.NDArray[np.float32], steps: float) -> npt.NDArray[np.int64]:
    """Return mean distances as the whole sums that they were: adding floats would depend on their order."""
    return np.rint(np.multiply(distance, steps, dtype=np.float64)).astype(np.int64)


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


def sums_shift(patch_size: int, channels: int) -> int:
    """Return by how many bits the sum over a quarter of a patch is shortened to fit into int16."""
    most = min(32767, math.isqrt((2**31 - 1) // (patch_size * patch_size * channels)))
    half = (patch_size + 1) // 2
    return max(0, (half * half * channels * most).bit_length() - 15)


def bounds(*ends: tuple[float, float]) -> tuple[float, float]:
    """Return a range that holds all ranges, its ends on a grid of a quarter of the largest magnitude's power of two.

    A range that small changes leave alone: a picture that has changed in one place
    only still has the same integers everywhere else.
    """
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    step = math.ldexp(1.0, math.frexp(max(high - low, 2.0**-100))[1] - 3)
    wide = math.floor(low / step) * step, math.ceil(high / step) * step
    return wide if wide[0] == np.float32(wide[0]) else (low, high)


def quantise(
    query: Image, key: Image, *, patch_size: int, before: Quantised | None = None, threads: int = 1
) -> Quantised:
    """Return both pictures on one scale.

    The error of a mean squared difference D is below
    ``2 * sqrt(D) / scale + 1 / scale**2``; for 7 x 7 x 3 patches of values
    within [0, 1] the scale is 2048.

    Parameters
    ----------
    query, key : Image
        (H, W, C) and (K, L, C).
    patch_size : int
        Side of a patch in pixels.
    before : Quantised, optional
        An earlier pair, whose key is used again if it is the same.
    threads : int
        At least 1.
    """
    same = before is not None and before.exact_key() is key
    own = kernels.bounds(np.ascontiguousarray(query), threads=threads)
    of_key = before.key_range if before and same else kernels.bounds(np.ascontiguousarray(key), threads=threads)
    low, high = bounds(own, of_key)
    scale = scale_for(high - low, patch_size * patch_size * query.shape[2])
    whole_query = _whole(query, low, scale, patch_size, threads)
    if before is None or not same or (before.patch_size, before.low, before.scale) != (patch_size, low, scale):
        whole_key = _whole(key, low, scale, patch_size, threads)
        return Quantised(whole_query, whole_key, patch_size, low, scale, weakref.ref(key), of_key)
    changed = None
    if query.shape == before.query.pixels.shape:
        pixels = kernels.differ(whole_query.pixels, before.query.pixels, threads=threads)
        changed = kernels.window(pixels, patch_size, full=False, threads=threads)
    return Quantised(whole_query, before.key, patch_size, low, scale, before.exact_key, of_key, changed)


def _whole(image: Image, low: float, scale: float, patch_size: int, threads: int) -> Whole:
    pixels = kernels.quantise(np.ascontiguousarray(image), low, scale, threads=threads)
    shift = sums_shift(patch_size, image.shape[2])
    return Whole(pixels, kernels.sums(pixels, patch_size, shift, threads=threads))
