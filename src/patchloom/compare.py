"""Two pictures that belong together: with the same channels, and where they differ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .cancelling import bands
from .errors import ImageError, explain
from .types import Image, Mask, PixelFormat

# Half a step of 16 bits below 1: alpha that was resized is not exact.
_OPAQUE = 1 - 0.5 / 65535
# What counts as changed: the mean difference of a square of so many pixels around. Less is what saving as JPEG does.
_SQUARE, _CHANGED = 5, 0.05


def is_clear(image: Image, kind: PixelFormat) -> bool:
    """Return whether a picture, of `as_image`, is transparent anywhere: an opaque alpha says nothing."""
    return kind.alpha and float(image[..., -1].min()) < _OPAQUE


def alike(
    image: Image, kind: PixelFormat, like: PixelFormat, channels: int, clear: bool, names: tuple[str, str]
) -> Image:
    """Return `image` with the channels of another picture: an opaque alpha is added or left out.

    Parameters
    ----------
    image, kind : Image and PixelFormat
        Of `as_image`.
    like, channels : PixelFormat and int
        Of the other picture.
    clear : bool
        Whether the other picture is transparent anywhere.
    names : (str, str)
        What errors call the two.

    Raises
    ------
    ImageError
        If the one is grey and the other coloured, or real transparency meets none.
    """
    colours, others = image.shape[2] - kind.alpha, channels - like.alpha
    if colours != others:
        raise ImageError(
            explain(names[0], {1: "grey", 3: "colours"}.get(colours, f"{colours} colour channels"),
                    f"{names[1]} {coloured(others)}; both must have the same", "convert one of them")
        )
    if kind.alpha == like.alpha:
        return image
    if clear or is_clear(image, kind):
        one, other = names if kind.alpha else names[::-1]
        raise ImageError(
            explain(one, "transparent pixels", f"{other} has none", f"flatten it, or give {other} an alpha")
        )
    if kind.alpha:
        return np.ascontiguousarray(image[..., :-1])
    return np.concatenate([image, np.ones((*image.shape[:2], 1), np.float32)], axis=2)


def coloured(channels: int) -> str:
    """Return what errors say of a picture of so many colours."""
    return {1: "is grey", 3: "has colours"}.get(channels, f"has {channels} colour channels")


def changed(source: Image, edited: Image, name: str = "source") -> Mask:
    """Return where an edit differs from its source by more than saving it does, or else where it differs at all.

    Parameters
    ----------
    source, edited : Image (H, W, C)
        Of the same shape.
    name : str
        What errors call the source.

    Raises
    ------
    ImageError
        If they do not differ.
    """
    mask = np.zeros(source.shape[:2], np.bool_)
    for channel in range(source.shape[2]):
        plane = np.pad(edited[..., channel] - source[..., channel], _SQUARE // 2, mode="edge")
        for rows in bands(len(mask), plane[:1].size):
            total = _sums(plane[rows.start : rows.stop + _SQUARE - 1])
            mask[rows] |= np.abs(total, out=total) > _CHANGED * _SQUARE * _SQUARE
    mask = mask if mask.any() else (edited != source).any(axis=2)
    if not mask.any():
        raise ImageError(explain("edited", f"the same pixels as {name}", "must differ somewhere", "pass the edit"))
    return mask


def _sums(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the sum of each square of values."""
    total = plane.astype(np.float64)
    for _ in (0, 1):
        parts = total[: total.shape[0] - _SQUARE + 1].copy()
        for first in range(1, _SQUARE):
            parts += total[first : first + len(parts)]
        total = parts.T
    return total
