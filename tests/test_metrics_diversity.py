"""Diversity: over samples, and of one sample's field of nearest patches."""

import zlib
from itertools import pairwise

import numpy as np
import pytest

from conftest import make_picture
from patchloom import metrics
from patchloom.errors import ImageError, ParameterError
from patchloom.metrics import diversity

SOURCE = make_picture(20, 24)


def some(count, *, rows=20, cols=24, channels=3):
    """Return pictures of one kind."""
    return [make_picture(rows, cols, channels, seed) for seed in range(1, count + 1)]


@pytest.mark.parametrize("channels", [1, 3])
def test_pixel_diversity_against_numpy(channels):
    """The definition in one line, for samples of another size than the source too."""
    samples, source = some(5, rows=12, channels=channels), make_picture(20, 24, channels)
    wanted = np.stack(samples).mean(axis=3).std(axis=0, ddof=1).mean() / source.mean(axis=2).std(ddof=1)
    assert metrics.pixel_diversity(samples, source) == pytest.approx(wanted, rel=1e-6)
    assert metrics.pixel_diversity(np.stack(samples), source) == pytest.approx(wanted, rel=1e-6)
    assert metrics.pixel_diversity(iter(samples), source) == pytest.approx(wanted, rel=1e-6)


def test_pixel_diversity_moves_as_documented():
    """Equal samples 0, samples that differ a little little, noise most; shifts of the source pass for diversity."""
    rng = np.random.default_rng(0)
    close = [np.clip(SOURCE + rng.integers(-3, 4, SOURCE.shape), 0, 255).astype(np.uint8) for _ in range(4)]
    rolled = [np.roll(SOURCE, 6 * shift, (0, 1)) for shift in range(4)]
    noise = [rng.integers(0, 256, (*SOURCE.shape[:2], 1), np.uint8).repeat(3, axis=2) for _ in range(4)]
    figures = [metrics.pixel_diversity(samples, SOURCE) for samples in ([SOURCE] * 4, close, rolled, noise)]
    assert figures[0] == 0
    assert 0 < 5 * figures[1] < figures[2] < figures[3]
    assert figures[2] == pytest.approx(1, abs=0.3)


def test_pixel_diversity_of_unrelated_pictures_is_one():
    """What says nothing about the source varies as much as the source does."""
    rng = np.random.default_rng(0)
    pictures = rng.normal(0.5, 0.1, (60, 20, 20, 1)).clip(0, 1)
    assert metrics.pixel_diversity(pictures[1:], pictures[0]) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("samples", "error", "line"), [
    (some(1), ParameterError, "samples=1: must be at least 2 pictures"),
    ([], ParameterError, "samples=0: must be at least 2 pictures"),
    (7, ParameterError, "samples=int: must be several pictures"),
    ([SOURCE, SOURCE[1:]], ImageError, r"samples\[1\]=24 x 19 pixels: must be 24 x 20 as the first"),
    ([SOURCE, SOURCE[..., :1]], ImageError, r"channels=1 of samples\[1\] and 3 of source"),
    ([SOURCE, SOURCE * 1.0], ImageError, r"samples\[1\]=values from .*: floats must be within"),
    ([SOURCE, None], ImageError, r"samples\[1\]"),
])
def test_bad_samples(samples, error, line):
    """One line that says which sample, and why."""
    with pytest.raises(error, match=line):
        metrics.pixel_diversity(samples, SOURCE)


@pytest.mark.parametrize("source", [np.full((5, 5), 9, np.uint8), np.zeros((1, 1), np.uint8), np.full((7, 9, 3), 0.1)])
def test_flat_source(source):
    """Nothing to relate to."""
    with pytest.raises(ImageError, match="source=one flat colour"):
        metrics.pixel_diversity([source, source], source)


def test_nnfdiv_is_the_length_of_the_offsets():
    """Rows, then columns, a byte each, at zlib's own level; negative and large ones go round."""
    made, source = make_picture(20, 400, 1, 1), make_picture(15, 350, 1, 2)
    pair = metrics.compare(made, source)
    found = diversity.nnfdiv_of(pair)
    planes = bytearray()
    for axis in (0, 1):
        for row in range(14):
            for col in range(394):
                planes.append((int(pair.forward.index[row, col, axis]) - (row, col)[axis]) % 256)
    assert found.value == len(zlib.compress(bytes(planes))) / len(planes)
    assert found.details == {"method": "exact", "level": 6, "zlib": zlib.ZLIB_RUNTIME_VERSION}


def test_nnfdiv_of_few_patches_says_so():
    """zlib's header is longer than what little there is to compress."""
    for side, patches in ((7, "1 patch:"), (8, "4 patches:"), (37, "961 patches:"), (38, "")):
        picture = make_picture(side, side, 3)
        found = metrics.measure(picture, picture, ["nnfdiv"])["nnfdiv"]
        assert f"only {patches} zlib's header" in found.note if patches else found.note == ""
        assert found.value == pytest.approx(5) if side == 7 else found.value < 2


def test_nnfdiv_counts_pieces():
    """The more pieces were moved, the longer the description."""
    source = make_picture(40, 96, 3)
    figures = [metrics.nnfdiv(source, source)]
    for side in (48, 24, 12):
        parts = [source[:, left : left + side] for left in range(0, 96, side)]
        figures.append(metrics.nnfdiv(np.concatenate(parts[::-1], axis=1), source))
    assert all(fewer * 1.2 < more for fewer, more in pairwise(figures)), figures


def test_nnfdist_is_coherence():
    """By another name."""
    made = make_picture(20, 24, 3, 1)
    assert metrics.nnfdist(made, SOURCE) == metrics.coherence(made, SOURCE)
    assert metrics.nnfdist(made, SOURCE, patch_size=3) == metrics.coherence(made, SOURCE, patch_size=3)


def test_nnfdiv_of_patchmatch_says_so():
    """Its field is another one."""
    found = metrics.measure(make_picture(64, 64, 3, 1), make_picture(64, 64), ["nnfdiv"], method="patchmatch")["nnfdiv"]
    assert found.details["method"] == "patchmatch"
    assert "up to two fifths" in found.note
    assert 0 < found.value < 1
