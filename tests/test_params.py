"""Numbers: bounds, presets, diversity."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from patchloom import PRESETS, GPNNParams, ParameterError, with_diversity, with_patch_size
from patchloom.params import DIVERSITIES, numbers


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patch_size": 8}, "patch_size=8: must be odd, 3 to 31; try 7 or 9"),
        ({"patch_size": 33}, "patch_size=33: must be odd, 3 to 31; try 31"),
        ({"patch_size": 7.5}, "patch_size=7.5: must be odd, 3 to 31"),
        ({"patch_size": True}, "patch_size=True: must be odd, 3 to 31"),
        ({"alpha": 0}, "alpha=0: must be a number, 1e-06 to inf; try 1e-06"),
        ({"alpha": math.nan}, "alpha=nan: must be a number, 1e-06 to inf"),
        ({"noise": -1}, "noise=-1: must be a number, 0 to 10; try 0"),
        ({"noise": "much"}, "noise='much': must be a number, 0 to 10"),
        ({"iterations": 0}, "iterations=0: must be a whole number, 1 to 100; try 1"),
        ({"method": "magic"}, "method='magic': must be one of auto, exact, patchmatch"),
        ({"patch_size": 31, "coarsest": 21}, "coarsest=21: must be 0 or at least patch_size (31); try 62"),
    ],
)
def test_a_bad_number_is_one_clear_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        GPNNParams(**values)
    assert str(caught.value) == message


def test_every_number_has_bounds_and_help_and_a_default_inside() -> None:
    for name, number in numbers().items():
        default = getattr(GPNNParams(), name)
        assert number.help.endswith("."), name
        if number.choices:
            assert default in number.choices
        else:
            assert number.low <= default <= number.high, name
            assert number.low > -math.inf, name


def test_bounds_are_allowed_and_one_beyond_is_not() -> None:
    for name, number in numbers().items():
        if number.choices or name == "patch_size":
            continue
        for bound in (number.low, number.high):
            kind = type(getattr(GPNNParams(), name))
            if name == "coarsest" and bound < 7:
                continue
            assert (
                getattr(replace(GPNNParams(), **{name: kind(bound) if math.isfinite(bound) else bound}), name) == bound
            )
            if math.isfinite(bound):
                beyond = bound - 1 if bound == number.low else bound + 1
                with pytest.raises(ParameterError, match=f"^{name}="):
                    replace(GPNNParams(), **{name: beyond})


def test_paper_and_official_are_the_papers_numbers() -> None:
    paper = PRESETS["paper"]
    assert (paper.patch_size, paper.ratio, paper.iterations, paper.noise) == (7, 0.75, 10, 0.75)
    assert (paper.coarsest, paper.coarsest_iterations, paper.alpha, paper.method) == (14, 10, math.inf, "exact")
    assert paper.tolerance == 0
    assert paper.fold == 1.7
    assert PRESETS["official"] == replace(paper, coarsest_iterations=1)
    assert PRESETS["default"] == GPNNParams()


def test_diversity_is_a_word_for_numbers() -> None:
    assert with_diversity(GPNNParams(), "medium") == GPNNParams()
    mixed = [(p.coarsest, -p.stay) for p in (with_diversity(GPNNParams(), word) for word in DIVERSITIES)]
    assert mixed == sorted(set(mixed))
    changed = {
        item.name
        for word in DIVERSITIES
        for item in fields(GPNNParams)
        if getattr(with_diversity(GPNNParams(), word), item.name) != getattr(GPNNParams(), item.name)
    }
    assert changed == {"coarsest", "noise", "stay"}
    assert with_diversity(GPNNParams(patch_size=9, coarsest=30), "low").coarsest == 18
    with pytest.raises(ParameterError, match="diversity='wild': must be one of low, medium, high"):
        with_diversity(GPNNParams(), "wild")


def test_larger_patches_keep_their_proportions() -> None:
    larger = with_patch_size(GPNNParams(), 21)
    assert (larger.patch_size, larger.coarsest) == (21, 3 * GPNNParams().coarsest)
    assert larger.noise == pytest.approx(3 * GPNNParams().noise)
    assert with_patch_size(GPNNParams(), 7) == GPNNParams()
    with pytest.raises(ParameterError, match="patch_size=8: must be odd"):
        with_patch_size(GPNNParams(), 8)


def test_params_are_frozen() -> None:
    with pytest.raises(AttributeError):
        GPNNParams().alpha = 1.0  # type: ignore[misc]
