"""Distances, soft borders, masks down a pyramid, and holes grown from their edges."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom.cancelling import cancelled_by
from patchloom.errors import Cancelled
from patchloom.pyramid import level_sizes
from patchloom.regions import clear_patches, dilated, distance, feathered, grown_inwards, shrunk

seeds = st.integers(0, 2**32 - 1)


def some_mask(seed, most=16):
    """Any mask but a full one, often with few pixels."""
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(1, most, 2)) < random.choice([0.02, 0.2, 0.8])
    mask.flat[random.integers(mask.size)] = False
    return mask


def brute(mask):
    """Distances by looking at all pairs of pixels."""
    there = np.argwhere(mask)
    here = np.argwhere(np.ones_like(mask))
    squares = ((here[:, None] - there[None]) ** 2).sum(axis=2).min(axis=1, initial=10**6)
    return np.sqrt(squares.reshape(mask.shape))


@given(seeds, st.sampled_from([16, 40]), st.integers(0, 50))
def test_distance_is_euclidean(seed, largest, most):
    """Up to `most` it is the distance between centres, beyond it `most` plus one."""
    mask = some_mask(seed, largest)
    exact = brute(mask)
    found = distance(mask, most)
    near = exact <= most
    np.testing.assert_allclose(found[near], exact[near], rtol=1e-6)
    assert (found[~near] == most + 1).all()


def seconds(mask, most):
    """Least time of three, without what other processes took."""
    taken = []
    for _ in range(3):
        then = time.thread_time()
        distance(mask, most)
        taken.append(time.thread_time() - then)
    return min(taken)


def test_far_takes_no_longer_than_near():
    """The time grows with the picture only."""
    mask = np.zeros((600, 600), np.bool_)
    mask[20:580, 20:580] = True
    assert seconds(mask, 400) < 6 * seconds(mask, 8)


def test_distance_ends_when_asked_to():
    """In between rows."""
    asked = iter([False] * 20)
    with cancelled_by(lambda: next(asked, True)), pytest.raises(Cancelled):
        distance(np.eye(50) > 0, 9)


@given(seeds, st.integers(0, 5))
def test_dilated(seed, by):
    """A mask grows by the pixels that are near enough."""
    mask = some_mask(seed)
    assert np.array_equal(dilated(mask, by), brute(mask) <= by if mask.any() else mask)


@given(seeds, st.integers(0, 9))
def test_feather_falls_from_one_to_nothing(seed, feather):
    """It is 1 in the mask and only there, above 0 up to the feather's width and only there, and falls with distance."""
    mask = some_mask(seed)
    alpha, away = feathered(mask, feather), brute(mask)
    assert np.array_equal(alpha == 1, mask)
    assert np.array_equal(alpha > 0, (away <= feather) if mask.any() else mask)
    order = np.argsort(away, axis=None)
    assert (np.diff(alpha.flat[order]) <= 1e-6).all()


def test_feather_profile():
    """The step is Hermite's: half of it half way, and the same up as down."""
    mask = np.zeros((1, 24), bool)
    mask[0, :4] = True
    alpha = feathered(mask, 9)[0]
    share = 1 - np.arange(1, 10) / 10
    np.testing.assert_allclose(alpha[4:13], share**2 * (3 - 2 * share), atol=1e-6)
    assert alpha[8] == pytest.approx(0.5) and alpha[13:].max() == 0


@given(seeds, st.floats(0.5, 0.9))
def test_shrunk_is_never_empty(seed, ratio):
    """Something of a mask is left at every level, and nothing of an empty one."""
    mask = some_mask(seed, 40)
    sizes = level_sizes(mask.shape, ratio=ratio, levels=6)
    levels = shrunk(mask, sizes, ratio=ratio)
    assert tuple(level.shape for level in levels) == sizes
    assert np.array_equal(levels[0], mask)
    assert all(level.any() == mask.any() for level in levels)


def test_shrunk_keeps_halves():
    """A half plane stays one at every level."""
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    for level in shrunk(mask, level_sizes(mask.shape, ratio=0.75, levels=5), ratio=0.75):
        width = level.shape[1]
        assert level[:, : width // 2].all() and not level[:, (width + 1) // 2 :].any()


@given(seeds, st.sampled_from([3, 5, 7]))
def test_clear_patches(seed, patch_size):
    """A patch is clear where none of its pixels is in the hole."""
    mask = some_mask(seed)
    mask = np.pad(mask, ((0, patch_size), (0, patch_size)))
    rows, cols = (side - patch_size + 1 for side in mask.shape)
    slow = [[not mask[r : r + patch_size, c : c + patch_size].any() for c in range(cols)] for r in range(rows)]
    assert np.array_equal(clear_patches(mask, patch_size), slow)


@given(seeds)
def test_growing_inwards_reads_nothing_from_the_hole(seed):
    """Whatever stands in the hole, the result is the same; outside it is the picture, inside within its range."""
    mask = some_mask(seed, 30)
    random = np.random.default_rng(seed)
    image = random.random((*mask.shape, 3)).astype(np.float32)
    other = np.where(mask[..., None], np.float32(random.choice([np.nan, np.inf, -7])), image)
    grown = grown_inwards(image, mask)
    assert np.array_equal(grown, grown_inwards(other, mask))
    assert np.array_equal(grown[~mask], image[~mask])
    assert (grown >= image[~mask].min(axis=0)).all() and (grown <= image[~mask].max(axis=0)).all()


def test_growing_inwards_follows_what_is_around():
    """A hole in a slope is filled by the slope, within a tenth of its height."""
    slope = np.linspace(0, 1, 60, dtype=np.float32)[None, :, None].repeat(50, axis=0)
    mask = np.zeros((50, 60), bool)
    mask[15:35, 20:40] = True
    assert np.abs(grown_inwards(slope, mask) - slope).max() < 0.1


def test_growing_inwards_looks_near_the_hole_only():
    """What is far from a hole has no say."""
    mask = np.zeros((80, 80), bool)
    mask[10:18, 10:18] = True
    image = np.full((80, 80, 1), 0.25, np.float32)
    far = image.copy()
    far[40:] = 1
    assert np.array_equal(grown_inwards(image, mask)[mask], grown_inwards(far, mask)[mask])
