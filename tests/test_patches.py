"""Extracting and voting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naive import gaussian
from naive import vote as naive_vote
from patchloom import NNF, ImageError, extract, vote
from patchloom.patches import fold_weights
from strategies import patch_sizes, pictures


def identity(rows: int, cols: int, patch: int) -> NNF:
    index = np.indices((rows - patch + 1, cols - patch + 1)).transpose(1, 2, 0).astype(np.int32)
    return NNF(np.ascontiguousarray(index), np.zeros(index.shape[:2], np.float32), patch)


@given(image=pictures(), patch=patch_sizes, sigma=st.floats(0.1, 5))
def test_voting_the_identity_returns_the_picture(image: np.ndarray, patch: int, sigma: float) -> None:
    field = identity(*image.shape[:2], patch)
    np.testing.assert_allclose(vote(image, field, sigma=sigma), image, atol=1e-6)


@given(value=pictures(low=-2, high=3), patch=patch_sizes, seed=st.integers(0, 99))
def test_vote_stays_within_the_values(value: np.ndarray, patch: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    limit = [side - patch + 1 for side in value.shape[:2]]
    index = np.stack([rng.integers(0, n, (6, 5)) for n in limit], axis=2).astype(np.int32)
    out = vote(value, NNF(index, np.zeros((6, 5), np.float32), patch), sigma=1.7)
    assert out.shape == (6 + patch - 1, 5 + patch - 1, value.shape[2])
    for channel in range(value.shape[2]):
        assert out[..., channel].min() >= value[..., channel].min() - 1e-6
        assert out[..., channel].max() <= value[..., channel].max() + 1e-6
    np.testing.assert_allclose(out, naive_vote(value, index, fold_weights(patch, 1.7)), atol=1e-6)


@given(patch=st.sampled_from([3, 5, 7, 15, 31]), sigma=st.floats(0.05, 100))
def test_fold_is_a_gaussian(patch: int, sigma: float) -> None:
    np.testing.assert_allclose(fold_weights(patch, sigma), gaussian(patch, sigma), rtol=1e-5, atol=1e-12)


@given(image=pictures(), patch=patch_sizes)
def test_extract_is_the_patch_at_its_place(image: np.ndarray, patch: int) -> None:
    patches = extract(image, patch_size=patch)
    assert patches.shape == (image.shape[0] - patch + 1, image.shape[1] - patch + 1, patch, patch, image.shape[2])
    np.testing.assert_array_equal(patches[1, 0] if len(patches) > 1 else patches[0, 0],
                                  image[1 : 1 + patch, :patch] if len(patches) > 1 else image[:patch, :patch])
    with pytest.raises(ValueError, match="read-only"):
        patches[0, 0] = 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((9, 12, 3), np.float32), "picture=12 x 9 pixels: the field needs at least 12 x 12; pass a picture"),
        (np.zeros((12, 12, 3), np.uint8), r"value=uint8 \(12, 12, 3\): must be float32 \(H, W, 1 to 32\)"),
        (np.zeros((12, 12), np.float32), r"value=float32 \(12, 12\): must be float32"),
        (np.zeros((12, 12, 33), np.float32), "must be float32"),
    ],
)
def test_pictures_that_the_field_leaves_are_refused(value: np.ndarray, message: str) -> None:
    field = NNF(np.full((4, 4, 2), 9, np.int32), np.zeros((4, 4), np.float32), 3)
    with pytest.raises(ImageError, match=message):
        vote(value, field)
    with pytest.raises(ImageError, match="the field needs"):
        vote(np.zeros((99, 99, 3), np.float32), NNF(-field.index, field.distance, 3))


def test_another_picture_follows_the_field() -> None:
    """A map voted with the same field shows the same places: here, the coordinates themselves."""
    rng = np.random.default_rng(0)
    index = rng.integers(0, 10, (8, 8, 2)).astype(np.int32)
    field = NNF(index, np.zeros((8, 8), np.float32), 3)
    colours = rng.random((12, 12, 3)).astype(np.float32)
    both = np.concatenate([colours, colours[..., :1] * 2], axis=2)
    np.testing.assert_allclose(vote(both, field)[..., 3], 2 * vote(colours, field)[..., 0], atol=1e-6)
