"""Plans, and the noise that a run starts with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conftest import make_picture
from patchloom import GPNNParams, Plan, kernels, nearest, plans, run
from patchloom.guess import first_guess
from patchloom.resize import resize
from patchloom.search.patchmatch import mix


def staying(plan: Plan, guess: np.ndarray) -> float:
    """Share of the guess's patches that would be put back where they came from."""
    found = nearest(guess, plan.source[len(plan.sizes) - 1], patch_size=7, method="exact").index
    return float((np.abs(found - np.indices(found.shape[:2]).transpose(1, 2, 0)).max(axis=2) <= 1).mean())


def test_one_draw_is_the_papers_guess() -> None:
    params = GPNNParams(draws=1, noise=0.75)
    plan = plans.generate(make_picture(60, 80), size=(60, 100), params=params, seed=5)
    np.testing.assert_array_equal(plan.guess, resize(plan.source[-1], plan.sizes[-1]))
    noise = kernels.noise(plan.guess.shape, mix(5, 0, 3, 0))
    np.testing.assert_array_equal(first_guess(plan), plan.guess + np.float32(0.75) * noise)
    assert plan.guess.shape[:2] == plan.sizes[-1] != plan.source[-1].shape[:2]


def test_a_guess_that_would_give_the_source_again_is_drawn_again() -> None:
    picture = make_picture(60, 80, 3, seed=2)
    once = GPNNParams(draws=1, noise=0.2)
    again = replace(once, draws=40, stay=0.2)
    for seed in range(4):
        plan = plans.generate(picture, params=once, seed=seed)
        first, later = (first_guess(replace(plan, params=params)) for params in (once, again))
        assert staying(plan, first) > 0.5
        assert staying(plan, later) <= 0.2
        assert later.std() > first.std()


def test_another_size_is_drawn_once() -> None:
    """Where sizes differ, "in place" has no meaning."""
    plan = plans.generate(make_picture(60, 80), size=(60, 90), params=GPNNParams(noise=0.2, stay=0.05), seed=1)
    noise = kernels.noise(plan.guess.shape, mix(1, 0, 3, 0))
    np.testing.assert_array_equal(first_guess(plan), plan.guess + np.float32(0.2) * noise)


def test_without_noise_nothing_is_drawn_again() -> None:
    plan = plans.generate(make_picture(60, 80), params=GPNNParams(noise=0), seed=1)
    np.testing.assert_array_equal(first_guess(plan), plan.source[-1])


def test_a_lone_level_has_all_iterations() -> None:
    plan = plans.generate(make_picture(16, 20), params=GPNNParams(coarsest=16, tolerance=0.0, iterations=4), seed=1)
    assert len(plan.sizes) == 1
    assert plan.most_iterations(0) == 4
    assert run(plan).iterations == (4,)
    deep = plans.generate(make_picture(60, 80), seed=1)
    assert deep.most_iterations(len(deep.sizes) - 1) == 1


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_plans_repeat(seed: int) -> None:
    one, two = (plans.generate(make_picture(40, 50), seed=seed) for _ in range(2))
    assert one.seed == seed
    assert first_guess(one, threads=1).tobytes() == first_guess(two, threads=4).tobytes()


def test_a_coarsest_size_of_zero_is_chosen() -> None:
    chosen = plans.generate(make_picture(60, 80), params=GPNNParams(coarsest=0), seed=1)
    assert chosen.params.coarsest == 14
    larger = GPNNParams(coarsest=0, patch_size=9)
    assert plans.generate(make_picture(60, 80), params=larger, seed=1).params.coarsest == 18
    assert [level.shape for level in chosen.source] == [
        level.shape for level in plans.generate(make_picture(60, 80), seed=1).source
    ]
