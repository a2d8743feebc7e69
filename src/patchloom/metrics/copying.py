"""How much of a generated picture was only copied: left in place, or moved as one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ImageError, explain
from ..patches import window_sums
from ..types import NNF
from .comparison import Comparison, compare
from .measured import Measured

NEAR = 2
"""Pixels, in rows and in columns, within which a patch counts as left in place."""

TOLERANCE = 1e-3
"""Mean squared difference up to which a patch counts as copied: 8 grey levels of 255."""

_CANDIDATES, _TOP = 20, 5


def identity_share(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the share of patches whose nearest source patch lies where they are, within 2 pixels.

    Lower is newer: 1 for the source itself, little more than 0 for a rearrangement. It knows
    only what was left in place: a copy moved by 3 pixels scores 0 (see `rigid_share`), and
    flat areas, where every place is as near, count or not by chance. Some pictures should
    score high: an edit of a small part.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C), of one size.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch: within 0.011 of it on 16 pictures of 250 pixels.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ImageError
        If the pictures cannot be compared, or differ in size.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.identity_share(source, source)
    1.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return identity_share_of(pair).value


def identity_share_of(pair: Comparison) -> Measured:
    """Return `identity_share` of a comparison."""
    if not pair.same_size:
        sizes = (f"{image.shape[1]} x {image.shape[0]}" for image in (pair.generated, pair.source))
        raise ImageError(
            explain("sizes", " and ".join(sizes), "must be one size, or no place is the same",
                    "use rigid_share, which needs no size")
        )
    share = float((np.abs(offsets(pair.forward)) <= NEAR).all(axis=2).mean())
    return Measured(share, {"method": pair.searched})


def rigid_share(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the share of patches that one shift of the whole source explains: the largest rigid copy.

    Lower is newer: 1 for the source itself, and for any part of it. Tried are the 20 commonest
    offsets from generated patches to their nearest in the source; a patch counts where its mean
    squared difference at that offset is at most 0.001, whatever its nearest is. A mirrored or
    scaled copy is missed; where the source is flat or repeats itself, one shift explains much by chance.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch: within 0.011 of it on 16 pictures of 250 pixels.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.rigid_share(source[2:, 1:], source)
    1.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return rigid_share_of(pair).value


def rigid_share_of(pair: Comparison) -> Measured:
    """Return `rigid_share` of a comparison, with its offset."""
    common, _ = _commonest(pair.forward, _CANDIDATES)
    shares = [_explained(pair, row, col) for row, col in common]
    best = int(np.argmax(shares))
    return Measured(shares[best], {"method": pair.searched, "offset": common[best]})


def top_offsets(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the share of patches that have one of the five commonest offsets to their nearest source patch.

    Lower is newer: 1 for a copy or for five pieces that were moved, little for a picture in which
    each patch goes its own way. Noise scores 0, flat areas by chance, and pieces that were
    scaled or changed a little are missed: read it beside `coherence` and `rigid_share`.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch: within 0.011 of it on 16 pictures of 250 pixels.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.top_offsets(source[2:, 1:], source)
    1.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return top_offsets_of(pair).value


def top_offsets_of(pair: Comparison) -> Measured:
    """Return `top_offsets` of a comparison, with the offsets and the share of each."""
    common, shares = _commonest(pair.forward, _TOP)
    listed = [{"offset": offset, "share": share} for offset, share in zip(common, shares, strict=True)]
    return Measured(min(float(sum(shares)), 1.0), {"method": pair.searched, "offsets": listed})


def offsets(field: NNF) -> npt.NDArray[np.int32]:
    """Return how many rows and columns lie from each patch to its nearest, int32 (H', W', 2)."""
    places = np.moveaxis(np.indices(field.index.shape[:2], dtype=np.int32), 0, 2)
    moved: npt.NDArray[np.int32] = field.index - places
    return moved


def _commonest(field: NNF, most: int) -> tuple[list[list[int]], list[float]]:
    """Return the commonest offsets, the commonest first and the upper left first of equals, and their shares."""
    pairs = offsets(field).reshape(-1, 2).astype(np.int64)
    codes, counts = np.unique((pairs[:, 0] << 32) + pairs[:, 1], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    cols = ((codes[order] + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)      # the lower half, with its sign
    rows = (codes[order] - cols) >> 32
    common = [[int(row), int(col)] for row, col in zip(rows, cols, strict=True)]
    return common, [float(count) / len(pairs) for count in counts[order]]


def _explained(pair: Comparison, row: int, col: int) -> float:
    """Return the share of generated patches that are like the source's at this offset."""
    made, own, patch = pair.generated, pair.source, pair.patch_size
    top, bottom = max(0, -row), min(len(made), len(own) - row)
    left, right = max(0, -col), min(made.shape[1], own.shape[1] - col)
    moved = own[top + row : bottom + row, left + col : right + col]
    errors = ((made[top:bottom, left:right] - moved) ** 2).mean(axis=2, dtype=np.float64)
    patches = pair.forward.distance.size
    return float(np.count_nonzero(window_sums(errors, patch) <= TOLERANCE * patch * patch)) / patches
