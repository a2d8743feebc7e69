"""Sizes of the scales, the pyramid's pictures, and when a scale slows down and ends."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="not on this machine: torch")

from patchloom.errors import ImageError, ParameterError  # noqa: E402
from patchloom.params import MOST_SCALES, SINGAN_PRESETS, SinGANParams, numbers_of  # noqa: E402
from patchloom.resize import resize  # noqa: E402
from patchloom.singan.scales import (  # noqa: E402
    LEAST,
    finest_size,
    fitted_ratio,
    real_pictures,
    scale_sizes,
    width_at,
)
from patchloom.singan.schedule import WINDOW, Schedule, schedule  # noqa: E402

PAPER = SINGAN_PRESETS["paper"]
sides = st.integers(LEAST, 600)


# Sizes

def test_the_papers_picture_has_ten_scales() -> None:
    count, ratio = fitted_ratio((188, 250), PAPER)
    assert count == 10
    assert ratio == pytest.approx((25 / 188) ** (1 / 9))
    sizes = scale_sizes((188, 250), count, ratio)
    assert (sizes[0], sizes[-1]) == ((25, 34), (188, 250))


@given(rows=sides, cols=sides, least=st.integers(LEAST, 80), ratio=st.floats(0.5, 0.95))
def test_sizes_grow_from_the_least_to_the_pictures_own(rows: int, cols: int, least: int, ratio: float) -> None:
    params = SinGANParams(min_size=least, max_size=600, ratio=ratio)
    if min(rows, cols) > least and math.log(least / min(rows, cols)) / math.log(ratio) > MOST_SCALES - 2 + 1e-9:
        with pytest.raises(ParameterError, match=rf"^ratio={ratio}: {cols} x {rows} pixels have [0-9]+ scales"):
            fitted_ratio((rows, cols), params)
        return
    count, fitted = fitted_ratio((rows, cols), params)
    assert count <= MOST_SCALES
    sizes = scale_sizes((rows, cols), count, fitted)
    assert len(sizes) == count
    assert sizes[-1] == (rows, cols)
    assert min(sizes[0]) == min(least, rows, cols)
    assert list(sizes) == sorted(sizes)
    for smaller, larger in itertools.pairwise(sizes):
        for side, other in zip(smaller, larger, strict=True):
            assert abs(side - other * fitted) <= 1            # no more than rounding up
    if count > 1:                                             # one scale more than the ratio asks for
        steps = math.log(least / min(rows, cols)) / math.log(ratio)
        assert steps + 1 <= count - 1 + 1e-6
        assert count - 1 < steps + 2
        assert fitted >= ratio - 1e-9


@given(rows=sides, cols=sides, count=st.integers(1, 12))
def test_fewer_scales_are_the_finest_of_all(rows: int, cols: int, count: int) -> None:
    params = SinGANParams(min_size=LEAST, max_size=600)
    usual, ratio = fitted_ratio((rows, cols), params)
    asked = replace(params, scales=count)
    if count > usual:
        with pytest.raises(ParameterError, match=rf"^scales={count}: {cols} x {rows} pixels have 1 to {usual}; "):
            fitted_ratio((rows, cols), asked)
        return
    assert fitted_ratio((rows, cols), asked) == (count, ratio)
    assert scale_sizes((rows, cols), count, ratio) == scale_sizes((rows, cols), usual, ratio)[usual - count :]


def test_more_scales_than_a_file_may_have_are_one_clear_line() -> None:
    params = SinGANParams(min_size=11, max_size=600, ratio=0.95)
    most = math.floor(11 / 0.95**30)                          # 30 ratios lead there, one is added, and the coarsest
    assert fitted_ratio((most, 600), params)[0] == MOST_SCALES
    with pytest.raises(ParameterError) as caught:
        fitted_ratio((most + 1, 600), params)
    assert str(caught.value) == (
        f"ratio=0.95: 600 x {most + 1} pixels have 33 scales with it and a min_size of 11, and a model at most 32; ask "
        "for a smaller ratio, a larger min_size, or the finest 32 scales"
    )
    assert fitted_ratio((most + 1, 600), replace(params, scales=MOST_SCALES))[0] == MOST_SCALES


def test_a_picture_too_small_is_one_clear_line() -> None:
    with pytest.raises(ImageError) as caught:
        fitted_ratio((LEAST - 1, 40), PAPER)
    assert str(caught.value) == "image=40 x 10 pixels: its sides must be at least 11; use a larger picture"
    assert fitted_ratio((LEAST, 40), PAPER) == (1, PAPER.ratio)


@given(rows=st.integers(1, 5000), cols=st.integers(1, 5000), most=st.integers(100, 600))
def test_the_longer_side_is_at_most_what_is_allowed(rows: int, cols: int, most: int) -> None:
    params = SinGANParams(max_size=most)
    size = finest_size((rows, cols), params)
    if max(rows, cols) <= most:
        assert size == (rows, cols)
    else:
        assert max(size) == most
        assert abs(min(size) - max(1, min(rows, cols) * most / max(rows, cols))) <= 0.5


def test_real_pictures_are_made_from_the_finest(picture: Any) -> None:
    count, ratio = fitted_ratio((48, 64), SinGANParams(min_size=20))
    reals = real_pictures(picture, count, ratio)
    assert [real.shape[:2] for real in reals] == list(scale_sizes((48, 64), count, ratio))
    assert reals[-1] is picture
    np.testing.assert_array_equal(reals[0], resize(picture, (20, 27), scale=ratio ** (count - 1)))


def test_widths_double_every_four_scales_to_the_most() -> None:
    assert [width_at(PAPER, scale) for scale in range(13)] == [32] * 4 + [64] * 4 + [128] * 5
    assert width_at(SinGANParams(channels=20, most_channels=50), 11) == 50


# The schedule

def test_the_paper_slows_down_at_1600_of_2000() -> None:
    plan = schedule(np.zeros(0, np.float32), PAPER)
    assert plan == Schedule(1600, 2000)
    assert [plan.rate(iteration) for iteration in (0, 1599, 1600, 1999)] == [1.0, 1.0, 0.1, 0.1]


@given(iterations=st.integers(1, 3000), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_without_a_tolerance_all_iterations_are_done(iterations: int, share: float, seed: int) -> None:
    errors = np.random.default_rng(seed).random(500, np.float32)
    plan = schedule(errors, SinGANParams(iterations=iterations, decay_after=share, tolerance=0))
    assert plan.end == iterations
    assert abs(plan.decay - share * iterations) <= 0.5


@settings(max_examples=60)
@given(
    means=st.lists(st.floats(0.01, 1), min_size=1, max_size=12), iterations=st.integers(1, 1500),
    share=st.floats(0, 1), tolerance=st.floats(0.001, 0.5), cut=st.floats(0, 1),
)
def test_what_is_past_stays_as_it_was(
    means: list[float], iterations: int, share: float, tolerance: float, cut: float
) -> None:
    """Once told by what is past, rate and end of the past do not change: a training taken up again does the same."""
    params = SinGANParams(iterations=iterations, decay_after=share, tolerance=tolerance)
    errors = np.repeat(np.array(means, np.float32), WINDOW)
    errors = errors[: schedule(errors, params).end]
    done = int(cut * len(errors))
    before, after = schedule(errors[:done], params), schedule(errors, params)
    assert 1 <= after.end <= iterations
    assert 0 <= after.decay <= iterations
    assert before.end >= min(done + 1, after.end)             # what was done since had to be
    assert [before.rate(past) for past in range(done)] == [after.rate(past) for past in range(done)]
    if before.decay <= done:                                  # slow already: the end is known
        assert before == after


def test_it_ends_early_once_it_gets_no_better() -> None:
    params = SinGANParams(iterations=2000, tolerance=0.02, decay_after=0.8)
    better = np.repeat(np.float32([1.0, 0.9, 0.8, 0.7]), WINDOW)
    assert schedule(better, params) == Schedule(1600, 2000)
    stuck = np.concatenate([better, np.full(WINDOW, 0.695, np.float32)])
    assert schedule(stuck[:-1], params) == Schedule(1600, 2000)
    assert schedule(stuck, params) == Schedule(500, 625)


# The numbers

@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_size": 10}, "min_size=10: must be a whole number, 11 to 1024; try 11"),
        ({"min_size": 300}, "min_size=300: must be at most max_size (250); try 250"),
        ({"channels": 200}, "channels=200: must be at most most_channels (128); try 128"),
        ({"iterations": 1.5}, "iterations=1.5: must be a whole number, 1 to 100000"),
        ({"ratio": 1}, "ratio=1: must be a number, 0.5 to 0.95; try 0.95"),
        ({"noise": math.nan}, "noise=nan: must be a number, 0 to 10"),
        ({"penalty": math.inf}, "penalty=inf: must be a number, 0 to 1000; try 1000"),
        ({"padding": "mirror"}, "padding='mirror': must be one of zero, noise"),
        ({"precision": 16}, "precision=16: must be one of auto, float32, bfloat16"),
        ({"scales": True}, "scales=True: must be a whole number, 0 to 32"),
        ({"momentum": "0.5"}, "momentum='0.5': must be a number, 0 to 0.999"),
    ],
)
def test_a_bad_number_is_one_clear_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        SinGANParams(**values)
    assert str(caught.value) == message


def test_every_number_has_bounds_and_help_and_a_default_inside() -> None:
    numbers = numbers_of(SinGANParams)
    assert list(numbers) == [item.name for item in fields(SinGANParams)]
    for name, number in numbers.items():
        assert number.help.endswith("."), name
        default = getattr(SinGANParams(), name)
        assert default in number.choices or number.low <= default <= number.high, name
        assert number.choices or math.isfinite(number.low + number.high), name


def test_the_papers_numbers() -> None:
    """RECIPES, section 5, and the paper's supplement."""
    assert asdict(PAPER) == {
        "min_size": 25, "max_size": 250, "scales": 0, "ratio": 0.75, "iterations": 2000, "tolerance": 0.0,
        "critic_steps": 3, "generator_steps": 3, "learning_rate": 5e-4, "momentum": 0.5, "decay_after": 0.8,
        "penalty": 0.1, "reconstruction": 10.0, "noise": 0.1, "channels": 32, "most_channels": 128,
        "critic_norm": "batch", "padding": "zero", "precision": "float32",
    }
    assert SINGAN_PRESETS["default"] == SinGANParams()
    larger = SINGAN_PRESETS["superres"]
    assert (larger.ratio, larger.min_size, larger.reconstruction) == (pytest.approx(2 ** (-1 / 3)), 18, 100)
    assert (SINGAN_PRESETS["animate"].min_size, SINGAN_PRESETS["animate"].padding) == (20, "noise")
