"""A pasted object in the colours and texture of its surroundings."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
import strategies
from command_line import refused, run, save
from patchloom import PRESETS, ImageError, ParameterError, io, plans
from patchloom.regions import distance, feathered

EXAMPLES = Path(__file__).parents[1] / "examples" / "pictures"
TINY = dataclasses.replace(PRESETS["harmonise"], patch_size=3, iterations=2, coarsest_iterations=2)


def disc(shape, row, col, radius):
    """A round mask."""
    rows, cols = np.indices(shape)
    return (rows - row) ** 2 + (cols - col) ** 2 <= radius**2


def composite(below, above, row=70, col=120, radius=26):
    """A disc of one shipped picture in another, and its mask."""
    pictures = []
    for name in (below, above):
        with Image.open(EXAMPLES / f"{name}.png") as picture:
            pictures.append(np.asarray(picture))
    mask = disc(pictures[0].shape[:2], row, col, radius)
    return np.where(mask[..., None], pictures[1], pictures[0]), mask


def gap(image, mask):
    """Mean colour inside the mask against that of a ring of 10 pixels around it, 0 to 1."""
    ring = (distance(mask, 10) <= 10) & ~mask
    return float(np.abs(image[mask].mean(axis=0) - image[ring].mean(axis=0)).mean() / 255)


def kept(before, after, mask):
    """Correlation of the gradient's magnitude within the mask, and its share that is left."""
    edges = [np.hypot(*np.gradient(image.astype(float).mean(axis=2)))[mask] for image in (before, after)]
    return float(np.corrcoef(*edges)[0, 1]), float(edges[1].mean() / edges[0].mean())


def noisy(seed, low=0, high=255, shape=(40, 48, 3), dtype=np.uint8):
    """A picture of random values in a range."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


OBJECT = disc((40, 48), 18, 22, 9)

# What is wanted


@pytest.mark.parametrize(("below", "above"), [
    ("mountains", "spices"), ("skyline", "flowers"), ("flowers", "spices"), ("galaxies", "mountains"),
    ("spices", "skyline"),
])
def test_colours_move_and_structure_stays(below, above):
    image, mask = composite(below, above)
    made = patchloom.harmonise(image, mask, seed=1).image
    assert gap(made, mask) < 0.35 * gap(image, mask)
    correlation, left = kept(image, made, mask)
    assert correlation > 0.6
    assert left > 0.3
    outside = feathered(mask, 3) == 0
    assert np.array_equal(made[outside], image[outside])


def test_strength_says_how_far_colours_move():
    image, mask = composite("mountains", "spices")
    gaps = [gap(patchloom.harmonise(image, mask, strength=strength, texture=0, seed=1).image, mask)
            for strength in (0, 0.5, 1)]
    assert gaps[0] > 1.5 * gaps[1] > 3 * gaps[2]


def test_texture_says_how_freely_patches_of_the_surroundings_come_in():
    image, mask = composite("spices", "skyline")
    own = []
    for texture in (0, 1, 3):
        at = patchloom.harmonise(image, mask, texture=texture, seed=1).nnf.index[mask[3:-3, 3:-3]] + 3
        own.append(float(mask[at[:, 0], at[:, 1]].mean()))
    assert own[0] > 0.99 and own[0] > own[1] + 0.1 and own[1] > own[2] + 0.1


def test_without_strength_and_texture_nothing_changes():
    image = noisy(0)
    assert np.array_equal(patchloom.harmonise(image, OBJECT, strength=0, texture=0, seed=1).image, image)


def test_a_larger_object_starts_at_a_coarser_level():
    image = noisy(0, shape=(160, 200, 3))
    counts = [len(plans.harmonise(image, disc((160, 200), 80, 90, radius)).sizes) for radius in (8, 36, 70)]
    assert counts[0] == 1 < counts[1] < counts[2]


# Types, sizes and laws

@pytest.mark.parametrize("like", [
    noisy(0), noisy(0, high=65535, dtype=np.uint16), noisy(0, shape=(40, 48)), noisy(0, 1, shape=(40, 48, 4)),
    noisy(0).astype(np.float32) / 255, noisy(0) * 3.5 - 20.0, noisy(0, shape=(40, 48, 5)),
])
def test_results_are_of_the_picture_s_type(like):
    made = patchloom.harmonise(like, OBJECT, feather=0, seed=1).image
    assert (made.shape, made.dtype) == (like.shape, like.dtype)
    assert np.array_equal(made[~OBJECT], like[~OBJECT])
    assert not np.array_equal(made[OBJECT], like[OBJECT])


def test_pil_pictures_and_another_size():
    image, mask = Image.fromarray(noisy(0)), Image.fromarray(OBJECT)
    made = patchloom.harmonise(image, mask, size=(30, 36), seed=1).image
    assert (made.mode, made.size) == ("RGB", (36, 30))


def test_colours_of_transparent_pixels_do_not_count():
    image = np.full((40, 48, 4), 255, np.uint8)
    image[..., :3] = np.where(OBJECT[..., None], 200, 60)
    image[30:] = (255, 0, 0, 0)
    made = patchloom.harmonise(image, OBJECT, strength=1, texture=0, feather=0, seed=1).image
    assert (made[OBJECT] == (60, 60, 60, 255)).all()


@settings(max_examples=20)
@given(strategies.pictures(least=9), st.integers(0, 3), st.floats(0, 1), st.floats(0, 10), strategies.seeds, st.data())
def test_pixels_outside_of_the_feathered_mask_never_change(image, feather, strength, texture, seed, data):
    row, col = (data.draw(st.integers(0, side - 3)) for side in image.shape[:2])
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[row : row + 3, col : col + 3] = True
    one, other = (
        patchloom.harmonise(image, mask, feather=feather, strength=strength, texture=texture, seed=seed, params=TINY,
                            threads=threads).image
        for threads in (1, 4)
    )
    assert one.shape == image.shape
    assert np.array_equal(one, other)
    outside = feathered(mask, feather) == 0
    assert np.array_equal(one[outside], image[outside])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_map_that_is_a_channel_equals_the_result_s_where_colours_stay(dtype):
    image, mask = composite("spices", "skyline")
    image = image.astype(dtype) * (np.iinfo(dtype).max // 255)
    result = patchloom.harmonise(image, mask, strength=0, texture=5, maps={"red": image[..., 0]}, seed=1)
    assert np.array_equal(result.maps["red"], result.image[..., 0])
    assert not np.array_equal(result.image, image)


# Bad input

@pytest.mark.parametrize(("change", "error", "message"), [
    ({"mask": OBJECT[1:]}, ImageError, "mask=48 x 39 pixels: must be 48 x 40"),
    ({"mask": OBJECT & False}, ImageError, "mask=0 % of the picture: must cover a part"),
    ({"mask": OBJECT | True}, ImageError, "mask=100 % of the picture: must cover a part"),
    ({"strength": 1.5}, ParameterError, "strength=1.5: must be a number, 0 to 1"),
    ({"strength": "much"}, ParameterError, "strength='much': must be a number, 0 to 1"),
    ({"texture": -1}, ParameterError, "texture=-1: must be a number, 0 to 10"),
    ({"texture": float("nan")}, ParameterError, "texture=nan: must be a number, 0 to 10"),
    ({"feather": 1000}, ParameterError, "feather=1000: must be a whole number, 0 to 256"),
    ({"size": (6, 40)}, ParameterError, "size=6 rows x 40 columns"),
    ({"map_weights": {"x": 1}}, ParameterError, "map_weights='x': is no map"),
    ({"image": noisy(0, shape=(6, 48, 3)), "mask": np.eye(6, 48) > 0}, ImageError, "image=48 x 6 pixels"),
    ({"image": noisy(0, shape=(40, 48, 32))}, ImageError, "image=32 channels: must be below 32"),
    ({"maps": {"red": noisy(0, shape=(9, 9))}}, ImageError, "map red=9 x 9 pixels: must be 48 x 40"),
])
def test_what_cannot_be_used_is_told(change, error, message):
    arguments = {"image": noisy(0), "mask": OBJECT, **change}
    with pytest.raises(error, match=message):
        plans.harmonise(**arguments)


# The command

def test_the_command_harmonises_records_and_reruns(folder):
    image, mask = composite("mountains", "spices")
    save(folder / "in.png", image)
    save(folder / "mask.png", mask.astype(np.uint8) * 255)
    told = json.loads(run("harmonise", "in.png", "--mask", "mask.png", "--strength", 0.9, "--seed", 2, "--json").stdout)
    name = told["outputs"][0]["path"]
    assert gap(np.asarray(io.read(name).pixels), mask) < 0.3 * gap(image, mask)
    run("rerun", name, "--out", "again.png")
    assert np.array_equal(np.asarray(io.read("again.png").pixels), np.asarray(io.read(name).pixels))


def test_the_command_refuses_in_one_line(folder):
    save(folder / "in.png", noisy(0))
    save(folder / "none.png", np.zeros((40, 48), np.uint8))
    save(folder / "mask.png", OBJECT.astype(np.uint8) * 255)
    refused(folder, "harmonise", "in.png", "--mask", "none.png", message="in.png: mask=0 % of the picture")
    strong = ("--strength", 2)
    refused(folder, "harmonise", "in.png", "--mask", "mask.png", *strong, message="strength=2: must be a number")


def test_a_harmonised_picture_stays_what_it_was(golden):
    image, mask = composite("spices", "skyline")
    part = slice(30, 110), slice(80, 160)
    golden("harmonise", patchloom.harmonise(image[part], mask[part], texture=2, seed=5).image)
