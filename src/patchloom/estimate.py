"""What a run will need, before it runs: for `--dry-run` and memory budgets.

Memory is much the same everywhere. Times hold for one machine, an AVX-512 server
processor of 2022; others are slower or faster by their own factor.
"""

from __future__ import annotations

import math

from .errors import MemoryBudgetError, explain
from .search import choose
from .types import Plan, Size

# Nanoseconds on one core.
_NS_PER_DISTANCE = 22.0
_NS_PER_PAIR = 0.35
_NS_PER_VOTE = 90.0
_START_UP = 0.3

_FIELD = 12                                               # bytes per patch: index 2 x int32, distance float32
_INHERITED = 56                                           # bytes per patch: the finer field's places in float64
_KEPT_BY_ALLOCATOR = 1.15


def grids(plan: Plan, level: int) -> tuple[Size, Size]:
    """Return (rows, columns) of the output's patches and of the source's at a level.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import plans
    >>> grids(plans.generate(np.zeros((40, 50)), size=(60, 50)), 0)
    ((54, 44), (34, 44))
    """
    less = plan.params.patch_size - 1
    query, key = plan.sizes[level], plan.source[level].shape
    return (query[0] - less, query[1] - less), (key[0] - less, key[1] - less)


def peak_memory(plan: Plan) -> int:
    """Return about how many bytes a run takes, from the source's pixels to the result's.

    The largest of what the phases at the finest level hold at once, plus what the
    allocator keeps. Both searches take the same, for exhaustive search holds a few
    rows only.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    """
    channels = plan.guess.shape[2]
    key = plan.source[0].shape[0] * plan.source[0].shape[1]
    query = plan.sizes[0][0] * plan.sizes[0][1]
    completeness = plan.params.alpha < math.inf
    held = sum(level.nbytes for level in plan.source) + 4 * channels * (key + query)      # pyramid, key, query
    fields = _FIELD * (query + key * completeness)
    padded = max(channels, 4) if channels in (2, 3) else channels
    phases = (
        _INHERITED * (max(query, key) if completeness else query) + fields,
        2 * channels * query + 10 * channels * key + fields,                              # quantising the key
        2 * channels * (query + key) + 2 * fields + _FIELD * query,                       # a sweep
        2 * fields + 4 * padded * (key + 2 * query),                                      # a vote
        fields + 25 * channels * query - 4 * channels * key,                              # the result's pixels, float64
    )
    return int(_KEPT_BY_ALLOCATOR * (held + max(phases)))


def check_memory(plan: Plan, budget: int | None) -> int:
    """Return `peak_memory`, if the budget in bytes allows it.

    Raises
    ------
    MemoryBudgetError
        If it does not.
    """
    needed = peak_memory(plan)
    if budget is not None and needed > budget:
        raise MemoryBudgetError(
            explain("memory", budget, f"this run needs about {needed} bytes", "allow more or ask for a smaller size")
        )
    return needed


def level_seconds(plan: Plan, level: int) -> float:
    """Return about how long a level takes on one core, if it does not stop early."""
    params = plan.params
    (query_rows, query_cols), (key_rows, key_cols) = shapes = grids(plan, level)
    query, key = query_rows * query_cols, key_rows * key_cols
    count = params.coarsest_iterations if level + 1 == len(plan.sizes) else params.iterations
    completeness = params.alpha < math.inf
    if choose(params.method, *shapes) == "exact":
        search = query * key * _NS_PER_PAIR * (1 + completeness)
    else:
        search = (query + key * completeness) * params.sweeps * (params.trials + 4) * _NS_PER_DISTANCE
    return count * (search + query * _NS_PER_VOTE) * 1e-9


def seconds(plan: Plan, threads: int) -> float:
    """Return about how long a run takes, if no level stops early.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    threads : int
        At least 1.
    """
    return _START_UP + sum(level_seconds(plan, level) for level in range(len(plan.sizes))) / threads
