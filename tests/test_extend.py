"""Continuing a picture beyond its edges."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import refused, run, save
from patchloom import GPNNParams, ImageError, ParameterError, plans
from patchloom.regions import clear_patches
from strategies import seeds

TINY = GPNNParams(patch_size=3, coarsest=6, alpha=np.inf, balance_levels=0, noise=0.3, draws=1, iterations=2)


@st.composite
def tasks(draw):
    """A tiny picture, and what to add on each side: (top, bottom, left, right), not all 0."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["uint8", "uint16", "float32"]))
    image = random.random((*draw(st.tuples(*[st.integers(6, 14)] * 2)), draw(st.sampled_from([1, 3]))))
    image = (image * {"uint8": 255.99, "uint16": 65535.99, "float32": 4}[dtype]).astype(dtype)
    sides = draw(st.tuples(*[st.sampled_from([0, 0, 1, 5, 16])] * 4).filter(any))
    return image, dict(zip(("top", "bottom", "left", "right"), sides, strict=True))


def own_part(made, image, sides):
    """The part of a result where the picture lies."""
    top, left = sides.get("top", 0), sides.get("left", 0)
    return made[top : top + image.shape[0], left : left + image.shape[1]]


@settings(max_examples=30)
@given(tasks(), seeds)
def test_the_picture_stays_to_the_last_bit(task, seed):
    """Row 6: the size is the picture's and what is added; the picture lies in it as it was."""
    image, sides = task
    made = patchloom.extend(image, **sides, params=TINY, seed=seed).image
    rows, cols = sides["top"] + sides["bottom"], sides["left"] + sides["right"]
    assert made.shape == (image.shape[0] + rows, image.shape[1] + cols, image.shape[2]) and made.dtype == image.dtype
    assert np.array_equal(own_part(made, image, sides), image)


@settings(max_examples=10)
@given(tasks(), seeds)
def test_threads_change_nothing(task, seed):
    """One thread or four, the same bytes; and again the same."""
    image, sides = task
    one, four = (patchloom.extend(image, **sides, params=TINY, seed=seed, threads=threads) for threads in (1, 4))
    assert np.array_equal(one.image, four.image) and np.array_equal(one.nnf.index, four.nnf.index)


@settings(max_examples=10)
@given(tasks(), seeds)
def test_the_picture_comes_from_itself(task, seed):
    """At the finest level, patches within the picture point to themselves."""
    image, sides = task
    found = patchloom.extend(image, **sides, params=TINY, seed=seed).nnf.index
    new = np.ones((found.shape[0] + 2, found.shape[1] + 2), bool)
    own_part(new, image, sides)[...] = False
    inside = clear_patches(new, 3)
    places = np.argwhere(inside) - (sides["top"], sides["left"])
    assert np.array_equal(found[inside], places)


def test_coherence_of_what_is_new(make_picture):
    """Row 6: patches of the new part and across the seam are near the picture's, those of a mirrored one less so."""
    image = make_picture(64, 80)
    scale = np.float32(1 / 255)
    for seed in (1, 2):
        made = patchloom.extend(image, right=50, left=20, seed=seed).image
        mirrored = np.pad(image, ((0, 0), (20, 50), (0, 0)), mode="symmetric")
        far = []
        for picture in (made, mirrored):
            found = patchloom.nearest(picture * scale, image * scale, patch_size=7, method="exact").distance
            far.append(np.delete(found, np.s_[20 : 20 + 74], axis=1).mean())
        assert far[0] < 0.5 * far[1]


def test_structure_goes_on(make_picture):
    """Layers go on as layers to both sides, to the last bit."""
    layers = np.repeat(make_picture(40, 12)[:, :1], 48, axis=1)
    made = patchloom.extend(layers, left=21, right=40, seed=3).image
    assert np.array_equal(made, np.repeat(layers[:, :1], 109, axis=1))


def test_seeds_give_different_answers(make_picture):
    """Another seed continues in another way."""
    image = make_picture(64, 64)
    one, two = (patchloom.extend(image, right=64, seed=seed).image.astype(int) for seed in (1, 2))
    assert (np.abs(one - two).max(axis=2)[:, 64:] > 5).mean() > 0.3


@pytest.mark.parametrize(
    ("options", "origin", "shape"),
    [
        ({"size": (60, 101)}, (6, 18), (60, 101)),
        ({"size": (60, 101), "left": 0}, (6, 0), (60, 101)),
        ({"size": (60, 101), "right": 30, "top": 12}, (12, 7), (60, 101)),
        ({"size": (48, 101)}, (0, 18), (48, 101)),
        ({"left": 5, "bottom": 3}, (0, 5), (51, 69)),
        ({"size": (48, 80), "left": 10, "right": 6}, (0, 10), (48, 80)),
    ],
)
def test_where_the_picture_lies(pixels, options, origin, shape):
    """In the middle, or where the sides that are told put it."""
    plan = plans.extend(pixels, **options, seed=1)
    assert plan.blend.origin == origin and plan.sizes[0] == shape == plan.blend.alpha.shape


def test_feather_is_inside_the_picture(pixels):
    """With a feather only a border of the picture changes, on the sides where something is added."""
    made = patchloom.extend(pixels, right=20, feather=6, seed=1).image
    assert np.array_equal(made[:, : 64 - 6], pixels[:, :-6])
    assert not np.array_equal(made[:, 58:64], pixels[:, -6:])


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16"])
def test_modes(pixels, mode):
    """Grey, 16 bits, palettes and alpha come back as they were."""
    grey = pixels[..., 0].astype(np.uint16) * 257
    image = Image.fromarray(grey) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
    made = patchloom.extend(image, left=10, top=5, seed=1).image
    assert made.mode == image.mode and made.size == (74, 53)
    assert np.array_equal(np.asarray(made)[5:, 10:], np.asarray(image))


@pytest.mark.parametrize("factor", [1, 257])
def test_maps_follow(pixels, factor):
    """The red channel as a map is the result's red channel to the last bit, 8 and 16 bits, also under a feather."""
    image = pixels.astype(np.uint16) * 257 if factor == 257 else pixels
    made = patchloom.extend(image, left=20, feather=4, maps={"red": image[..., 0]}, seed=2)
    assert np.array_equal(made.maps["red"], made.image[..., 0])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ParameterError, "size=64 x 48 pixels: is the picture's own; something must be added"),
        ({"left": 0, "top": 0}, ParameterError, "something must be added"),
        ({"left": -1}, ParameterError, "left=-1: must be a whole number of pixels, 0 to 32768"),
        ({"left": np.nan}, ParameterError, "left=nan: must be a whole number of pixels, 0 to 32768"),
        ({"left": np.inf}, ParameterError, "left=inf: must be a whole number of pixels, 0 to 32768"),
        ({"left": [3]}, ParameterError, "left=[3]: must be a whole number of pixels, 0 to 32768"),
        ({"feather": None, "left": 5}, ParameterError, "feather=None: must be a whole number, 0 to 256"),
        ({"feather": np.nan, "left": 5}, ParameterError, "feather=nan: must be a whole number, 0 to 256"),
        ({"feather": np.inf, "left": 5}, ParameterError, "feather=inf: must be a whole number, 0 to 256"),
        ({"feather": [3], "left": 5}, ParameterError, "feather=[3]: must be a whole number, 0 to 256"),
        ({"left": 5, "maps": 3}, ParameterError, "maps=int: must be a mapping of names to pictures"),
        ({"left": 5, "map_weights": 3}, ParameterError, "map_weights=int: must be a mapping of names to numbers"),
        ({"top": 2.5}, ParameterError, "top=2.5: must be a whole number"),
        ({"bottom": True}, ParameterError, "bottom=True: must be a whole number"),
        ({"right": 40000}, ParameterError, "right=40000: must be a whole number of pixels, 0 to 32768"),
        ({"right": 32768}, ParameterError, "sides must be 1 to 32768 pixels"),
        ({"size": (40, 100)}, ParameterError, "size=40 rows: must be 48 rows or more; the picture itself has 48"),
        ({"size": (48, 100), "left": 50}, ParameterError, "size=100 columns: must be 114 columns or more"),
        ({"size": (48, 100), "left": 9, "right": 9}, ParameterError, "size=100 columns: must be 82 columns; the"),
        ({"left": 5, "feather": 300}, ParameterError, "feather=300: must be"),
        ({"left": 5, "maps": {"n": np.zeros((9, 9), np.uint8)}}, ImageError, "map n=9 x 9 pixels"),
    ],
)
def test_bad_input(pixels, options, error, message):
    """One line: what, got, allowed, remedy."""
    with pytest.raises(error) as caught:
        patchloom.extend(pixels, **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_picture_smaller_than_a_patch():
    """There must be a patch to copy."""
    with pytest.raises(ImageError, match="image=6 x 20 pixels: each side must be at least 7"):
        patchloom.extend(np.zeros((20, 6), np.uint8), left=20)


def test_golden(golden, pixels):
    """The same pixels as ever."""
    golden("extend", patchloom.extend(pixels, right=24, top=8, seed=7).image)


# Command line

def test_command(folder, photo):
    """The picture lies where it was told; the share that is new is told; rerun makes the same."""
    done = run("extend", photo, "--size", "200%x100%", "--left", 10, "--seed", 5, "--out", "wide.png", "--json")
    told = json.loads(done.stdout)["outputs"][0]
    assert (told["width"], told["height"], told["covered"]) == (80, 32, 0.5)
    assert "50 % new" in done.stderr
    before, made = (np.asarray(Image.open(folder / name)) for name in ("photo.png", "wide.png"))
    assert np.array_equal(made[:, 10:50], before)
    assert np.array_equal(made, patchloom.extend(before, size=(32, 80), left=10, seed=5).image)
    run("rerun", "wide.png", "--out", "again.png")
    assert np.array_equal(np.asarray(Image.open(folder / "again.png")), made)


def test_command_refuses(folder, photo):
    """Bad input is one line, exit code 2, and nothing is written."""
    save(folder / "map.png", np.zeros((9, 9), np.uint8))
    for options, message in (
        ((), "photo.png: size=40 x 32 pixels: is the picture's own; something must be added"),
        (("--left", "x"), "left='x': must be a whole number of pixels"),
        (("--left", "-5"), "left=-5: must be a whole number of pixels"),
        (("--size", "50%"), "photo.png: size=16 rows: must be 32 rows or more"),
        (("--left", "5", "--map", "n=map.png"), "photo.png: map n=9 x 9 pixels"),
    ):
        refused(folder, "extend", "photo.png", *options, message=message)
