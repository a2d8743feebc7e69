"""Resampling: weights, scale, borders, and what it keeps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom.pyramid import depth, level_sizes, pyramid
from patchloom.resize import resize, taps


@given(length=st.integers(1, 60), target=st.integers(1, 60), scale=st.floats(0.2, 4))
def test_weights_sum_to_one_and_stay_inside(length: int, target: int, scale: float) -> None:
    index, weight = taps(length, target, scale)
    assert index.min() >= 0
    assert index.max() < length
    np.testing.assert_allclose(weight.sum(axis=1), 1, atol=2e-6)


@given(value=st.floats(0, 1, width=32), rows=st.integers(1, 40), cols=st.integers(1, 40))
def test_a_flat_picture_stays_flat(value: float, rows: int, cols: int) -> None:
    image = np.full((13, 17, 2), value, np.float32)
    np.testing.assert_allclose(resize(image, (rows, cols)), value, atol=2e-6)


@given(seed=st.integers(0, 1000), rows=st.integers(2, 40), cols=st.integers(2, 40))
def test_flip_and_transpose_commute(seed: int, rows: int, cols: int) -> None:
    image = np.random.default_rng(seed).random((15, 20, 3)).astype(np.float32)
    straight = resize(image, (rows, cols))
    flipped = resize(np.ascontiguousarray(image[::-1, ::-1]), (rows, cols))[::-1, ::-1]
    turned = resize(np.ascontiguousarray(image.transpose(1, 0, 2)), (cols, rows)).transpose(1, 0, 2)
    np.testing.assert_allclose(straight, flipped, atol=3e-6)
    np.testing.assert_allclose(straight, turned, atol=3e-6)


def test_a_ramp_stays_a_ramp_and_centred() -> None:
    ramp = np.linspace(-1, 1, 64, dtype=np.float32)[None, :, None] * np.ones((8, 1, 1), np.float32)
    for width in (128, 100, 48, 32):
        line = resize(np.ascontiguousarray(ramp), (8, width))[4, :, 0]
        expected = (np.arange(width) - (width - 1) / 2) * (64 / width) * (2 / 63)
        inner = slice(width // 8, -width // 8)
        np.testing.assert_allclose(line[inner], expected[inner], atol=1e-3)


def test_shrinking_does_not_alias() -> None:
    fine = (np.indices((64, 64)).sum(0) % 2).astype(np.float32)[..., None]
    np.testing.assert_allclose(resize(fine, (16, 16))[2:-2, 2:-2], 0.5, atol=0.02)


def test_agrees_with_pillow_inside() -> None:
    pil = pytest.importorskip("PIL.Image")
    image = np.random.default_rng(1).random((40, 60)).astype(np.float32)
    for rows, cols in ((30, 45), (80, 120), (17, 33)):
        theirs = np.asarray(pil.fromarray(image).resize((cols, rows), pil.Resampling.BICUBIC))
        ours = resize(image[..., None], (rows, cols))[..., 0]
        np.testing.assert_allclose(ours[6:-6, 6:-6], theirs[6:-6, 6:-6], atol=2e-5)


def test_scale_is_exact_whatever_the_rounding_of_the_size() -> None:
    """A feature lands where the ratio says, although 31 is not 0.75 * 41."""
    image = np.zeros((41, 41, 1), np.float32)
    image[10, 10] = 1
    small = resize(image, (31, 31), scale=0.75)[..., 0]
    place = (small * np.arange(31)[:, None]).sum() / small.sum()
    assert abs(place - ((10 - 20) * 0.75 + 15)) < 0.02


@pytest.mark.parametrize(
    ("size", "coarsest", "levels", "last"),
    [
        ((180, 250), 14, 10, (14, 19)),
        ((186, 248), 14, 10, (14, 19)),
        ((164, 244), 21, 8, (22, 33)),
        ((14, 20), 14, 1, (14, 20)),
        ((8, 8), 14, 1, (8, 8)),
    ],
)
def test_depth_by_the_rule(size: tuple[int, int], coarsest: int, levels: int, last: tuple[int, int]) -> None:
    assert depth(size, ratio=0.75, coarsest=coarsest) == levels
    assert level_sizes(size, ratio=0.75, levels=levels)[-1] == last


@given(rows=st.integers(8, 3000), cols=st.integers(8, 3000), coarsest=st.integers(7, 60), ratio=st.floats(0.5, 0.95))
def test_coarsest_is_as_near_as_whole_levels_allow(rows: int, cols: int, coarsest: int, ratio: float) -> None:
    levels = depth((rows, cols), ratio=ratio, coarsest=coarsest)
    sizes = level_sizes((rows, cols), ratio=ratio, levels=levels + 1)
    shorter = [min(size) for size in sizes]
    assert shorter[0] == min(rows, cols)
    assert all(a >= b for a, b in itertools.pairwise(shorter))
    if levels > 1:
        assert shorter[levels - 2] > coarsest
    if shorter[0] > coarsest:
        assert shorter[levels - 1] <= coarsest / ratio + 2


def test_pyramid_levels() -> None:
    image = np.random.default_rng(0).random((60, 80, 3)).astype(np.float32)
    levels = pyramid(image, ratio=0.75, coarsest=14)
    assert [level.shape[:2] for level in levels] == list(level_sizes((60, 80), ratio=0.75, levels=len(levels)))
    assert levels[0] is image
    for fine, coarse in itertools.pairwise(levels):
        np.testing.assert_array_equal(coarse, resize(fine, coarse.shape[:2], scale=0.75))
