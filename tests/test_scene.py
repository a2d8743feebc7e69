"""What a run may read and change: masks, what is known, mosaics, stages, and results that go round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import make_picture
from patchloom import NNF, PRESETS, GPNNParams, Plan, plans, pnn, steps, vote
from patchloom.layers import Blend
from patchloom.patches import around, going_round, grid
from patchloom.plans.masked import masked, resolved
from patchloom.plans.material import gather, identity
from patchloom.resize import resize
from patchloom.scene import at, blurred_key, visits
from patchloom.search.inherit import inherit
from patchloom.types import Masks, Stage
from strategies import seeds

PART = replace(PRESETS["inpaint"], coarsest=14, iterations=3)


def plan_of_part(free: np.ndarray, *, seed: int = 1, wrap: Any = (False, False), **changes: Any) -> Plan:
    material = gather(make_picture(*free.shape, 3, 2))
    image, params = material.image, replace(PART, **changes)
    home = identity(free.shape, params.patch_size)
    if any(wrap):
        home = np.zeros((*grid(image, params.patch_size, wrap), 2), np.int32)
    return masked(
        "test", material, image, free, source=image, guess=np.zeros_like(image), forbidden=None, home=home,
        blend=Blend(free.astype(np.float32)), params=params, seed=seed, wrap=wrap,
    )


def box(rows: int, cols: int, top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros((rows, cols), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@settings(max_examples=15)
@given(
    top=st.integers(0, 30), left=st.integers(0, 40), height=st.integers(1, 20), width=st.integers(1, 20), seed=seeds,
    alpha=st.sampled_from([float("inf"), 0.01]),
)
def test_known_pixels_stay_at_every_step(top: int, left: int, height: int, width: int, seed: int, alpha: float) -> None:
    free = box(36, 48, top, left, height, width)
    plan = plan_of_part(free, seed=seed, alpha=alpha, complete_levels=64)
    assert plan.free is not None and plan.known is not None
    for step in steps(plan):
        fixed = ~plan.free[step.level]
        np.testing.assert_array_equal(step.image[fixed], plan.known[step.level][fixed])
    scene = at(replace(plan, params=replace(plan.params, alpha=0.01, complete_levels=64)), 0, plan.stage(0))
    untouched = ~scene.masks.active
    np.testing.assert_array_equal(step.fields.forward.index[untouched], identity((36, 48), 7)[untouched])


def test_only_the_surroundings_are_looked_at() -> None:
    free = box(60, 80, 20, 30, 10, 8)
    scene = at(plan_of_part(free), 0, Stage((60, 80), free, None))
    assert scene.patches == (slice(14, 30), slice(24, 38))
    assert scene.pixels == (slice(14, 36), slice(24, 44))
    assert scene.masks.active is not None and scene.masks.active.shape == (16, 14)
    whole = at(plan_of_part(free, alpha=0.01, complete_levels=64), 0, Stage((60, 80), free, None))
    assert whole.patches == (slice(None), slice(None))


def test_a_part_is_the_same_as_the_whole_with_masks() -> None:
    """Looking at the surroundings only changes nothing: the module with masks gives the same picture."""
    free = box(40, 50, 12, 14, 9, 11)
    plan = plan_of_part(free, method="exact", iterations=1, coarsest=40, noise=0.0)
    assert len(plan.sizes) == 1
    (step,) = steps(plan)
    image, source = np.where(free[..., None], plan.guess, plan.source[0]), plan.source[0]
    active = at(replace(plan, params=replace(plan.params, alpha=0.5)), 0, plan.stage(0)).masks.active
    assert active is not None
    home = identity((40, 50), 7)
    fields = pnn(image, source, source, params=replace(plan.params, iterations=1))[1]
    index = np.where(active[..., None], fields.forward.index, home)
    np.testing.assert_array_equal(step.fields.forward.index, index)
    voted = vote(source, NNF(index, fields.forward.distance, 7), sigma=plan.params.fold)
    np.testing.assert_array_equal(step.image, np.where(free[..., None], voted, image))


def test_valid_patches_only_at_every_level() -> None:
    hole = box(48, 64, 15, 20, 14, 16)
    plan = plans.inpaint(make_picture(48, 64, 3, 4), hole, seed=3)
    assert plan.valid is not None
    for step in steps(plan):
        index = step.fields.forward.index
        scene = at(plan, step.level, plan.stage(step.level))
        found = index[scene.patches][scene.masks.active]
        assert plan.valid[step.level][found[:, 0], found[:, 1]].all()


@pytest.mark.parametrize("wrap", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("method", ["exact", "patchmatch"])
def test_going_round_is_the_plain_module_on_a_tiled_picture(wrap: Any, method: str) -> None:
    """Patches over the edge are those of the picture beside itself."""
    source = make_picture(20, 24, 3, 5).astype(np.float32) / 255
    guess = make_picture(18, 22, 3, 6).astype(np.float32) / 255
    params = replace(PART, method=method, iterations=1, coarsest=20, noise=0.0)
    plan = Plan((source,), ((18, 22),), guess, params, 7, wrap=wrap)
    (step,) = steps(plan)
    tiled = going_round(guess, 7, wrap)
    field = step.fields.forward
    assert field.wrap == wrap and field.index.shape[:2] == grid(tiled, 7) == grid(guess, 7, wrap)
    if method == "exact":
        expected = pnn(tiled, source, source, params=params)[1].forward
        np.testing.assert_array_equal(field.index, expected.index)
    over = [6 * goes for goes in wrap]
    twice = NNF(np.ascontiguousarray(around(field.index, (over[0], over[0]), (over[1], over[1]))),
                np.zeros((1, 1), np.float32), 7)
    middle = vote(source, twice, sigma=params.fold)[over[0] : over[0] + 18, over[1] : over[1] + 22]
    np.testing.assert_array_equal(step.image, middle)
    np.testing.assert_array_equal(vote(source, field, sigma=params.fold), middle)


@pytest.mark.parametrize("shift", [(1, 0), (0, 5), (7, 11)])
def test_wrapped_search_is_shift_equivariant(shift: tuple[int, int]) -> None:
    source = make_picture(20, 24, 3, 5).astype(np.float32) / 255
    guess = np.random.default_rng(1).random((19, 23, 3)).astype(np.float32)
    params = replace(PART, method="exact", iterations=1, coarsest=19, noise=0.0)
    one, other = (
        list(steps(Plan((source,), ((19, 23),), picture, params, 7, wrap=(True, True))))[-1]
        for picture in (guess, np.roll(guess, shift, (0, 1)))
    )
    np.testing.assert_array_equal(np.roll(one.fields.forward.index, shift, (0, 1)), other.fields.forward.index)
    np.testing.assert_array_equal(np.roll(one.image, shift, (0, 1)), other.image)


def test_later_iterations_that_go_round_pass_over_what_is_settled() -> None:
    """With and without what is kept the same comes out."""
    source = make_picture(24, 30, 3, 5).astype(np.float32) / 255
    params = replace(PART, method="exact", iterations=5, coarsest=24, noise=0.3, tolerance=0.0)
    plan = Plan((source,), ((22, 26),), resize(source, (22, 26)), params, 7, wrap=(True, True))
    image = None
    for step in steps(plan):
        if image is not None:
            again = list(steps(replace(plan, guess=image, params=replace(params, iterations=1, noise=0.0))))[-1]
            np.testing.assert_array_equal(step.fields.forward.index, again.fields.forward.index)
            np.testing.assert_array_equal(step.image, again.image)
        image = step.image
    assert step.iteration >= 2


def test_resize_that_goes_round() -> None:
    image = np.random.default_rng(0).random((12, 15, 2)).astype(np.float32)
    for size in ((8, 10), (20, 33)):
        tiled = resize(np.tile(image, (3, 3, 1)), (3 * size[0], 3 * size[1]))
        middle = tiled[size[0] : 2 * size[0], size[1] : 2 * size[1]]
        np.testing.assert_allclose(resize(image, size, wrap=(True, True)), middle, atol=2e-6)
    rows = resize(image, (20, 33), wrap=(True, False))
    np.testing.assert_allclose(
        rows, resize(resize(image, (20, 15), wrap=(True, True)), (20, 33)), atol=2e-6
    )


def test_inherited_fields_that_go_round_have_a_patch_for_each_pixel() -> None:
    index = np.stack(np.meshgrid(np.arange(15) % 9, np.arange(21) % 15, indexing="ij"), axis=2).astype(np.int32)
    field = NNF(index, np.zeros((15, 21), np.float32), 7, (True, True))
    fine = inherit(field, ratio=0.75, query=(20, 28), key=(20, 28), coarse_key=(15, 21), wrap=(True, True))
    assert fine.index.shape == (20, 28, 2)
    assert (fine.index >= 0).all() and (fine.index[..., 0] <= 13).all() and (fine.index[..., 1] <= 21).all()
    middle = fine.index[10, 14] - np.array([10, 14])
    parent = index[7, 10] - np.array([7, 10])
    assert (np.abs(middle - parent / 0.75) <= 1.5).all()


@settings(max_examples=15)
@given(
    rows=st.integers(9, 40), cols=st.integers(9, 40), seed=seeds, method=st.sampled_from(["auto", "patchmatch"]),
    wrap=st.sampled_from([(True, False), (False, True), (True, True)]),
)
def test_completeness_goes_round_too(rows: int, cols: int, wrap: Any, seed: int, method: str) -> None:
    """Both fields are handed down with all of their patches, and stay inside."""
    params = GPNNParams(iterations=2, complete_levels=64, method=method)
    plan = replace(plans.generate(make_picture(40, 44), size=(rows, cols), params=params, seed=seed), wrap=wrap)
    for step in steps(plan):
        size, key = plan.sizes[step.level], plan.source[step.level]
        queries, keys = grid(np.zeros(size), 7, wrap), grid(key, 7)
        forward, reverse = step.fields.forward, step.fields.reverse
        assert reverse is not None
        assert forward.distance.shape == queries and reverse.distance.shape == keys
        assert (forward.index >= 0).all() and (forward.index < np.array(keys)).all()
        assert (reverse.index >= 0).all() and (reverse.index < np.array(queries)).all()


def test_stages_lead_to_the_coarsest_size() -> None:
    plan = plans.generate(make_picture(40, 50), size=(40, 80), params=GPNNParams(noise=0.0, iterations=2), seed=1)
    first = (plan.sizes[-1][0], plan.sizes[-1][1] // 2)
    between = (plan.sizes[-1][0], plan.sizes[-1][1] * 3 // 4)
    staged = replace(plan, guess=resize(plan.guess, first), path=(Stage(first), Stage(between)))
    coarsest = len(plan.sizes) - 1
    assert [(level, number) for level, number, _ in visits(staged)][:3] == [(coarsest, n) for n in range(3)]
    run = list(steps(staged))
    assert [step.image.shape[:2] for step in run[:3]] == [first, between, plan.sizes[-1]]
    assert [step.iteration for step in run[:3]] == [0, 1, 2]
    assert staged.most_iterations(coarsest) == 3 * plan.most_iterations(coarsest) == 3
    assert run[-1].image.shape[:2] == (40, 80) and run[-1].last and not any(step.last for step in run[:-1])


def test_what_is_known_holds_in_stages_too() -> None:
    plan = plan_of_part(box(40, 50, 10, 10, 20, 20), coarsest=20)
    size = plan.sizes[-1]
    known, free = np.full((*size, 3), 0.25, np.float32), box(*size, 0, 0, 9, 9)
    staged = replace(plan, path=(Stage(size, free, known),))
    first = next(iter(steps(staged)))
    np.testing.assert_array_equal(first.image[~free], known[~free])
    assert (first.image[free] != 0.25).any()


def test_pictures_of_a_mosaic_do_not_bleed() -> None:
    """Each part's blurred key is what it would be alone."""
    one, two = (make_picture(24, 32, 3, seed).astype(np.float32) / 255 for seed in (1, 2))
    alone = [plans.generate(picture, seed=1) for picture in (one, two)]
    levels = len(alone[0].source)
    source = tuple(np.concatenate([plan.source[level] for plan in alone], axis=1) for level in range(levels))
    boxes = tuple(
        tuple((0, at * side.shape[1], side.shape[0], side.shape[1]) for at in (0, 1))
        for side in alone[0].source
    )
    both = replace(alone[0], source=source, boxes=boxes)
    for level in range(levels):
        parts = [blurred_key(plan, level) for plan in alone]
        np.testing.assert_array_equal(blurred_key(both, level), np.concatenate(parts, axis=1))


def test_masks_are_known_by_identity() -> None:
    mask = np.ones((3, 3), bool)
    assert Masks(mask).same(Masks(mask))
    assert not Masks(mask).same(Masks(mask.copy()))
    assert not Masks(mask).same(Masks(mask, wrap=(True, False)))
    assert not Masks(mask).same(Masks(mask, free=mask))


def test_params_with_a_coarsest_of_their_own() -> None:
    assert resolved(PRESETS["inpaint"], 3).coarsest == 7
    assert resolved(PRESETS["inpaint"], 40).coarsest == 40
