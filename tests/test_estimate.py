"""Estimates: what a plan will do, how long it takes and how much memory it needs."""

import math
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import patchloom
from patchloom import estimate, kernels, plans
from patchloom.errors import MemoryBudgetError
from patchloom.params import PRESETS, GPNNParams

KEPT = estimate._KEPT_BY_ALLOCATOR

native_only = pytest.mark.skipif(
    kernels.info()["kernels"] != "native", reason="not on this machine: estimates are for the native kernels"
)


def plan_of(pixels, **options):
    params = options.pop("params", GPNNParams())
    return plans.generate(pixels, params=params, seed=1, **options)


def test_grids(make_picture):
    """Patches per level: the output's, and those of the source that it is made of."""
    plan = plan_of(make_picture(48, 64), size=(40, 96))
    for level, size in enumerate(plan.sizes):
        query, key = estimate.grids(plan, level)
        assert query == (size[0] - 6, size[1] - 6)
        assert key == tuple(side - 6 for side in plan.source[level].shape[:2])


@native_only
@pytest.mark.parametrize(
    ("channels", "size", "changes"),
    [
        (3, None, {}), (1, None, {}), (4, None, {}), (2, None, {}), (3, (240, 400), {}), (3, (120, 140), {}),
        (3, None, {"alpha": 0.01}), (1, None, {"alpha": 0.01}), (3, (240, 400), {"alpha": 0.01}),
        (3, None, {"method": "exact", "iterations": 1, "coarsest": 150}), (3, None, {"ratio": 0.5}),
    ],
)
def test_peak_memory_is_what_a_run_allocates(make_picture, channels, size, changes):
    """Within 15 % of the arrays alone; what the allocator keeps beside them varies from run to run."""
    pixels = make_picture(192, 256, channels)
    params = GPNNParams(**{"iterations": 2, "method": "patchmatch", **changes})
    predicted = (estimate.peak_memory(plan_of(pixels, size=size, params=params)) - estimate._ALWAYS) / KEPT
    patchloom.generate(pixels, size=size, params=params, seed=1, threads=1)               # caches and lazy imports
    tracemalloc.start()
    try:
        patchloom.generate(pixels, size=size, params=params, seed=1, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert predicted == pytest.approx(peak, rel=0.15)


@native_only
@pytest.mark.parametrize("kind", ["maps", "hole", "tile"])
def test_peak_memory_of_parts_maps_and_what_goes_round(make_picture, kind):
    """Never less than what is allocated, and not much more: a part is reckoned as if it were the whole."""
    pixels, params = make_picture(192, 256), GPNNParams(iterations=2, method="patchmatch", alpha=math.inf, noise=0.1)
    hole = np.zeros((192, 256), bool)
    hole[60:100, 70:150] = True
    made = {
        "maps": lambda: plan_of(pixels, params=params, maps={"a": make_picture(192, 256, 3, 1), "b": pixels}),
        "hole": lambda: plans.inpaint(pixels, hole, params=params, seed=1),
        "tile": lambda: plan_of(pixels, params=params, tile="xy"),
    }[kind]
    patchloom.run(made(), threads=1)
    tracemalloc.start()
    try:
        plan = made()
        patchloom.run(plan, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    predicted = (estimate.peak_memory(plan) - estimate._ALWAYS) / KEPT
    assert 0.9 * peak < predicted < 2 * peak


@native_only
def test_parts_take_the_time_of_a_part(make_picture):
    hole = np.zeros((96, 128), bool)
    hole[40:50, 40:50] = True
    part = plans.inpaint(make_picture(96, 128), hole, seed=1)
    assert [0 < estimate.active_share(part, level) < 0.2 for level in range(2)] == [True] * 2
    whole = replace(part, free=None)
    assert estimate.active_share(whole, 0) == 1
    assert estimate.seconds(part, 1) < 0.5 * estimate.seconds(whole, 1)


def test_memory_budget(make_picture):
    plan = plan_of(make_picture(48, 64))
    needed = estimate.peak_memory(plan)
    assert estimate.check_memory(plan, None) == estimate.check_memory(plan, needed) == needed
    with pytest.raises(MemoryBudgetError, match=r"^memory=1000 bytes: this run needs about 1\.8 MB; allow more or"):
        estimate.check_memory(plan, 1000)


@native_only
def test_seconds_are_of_the_right_order(make_picture):
    """Only the order: the machine is not the one that was measured. It may be busy, so what it did is what counts."""
    pixels = make_picture(96, 128)
    for changes in ({"method": "patchmatch"}, {"method": "exact", "iterations": 2}):
        params = GPNNParams(**{"tolerance": 0, **changes})
        plan = plan_of(pixels, params=params)
        start = time.thread_time()
        patchloom.run(plan, threads=1)
        taken = time.thread_time() - start
        assert 1 / 30 < estimate.seconds(plan, 1) / taken < 30


def test_seconds_grow_with_the_work(make_picture):
    pixels = make_picture(96, 128)

    def seconds(threads=1, size=None, **changes):
        return estimate.seconds(plan_of(pixels, size=size, params=GPNNParams(**changes)), threads)

    assert seconds() > seconds(threads=2) > seconds() / 2
    assert seconds(size=(192, 256)) > 2 * seconds()
    assert seconds(iterations=5) < 0.7 * seconds()
    assert seconds(complete_levels=64) > 1.5 * seconds(alpha=math.inf)
    assert seconds(method="exact") > 5 * seconds(method="patchmatch")
    assert seconds(patch_size=15, coarsest=30) > seconds(coarsest=30)
    assert seconds(method="patchmatch", cold_sweeps=80) > seconds(method="patchmatch")


def test_levels_add_up(make_picture):
    plan = plan_of(make_picture(96, 128), params=PRESETS["paper"])
    levels = [estimate.level_seconds(plan, level, 3) for level in range(len(plan.sizes))]
    assert levels == sorted(levels, reverse=True)
    assert math.isclose(sum(levels), estimate.seconds(plan, 3))
