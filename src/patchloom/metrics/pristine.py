"""What NIQE compares with: the distribution of the features of pictures that are as pictures should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_numbers, as_real, as_whole
from ..errors import ImageError, ParameterError, explain
from .comparison import as_measured
from .naturalness import FEATURES, Floats, blocks_of, grey_levels

BLOCK = 96
"""Side of a block in pixels, as the authors chose it."""

SHARPNESS = 0.75
"""Share of a picture's sharpest block that a block must exceed to be fitted on, as the authors chose it."""

REGION = 5
"""Blocks to a side of the parts of a picture within which sharpness is compared: 480 pixels, a picture of the authors.

A share of the sharpest block of a whole large photograph would leave little but that one place.
"""

STEADY = 200
"""Blocks from which on a fit hardly depends on which they are.

Measured on 450 sharp blocks of two photographs: the model of so many of them, drawn at random, makes the median score
of sixteen pictures 5 to 15 times (37 blocks), 1.7 (60), 1.2 (100), 1.1 (150), 1.07 (200) and 1.03 times (300) as high.
"""


@dataclass(frozen=True, eq=False)
class NiqeModel:
    """A Gaussian of the features of pristine pictures' blocks.

    Attributes
    ----------
    mean : float64 array
        (36,).
    covariance : float64 array
        (36, 36), symmetric, no variance below 0.
    block_size : int
        Side of a block in pixels, even, 16 to 1024.
    blocks : int
        How many it was fitted on; 0 where that is not known.
    origin : str
        Where it came from, in words.

    Raises
    ------
    ParameterError
        If the numbers are no such Gaussian.
    """

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    block_size: int = BLOCK
    blocks: int = 0
    origin: str = ""

    def __post_init__(self) -> None:
        """Keep own, read-only copies of what was passed, once it was checked."""
        mean, covariance = _numbers(self.mean, "mean", (FEATURES,)), _numbers(self.covariance, "covariance", _SQUARE)
        largest = float(np.abs(covariance).max())
        uneven = float(np.abs(covariance - covariance.T).max())
        if uneven > _ROUNDING * largest:
            raise ParameterError(explain("covariance", f"{uneven:g} off its transpose", "must be symmetric"))
        least = float(np.linalg.eigvalsh(covariance)[0])
        if least < -_ROUNDING * largest:
            raise ParameterError(explain("covariance", f"a variance of {least:g}", "no variance may be below 0"))
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "block_size", as_block(self.block_size))
        object.__setattr__(self, "blocks", as_whole(self.blocks, "blocks", 0, 1 << 48))

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers, whatever file they came in: to be quoted with every score."""
        numbers = (self.mean, self.covariance, np.array([self.block_size], np.float64))
        return hashlib.sha256(b"".join(array.astype("<f8").tobytes() for array in numbers)).hexdigest()


_SQUARE = (FEATURES, FEATURES)
_ROUNDING = 1e-9                                          # of the largest entry


def _numbers(value: Any, name: str, shape: tuple[int, ...]) -> Floats:
    array = as_numbers(value, name)
    if array.shape != shape:
        raise ParameterError(explain(f"{name}.shape", array.shape, f"must be {shape}"))
    array.flags.writeable = False
    return array


def as_block(value: Any) -> int:
    """Return the side of a block: even, for there is a half scale."""
    block = as_whole(value, "block", 16, 1024, "pixels")
    if block % 2:
        raise ParameterError(explain("block", block, "must be even", f"try {block - 1} or {block + 1}"))
    return block


def fit_niqe(
    pictures: Iterable[Any], *, block: int = BLOCK, sharpness: float = SHARPNESS, origin: str = "",
) -> NiqeModel:
    """Fit a model for `niqe` to pictures whose quality is taken as given.

    Each picture counts by its sharp blocks alone, judged against the sharpest within the same 5 x 5 blocks (the
    whole of a picture of 480 pixels). At least 200 should be found: of fewer the covariance comes out too narrow,
    and scores too high.

    Parameters
    ----------
    pictures : iterable of array or PIL image
        Grey or RGB, taken one after the other; smaller ones than a block add nothing.
    block : int
        Side of a block in pixels, even, 16 to 1024.
    sharpness : float
        Blocks are used whose sharpness, the mean of their local deviations, is above this share of the
        largest around; 0 to 1, 1 not included.
    origin : str
        Where the pictures came from, in words.

    Returns
    -------
    NiqeModel

    Raises
    ------
    ImageError
        If one is no picture, or they have too few sharp blocks.
    ParameterError
        If a number is out of range.

    References
    ----------
    Mittal et al., "Making a completely blind image quality analyzer" (IEEE Signal Processing Letters, 2013).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> pictures = (np.random.default_rng(seed).integers(0, 256, (96, 96), np.uint8) for seed in range(40))
    >>> metrics.fit_niqe(pictures, block=48).blocks
    160
    """
    block, share = as_block(block), as_real(sharpness, "sharpness", 0, 1)
    if share == 1:
        raise ParameterError(explain("sharpness", 1, "must be below 1", "0.75 is the authors' choice"))
    kept, count = [np.empty((0, FEATURES))], 0
    for count, picture in enumerate(pictures, 1):
        image, _ = as_measured(picture, f"picture {count}")
        found = blocks_of(grey_levels(image, f"picture {count}"), block)
        kept.append(found.features[_is_sharp(found.sharpness, image.shape[1] // block, share)])
    features = np.concatenate(kept)
    features = features[np.isfinite(features).all(axis=1)]
    if len(features) <= FEATURES:
        raise ImageError(
            explain("pictures", f"{len(features)} sharp blocks of {block} pixels in {count}",
                    f"a covariance of {FEATURES} features needs {FEATURES + 1} or more, and {STEADY} to be steady",
                    "add pictures, or larger ones")
        )
    return NiqeModel(features.mean(axis=0), covariance_of(features), block, len(features), origin)


def _is_sharp(sharpness: Floats, columns: int, share: float) -> npt.NDArray[np.bool_]:
    """Return which blocks, row by row, exceed that share of the sharpest of their region."""
    grid = sharpness.reshape(-1, max(columns, 1))
    sharp = np.zeros(grid.shape, np.bool_)
    for top in range(0, grid.shape[0], REGION):
        for left in range(0, grid.shape[1], REGION):
            region = np.s_[top : top + REGION, left : left + REGION]
            sharp[region] = grid[region] > share * grid[region].max()
    return sharp.reshape(-1)


def covariance_of(features: Floats) -> Floats:
    """Return the covariance of rows of features, of which there are at least two."""
    centred = features - features.mean(axis=0)
    covariance: Floats = centred.T @ centred / (len(features) - 1)
    return (covariance + covariance.T) / 2
