"""Each metric moves the way its documentation says, and keeps the laws that follow from its definition."""

import math
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from conftest import _uniform, make_picture
from naive import nearest as naive_nearest
from patchloom import metrics
from strategies import pictures

PICTURES = Path(__file__).resolve().parents[1] / "examples" / "pictures"
SIZE = 48, 64

# What happens to a picture, in the order of the figures that it has then: each, times the factor, is below the next.
# `moved` is the source rolled by 9 rows and 13 columns, `shuffled` is its squares of 16 pixels in another order.
CHAINS = {
    "coherence": [(1.1, "same moved shuffled noise"), (2, "same blurred noise")],
    "completeness": [(2, "same moved noise"), (2, "same blurred noise"), (2, "same shuffled noise")],
    "bidirectional": [(1.1, "same moved shuffled noise"), (2, "same blurred noise")],
    "bidirectional_multiscale": [(1.2, "same moved shuffled noise"), (2, "same blurred noise")],
    "patch_swd": [(2, "same moved noise"), (2, "same blurred noise"), (2, "same shuffled noise")],
    "nnfdist": [(1.1, "same moved shuffled noise"), (2, "same blurred noise")],
    "nnfdiv": [(1.5, "same moved shuffled noise"), (5, "same blurred")],
    "identity_share": [(10, "moved blurred"), (10, "noise blurred"), (10, "shuffled blurred"), (10, "moved same")],
    "rigid_share": [(1.5, "noise shuffled moved same"), (1.02, "noise blurred same")],
    "top_offsets": [(1.2, "noise shuffled moved same"), (1, "noise blurred same")],
    "sharpness_ratio": [(1.1, "blurred same shuffled noise"), (1.03, "same moved noise")],
    "seam": [(3, "same moved"), (1.3, "same blurred noise"), (1.3, "same shuffled noise")],
    "tile_seam": [(1.5, "moved same"), (1.5, "noise same"), (1.05, "same blurred")],
    "tile_coherence": [(1000, "moved same"), (1000, "noise same"), (1, "moved shuffled same")],
}
OTHERS = {"niqe", "sifid64", "sifid192"}                  # their own files have their laws
EQUAL = {"identity_share": 1, "rigid_share": 1, "top_offsets": 1, "sharpness_ratio": 1, "coherence": 0,
         "completeness": 0, "bidirectional": 0, "bidirectional_multiscale": 0, "patch_swd": 0, "nnfdist": 0}


def shipped(name):
    """Return an example, half its size and cut to 48 x 64."""
    with Image.open(PICTURES / f"{name}.png") as opened:
        picture = np.asarray(opened.convert("RGB"))[: 2 * SIZE[0], : 2 * SIZE[1]]
    return picture.reshape(SIZE[0], 2, SIZE[1], 2, 3).mean(axis=(1, 3)).astype(np.uint8)


def blurred(picture, radius=2):
    """Return the mean of the pixels around each."""
    wide = np.pad(picture.astype(float), ((radius, radius), (radius, radius), (0, 0)), "edge")
    side = 2 * radius + 1
    around = np.lib.stride_tricks.sliding_window_view(wide, (side, side), axis=(0, 1))
    return np.floor(around.mean(axis=(3, 4)) + 0.5).astype(np.uint8)


def shuffled(picture, side=16):
    """Return the picture's squares in another order."""
    rows, cols, channels = picture.shape
    parts = picture.reshape(rows // side, side, cols // side, side, channels).swapaxes(1, 2)
    order = np.argsort(_uniform(1, rows * cols // side**2, 1, 5).ravel())
    mixed = parts.reshape(-1, side, side, channels)[order].reshape(parts.shape)
    return mixed.swapaxes(1, 2).reshape(picture.shape)


SOURCES = {
    "made": make_picture(*SIZE), "grey": make_picture(*SIZE, 1, 3),
    **{name: shipped(name) for name in ("flowers", "skyline", "spices")},
}


@cache
def measured(name):
    """Return case -> metric -> `Measured` of one picture."""
    source = SOURCES[name]
    mask = np.zeros(SIZE, bool)
    mask[16:34, 16:40] = True
    cases = {
        "same": source, "moved": np.roll(source, (9, 13), (0, 1)), "blurred": blurred(source),
        "shuffled": shuffled(source), "noise": np.floor(_uniform(*source.shape, 9) * 256).astype(np.uint8),
    }
    given = {"mask": mask}
    return {case: metrics.measure(made, source, list(CHAINS), threads=1, given=given) for case, made in cases.items()}


def test_every_metric_has_laws():
    """A metric that is added comes with the way it moves."""
    assert {metric.name for metric in metrics.METRICS} - OTHERS == set(CHAINS)


@pytest.mark.parametrize("picture", SOURCES)
@pytest.mark.parametrize("name", CHAINS)
def test_moves_as_documented(name, picture):
    """Identical, shifted, blurred, shuffled, noise: in the table's order, by its factors."""
    for factor, chain in CHAINS[name]:
        values = {case: measured(picture)[case][name].value for case in chain.split()}
        ordered = list(values.values())
        assert all(low * factor < high for low, high in pairwise(ordered)), values


@pytest.mark.parametrize("picture", SOURCES)
@pytest.mark.parametrize("name", EQUAL)
def test_identical_pictures(name, picture):
    """The source itself has exactly the figure of a perfect copy."""
    assert measured(picture)["same"][name].value == EQUAL[name]


@pytest.mark.parametrize("picture", SOURCES)
def test_larger_patches_see_a_shuffle(picture):
    """Moved squares keep the small patches and break the large ones; noise breaks all."""
    figures = measured(picture)["shuffled"]["bidirectional_multiscale"].details["patch_sizes"]
    assert 2 * figures["3"] < figures["7"] < figures["15"]


def test_a_part_is_coherent_and_the_whole_beside_noise_is_complete(pixels):
    """What the two directions do not see."""
    noise = np.floor(_uniform(*pixels.shape, 1) * 256).astype(np.uint8)
    part, more = pixels[5:30, 7:40], np.concatenate([pixels, noise])
    assert metrics.coherence(part, pixels) == 0 < metrics.completeness(part, pixels)
    assert metrics.completeness(more, pixels) == 0 < metrics.coherence(more, pixels)
    assert metrics.rigid_share(part, pixels) == 1 == metrics.top_offsets(part, pixels)
    assert metrics.nnfdiv(part, pixels) < 0.05


# Laws on tiny pictures of any values

PAIRS = st.tuples(pictures(channels=st.just(2)), pictures(channels=st.just(2)))
SYMMETRIC = ("bidirectional", "patch_swd")
FLIPPED = ("coherence", "completeness", "bidirectional")


def bytes_of(image):
    """Return a picture as files have it, and one channel of it, so that alpha has no part."""
    return np.floor(image[..., :1] * 255 + 0.5).astype(np.uint8)


@settings(max_examples=15)
@given(PAIRS)
def test_figures_are_finite_and_in_range(pair):
    """None is negative, shares and mean squares end at 1."""
    made, source = map(bytes_of, pair)
    names = [metric.name for metric in metrics.METRICS if not metric.needs]
    for name, found in metrics.measure(made, source, names, patch_size=3).items():
        upper = {"0 to 1": 1.0, "0 and more": math.inf}[
            next(metric.range for metric in metrics.METRICS if metric.name == name)
        ]
        assert found.note if math.isnan(found.value) else 0 <= found.value <= upper, name


@settings(max_examples=15)
@given(PAIRS)
def test_symmetry(pair):
    """Swapped pictures have the same figure, coherence that of completeness."""
    made, source = map(bytes_of, pair)
    for name in SYMMETRIC:
        one, other = (getattr(metrics, name)(*both, patch_size=3) for both in ((made, source), (source, made)))
        assert one == pytest.approx(other, rel=1e-6)
    assert metrics.coherence(made, source, patch_size=3) == metrics.completeness(source, made, patch_size=3)


@settings(max_examples=15)
@given(PAIRS, st.sampled_from([np.flipud, np.fliplr, lambda image: image.transpose(1, 0, 2)]))
def test_flips_of_both(pair, flip):
    """What is nearest stays nearest in a mirror."""
    made, source = map(bytes_of, pair)
    mirrored = [np.ascontiguousarray(flip(image)) for image in (made, source)]
    for name in FLIPPED:
        function = getattr(metrics, name)
        assert function(*mirrored, patch_size=3) == pytest.approx(function(made, source, patch_size=3), rel=1e-6)


@settings(max_examples=15)
@given(PAIRS)
def test_darker_by_half(pair):
    """Distances are squares, sliced distances lengths, and sharpness a ratio."""
    made, source = ((bytes_of(image) // 2) * np.float32(1 / 128) for image in pair)
    half = made / 2, source / 2
    assert metrics.patch_swd(*half, patch_size=3) == pytest.approx(metrics.patch_swd(made, source, patch_size=3) / 2)
    assert metrics.coherence(*half, patch_size=3) == pytest.approx(metrics.coherence(made, source, patch_size=3) / 4)
    if len(np.unique(source)) > 1:
        assert metrics.sharpness_ratio(*half) == pytest.approx(metrics.sharpness_ratio(made, source))


@settings(max_examples=15)
@given(PAIRS)
def test_against_the_obvious_search(pair):
    """Fields, shares and distances are those of one patch after the other."""
    made, source = map(bytes_of, pair)
    index, _ = naive_nearest(made * 1.0, source * 1.0, 3)    # whole numbers, so that equals are equal
    rows, cols = index.shape[:2]
    offset = index - np.stack(np.mgrid[:rows, :cols], axis=2)
    errors = [
        np.mean((made[r : r + 3, c : c + 3] / 255.0 - source[y : y + 3, x : x + 3] / 255.0) ** 2)
        for r in range(rows) for c in range(cols) for y, x in [index[r, c]]
    ]
    assert metrics.coherence(made, source, patch_size=3) == pytest.approx(np.mean(errors), rel=1e-6)
    if made.shape == source.shape:
        wanted = np.mean([max(abs(step)) <= 2 for step in offset.reshape(-1, 2)])
        assert metrics.identity_share(made, source, patch_size=3) == wanted
    counts = sorted(np.unique(offset.reshape(-1, 2), axis=0, return_counts=True)[1])
    assert metrics.top_offsets(made, source, patch_size=3) == pytest.approx(sum(counts[-5:]) / (rows * cols))
