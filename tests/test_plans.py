"""Plans: what a run starts from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conftest import make_picture
from patchloom import GPNNParams, kernels, nearest, plans
from patchloom.resize import resize
from patchloom.search.patchmatch import mix


def staying(plan: plans.Plan) -> float:
    """Share of the guess's patches that would be put back where they came from."""
    found = nearest(plan.guess, plan.source[len(plan.sizes) - 1], patch_size=7, method="exact").index
    return float((np.abs(found - np.indices(found.shape[:2]).transpose(1, 2, 0)).max(axis=2) <= 1).mean())


def test_one_draw_is_the_papers_guess() -> None:
    params = GPNNParams(draws=1, noise=0.75)
    plan = plans.generate(make_picture(60, 80), size=(60, 100), params=params, seed=5)
    start = resize(plan.source[-1], plan.sizes[-1])
    noise = kernels.noise(start.shape, mix(5, 0, 3, 0))
    np.testing.assert_array_equal(plan.guess, start + np.float32(0.75) * noise)
    assert plan.guess.shape[:2] == plan.sizes[-1] != plan.source[-1].shape[:2]


def test_a_guess_that_would_give_the_source_again_is_drawn_again() -> None:
    picture = make_picture(60, 80, 3, seed=2)
    once = GPNNParams(draws=1, noise=0.2)
    again = replace(once, draws=40, stay=0.2)
    for seed in range(4):
        first, later = (plans.generate(picture, params=params, seed=seed) for params in (once, again))
        assert staying(first) > 0.5
        assert staying(later) <= 0.2
        assert later.guess.std() > first.guess.std()


def test_without_noise_nothing_is_drawn_again() -> None:
    plan = plans.generate(make_picture(60, 80), params=GPNNParams(noise=0), seed=1)
    np.testing.assert_array_equal(plan.guess, plan.source[-1])


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_plans_repeat(seed: int) -> None:
    one, two = (plans.generate(make_picture(40, 50), seed=seed) for _ in range(2))
    assert one.seed == seed
    assert one.guess.tobytes() == two.guess.tobytes()
