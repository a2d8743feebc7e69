"""The grey values that metrics of one channel look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..types import Image

LUMA = (0.298936021293775, 0.587043074451121, 0.114020904255103)
"""Weights of red, green and blue in MATLAB's rgb2gray, unrounded: the inverse of NTSC's YIQ matrix."""


def colours(image: Image, *, alpha: bool) -> npt.NDArray[np.float64]:
    """Return a picture's colours, without the alpha that may be its last channel."""
    chosen: npt.NDArray[np.float64] = (image[..., :-1] if alpha else image).astype(np.float64)
    return chosen


def intensity(image: Image, *, alpha: bool) -> npt.NDArray[np.float64]:
    """Return the plain mean of the colours, float64 (H, W)."""
    mean: npt.NDArray[np.float64] = colours(image, alpha=alpha).mean(axis=2)
    return mean


def luma(image: Image, *, alpha: bool) -> npt.NDArray[np.float64]:
    """Return how bright red, green and blue look, float64 (H, W); the mean of any other number of colours."""
    parts = colours(image, alpha=alpha)
    if parts.shape[2] != len(LUMA):
        return intensity(image, alpha=alpha)
    red, green, blue = (weight * parts[..., channel] for channel, weight in enumerate(LUMA))
    grey: npt.NDArray[np.float64] = red + green + blue
    return grey
