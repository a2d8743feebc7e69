"""How alike the patches of two pictures are as sets: the sliced Wasserstein distance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..checks import as_whole
from ..patches import extract, grid
from ..types import Image
from .comparison import Comparison, compare
from .measured import Measured

PROJECTIONS = 256
"""Random directions: their standard error is a few per cent of the distance."""

MOST_PATCHES = 1 << 18
"""Of a picture, compared one by one: all of 518 x 518 pixels. Of larger pictures this many are drawn."""

_AT_ONCE, _TOGETHER = 1 << 13, 64                         # patches, and directions: 5 MB and 64 MB for patches of 7
_SEED = 0

# 2**64 over the plastic number and over its square: the steps of the evenest known walk over a square.
_STEPS = (0xC13FA9A902A6328F, 0x91E10DA5C79E7B1C)


def patch_swd(generated: Any, source: Any, *, patch_size: int = 7, projections: int = PROJECTIONS) -> float:
    """Return the sliced Wasserstein distance of the two pictures' sets of patches.

    Lower is better; 0 where both have the same patches equally often, wherever they stand. Each
    random direction gives each patch one number; compared are the sorted numbers of both
    pictures, and the mean is over directions. It sees how often things occur, which `coherence`
    and `completeness` do not, and little else: averages hide rare faults, fine detail hardly
    counts, and a blurred sample may score below a sharp one whose proportions differ.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; intensities are taken on [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    projections : int
        How many directions, 2 to 65536; always the same ones.

    Returns
    -------
    float
        0 to the patch's side times the root of the channels, in units of intensity; in practice
        well below 1. The same on every machine but for rounding (1e-6 of it). Of pictures with
        more than 262,144 patches that many are drawn, evenly and always the same; that adds 1e-4
        to distances as small as 1e-3, and changes those above 0.01 by less than 0.1 %.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.
    ParameterError
        If a number is out of range.

    References
    ----------
    Elnekave and Weiss, "Generating natural images with direct patch distributions matching" (ECCV 2022).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.patch_swd(source, source)
    0.0
    """
    return patch_swd_of(compare(generated, source, patch_size=patch_size), projections).value


def patch_swd_of(pair: Comparison, projections: int = PROJECTIONS) -> Measured:
    """Return `patch_swd` of a comparison, its standard error over directions and the number of patches."""
    count = as_whole(projections, "projections", 2, 1 << 16)
    values = pair.patch_size**2 * pair.source.shape[2]
    slices = directions(values, count)
    distances = np.concatenate([
        _distances(*(_sorted(image, pair.patch_size, slices[start : start + _TOGETHER])
                     for image in (pair.generated, pair.source)))
        for start in range(0, count, _TOGETHER)
    ])
    error = float(distances.std(ddof=1)) / math.sqrt(count)
    used = [min(math.prod(grid(image, pair.patch_size)), MOST_PATCHES) for image in (pair.generated, pair.source)]
    return Measured(
        float(distances.mean()), {"projections": count, "standard_error": error, "patches": used}
    )


@lru_cache(maxsize=4)
def directions(values: int, count: int) -> npt.NDArray[np.float32]:
    """Return random unit vectors, the same everywhere: float32 (count, values)."""
    drawn = kernels.noise((count, values), _SEED).astype(np.float64)
    unit: npt.NDArray[np.float32] = (drawn / np.sqrt((drawn * drawn).sum(axis=1, keepdims=True))).astype(np.float32)
    unit.flags.writeable = False
    return unit


def _sorted(image: Image, patch_size: int, slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return each direction's numbers of all patches, or of those drawn, in ascending order."""
    numbers = np.empty((len(slices), min(math.prod(grid(image, patch_size)), MOST_PATCHES)), np.float32)
    start = 0
    for patches in _in_parts(image, patch_size):
        stop = start + len(patches)
        np.matmul(slices, patches.T, out=numbers[:, start:stop])
        start = stop
    numbers.sort(axis=1)
    return numbers


def _in_parts(image: Image, patch_size: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the patches to be compared as rows of matrices, a few thousand at a time."""
    view = extract(image, patch_size=patch_size)          # (H', W', p, p, C)
    rows, cols = view.shape[:2]
    if rows * cols <= MOST_PATCHES:
        band = max(1, _AT_ONCE // cols)
        for top in range(0, rows, band):
            part = view[top : top + band]
            yield part.reshape(part.shape[0] * cols, -1)
        return
    for start in range(0, MOST_PATCHES, _AT_ONCE):
        row, col = _drawn(start, min(start + _AT_ONCE, MOST_PATCHES), (rows, cols))
        yield view[row, col].reshape(len(row), -1)


def _drawn(start: int, stop: int, size: tuple[int, int]) -> list[npt.NDArray[np.intp]]:
    """Return rows and columns of patches that lie evenly over a picture, and on no raster that a texture may have."""
    counter = np.arange(start, stop, dtype=np.uint64)
    shares = [(counter * np.uint64(step)) >> np.uint64(32) for step in _STEPS]
    return [
        ((share * np.uint64(side)) >> np.uint64(32)).astype(np.intp) for share, side in zip(shares, size, strict=True)
    ]


def _distances(made: npt.NDArray[np.float32], own: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the 1-Wasserstein distance of each row of sorted numbers: the area between their quantile functions."""
    if made.shape == own.shape:
        return np.abs(made - own).mean(axis=1, dtype=np.float64)
    many, few = made.shape[1], own.shape[1]
    ends = np.union1d(np.arange(many + 1) * few, np.arange(few + 1) * many)    # of steps, in units of 1 / (many few)
    widths, starts = np.diff(ends) / (many * few), ends[:-1]
    pairs = zip(made, own, strict=True)
    return np.array([float((np.abs(a[starts // few] - b[starts // many]) * widths).sum()) for a, b in pairs])
