"""Filling what is missing of a small picture with pieces of a source that fit what is around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..search.patchmatch import mix
from ..types import Image, Mask, Wrap

_PIECE = 4
# A piece that fits this much worse than the best may be taken instead, so that seeds differ.
_TOLERANCE = np.float32(1.1)
# Places that are compared for a piece; of a larger source every second, third ... row and column.
_PLACES = 1 << 14


def pieced(image: Image, missing: Mask, source: Image, *, wrap: Wrap, patch_size: int, seed: int) -> Image:
    """Return `image` with what is missing laid out in pieces of `source`, about a patch wide each.

    From the top left, each piece is copied from where the source is most like what is known
    around it by then. Nothing is blended: a search mends the joints. Of a large source not all
    places are compared.

    Parameters
    ----------
    image : Image
        (H, W, C).
    missing : Mask (H, W)
        Not everything.
    source : Image
        (K, L, C), each side at least `patch_size`.
    wrap : (bool, bool)
        Whether the picture's rows, and columns, go round.
    patch_size : int
        Side of a patch in pixels.
    seed : int
        Chooses among places that fit about equally well.

    Returns
    -------
    Image
        Equal to `image` where nothing is missing.

    References
    ----------
    Efros and Leung, "Texture synthesis by non-parametric sampling" (ICCV 1999), for the choice
    by what is known; Efros and Freeman, "Image quilting" (SIGGRAPH 2001), for pieces.
    """
    out, left, piece = image.copy(), missing.copy(), 0
    planes = np.ascontiguousarray(source.transpose(2, 0, 1))
    while left.any():
        corner = divmod(int(left.argmax()), left.shape[1])
        lines = [_window(corner[axis], left.shape[axis], source.shape[axis], wrap[axis], patch_size) for axis in (0, 1)]
        window = np.ix_(lines[0][0], lines[1][0])
        known = ~left[window]
        step = _step(planes.shape[1] - known.shape[0] + 1, planes.shape[2] - known.shape[1] + 1)
        cost = _misfit(planes, out[window], known, step)
        good = np.flatnonzero(cost <= _TOLERANCE * cost.min())
        row, col = divmod(int(good[mix(seed, _PIECE, piece) % len(good)]), cost.shape[1])
        row, col = row * step, col * step
        put = ~known & lines[0][1][:, None] & lines[1][1][None, :]
        there = source[row : row + known.shape[0], col : col + known.shape[1]]
        out[window] = np.where(put[..., None], there, out[window])
        left[window] &= ~put
        piece += 1
    return out


def _window(first: int, size: int, most: int, goes_round: bool, patch_size: int) -> tuple[
    npt.NDArray[np.int64], npt.NDArray[np.bool_]
]:
    """Return the places along an axis to look at for a piece that begins at `first`, and which are the piece's own."""
    margin = patch_size // 2 + 1
    places = np.arange(first - margin, first + patch_size + 1 + margin)
    if not goes_round:
        places = places[(places >= 0) & (places < size)]
    places = places[: min(size, most)]
    return places % size, (places >= first) & (places <= first + patch_size)


def _step(rows: int, cols: int) -> int:
    """Return the least distance between places to compare at which they are not too many."""
    step = 1
    while -(-rows // step) * -(-cols // step) > _PLACES:
        step += 1
    return step


def _misfit(planes: npt.NDArray[np.float32], wanted: Image, known: Mask, step: int) -> npt.NDArray[np.float32]:
    """Return the sum of squared differences from the known pixels of a window, for every step-th place."""
    rows, cols = planes.shape[1] - known.shape[0] + 1, planes.shape[2] - known.shape[1] + 1
    total = np.zeros((-(-rows // step), -(-cols // step)), np.float32)
    for row, col in zip(*np.nonzero(known), strict=True):
        for plane, value in zip(planes, wanted[row, col], strict=True):
            difference = plane[row : row + rows : step, col : col + cols : step] - value
            difference *= difference
            total += difference
    return total
