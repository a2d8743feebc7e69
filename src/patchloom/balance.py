"""Giving a guess the source's distribution of intensities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .types import Image, Plan


def balance(image: Image, like: Image) -> Image:
    """Return `image` with each channel's values replaced, in their order, by those of `like`.

    The vote averages, and noise pulls towards some patches more than others: after
    the first, noisy level a guess has lost contrast and rare colours. Both come back
    before the next level looks its patches up.

    Parameters
    ----------
    image : Image
        (H, W, C).
    like : Image
        (K, L, C), of any size.

    Returns
    -------
    Image
        (H, W, C); the largest value of `like` stands where the largest of `image`
        stood, and so on, ties in the order of the pixels.
    """
    out = np.empty_like(image)
    place = middles(image.shape[0] * image.shape[1], like.shape[0] * like.shape[1])
    for channel in range(image.shape[2]):
        order = np.argsort(image[..., channel], axis=None, kind="stable")
        out[..., channel].flat[order] = np.sort(like[..., channel], axis=None)[place]
    return out


def middles(count: int, other: int) -> npt.NDArray[np.int64]:
    """Return which of `other` things in order stand in the middles of `count` equal shares."""
    return (np.arange(count, dtype=np.int64) * 2 + 1) * other // (2 * count)


def balanced(image: Image, key: Image, plan: Plan, level: int) -> Image:
    """Return `image` balanced like the key, at the levels that a plan names."""
    return balance(image, key) if is_balanced(plan, level) else image


def is_balanced(plan: Plan, level: int) -> bool:
    """Return whether a level is one that a plan names; a part of a picture is left alone."""
    early = len(plan.sizes) - 1 - level <= plan.params.balance_levels
    return early and plan.free is None and plan.valid is None
