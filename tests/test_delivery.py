"""From a field to pictures: types, maps, blends, and doing the same to another picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as pil

import patchloom
from conftest import make_picture
from patchloom import Blend, GPNNParams, ImageError, ParameterError, plans
from patchloom.checks import as_image, as_mask
from patchloom.compare import alike
from patchloom.overlay import laid_over
from patchloom.plans.material import gather
from patchloom.types import Layer
from test_tasks import kinds

FAST = GPNNParams(iterations=2)
HOLE = np.zeros((40, 52), bool)
HOLE[10:22, 20:30] = True


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("tile", ["", "xy"])
@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_a_map_follows_the_picture_to_the_last_bit(bits: int, tile: str, weight: float) -> None:
    picture = make_picture(40, 52, 3, 3)
    if bits == 16:
        picture = picture.astype(np.uint16) * 257 + make_picture(40, 52, 3, 4)
    red, grey = picture[..., 0], picture.mean(axis=2).astype(picture.dtype)[..., None]
    result = patchloom.generate(
        picture, tile=tile, maps={"red": red, "grey": grey}, map_weights={"grey": weight}, params=FAST, seed=2
    )
    assert result.maps["red"].dtype == picture.dtype
    np.testing.assert_array_equal(result.maps["red"], result.image[..., 0])
    assert result.maps["grey"].shape == (40, 52, 1)
    assert list(result.maps) == ["red", "grey"]


def test_float_maps_keep_their_values() -> None:
    picture = make_picture(40, 52, 3, 3)
    height = (picture[..., 1].astype(np.float32) - 100) * 7
    result = patchloom.generate(picture, maps={"height": height}, params=FAST, seed=2)
    made = result.maps["height"]
    assert made.dtype == np.float32
    assert height.min() - 1e-3 <= made.min() < made.max() <= height.max() + 1e-3
    np.testing.assert_allclose(made, (result.image[..., 1].astype(float) - 100) * 7, atol=7 * 0.51)
    half = patchloom.generate(picture, maps={"height": height.astype(np.float64)}, params=FAST, seed=2).maps["height"]
    assert half.dtype == np.float64
    np.testing.assert_allclose(half, made, atol=2e-3)


def test_a_weighed_map_counts_in_the_search() -> None:
    picture = make_picture(40, 52, 3, 3)
    maps = {"other": make_picture(40, 52, 1, 9)}
    plain = patchloom.generate(picture, maps=maps, params=FAST, seed=2)
    none = patchloom.generate(picture, params=FAST, seed=2)
    heavy = patchloom.generate(picture, maps=maps, map_weights={"other": 50}, params=FAST, seed=2)
    np.testing.assert_array_equal(plain.image, none.image)
    assert (heavy.nnf.index != plain.nnf.index).any()
    assert heavy.image.shape == plain.image.shape


@pytest.mark.parametrize(
    ("maps", "weights", "message"),
    [
        ({"n": np.zeros((40, 50), np.uint8)}, None, "map n=50 x 40 pixels: must be 52 x 40"),
        ({"": np.zeros((40, 52), np.uint8)}, None, "maps='': names must be texts"),
        ({"n": np.zeros((40, 52), np.uint8)}, {"n": -1}, "weight of map n=-1: must be a number, 0 to 100"),
        ({"n": np.zeros((40, 52), np.uint8)}, {"n": "much"}, "weight of map n='much': must be a number, 0 to 100"),
        ({}, {"n": 1}, "map_weights='n': is no map"),
        ({"n": np.zeros((40, 52, 31), np.uint8)}, {"n": 1}, "maps=34 channels that weigh"),
        ({"n": np.full((40, 52), np.nan)}, None, "map n=2080 values that are NaN"),
    ],
)
def test_bad_maps(maps: Any, weights: Any, message: str) -> None:
    with pytest.raises((ImageError, ParameterError), match=f"^{message}"):
        patchloom.generate(make_picture(40, 52), maps=maps, map_weights=weights)


@pytest.mark.parametrize("name", kinds())
def test_apply_does_the_same_to_another_picture(name: str) -> None:
    picture = kinds()[name]
    result = patchloom.generate(picture, size=(30, 60), maps={"self": picture}, params=FAST, seed=5)
    again = patchloom.apply(result, picture)
    mapped = result.maps["self"]
    np.testing.assert_array_equal(np.asarray(again), np.asarray(mapped))
    np.testing.assert_array_equal(np.asarray(patchloom.apply(result.transform, picture)), np.asarray(mapped))
    if not name.startswith(("float", "F", "rgba", "grey and", "RGBA", "LA", "five", "P", "CMYK")):
        np.testing.assert_array_equal(np.asarray(again), np.asarray(result.image))


def test_apply_wants_the_sources_size() -> None:
    result = patchloom.generate(make_picture(40, 52), params=FAST, seed=5)
    with pytest.raises(ImageError, match="the field needs"):
        patchloom.apply(result, make_picture(20, 30))
    part = patchloom.run(plans.inpaint(make_picture(40, 52), HOLE, seed=1))
    with pytest.raises(ImageError, match="is not of the size that the field was made for"):
        patchloom.apply(part, make_picture(60, 60))


@pytest.mark.parametrize("name", kinds())
def test_what_the_blend_leaves_alone_is_the_callers_own_pixels(name: str) -> None:
    """In every type, also those whose pixels do not survive the way there and back."""
    picture = kinds()[name]
    made = patchloom.run(plans.inpaint(picture, HOLE, feather=3, seed=1, maps={"self": picture})).image
    before, after = np.asarray(picture), np.asarray(made)
    assert (before.dtype, before.shape) == (after.dtype, after.shape)
    assert type(made) is type(picture) or made.mode == picture.mode
    far = np.ones((40, 52), bool)
    far[10 - 4 : 22 + 4, 20 - 4 : 30 + 4] = False
    np.testing.assert_array_equal(before[far], after[far])
    assert (before[HOLE] != after[HOLE]).any()


def test_colours_under_clear_pixels_stay() -> None:
    picture = make_picture(40, 52, 4, 3)
    picture[:5, :, 3] = 0
    after = patchloom.run(plans.inpaint(picture, HOLE, seed=1)).image
    np.testing.assert_array_equal(picture[~HOLE], after[~HOLE])


@settings(max_examples=20)
@given(share=st.floats(0, 1, width=32), seed=st.integers(0, 99))
def test_the_blend_is_a_mean(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    below = rng.integers(0, 65536, (9, 8, 3)).astype(np.uint16)
    image, kind = as_image(below)
    made = rng.random((11, 12, 3)).astype(np.float32)
    alpha = np.ones((11, 12), np.float32)                 # there is nothing below but the picture
    alpha[1:10, 3:11] = share
    blend = Blend(alpha, (1, 3))
    out = laid_over(made, Layer(image, kind, below), blend)
    assert out.shape == (11, 12, 3)
    part = out[1:10, 3:11].astype(float) / 65535
    np.testing.assert_allclose(part, (1 - share) * image + share * made[1:10, 3:11], atol=1.1 / 65535)
    outside = np.ones((11, 12), bool)
    outside[1:10, 3:11] = False
    np.testing.assert_allclose(out[outside] / 65535, made[outside], atol=0.51 / 65535)


def test_masks_are_white_where_they_mean() -> None:
    rows = np.array([[0, 127, 128, 255]], np.uint8)
    np.testing.assert_array_equal(as_mask(rows, (1, 4)), [[False, False, True, True]])
    np.testing.assert_array_equal(as_mask(rows > 127, (1, 4)), [[False, False, True, True]])
    np.testing.assert_array_equal(as_mask(pil.fromarray(rows), (1, 4)), [[False, False, True, True]])
    np.testing.assert_array_equal(as_mask(rows.astype(np.float32) / 255, (1, 4)), [[False, False, True, True]])
    np.testing.assert_array_equal(as_mask(np.dstack([rows] * 3), (1, 4)), [[False, False, True, True]])
    clear = np.dstack([np.full_like(rows, 255), rows])
    np.testing.assert_array_equal(as_mask(clear, (1, 4)), [[False, False, True, True]])
    with pytest.raises(ImageError, match="^hole=4 x 1 pixels: must be 5 x 1; a mask has the size of its picture"):
        as_mask(rows, (1, 5), "hole")
    with pytest.raises(ImageError, match="floats must be within"):
        as_mask(rows.astype(np.float32), (1, 4))


def test_only_what_a_run_made_is_applied() -> None:
    with pytest.raises(ParameterError, match="^made=int: must be a Result, or a Transform of patchloom.io.load_field"):
        patchloom.apply(3, make_picture(8, 8))


def test_pictures_are_made_alike() -> None:
    rgb, rgba = make_picture(8, 8, 3), make_picture(8, 8, 4)
    opaque = rgba.copy()
    opaque[..., 3] = 255
    (plain, rgb_kind), (full, full_kind), (clear, clear_kind) = as_image(rgb), as_image(opaque), as_image(rgba)
    names = ("one", "two")
    assert alike(plain, rgb_kind, rgb_kind, 3, False, names) is plain
    assert alike(plain, rgb_kind, full_kind, 4, False, names).shape == (8, 8, 4)
    assert (alike(plain, rgb_kind, full_kind, 4, False, names)[..., 3] == 1).all()
    np.testing.assert_array_equal(alike(full, full_kind, rgb_kind, 3, False, names), full[..., :3])
    with pytest.raises(ImageError, match="^one=transparent pixels: two has none"):
        alike(clear, clear_kind, rgb_kind, 3, False, names)
    with pytest.raises(ImageError, match="^two=transparent pixels: one has none; flatten it, or give one an alpha"):
        alike(plain, rgb_kind, clear_kind, 4, True, names)
    grey, grey_kind = as_image(rgb[..., 0])
    with pytest.raises(ImageError, match="^one=grey: two has colours; both must have the same"):
        alike(grey, grey_kind, rgb_kind, 3, False, names)


def test_material_at_another_size() -> None:
    picture = make_picture(40, 52, 3, 3)
    material = gather(picture, {"red": picture[..., 0]}, {"red": 2.0}, size=(20, 26))
    assert material.image.shape == (20, 26, 4)
    assert (material.size, material.channels) == ((20, 26), 3)
    assert material.layers[""].below.shape == (20, 26, 3)
    assert material.layers["red"].below.shape == (20, 26)
    np.testing.assert_allclose(material.image[..., 3], material.image[..., 0] * np.sqrt(6), rtol=1e-5)
    with pytest.raises(ParameterError, match="^map_weights=a weight above 0 for edit"):
        material.unweighed("edit")
    assert gather(picture).unweighed("edit").size == (40, 52)


def test_types_of_a_plan_are_those_of_its_source() -> None:
    plan = replace(plans.generate(make_picture(40, 52, 1)[..., 0], params=FAST, seed=1))
    assert patchloom.run(plan).image.shape == (40, 52)
