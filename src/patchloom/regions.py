"""Regions of a picture: how far, how soft, how they shrink down a pyramid, and filling them from their edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import kernels
from .resize import resize
from .types import Image, Mask, Size


def distance(mask: Mask, most: int) -> npt.NDArray[np.float32]:
    """Return how far each pixel is from the mask.

    Parameters
    ----------
    mask : Mask (H, W)
        True is 0 away.
    most : int
        Distances above it count as ``most + 1``; the time grows with it.

    Returns
    -------
    float32 array (H, W)
        Between the pixels' centres, in pixels.
    """
    far = most + 1
    squares = np.full(mask.shape, far * far, np.int64)
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.sqrt(squares.astype(np.float32))
    near = tuple(                                          # beyond this rectangle everything is far
        slice(max(int(found[0]) - most, 0), int(found[-1]) + most + 1) for found in (rows, cols)
    )
    part = mask[near]
    along = np.where(part, 0, far)
    for step in range(1, far):                             # along the rows first, then over the columns
        along[:, step:] = np.minimum(along[:, step:], np.where(part[:, :-step], step, far))
        along[:, :-step] = np.minimum(along[:, :-step], np.where(part[:, step:], step, far))
    along *= along
    least = along.copy()
    for step in range(1, far):
        least[step:] = np.minimum(least[step:], along[:-step] + step * step)
        least[:-step] = np.minimum(least[:-step], along[step:] + step * step)
    squares[near] = np.where(least > most * most, far * far, least)
    return np.sqrt(squares.astype(np.float32))


def dilated(mask: Mask, by: int) -> Mask:
    """Return the pixels within `by` pixels of the mask, diagonals as their Euclidean distance."""
    return mask if by == 0 else distance(mask, by) <= by


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
    share = 1 - distance(mask, feather) / np.float32(feather + 1)
    alpha: npt.NDArray[np.float32] = np.clip(share * share * (3 - 2 * share), 0, 1).astype(np.float32)
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
    whole = image.copy()
    whole[near] = np.where(hole[near][..., None], _pulled_and_pushed(image[near], hole[near]), image[near])
    return whole


def _surroundings(hole: Mask) -> tuple[slice, slice]:
    """Return the rectangle around a hole that is wider on each side by the hole's shorter side, within the picture."""
    spans = [np.flatnonzero(hole.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    wider = int(min(last - first for first, last in spans)) + 1
    rows, cols = (slice(max(int(first) - wider, 0), int(last) + 1 + wider) for first, last in spans)
    return rows, cols


def _pulled_and_pushed(image: Image, hole: Mask) -> Image:
    """Return colours for a hole, within the range of the others: means of ever larger squares, and down again."""
    known = (~hole)[..., None].astype(np.float32)
    levels = [(np.where(hole[..., None], np.float32(0), image), known)]
    while levels[-1][1].min() == 0:
        colour, weight = _halved(levels[-1][0] * levels[-1][1]), _halved(levels[-1][1])
        colour = np.divide(colour, weight, out=np.zeros_like(colour), where=weight > 0)
        levels.append((colour, np.minimum(weight * 4, 1)))
    filled = levels.pop()[0]
    while levels:
        colour, weight = levels.pop()
        above = resize(filled, (colour.shape[0], colour.shape[1]), scale=2.0)
        filled = weight * colour + (1 - weight) * above
    around = image[~hole]
    return np.clip(filled, around.min(axis=0), around.max(axis=0))


def _halved(part: Image) -> Image:
    """Mean of four, the border's once more where the side is odd."""
    rows, cols = part.shape[0] % 2, part.shape[1] % 2
    part = np.pad(part, ((0, rows), (0, cols), (0, 0)), mode="edge")
    return np.float32(0.25) * ((part[::2, ::2] + part[1::2, ::2]) + (part[::2, 1::2] + part[1::2, 1::2]))
