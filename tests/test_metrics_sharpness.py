"""The sharpness ratio, and the grey that it looks at."""

import numpy as np
import pytest

from conftest import make_picture
from patchloom import metrics
from patchloom.errors import ImageError
from patchloom.metrics import grey

SOURCE = make_picture(20, 24)


def naive_gradient(picture):
    """Return the mean gradient, one pixel after the other."""
    lengths = []
    for row in range(len(picture) - 1):
        for col in range(picture.shape[1] - 1):
            here, below, right = picture[row, col], picture[row + 1, col], picture[row, col + 1]
            lengths.append(((below - here) ** 2 + (right - here) ** 2) ** 0.5)
    return np.mean(lengths)


def test_against_one_pixel_after_the_other():
    """Of MATLAB's grey, for pictures of two sizes."""
    made = make_picture(15, 30, 3, 1)
    weights = [0.298936021293775, 0.587043074451121, 0.114020904255103]
    wanted = naive_gradient(made @ weights) / naive_gradient(SOURCE @ weights)
    assert metrics.sharpness_ratio(made, SOURCE) == pytest.approx(wanted, rel=1e-5)


def test_greys():
    """Three colours are weighted, others averaged, alpha left out."""
    image = np.random.default_rng(0).random((4, 5, 4)).astype(np.float32)
    for channels, wanted in (
        (1, image[..., 0]), (2, image[..., 0]), (3, image[..., :3] @ grey.LUMA), (4, image[..., :3] @ grey.LUMA),
    ):
        assert grey.luma(image[..., :channels], alpha=channels % 2 == 0) == pytest.approx(wanted, rel=1e-6)
    five = np.concatenate([image, image[..., :1]], axis=2)
    assert grey.luma(five, alpha=False) == pytest.approx(five.mean(axis=2), rel=1e-6)
    assert grey.intensity(image, alpha=True) == pytest.approx(image[..., :3].mean(axis=2), rel=1e-6)
    assert sum(grey.LUMA) == pytest.approx(1, abs=1e-12)


def test_ratio_and_its_details():
    """Half the contrast is half the sharpness; the details hold both gradients."""
    found = metrics.measure(SOURCE // 2, SOURCE, ["sharpness_ratio"])["sharpness_ratio"]
    assert found.value == pytest.approx(0.5, abs=0.02)
    assert found.value == found.details["generated"] / found.details["source"]
    assert metrics.sharpness_ratio(np.full((9, 9, 3), 7, np.uint8), SOURCE) == 0
    assert metrics.sharpness_ratio(SOURCE.transpose(1, 0, 2), SOURCE) == pytest.approx(1, rel=1e-12)


def test_noise_and_blur_may_cancel():
    """The way to fool it that the documentation names."""
    soft = (SOURCE[1:] // 2 + SOURCE[:-1] // 2).astype(int)
    noisy = np.clip(soft + np.random.default_rng(0).integers(-4, 5, soft.shape), 0, 255).astype(np.uint8)
    assert metrics.sharpness_ratio(soft.astype(np.uint8), SOURCE) < 0.97 < metrics.sharpness_ratio(noisy, SOURCE)


@pytest.mark.parametrize(("made", "source", "line"), [
    (SOURCE, np.full((9, 9, 3), 7, np.uint8), "source=one flat colour: must have an edge; leave sharpness_ratio out"),
    (SOURCE[:2], SOURCE, "generated=24 x 2 pixels"),
    (SOURCE[..., 0], SOURCE, "channels=1 of generated and 3 of source"),
    (SOURCE - 1.0, SOURCE, "generated=values from"),
])
def test_bad_pictures(made, source, line):
    """One line that says what is wrong with which."""
    with pytest.raises(ImageError, match=line):
        metrics.sharpness_ratio(made, source)
