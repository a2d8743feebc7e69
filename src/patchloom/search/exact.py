"""Exhaustive search: every key patch for every query patch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..types import NNF, Mask
from .quantise import Quantised


def search(
    pair: Quantised,
    *,
    weight: npt.NDArray[np.float32] | None,
    valid: Mask | None,
    active: Mask | None,
    init: NNF | None,
    threads: int,
) -> NNF:
    """Return the field of the smallest scores, the first key of equals.

    With `active`, only the rectangle that holds the active queries is searched.
    """
    patch = pair.patch_size
    if active is None or init is None:
        return pair.field(*kernels.exact(pair.query.pixels, pair.key.pixels, patch, weight, valid, threads=threads))
    rows, cols = (np.flatnonzero(active.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return init
    top, bottom, left, right = rows[0], rows[-1] + 1, cols[0], cols[-1] + 1
    part = np.ascontiguousarray(pair.query.pixels[top : bottom + patch - 1, left : right + patch - 1])
    found = pair.field(*kernels.exact(part, pair.key.pixels, patch, weight, valid, threads=threads))
    index, distance = init.index.copy(), init.distance.copy()
    wanted = active[top:bottom, left:right]
    index[top:bottom, left:right][wanted] = found.index[wanted]
    distance[top:bottom, left:right][wanted] = found.distance[wanted]
    return NNF(index, distance, patch)
