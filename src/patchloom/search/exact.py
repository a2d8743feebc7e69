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
    """Return the field of the smallest scores, the first key of equals."""
    index, total = kernels.exact(pair.query, pair.key, pair.patch_size, weight, valid, threads=threads)
    if active is not None and init is not None:
        index = np.where(active[..., None], index, init.index).astype(np.int32)
        total = kernels.distance(pair.query, pair.key, pair.patch_size, index, threads=threads)
    return pair.field(index, total)
