"""What a run will need, before it runs: for `--dry-run` and memory budgets."""

from __future__ import annotations

import math

from .search import choose
from .types import Plan, Size

# Nanoseconds on one core of a 2022 server processor; measured, see docs/performance.md.
_NS_PER_DISTANCE = 22.0
_NS_PER_PAIR = 0.35
_NS_PER_VOTE = 90.0
_START_UP = 0.3


def peak_memory(plan: Plan) -> int:
    """Return about how many bytes the run's arrays take at its largest level."""
    channels, patch = plan.guess.shape[2], plan.params.patch_size
    key = plan.source[0].shape[0] * plan.source[0].shape[1]
    query = plan.sizes[0][0] * plan.sizes[0][1]
    held = sum(level.nbytes for level in plan.source)
    key_bytes = key * channels * (4 + 2 + 4) + key * 16                # blurred key, quantised, working copies, padded
    query_bytes = query * channels * (4 * 3 + 2 + 4) + query * 3 * 12  # guesses, quantised; fields old, new, inherited
    if plan.params.alpha < math.inf:
        key_bytes += key * (3 * 12 + 8)
    return int(held + key_bytes + query_bytes + patch * 0)


def level_seconds(plan: Plan, level: int) -> float:
    """Return about how long a level takes on one core, if it does not stop early."""
    params = plan.params
    query, key = (_patches(size, params.patch_size) for size in (plan.sizes[level], _key_size(plan, level)))
    count = params.coarsest_iterations if level + 1 == len(plan.sizes) else params.iterations
    directions = 1 if params.alpha == math.inf else 2
    grids = [(s[0] - params.patch_size + 1, s[1] - params.patch_size + 1) for s in (plan.sizes[level], _key_size(plan, level))]
    if choose(params.method, grids[0], grids[1]) == "exact":
        search = query * key * _NS_PER_PAIR * directions
    else:
        search = (query + (key if directions == 2 else 0)) * params.sweeps * (params.trials + 4) * _NS_PER_DISTANCE
    return count * (search + query * _NS_PER_VOTE) * 1e-9


def seconds(plan: Plan, threads: int) -> float:
    """Return about how long the whole run takes."""
    return _START_UP + sum(level_seconds(plan, level) for level in range(len(plan.sizes))) / threads


def _key_size(plan: Plan, level: int) -> Size:
    return plan.source[level].shape[0], plan.source[level].shape[1]


def _patches(size: Size, patch: int) -> int:
    return (size[0] - patch + 1) * (size[1] - patch + 1)
