"""Balancing: the other picture's values, in this picture's order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patchloom.balance import balance
from strategies import pictures


@given(image=pictures(channels=st.just(3)), like=pictures(channels=st.just(3), low=-1, high=2))
def test_values_come_from_the_other_and_the_order_stays(image: np.ndarray, like: np.ndarray) -> None:
    out = balance(image, like)
    assert out.shape == image.shape
    for channel in range(3):
        assert np.isin(out[..., channel], like[..., channel]).all()
        order = np.argsort(image[..., channel], axis=None, kind="stable")
        assert (np.diff(out[..., channel].ravel()[order]) >= 0).all()
    mean, wanted = out.mean(axis=(0, 1)), like.mean(axis=(0, 1))
    assert np.abs(mean - wanted).max() < 3 / min(image.shape[0] * image.shape[1], like.shape[0] * like.shape[1])


@given(image=pictures())
def test_a_picture_like_itself_stays(image: np.ndarray) -> None:
    np.testing.assert_array_equal(balance(image, image), image)


def test_contrast_that_was_lost_comes_back() -> None:
    like = np.random.default_rng(0).random((20, 30, 3)).astype(np.float32)
    grey = like * np.float32(0.1) + np.float32(0.45)
    np.testing.assert_allclose(balance(grey, like), like, atol=1e-6)
