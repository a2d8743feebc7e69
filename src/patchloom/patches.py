"""Patches: taking them out, and voting them back into a picture."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from . import kernels
from .cancelling import bands, check
from .checks import as_threads
from .errors import ImageError, explain
from .params import MAX_CHANNELS, PRESETS
from .types import NNF, Image, Kept, Masks, Size, Wrap

# A picture's corner is covered by one patch's corner alone: its weight must stay a normal number.
_LEAST_WEIGHT = 2.0**-40

_BLOCK = 1 << 14                                          # patches whose pixels are compared at a time


def grid(image: npt.NDArray[Any], patch_size: int, wrap: Wrap = (False, False)) -> Size:
    """Return the rows and columns of a picture's patches; as many as pixels where they go round."""
    less = patch_size - 1
    return image.shape[0] - less * (not wrap[0]), image.shape[1] - less * (not wrap[1])


def extract(image: Image, *, patch_size: int) -> npt.NDArray[np.float32]:
    """Return all patches of a picture, stride 1, no padding.

    Parameters
    ----------
    image : Image
        (H, W, C), each side at least `patch_size`.
    patch_size : int
        Side of a patch in pixels.

    Returns
    -------
    float32 array (H', W', p, p, C)
        A read-only view; H' = H - p + 1.
    """
    view = np.lib.stride_tricks.sliding_window_view(image, (patch_size, patch_size), axis=(0, 1))
    return view.transpose(0, 1, 3, 4, 2)


def window_sums(values: npt.NDArray[Any], patch_size: int) -> npt.NDArray[Any]:
    """Return the sum over each patch of numbers (H, W), of their type: (H', W')."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1), values.dtype)
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    p = patch_size
    inside: npt.NDArray[Any] = sums[p:, p:] - sums[:-p, p:] - sums[p:, :-p] + sums[:-p, :-p]
    return inside


def differences(
    query: Image, key: Image, here: npt.NDArray[np.int32], there: npt.NDArray[np.int32], patch_size: int
) -> npt.NDArray[np.float64]:
    """Return the mean squared difference of pairs of patches, as exactly as float64 has it.

    Parameters
    ----------
    query, key : Image
        (H, W, C) and (K, L, C).
    here, there : int32 array (n, 2)
        Upper left corners of the patches of `query`, and of those of `key`.
    patch_size : int
        Side of a patch in pixels.

    Returns
    -------
    float64 array (n,)
    """
    pixels = [image.reshape(-1, image.shape[2]) for image in (query, key)]
    widths = query.shape[1], key.shape[1]
    found = np.empty(len(here))
    for start in range(0, len(here), _BLOCK):
        part = slice(start, start + _BLOCK)
        first = [at[part, 0].astype(np.int64) * width + at[part, 1]
                 for at, width in zip((here, there), widths, strict=True)]
        total = np.zeros((len(first[0]), query.shape[2]))
        for dy in range(patch_size):
            for dx in range(patch_size):
                ours, theirs = (
                    image.take(at + (dy * width + dx), axis=0) for image, at, width in
                    zip(pixels, first, widths, strict=True)
                )
                delta = np.subtract(ours, theirs, dtype=np.float64)
                total += delta * delta
        found[part] = total.sum(axis=1)
    return found / (patch_size * patch_size * query.shape[2])


def _exponential(x: float) -> float:
    """exp(-x) from additions and multiplications alone, the same everywhere."""
    if x > 80:
        return 1.8e-35
    halvings = 0
    while x > 1 / 16:
        x, halvings = x / 2, halvings + 1
    term = total = 1.0
    for n in range(1, 12):
        term = term * -x / n
        total += term
    for _ in range(halvings):
        total *= total
    return total


@lru_cache(maxsize=32)
def fold_weights(patch_size: int, sigma: float) -> npt.NDArray[np.float32]:
    """Return the vote's Gaussian, float32 (p, p), largest 1.

    Parameters
    ----------
    patch_size : int
        Side of a patch in pixels.
    sigma : float
        Standard deviation in half patches: the patch spans -1 to 1.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022); its code uses sigma = 1.7.
    """
    middle = (patch_size - 1) / 2
    places = [(i - middle) / middle / sigma for i in range(patch_size)]
    line = np.array([_exponential(place * place / 2) for place in places])    # powers differ between machines
    weights = np.maximum(line[:, None] * line[None, :], _LEAST_WEIGHT).astype(np.float32)
    weights.flags.writeable = False
    return weights


def vote(value: Image, nnf: NNF, *, sigma: float = PRESETS["default"].fold, threads: int = 0) -> Image:
    """Return the picture in which every patch is its neighbour's value patch.

    Overlapping patches are averaged with Gaussian weights. Any picture that is
    aligned with the one that was searched can be voted: a normal map follows
    the colours.

    Parameters
    ----------
    value : Image
        (H, W, C): where the field points to.
    nnf : NNF
        Field of (H', W') patches.
    sigma : float
        Standard deviation of the fold's Gaussian in half patches.
    threads : int
        0 means all cores; the result does not depend on it.

    Returns
    -------
    Image
        (H' + p - 1, W' + p - 1, C), within the range of `value`; (H', W', C) where it goes round.

    Raises
    ------
    ImageError
        If `value` is no `Image`, or the field points outside it.

    References
    ----------
    Simakov et al., "Summarizing visual data using bidirectional similarity" (CVPR 2008).
    """
    _check(value, nnf)
    fold = fold_weights(nnf.patch_size, sigma)
    over = [(nnf.patch_size - 1) * goes for goes in nnf.wrap]
    index = np.ascontiguousarray(around(nnf.index, (over[0], 0), (over[1], 0)), np.int32)
    voted: Image = kernels.vote(np.ascontiguousarray(value), index, fold, threads=as_threads(threads))
    return voted[over[0] : len(voted) - over[0], over[1] : voted.shape[1] - over[1]] if any(over) else voted


def vote_again(
    value: Image, nnf: NNF, image: Image, kept: Kept | None, before: NNF | None, *, masks: Masks, sigma: float,
    threads: int,
) -> tuple[Image, float]:
    """Return `vote`, computed only where patches have moved if `image` is the vote of the field before.

    Parameters
    ----------
    value, nnf, sigma, threads
        As for `vote`; they fit each other.
    image : Image
        The picture that `nnf` was found for.
    kept, before : Kept and NNF, or None
        What made `image`, if it did.
    masks : Masks
        Pixels that are not free, or that only patches which are not active cover, stay as they are.

    Returns
    -------
    image : Image
    moved : float
        Share of the active patches whose neighbour is another one than before, 1 where that is not known.
    """
    active = masks.active
    moved, share = active, 1.0
    if kept is not None and before is not None and kept.image is image and kept.value is value:
        pairs = [np.ascontiguousarray(field.index).view(np.int64)[..., 0] for field in (before, nnf)]
        check()
        moved = pairs[0] != pairs[1]                      # both indices compared as one number
        share = np.count_nonzero(moved) / max(moved.size if active is None else np.count_nonzero(active), 1)
    over = [(nnf.patch_size - 1) * goes for goes in masks.wrap]      # patches over an edge count on both sides
    options: dict[str, Any] = {}
    if moved is not None or masks.free is not None:
        moved = np.ones(nnf.distance.shape, np.bool_) if moved is None else moved
        moved = np.ascontiguousarray(around(moved, (over[0], 0), (over[1], 0)))
        touched = kernels.window(moved, nnf.patch_size, full=True, threads=threads)
        if masks.free is not None:
            touched &= around(masks.free, (over[0], over[0]), (over[1], over[1]))
        below = around(image, (over[0], over[0]), (over[1], over[1]))
        options = {"touched": touched, "image": np.ascontiguousarray(below)}
    fold = fold_weights(nnf.patch_size, sigma)
    index = np.ascontiguousarray(around(nnf.index, (over[0], 0), (over[1], 0)))
    out: Image = kernels.vote(np.ascontiguousarray(value), index, fold, **options, threads=threads)
    if any(over):
        out = np.ascontiguousarray(out[over[0] : over[0] + image.shape[0], over[1] : over[1] + image.shape[1]])
    return out, share


def around(array: npt.NDArray[Any], rows: tuple[int, int], cols: tuple[int, int]) -> npt.NDArray[Any]:
    """Return `array` with so many more rows and columns before and after it, as if it went round."""
    if rows == cols == (0, 0):
        return array
    height, width = array.shape[:2]
    padded = np.empty((sum(rows) + height, sum(cols) + width, *array.shape[2:]), array.dtype)
    down, across = np.arange(-rows[0], height + rows[1]) % height, np.arange(-cols[0], width + cols[1]) % width
    inside = slice(cols[0], cols[0] + width)
    for band in bands(len(padded), padded[:1].size):
        part = array[down[band]]
        padded[band, : inside.start], padded[band, inside.stop :] = (
            part[:, across[: inside.start]], part[:, across[inside.stop :]]
        )
        padded[band, inside] = part
    return padded


def going_round(array: npt.NDArray[Any], patch_size: int, wrap: Wrap) -> npt.NDArray[Any]:
    """Return `array` with its first rows and columns again behind the last ones, for patches over the edges."""
    return around(array, (0, (patch_size - 1) * wrap[0]), (0, (patch_size - 1) * wrap[1]))


def _check(value: Image, nnf: NNF) -> None:
    if value.ndim != 3 or value.dtype != np.float32 or not 1 <= value.shape[2] <= MAX_CHANNELS:
        raise ImageError(
            explain("value", f"{value.dtype} {value.shape}", f"must be float32 (H, W, 1 to {MAX_CHANNELS})")
        )
    if value.shape[0] * value.shape[1] > 2**31 - 1:
        raise ImageError(explain("value", f"{value.shape[0]} x {value.shape[1]}", f"at most {2**31 - 1} pixels"))
    index = nnf.index
    if index.ndim != 3 or index.shape[2] != 2 or index.dtype.kind not in "iu" or not index.size:
        raise ImageError(explain("nnf.index", f"{index.dtype} {index.shape}", "must be whole numbers (H', W', 2)"))
    most = [int(n) + nnf.patch_size for n in index.max(axis=(0, 1))]
    if index.min() < 0 or most[0] > value.shape[0] or most[1] > value.shape[1]:
        raise ImageError(
            explain("picture", f"{value.shape[1]} x {value.shape[0]} pixels",
                    f"the field needs at least {most[1]} x {most[0]}", "pass a picture of the size that was searched")
        )
