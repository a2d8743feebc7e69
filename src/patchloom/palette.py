"""Colours of a palette."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def nearest_colours(pixels: npt.NDArray[Any], palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return for each pixel the number of the palette's nearest colour, the first of equals.

    Parameters
    ----------
    pixels : uint8 array (H, W, 3 or 4)
        Four channels end with alpha.
    palette : uint8 array (N, 3 or 4)
        At most 256 colours with the same channels.

    Returns
    -------
    uint8 array (H, W)
    """
    colours, inverse = np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0, return_inverse=True)
    near = np.empty(len(colours), np.uint8)
    ours, theirs = _premultiplied(colours), _premultiplied(palette)
    for start in range(0, len(colours), 4096):
        part = ours[start : start + 4096, None] - theirs[None]
        near[start : start + 4096] = (part * part).sum(2).argmin(1)
    return near[inverse.reshape(-1)].reshape(pixels.shape[:2])


def _premultiplied(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    # All clear colours are then the same one, whatever their red, green and blue.
    values = colours.astype(np.int64)
    if values.shape[1] == 4:
        values[:, :3] *= values[:, 3:]
        values[:, 3] *= 255
    return values
