"""Regions of a picture: how far, how soft, how they shrink down a pyramid, and filling them from their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import kernels
from .cancelling import bands, check, copied
from .checks import as_whole
from .errors import ImageError, explain
from .resize import resize
from .types import Image, Mask, Size

# Pixels up to which it is faster to look at all around than to measure distances.
_FEW = 3

MOST_FEATHER = 256
"""Pixels that a soft border may be wide."""


def as_feather(feather: Any) -> int:
    """Return the width of a soft border in pixels."""
    return as_whole(feather, "feather", 0, MOST_FEATHER)


def check_share(mask: Mask, name: str) -> None:
    """Raise `ImageError` if a mask covers nothing or everything."""
    if not mask.any() or mask.all():
        covers = "0 % of the picture" if not mask.any() else "100 % of the picture"
        raise ImageError(
            explain(name, covers, "must cover a part", "paint what is meant white, and the rest black")
        )


def bounding(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and columns of the least rectangle that holds a mask; no rows and columns if it is empty."""
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)


def distance(mask: Mask, most: int) -> npt.NDArray[np.float32]:
    """Return how far each pixel is from the mask; its time grows with the picture, and with nothing else.

    Parameters
    ----------
    mask : Mask (H, W)
        True is 0 away.
    most : int
        Distances above it count as ``most + 1``; below 2**14.

    Returns
    -------
    float32 array (H, W)
        Between the pixels' centres, in pixels.

    Raises
    ------
    Cancelled
        If somebody asked for it, see `patchloom.cancelling`.

    References
    ----------
    Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions" (2012).
    """
    far = most + 1
    found = np.full(mask.shape, np.sqrt(np.float32(far * far)))
    held = bounding(mask)
    if held[0].stop:
        near = tuple(slice(max(side.start - most, 0), side.stop + most) for side in held)    # beyond all is far
        along = _along_rows(mask[near], far)
        if along.any():
            along *= along
            _spread_over_columns(along, far)
        within = found[near]
        for rows in bands(len(along), along.shape[1]):
            squares = np.where(along[rows] > most * most, far * far, along[rows])
            within[rows] = np.sqrt(squares.astype(np.float32))
    return found


def _along_rows(mask: Mask, far: int) -> npt.NDArray[np.int32]:
    """Return how far the mask's next pixel in the same row is, at most `far`."""
    place, found = np.arange(mask.shape[1], dtype=np.int32), np.empty(mask.shape, np.int32)
    for rows in bands(len(mask), mask.shape[1]):
        here = mask[rows]
        before = np.maximum.accumulate(np.where(here, place, np.int32(-far)), axis=1)
        after = np.minimum.accumulate(np.where(here, place, np.int32(place.size + far))[:, ::-1], axis=1)[:, ::-1]
        found[rows] = np.minimum(np.minimum(place - before, after - place), np.int32(far))
    return found


def _spread_over_columns(squares: npt.NDArray[np.int32], far: int) -> None:
    """Replace each value by the least of its column's, each plus the square of how far away it is.

    Each value below the square of `far` is the foot of a parabola. From top to bottom each column keeps a
    stack of those that are the lowest somewhere, in the order in which they are: their rows, their heights (at row
    0), and the rows that they begin at. The first stands for all that is far.
    """
    rows, cols = squares.shape
    foot, height, begin = (np.empty((rows + 1) * cols, np.int32) for _ in range(3))
    foot[:cols], height[:cols], begin[:cols] = -far, far * far, np.iinfo(np.int32).min
    last = np.arange(cols)                                 # each column's last on the stack
    for row in range(rows):
        check()
        here = np.flatnonzero(squares[row] < far * far)
        own = squares[row, here] + row * row
        first, left = np.empty(here.size, np.int32), np.arange(here.size)
        while left.size:
            below = last[here[left]]
            first[left] = (own[left] - height[below]) // (2 * (row - foot[below])) + 1
            left = left[first[left] <= begin[below]]       # where the last is nowhere the lowest any more
            last[here[left]] -= cols
        seen = first < rows
        last[here[seen]] += cols
        added = last[here[seen]]
        foot[added], height[added], begin[added] = row, own[seen], first[seen]
    for row in reversed(range(rows)):
        squares[row] = height[last] - 2 * row * foot[last] + row * row
        last[begin[last] == row] -= cols


def dilated(mask: Mask, by: int) -> Mask:
    """Return the pixels within `by` pixels of the mask, diagonals as their Euclidean distance."""
    if by > _FEW:
        return distance(mask, by) <= by
    grown, around = mask.copy(), np.pad(mask, by)
    for row, col in np.ndindex(2 * by + 1, 2 * by + 1):
        if (row - by) ** 2 + (col - by) ** 2 <= by * by:
            check()
            grown |= around[row : row + mask.shape[0], col : col + mask.shape[1]]
    return grown


def feathered(mask: Mask, feather: int) -> npt.NDArray[np.float32]:
    """Return how much of what was made shows: 1 within the mask, falling to 0 beyond `feather` pixels outside of it.

    Parameters
    ----------
    mask : Mask (H, W)
        What is to be replaced.
    feather : int
        Width of the soft border in pixels; 0 for the mask itself.

    Returns
    -------
    float32 array (H, W)
        A smooth step (Hermite's cubic) of the distance.
    """
    if feather == 0:
        return mask.astype(np.float32)
    alpha = 1 - distance(mask, feather) / np.float32(feather + 1)
    for rows in bands(len(alpha), alpha.shape[1]):
        share = alpha[rows]
        alpha[rows] = np.clip(share * share * (3 - 2 * share), 0, 1)
    return alpha


def shrunk(mask: Mask, sizes: tuple[Size, ...], *, ratio: float) -> tuple[Mask, ...]:
    """Return a mask at falling sizes, as a pyramid of its picture has them.

    Parameters
    ----------
    mask : Mask (H, W)
        Of size ``sizes[0]``.
    sizes : tuple of Size
        Of the levels, finest first.
    ratio : float
        Size of a level relative to the next finer one.

    Returns
    -------
    tuple of Mask
        A coarser pixel is in where at least half of it is; where none would be, the one with
        the most of it is.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), whose code has the same threshold.
    """
    levels, soft = [mask], mask.astype(np.float32)[..., None]
    for size in sizes[1:]:
        soft = resize(soft, size, scale=ratio)
        most = float(soft.max())
        levels.append(np.asarray(soft[..., 0] >= min(0.5, most)) if mask.any() else np.zeros(size, np.bool_))
    return tuple(levels)


def clear_patches(hole: Mask, patch_size: int) -> Mask:
    """Return which patches, (H', W') of them, have no pixel in the hole."""
    return ~kernels.window(np.ascontiguousarray(hole), patch_size, full=False)


def grown_inwards(image: Image, hole: Mask) -> Image:
    """Return `image` with the hole filled by the colours around it, the farther away the smoother.

    Parameters
    ----------
    image : Image
        (H, W, C); what stands in the hole is never read.
    hole : Mask (H, W)
        Not the whole picture.

    Returns
    -------
    Image
        Equal to `image` outside of the hole.

    References
    ----------
    Gortler et al., "The Lumigraph" (SIGGRAPH 1996): pull-push interpolation.
    """
    if not hole.any():
        return image
    near = _surroundings(hole)
    whole, made, within = copied(image), _pulled_and_pushed(image[near], hole[near]), hole[near]
    below = whole[near]
    for rows in bands(len(made), made[:1].size):
        np.copyto(below[rows], made[rows], where=within[rows, :, None])
    return whole


def _surroundings(hole: Mask) -> tuple[slice, slice]:
    """Return the rectangle around a hole that is wider on each side by the hole's shorter side, within the picture."""
    held = bounding(hole)
    wider = min(side.stop - side.start for side in held)
    rows, cols = (slice(max(side.start - wider, 0), side.stop + wider) for side in held)
    return rows, cols


def _pulled_and_pushed(image: Image, hole: Mask) -> Image:
    """Return colours for a hole, within the range of the others: means of ever larger squares, and down again."""
    known = (~hole)[..., None].astype(np.float32)
    levels = [(np.where(hole[..., None], np.float32(0), image), known)]
    while levels[-1][1].min() == 0:
        check()
        colour, weight = levels[-1][0] * levels[-1][1], _halved(levels[-1][1])
        colour = _halved(colour)
        colour = np.divide(colour, weight, out=np.zeros_like(colour), where=weight > 0)
        levels.append((colour, np.minimum(weight * 4, 1)))
    filled = levels.pop()[0]
    while levels:
        colour, weight = levels.pop()
        filled = resize(filled, (colour.shape[0], colour.shape[1]), scale=2.0)
        for rows in bands(len(filled), filled[:1].size):
            filled[rows] *= 1 - weight[rows]
            filled[rows] += weight[rows] * colour[rows]
    for channel in range(image.shape[2]):
        check()
        around = image[..., channel][~hole]
        np.clip(filled[..., channel], around.min(), around.max(), out=filled[..., channel])
    return filled


def _halved(part: Image) -> Image:
    """Mean of four, the border's once more where the side is odd."""
    rows, cols = part.shape[0] % 2, part.shape[1] % 2
    part = np.pad(part, ((0, rows), (0, cols), (0, 0)), mode="edge")
    top, below = part[::2], part[1::2]
    half = np.empty((len(top), top.shape[1] // 2, top.shape[2]), np.float32)
    for here in bands(len(half), top[:1].size):
        one, two = top[here], below[here]
        half[here] = np.float32(0.25) * ((one[:, ::2] + two[:, ::2]) + (one[:, 1::2] + two[:, 1::2]))
    return half
