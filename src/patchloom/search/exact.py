"""Exhaustive search: every key patch for every query patch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..regions import bounding
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
    held = bounding(active)
    if not held[0].stop:
        return init
    covered = tuple(slice(side.start, side.stop + patch - 1) for side in held)
    part = np.ascontiguousarray(pair.query.pixels[covered])
    found = pair.field(*kernels.exact(part, pair.key.pixels, patch, weight, valid, threads=threads))
    index, distance = init.index.copy(), init.distance.copy()
    wanted = active[held]
    index[held][wanted] = found.index[wanted]
    distance[held][wanted] = found.distance[wanted]
    return NNF(index, distance, patch)
