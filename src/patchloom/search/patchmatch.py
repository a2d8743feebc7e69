"""PatchMatch: approximate search at a cost that grows with the pixels only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..kernels.numpy_kernels import hash_counter
from ..params import PRESETS
from ..types import NNF, Mask, Size
from .quantise import Quantised

JUMPS = (4, 2, 1)
"""How far the neighbours are that a sweep asks, in pixels."""

EXTRA, EXTRA_ALL, EXTRA_W, EXTRA_LOOKS = 0, 0, 0, 8
LOOKS = 2
"""Trials of a sweep among keys whose sums are like the query's."""

_WORD = 2**64 - 1


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
    queries, keys = pair.grids
    at = None if active is None else np.flatnonzero(active).astype(np.int32)
    if at is not None and not at.size and init is not None:
        return init
    index = random_index(queries, keys, valid, seed) if init is None else init.index
    if init is not None and valid is not None:
        allowed = valid[index[..., 0], index[..., 1]]
        if active is not None:
            allowed = allowed | ~active
        index = np.where(allowed[..., None], index, random_index(queries, keys, valid, seed))
    index = np.ascontiguousarray(index, np.int32)
    jumps, radii = np.array(JUMPS, np.int32), trial_radii(keys, trials)
    distance = None if init is None else np.ascontiguousarray(init.distance)
    sums = pair.sums
    for number in range(sweeps):
        index, distance = kernels.sweep(
            pair.query.pixels, pair.key.pixels, patch, sums, LOOKS, weight, valid, at, index, distance, jumps, radii,
            mix(seed, number + 1), pair.steps, threads=threads,
        )
    assert distance is not None                           # there is at least one sweep
    for number in range(EXTRA if (at is None or EXTRA_ALL) and (weight is None or EXTRA_W) else 0):
        worse = distance > np.mean(distance, dtype=np.float64)
        worst = np.flatnonzero(worse if active is None else worse & active if EXTRA_ALL == 1 else worse).astype(np.int32)
        if worst.size: index, distance = kernels.sweep(
            pair.query.pixels, pair.key.pixels, patch, sums, EXTRA_LOOKS, weight, valid, worst, index, distance, jumps, radii,
            mix(seed, sweeps + number + 1), pair.steps, threads=threads,
        )
    return NNF(index, distance, patch)


def trial_radii(keys: Size, trials: int) -> npt.NDArray[np.int32]:
    """Return the radius of each random trial: from the whole picture down to one patch."""
    reach = max(keys)
    steps = reach.bit_length() - 1
    shifts = [trial * steps // max(trials - 1, 1) for trial in range(trials)]
    return np.array([reach >> shift for shift in shifts], np.int32)


def mix(seed: int, *counters: int) -> int:
    """Return a seed that depends on all of its arguments: the kernels' hash, on Python's own integers."""
    for counter in counters:
        z = (seed + (counter + 1) * 0x9E3779B97F4A7C15) & _WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
        seed = z ^ (z >> 31)
    return seed


def random_index(queries: Size, keys: Size, valid: Mask | None, seed: int) -> npt.NDArray[np.int32]:
    """Return a field that points at uniformly random keys, valid ones only."""
    count = queries[0] * queries[1]
    allowed = np.arange(keys[0] * keys[1]) if valid is None else np.flatnonzero(valid)
    bits = hash_counter(mix(seed, 0), np.arange(count, dtype=np.uint64)) >> np.uint64(32)
    chosen = allowed[((bits * np.uint64(len(allowed))) >> np.uint64(32)).astype(np.int64)]
    return np.stack([chosen // keys[1], chosen % keys[1]], axis=1).astype(np.int32).reshape(*queries, 2)
