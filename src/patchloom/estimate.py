"""What a run will need, before it runs: for `--dry-run` and memory budgets.

Memory is much the same everywhere. Times hold for one machine, an AVX-512 server
processor of 2022; others are slower or faster by their own factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from . import kernels
from .errors import MemoryBudgetError, explain
from .patches import going_round
from .search.matching import choose, is_layout
from .types import Plan, Size, Step

# Nanoseconds on one core, from runs of 250 to 1024 pixels and patches of 3 to 31 pixels.
_NS_PER_PAIR = 0.66                                       # exhaustive search: 7 x 7 patches of three channels
_NS_PER_SHIFT = 43.0                                      # the same, once per row of pairs
_NS_PER_DISTANCE = 10.0                                   # PatchMatch: 7 x 7 patches of three or four channels
_NS_PER_OTHER_DISTANCE, _NS_PER_ELEMENT = 14.0, 0.064     # other patches
_NS_PER_PATCH = 60.0                                      # what a sweep does for a patch besides
_NS_PER_VOTE = 0.3                                        # per element, at least four channels
_NS_SERIAL = 15.0                                         # what NumPy does on one core, per patch
_NS_PER_ITERATION = 2.5e5
_NS_PER_STEADIED = 1e3                                   # per pixel: a frame's part in those beside it

_DISTANCES = 4                                            # in full per patch and sweep, besides the trials
_WORSE = 0.3                                              # share of the patches that are worse than the mean
_STILL_MOVING = 0.3                                       # of the patches, on average, after two iterations
_USUAL_DRAWS = 3

_FIELD = 12                                               # bytes per patch: index 2 x int32, distance float32
_SUMS, _ORDER, _MASKS = 8, 4, 2                           # bytes per patch
_CODES = 4 << 16                                          # bytes per key: where each code of sums begins
_FLOAT, _SHORT = 4, 2
_FRAMES_HELD, _SAMPLED = 5, 260                           # frames; bytes per pixel, where the source is sampled
_KEPT_BY_ALLOCATOR = 1.05                                 # measured 1.0 to 1.1 times what is allocated, with glibc
_ALWAYS = 1_000_000


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
    around = [less * (not goes) for goes in plan.wrap]    # patches over an edge that goes round
    return (query[0] - around[0], query[1] - around[1]), (key[0] - less, key[1] - less)


def active_share(plan: Plan, level: int) -> float:
    """Return which share of the output's patches is searched for at a level, 0 to 1."""
    if plan.free is None:
        return 1.0
    free = going_round(plan.free[level], plan.params.patch_size, plan.wrap)
    return float(kernels.window(np.ascontiguousarray(free), plan.params.patch_size, full=False).mean())


def peak_memory(plan: Plan) -> int:
    """Return about how many bytes a run takes, from the source's pixels to the result's.

    The largest of what the phases at the finest level hold at once, plus what the
    allocator keeps. Both searches take the same, for exhaustive search holds a few
    rows only.

    This machine's memory counts. A run on a GPU (`patchloom.device`) holds less of it: the plan's
    arrays, and what comes back when somebody looks. Not counted are what torch's own libraries take,
    and the GPU's memory, which is asked for as it is needed.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    """
    channels, floats = plan.guess.shape[2], _FLOAT * plan.guess.shape[2]
    key = plan.source[0].shape[0] * plan.source[0].shape[1]
    query = plan.sizes[0][0] * plan.sizes[0][1]
    reverse = key * (plan.params_at(0).alpha < math.inf)
    whole = _SHORT * channels                             # a picture in whole numbers; with its sums and their order:
    approximate = choose(plan.params.method, *grids(plan, 0)) == "patchmatch"
    ordered = approximate and (len(plan.sizes) == 1 or is_layout(*grids(plan, 0)))
    judged, ranked = whole + _SUMS, whole + _SUMS + _ORDER * ordered
    coarser = plan.params.ratio**2 if len(plan.sizes) > 1 else 0.0
    fields = _FIELD * (query + reverse)
    left = coarser * (floats * query + fields)            # the step that was seen last
    extra = (_FLOAT * reverse + _ORDER * query * approximate) if reverse else 0     # weights; query's order as a key
    codes = _CODES * (plan.params.method != "exact")      # of some level, for a search that is thorough
    phases = (
        # handing down: both pictures, the inherited fields, and all that the coarser level kept
        floats * (query + key) + fields + left + coarser * (whole * query + ranked * key),
        # the first iteration, when it votes
        2 * floats * query + floats * key + judged * query + ranked * key + 2 * fields + left + extra,
        # the second, with a sharp key beside the blurred one
        2 * floats * query + (whole + judged + _MASKS) * query + 2 * ranked * key + 2 * fields + extra,
    )
    held = _held(plan) + _loop(plan, query)
    return int(_KEPT_BY_ALLOCATOR * (held + max(phases) + _beside(plan, query) + codes)) + _ALWAYS


def least_memory(result: Size, source: Size, channels: int) -> int:
    """Return how many bytes a run takes at least, from sizes alone: before its plan, which may be large itself.

    Parameters
    ----------
    result, source : (rows, columns)
        Of the pictures.
    channels : int
        Of both.
    """
    query, key, whole = result[0] * result[1], source[0] * source[1], _SHORT * channels
    of_result = 2 * _FLOAT * channels + 2 * whole + _SUMS + _MASKS + 2 * _FIELD
    return query * of_result + 2 * key * (whole + _SUMS)


def _held(plan: Plan) -> int:
    """Bytes of a plan's own arrays, each counted once."""
    pictures = [*plan.source, *(plan.known or ()), *(layer.value for layer in plan.layers.values())]
    stages = [array for stage in plan.path for array in (stage.free, stage.known)]
    masks = [*(plan.valid or ()), *(plan.free or ()), plan.home, plan.drift, *stages]
    blend = [] if plan.blend is None else [plan.blend.alpha, *(layer.below for layer in plan.layers.values())]
    found = {id(array): array.nbytes for array in (*pictures, *masks, *blend) if isinstance(array, np.ndarray)}
    return sum(found.values())


def _loop(plan: Plan, query: int) -> int:
    """Bytes of an animation's frames: all as they are delivered, and those that are brought together."""
    if plan.frames == 1:
        return 0
    layers = plan.layers.values()
    each = sum(layer.value.shape[2] * layer.kind.dtype.itemsize for layer in layers)
    voted = sum(layer.value.shape[2] for layer in layers)
    return query * (plan.frames * each + _FRAMES_HELD * _FLOAT * (voted + 3) + _SAMPLED)


def _beside(plan: Plan, query: int) -> int:
    """Bytes that parts of a picture and results which go round take besides the rest."""
    floats = _FLOAT * plan.guess.shape[2]
    padded = 2 * floats + _SHORT * plan.guess.shape[2] + _FIELD + _SUMS
    copies = (floats + 2 * _FIELD) * (plan.free is not None) + padded * any(plan.wrap)
    return copies * query


def check_memory(plan: Plan, budget: int | None) -> int:
    """Return `peak_memory`, if the budget in bytes allows it.

    Raises
    ------
    MemoryBudgetError
        If it does not.
    """
    needed = peak_memory(plan)
    if budget is not None and needed > budget:
        raise over_budget(budget, needed)
    return needed


def over_budget(budget: int, needed: int) -> MemoryBudgetError:
    """Return what is told of a run that needs more bytes than it may take."""
    return MemoryBudgetError(
        explain("memory", amount(budget), f"this run needs about {amount(needed)}",
                "allow more or ask for a smaller size")
    )


def amount(count: int) -> str:
    """Return a number of bytes as people read it.

    Examples
    --------
    >>> amount(9_658_961), amount(2_100_000_000), amount(1000)
    ('9.7 MB', '2.1 GB', '1000 bytes')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def level_seconds(plan: Plan, level: int, threads: int = 1) -> float:
    """Return about how long a level takes, if it does not stop early.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    level : int
        0 is the finest.
    threads : int
        At least 1.
    """
    query, key = grids(plan, level)
    seconds = _visit_seconds(plan, level, query, active_share(plan, level), threads)
    if level + 1 < len(plan.sizes):
        return seconds
    if query == key and plan.params.noise > 0:            # the first guess is drawn about three times
        draws = min(_USUAL_DRAWS, plan.params.draws - 1)
        seconds += _search_ns(plan, query, key, 1, True) * draws / threads * 1e-9
    less = plan.params.patch_size - 1
    stages = [(stage.size[0] - less, stage.size[1] - less) for stage in plan.path]
    return seconds + sum(_visit_seconds(plan, level, stage, 1.0, threads) for stage in stages)


def _visit_seconds(plan: Plan, level: int, query: Size, share: float, threads: int) -> float:
    """How long a visit of a level takes at which the output has so many patches, a share of them active."""
    params, count, (_, key) = plan.params, plan.iterations_at(level), grids(plan, level)
    first = level + 1 == len(plan.sizes)
    search = _search_ns(plan, query, key, count, first)
    if plan.params_at(level).alpha < math.inf:
        search += _search_ns(plan, key, query, count, first, reverse=True)
    patches, channels = query[0] * query[1], plan.guess.shape[2]
    vote = _full_iterations(count) * patches * params.patch_size**2 * max(channels, 4) * _NS_PER_VOTE
    serial = count * (patches * _NS_SERIAL + _NS_PER_ITERATION)
    return (share * (search + vote) / threads + serial) * 1e-9


def _full_iterations(count: int) -> float:
    """Return how many iterations over all patches these amount to: later ones pass over what has not changed."""
    return min(count, 2) + _STILL_MOVING * max(count - 2, 0)


def _search_ns(plan: Plan, query: Size, key: Size, count: int, cold: bool, reverse: bool = False) -> float:
    """All searches of a level in one direction."""
    params, channels = plan.params, plan.guess.shape[2]
    if choose(params.method, query, key) == "exact":
        return count * exact_seconds(query, key, params.patch_size, channels) * 1e9
    each = _NS_PER_DISTANCE
    if params.patch_size != 7 or channels not in (3, 4):
        each = _NS_PER_OTHER_DISTANCE + _NS_PER_ELEMENT * channels * params.patch_size**2
    sweeps = _full_iterations(count) * params.sweeps + (params.cold_sweeps - params.sweeps if cold else 0)
    work = sweeps * (_NS_PER_PATCH + (_DISTANCES + params.trials) * each)
    thorough = _full_iterations(count) if reverse else int(cold)      # that go after the worse half
    work += thorough * params.repairs * _WORSE * (_NS_PER_PATCH + (_DISTANCES + 8 * params.looks) * each)
    return query[0] * query[1] * work


def exact_seconds(query: Size, key: Size, patch_size: int, channels: int) -> float:
    """Return about how long one exhaustive search takes on one thread.

    Parameters
    ----------
    query, key : (rows, columns)
        Of the patches.
    patch_size : int
        Side of a patch in pixels.
    channels : int
        Of both pictures.
    """
    rows_of_pairs = query[0] * key[0] * key[1]
    relative = (channels + patch_size + 4) / 14
    return rows_of_pairs * (query[1] * _NS_PER_PAIR + _NS_PER_SHIFT) * relative * 1e-9


def seconds(plan: Plan, threads: int) -> float:
    """Return about how long a run takes, if no level stops early.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    threads : int
        At least 1.
    """
    every = sum(level_seconds(plan, level, threads) for level in range(len(plan.sizes)))
    rows, cols = plan.sizes[0]
    return plan.frames * (every + (_NS_PER_STEADIED * rows * cols * 1e-9 if plan.frames > 1 else 0.0))


def progress(plan: Plan) -> Callable[[Step], float]:
    """Return what tells, when it is called with each step of a run, which share of the run is done, 0 to 1.

    Parameters
    ----------
    plan : Plan
        Of the run.
    """
    times = [level_seconds(plan, level) for level in range(len(plan.sizes))]
    ended = 0                                             # frames

    def done(step: Step) -> float:
        nonlocal ended
        level = (step.iteration + 1) / plan.most_iterations(step.level)
        share = 1.0 if step.last else (sum(times[step.level + 1 :]) + times[step.level] * level) / sum(times)
        told = (ended + share) / plan.frames
        ended += step.last
        return told

    return done
