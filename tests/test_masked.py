"""Plans that change a part of a picture: how deep, which patches, what is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom import PRESETS, ParameterError, plans
from patchloom.plans.masked import coarsest_for, thickness
from patchloom.regions import clear_patches

PARAMS = PRESETS["inpaint"]


@pytest.mark.parametrize("width", [4, 10, 41, 90])
def test_thickness_of_a_bar(width):
    """A bar is as thick as its narrow side, within a pixel on each side or a twelfth."""
    mask = np.zeros((140, 150), bool)
    mask[10:130, 20 : 20 + width] = True
    assert abs(thickness(mask) - width) <= max(2, width / 12)


def test_thickness_is_that_of_the_thickest_part():
    """Of several holes the thickest counts, however large the picture."""
    mask = np.zeros((900, 700), bool)
    mask[100:104] = True
    mask[300:460, 200:500] = True
    assert thickness(mask) == pytest.approx(160, rel=0.1)


@pytest.mark.parametrize("side", [257, 258, 300, 301])
def test_thickness_ends_where_only_one_pixel_is_known(side):
    """The search for the outside ends, also where none of it is looked at."""
    mask = np.ones((side, side), bool)
    mask[0, 0] = False
    assert thickness(mask) > 0.9 * side


@given(st.integers(20, 400), st.floats(0, 500))
def test_coarsest_is_at_least_two_patches_and_at_most_the_picture(side, detail):
    """What is asked for can be done; a number that was passed wins."""
    coarsest = coarsest_for((side, 2 * side), detail, PARAMS)
    assert 2 * PARAMS.patch_size <= coarsest <= side or coarsest == side
    assert coarsest_for((side, side), detail, PRESETS["default"]) == PRESETS["default"].coarsest


@pytest.fixture
def plan(pixels):
    """A plan with a hole in the middle."""
    hole = np.zeros(pixels.shape[:2], bool)
    hole[18:30, 20:36] = True
    return plans.inpaint(pixels, hole, seed=1)


def test_valid_patches_are_clear_of_the_hole_at_every_level(plan):
    """A level's valid patches hold no pixel of that level's hole, and there are some."""
    assert len(plan.sizes) > 2
    for valid, free in zip(plan.valid, plan.free, strict=True):
        assert np.array_equal(valid, clear_patches(free, PARAMS.patch_size))
        assert valid.any()


def test_known_levels_are_those_of_the_source(plan):
    """The known pixels at each level are the source's, and the guess has the coarsest level's size."""
    assert all(known is source for known, source in zip(plan.known, plan.source, strict=True))
    assert plan.guess.shape[:2] == plan.sizes[-1]


def test_depth_ends_where_no_patch_is_left(pixels):
    """A hole that leaves few patches makes a plan shallow instead of failing; one that leaves none is refused."""
    hole = np.zeros(pixels.shape[:2], bool)
    hole[:, 9:] = True
    few = plans.inpaint(pixels, hole, params=PRESETS["default"], seed=1)
    assert len(few.sizes) <= 2 and few.valid[-1].any()
    hole[:, 6:] = True
    with pytest.raises(ParameterError, match="no patch of 7 pixels is left to copy"):
        plans.inpaint(pixels, hole, seed=1)


def test_start_level_below_the_depth(plan, pixels):
    """There must be a level to start at."""
    params = replace(plan.params, start_level=len(plan.sizes))
    with pytest.raises(ParameterError, match=f"must be below the number of levels \\({len(plan.sizes)}\\)"):
        plans.inpaint(pixels, plan.free[0], params=params, seed=1)
