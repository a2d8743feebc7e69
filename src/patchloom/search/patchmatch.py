"""PatchMatch: approximate search at a cost that grows with the pixels only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..cancelling import bands, check
from ..kernels.numpy_kernels import hash_counter
from ..types import NNF, Mask, Size
from .quantise import Quantised, totals


@dataclass(frozen=True)
class Effort:
    """How thorough a search is.

    Attributes
    ----------
    sweeps, trials, looks, repairs : int
        As in `patchloom.GPNNParams`; no looks and no repairs where speed counts more.
    """

    sweeps: int
    trials: int
    looks: int = 0
    repairs: int = 0


JUMPS = (4, 1)
"""How far the neighbours are that a sweep asks, in pixels."""

REPAIR = 8                                                # times the looks, in a repair
_WORD = 2**64 - 1


def search(
    pair: Quantised,
    *,
    weight: npt.NDArray[np.float32] | None,
    valid: Mask | None,
    active: Mask | None,
    init: NNF | None,
    effort: Effort,
    seed: int,
    threads: int,
) -> NNF:
    """Return a field that no sweep made worse than `init`, or than a random one."""
    queries, keys = pair.grids
    at = None if active is None else np.flatnonzero(active).astype(np.int32)
    check()
    if at is not None and not at.size and init is not None:
        return init
    index = _start(queries, keys, valid, active, init, seed)
    distance: Any = None if init is None else np.ascontiguousarray(init.distance)
    jumps, radii = np.array(JUMPS, np.int32), trial_radii(keys, effort.trials)
    pictures = pair.pictures(effort.looks)

    def sweep(number: int, at: npt.NDArray[np.int32] | None, looks: int) -> tuple[Any, Any]:
        ways = jumps, radii, looks
        return kernels.sweep(
            pictures, (weight, valid), at, (index, distance), ways, mix(seed, number + 1), pair.steps, threads=threads
        )

    for number in range(effort.sweeps):
        index, distance = sweep(number, at, effort.looks)
    for number in range(effort.repairs if at is None else 0):
        worse = np.flatnonzero(worse_than_mean(distance, pair.steps)).astype(np.int32)
        if worse.size:
            index, distance = sweep(effort.sweeps + number, worse, REPAIR * effort.looks)
    return NNF(index, distance, pair.patch_size)


def worse_than_mean(distance: npt.NDArray[np.float32], steps: float) -> Mask:
    """Return which distances lie above their mean."""
    total = totals(distance, steps)
    worse: Mask = total > int(total.sum()) // total.size
    return worse


def _start(
    queries: Size, keys: Size, valid: Mask | None, active: Mask | None, init: NNF | None, seed: int
) -> npt.NDArray[np.int32]:
    """Where the search starts: at `init`, or at random where there is none or it points at forbidden keys."""
    if init is None:
        return random_index(queries, keys, valid, seed)
    index = init.index
    if valid is not None:
        allowed = np.empty(queries, np.bool_)
        for rows in bands(len(allowed), allowed[:1].size):
            allowed[rows] = valid[index[rows, :, 0], index[rows, :, 1]]
            if active is not None:
                allowed[rows] |= ~active[rows]
        if not allowed.all():
            index = np.where(allowed[..., None], index, random_index(queries, keys, valid, seed))
    return np.ascontiguousarray(index, np.int32)


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
