"""PatchMatch: approximate search at a cost that grows with the pixels only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..kernels.numpy_kernels import hash_counter
from ..params import PRESETS
from ..patches import grid
from ..types import NNF, Mask, Size
from .quantise import Quantised

JUMPS = (4, 2, 1)
"""Neighbour distances of a sweep's three passes, in pixels; random trials come with the last."""


def search(
    pair: Quantised,
    *,
    weight: npt.NDArray[np.float32] | None,
    valid: Mask | None,
    active: Mask | None,
    init: NNF | None,
    threads: int,
    sweeps: int | None,
    trials: int,
    seed: int,
) -> NNF:
    """Return a field that no sweep made worse than `init`, or than a random one."""
    patch = pair.patch_size
    default = PRESETS["default"]
    if sweeps is None:
        sweeps = default.cold_sweeps if init is None else default.sweeps
    queries, keys = grid(pair.query, patch), grid(pair.key, patch)
    index = random_index(queries, keys, valid, seed) if init is None else init.index
    if init is not None and valid is not None:
        allowed = valid[index[..., 0], index[..., 1]]
        if active is not None:
            allowed = allowed | ~active
        index = np.where(allowed[..., None], index, random_index(queries, keys, valid, seed))
    index = np.ascontiguousarray(index, np.int32)
    total = kernels.distance(pair.query, pair.key, patch, index, threads=threads)
    passes = [(jump, trials if jump == JUMPS[-1] else 0) for jump in JUMPS] * sweeps
    for number, (jump, tries) in enumerate(passes):
        index, total = kernels.sweep(
            pair.query, pair.key, patch, weight, valid, active, index, total, jump, tries,
            mix(seed, number + 1), threads=threads,
        )
    return pair.field(index, total)


def mix(seed: int, *counters: int) -> int:
    """Return a seed that depends on all of its arguments."""
    for counter in counters:
        seed = int(hash_counter(seed, np.array([counter], np.uint64))[0])
    return seed


def random_index(queries: Size, keys: Size, valid: Mask | None, seed: int) -> npt.NDArray[np.int32]:
    """Return a field that points at uniformly random keys, valid ones only."""
    count = queries[0] * queries[1]
    allowed = np.arange(keys[0] * keys[1]) if valid is None else np.flatnonzero(valid)
    bits = hash_counter(mix(seed, 0), np.arange(count, dtype=np.uint64)) >> np.uint64(32)
    chosen = allowed[((bits * np.uint64(len(allowed))) >> np.uint64(32)).astype(np.int64)]
    return np.stack([chosen // keys[1], chosen % keys[1]], axis=1).astype(np.int32).reshape(*queries, 2)
