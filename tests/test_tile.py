"""Tiling: a picture made to fit its own edges, and new ones that do."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import names, refused, run, save
from patchloom import PRESETS, ImageError, ParameterError, plans
from patchloom.plans import pieces
from patchloom.plans.pieces import pieced
from patchloom.plans.tile import band, band_width

FAST = replace(PRESETS["tile"], iterations=2, coarsest_iterations=2)
WRAPS = {"x": (False, True), "y": (True, False), "xy": (True, True)}


def untouched(picture, axes="xy", keep=0.8):
    """Pixels that may not change."""
    size, wrap = picture.shape[:2], WRAPS[axes]
    return ~band(size, wrap, band_width(size, wrap, keep))


def seam(picture, axis):
    """Mean step across the seam, relative to the 95th percentile of the steps between neighbouring lines inside."""
    lines = np.moveaxis(np.asarray(picture, float), axis, 0)
    inside = np.abs(np.diff(lines, axis=0)).reshape(len(lines) - 1, -1).mean(axis=1)
    return np.abs(lines[0] - lines[-1]).mean() / np.percentile(inside, 95)


def seam_distances(result, source, changed, axis):
    """Mean nearest-source distance of patches across the seam, and of the others that hold a changed pixel."""
    patch, half = 7, changed.shape[axis] // 2
    rolled, mask = (np.roll(array, half, axis) for array in (np.asarray(result), changed))
    query, key = (np.asarray(array, np.float32) / 255 for array in (rolled, source))
    found = patchloom.nearest(query, key, patch_size=patch, method="exact", threads=1)
    touches = np.lib.stride_tricks.sliding_window_view(mask, (patch, patch)).any(axis=(2, 3))
    first = np.arange(found.distance.shape[axis])
    across = np.expand_dims((first < half) & (first + patch > half), 1 - axis) & touches
    return found.distance[across].mean(), found.distance[touches & ~across].mean()


# What is promised of a picture

@settings(max_examples=40)
@given(
    st.integers(10, 32), st.integers(10, 32), st.sampled_from(["x", "y", "xy"]), st.sampled_from([0.1, 0.5, 0.6]),
    st.integers(0, 3), st.integers(0, 2**64 - 1),
)
def test_what_is_kept_never_changes(make_picture, rows, cols, axes, keep, feather, seed):
    """Size and type stay; outside of the band every bit does, and as much as was asked for is outside."""
    picture = make_picture(rows, cols, seed=seed % 7)
    width = band_width((rows, cols), WRAPS[axes], keep)
    made = patchloom.tile(
        picture, axes=axes, keep=keep, feather=min(feather, width - 1), seed=seed, threads=1, params=FAST
    ).image
    kept = untouched(picture, axes, keep)
    assert made.shape == picture.shape
    assert made.dtype == picture.dtype
    assert (made == picture)[kept].all()
    assert kept.mean() >= keep


def test_most_stays_by_default_and_the_band_does_change(make_picture):
    """At least 80 %, counted; and the band is as wide as that allows."""
    picture = make_picture(120, 90)
    kept = untouched(picture)
    assert kept.mean() >= 0.8
    assert (~band((120, 90), (True, True), band_width((120, 90), (True, True), 0.8) + 1)).mean() < 0.8
    changed = (patchloom.tile(picture, seed=1, threads=1).image != picture).any(axis=2)
    assert not changed[kept].any()
    assert changed[~kept].mean() > 0.5


@pytest.mark.parametrize("seed", [0, 1])
def test_edges_meet(make_picture, seed):
    """No step at the seam where there was one; patches across it are as near to the source's as others of the band."""
    picture = make_picture(88, 100, seed=seed)
    made = patchloom.tile(picture, seed=seed, threads=1).image
    changed = ~untouched(picture)
    for axis in (0, 1):
        assert seam(picture, axis) > 1.5
        assert seam(made, axis) <= 1
        across, others = seam_distances(made, picture, changed, axis)
        assert across <= 1.5 * others


def test_one_direction_leaves_the_other_alone(make_picture):
    """The seam that is not asked for stays what it was."""
    picture = make_picture(80, 96)
    made = patchloom.tile(picture, axes="x", seed=1, threads=1).image
    assert seam(made, 1) <= 1
    assert seam(made, 0) > 1.5
    assert (made != picture)[0].any()                      # the band goes to the very corners


def test_a_picture_that_tiles_stays_nearly_as_it_is():
    """Where the edges meet already, what stands in the band is what the picture would go on with."""
    rows, cols = np.mgrid[:96, :96]
    tiling = (8 * ((rows % 12) + (cols % 16)) + 20).astype(np.uint8)
    made = patchloom.tile(tiling, seed=1, threads=1).image
    assert np.abs(made.astype(int) - tiling).mean() < 0.5


@pytest.mark.parametrize("kind", ["uint16", "float", "grey", "RGBA", "L", "P"])
def test_types_stay(make_picture, kind):
    """What was passed in comes back, and what is kept is bit for bit what it was."""
    pixels = make_picture(40, 48, 4 if kind == "RGBA" else 3)
    picture = {
        "uint16": pixels.astype(np.uint16) * 256 + 3, "float": pixels * 1.5 - 7.25, "grey": pixels[..., 0],
        "RGBA": pixels,
        "L": Image.fromarray(pixels[..., 0]), "P": Image.fromarray(pixels[..., :3]).quantize(16),
    }[kind]
    made = patchloom.tile(picture, seed=1, threads=1, params=FAST).image
    assert type(made) is type(picture)
    before, after = np.asarray(picture), np.asarray(made)
    assert after.dtype == before.dtype
    kept = untouched(before)
    assert (after == before)[kept].all()
    assert (after != before)[~kept].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_maps_follow_and_tile(make_picture, dtype):
    """The red channel as a map is the result's red channel to the last bit, so that its seam is the picture's."""
    picture = make_picture(64, 72).astype(dtype) * np.iinfo(dtype).max // 255
    height = make_picture(64, 72, 1, seed=5)[..., 0].astype(np.float32) * 100 - 3
    result = patchloom.tile(picture, maps={"red": picture[..., 0], "height": height}, seed=2, threads=1)
    np.testing.assert_array_equal(result.maps["red"], result.image[..., 0])
    followed = patchloom.vote(height[..., None], result.nnf, sigma=result.params.fold)[..., 0]
    changed = ~untouched(picture)
    np.testing.assert_allclose(result.maps["height"][changed], followed[changed], rtol=1e-6)
    np.testing.assert_array_equal(result.maps["height"][~changed], height[~changed])
    assert result.nnf.wrap == (True, True)


def test_seed_and_threads(make_picture):
    """A seed is a picture, whatever the threads; another seed another one."""
    picture = make_picture(56, 64)
    made = [patchloom.tile(picture, seed=seed, threads=threads).image for seed, threads in ((3, 1), (3, 4), (4, 1))]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_size_comes_first(make_picture):
    """The picture is brought to the size, then tiled."""
    made = patchloom.tile(make_picture(60, 80), size=(48, 64), seed=1, threads=1, params=FAST).image
    assert made.shape == (48, 64, 3)
    assert seam(made, 0) <= 1


def test_golden(make_picture, golden):
    """The bytes of one small result."""
    golden("tile", patchloom.tile(make_picture(48, 64), seed=1, threads=1).image)


# Laying out

def test_pieces_fit_what_is_known():
    """A hole in a pattern that repeats is filled with the pattern: the pieces fit both sides."""
    rows, cols = np.mgrid[:40, :42].astype(np.float32)
    pattern = ((rows % 8) / 8 + (cols % 7) / 14)[..., None].astype(np.float32)
    missing = np.zeros((40, 42), bool)
    missing[:, 18:26] = True
    holed = np.where(missing[..., None], np.float32(0.3), pattern)
    for seed in range(3):
        filled = pieced(holed, missing, pattern, wrap=(True, False), patch_size=7, seed=seed)
        np.testing.assert_array_equal(filled, pattern)


def test_pieces_of_a_tiny_source():
    """A source no larger than a patch, and nothing known at all, still fill."""
    source = np.arange(49, dtype=np.float32).reshape(7, 7, 1) / 49
    everything = np.ones((20, 9), bool)
    filled = pieced(np.full((20, 9, 1), 2, np.float32), everything, source, wrap=(True, True), patch_size=7, seed=1)
    assert set(filled.ravel()) <= set(source.ravel())


def test_pieces_of_a_large_source(monkeypatch):
    """Where not all places are compared, the pieces are still the source's own, if not the ones that fit best."""
    source = np.arange(40 * 42, dtype=np.float32).reshape(40, 42, 1) / 2048
    missing = np.zeros((40, 42), bool)
    missing[:, 20:22] = True
    options = {"wrap": (False, False), "patch_size": 7, "seed": 1}
    exact = pieced(source, missing, source, **options)
    monkeypatch.setattr(pieces, "_PLACES", 100)
    coarse = pieced(source, missing, source, **options)
    assert set(coarse.ravel()) <= set(source.ravel())
    errors = [np.abs(filled - source).mean() for filled in (exact, coarse)]
    assert errors[0] == 0 < errors[1] < 0.05


# Results that go round

@pytest.mark.parametrize(("tile", "shifts"), [("x", [(0, 5)]), ("y", [(7, 0)]), ("xy", [(7, 5), (23, 1)])])
@pytest.mark.parametrize("alpha", [np.inf, 0.01])
def test_wrapped_search_is_shift_equivariant(make_picture, tile, shifts, alpha):
    """One exhaustive level: a guess that is rolled gives the result rolled, bytes and field alike."""
    params = replace(PRESETS["default"], coarsest=64, iterations=3, method="exact", noise=0.0, alpha=alpha)
    plan = plans.generate(make_picture(30, 26), size=(24, 34), tile=tile, params=params, seed=1)
    assert len(plan.sizes) == 1
    noisy = plan.guess + np.float32(0.1) * (make_picture(24, 34, seed=9) / np.float32(255) - np.float32(0.5))
    made = patchloom.run(replace(plan, guess=noisy), threads=1)
    for shift in shifts:
        rolled = patchloom.run(replace(plan, guess=np.roll(noisy, shift, (0, 1))), threads=1)
        np.testing.assert_array_equal(rolled.image, np.roll(made.image, shift, (0, 1)))
        np.testing.assert_array_equal(rolled.nnf.index, np.roll(made.nnf.index, shift, (0, 1)))
        np.testing.assert_array_equal(rolled.nnf.distance, np.roll(made.nnf.distance, shift, (0, 1)))


@pytest.mark.parametrize("size", [None, (56, 100)])
def test_generated_pictures_tile(make_picture, size):
    """New pictures of any size fit their own edges; those that were not asked to do not."""
    picture = make_picture(60, 64)
    steps = {}
    for tile in ("", "x", "xy"):
        made = patchloom.generate(picture, tile=tile, size=size, seed=1, threads=1).image
        steps[tile] = [seam(made, axis) for axis in (0, 1)]
    assert max(*steps["xy"], steps["x"][1]) <= 1.1
    assert min(*steps[""], steps["x"][0]) > 1.3


@pytest.mark.parametrize("mode", ["array", "RGB", "P", "I;16"])
def test_repeated(make_picture, mode):
    """Three times in both directions, of the same type."""
    pixels = make_picture(6, 8)
    picture = {
        "array": pixels, "RGB": Image.fromarray(pixels), "P": Image.fromarray(pixels).quantize(8),
        "I;16": Image.fromarray(pixels[..., 0].astype(np.uint16) * 200),
    }[mode]
    shown = patchloom.repeated(picture)
    assert type(shown).__name__ == type(picture).__name__
    before, after = np.asarray(picture), np.asarray(shown)
    assert after.shape[:2] == (18, 24)
    assert after.dtype == before.dtype
    for row, col in itertools.product(range(3), range(3)):
        np.testing.assert_array_equal(after[6 * row : 6 * row + 6, 8 * col : 8 * col + 8], before)


# Bad input

@pytest.mark.parametrize(("wrong", "message"), [
    ({"axes": "z"}, "axes='z': must be x, y or xy"),
    ({"axes": ""}, "axes='': must be x, y or xy"),
    ({"axes": None}, "axes=None: must be x, y or xy"),
    ({"keep": 1.0}, "keep=1.0: must be a number, 0.1 to 0.99"),
    ({"keep": "much"}, "keep='much': must be a number, 0.1 to 0.99"),
    ({"keep": True}, "keep=True: must be a number, 0.1 to 0.99"),
    ({"keep": float("nan")}, "keep=nan: must be a number, 0.1 to 0.99"),
    ({"keep": 0.95}, "keep=0.95: would leave a picture of 40 x 30 pixels as it is; try 0.88"),
    ({"feather": -1}, "feather=-1: must be a whole number, 0 to 256"),
    ({"feather": None}, "feather=None: must be a whole number, 0 to 256"),
    ({"feather": np.nan}, "feather=nan: must be a whole number, 0 to 256"),
    ({"feather": np.inf}, "feather=inf: must be a whole number, 0 to 256"),
    ({"feather": [3]}, "feather=[3]: must be a whole number, 0 to 256"),
    ({"feather": 1}, "feather=1: must be less than the band's width (1 pixels); try 0, or a smaller keep"),
    ({"size": (6, 40)}, "size=6 rows x 40 columns: "),
])
def test_bad_arguments(make_picture, wrong, message):
    """What, got, allowed, remedy."""
    with pytest.raises(ParameterError) as error:
        plans.tile(make_picture(30, 40), **wrong)
    assert str(error.value).startswith(message)


def test_a_keep_that_an_error_suggests_works(make_picture):
    """The remedy is one."""
    assert plans.tile(make_picture(30, 40), keep=0.88, seed=1).free[0].any()


def test_bad_pictures(make_picture):
    """Smaller than a patch; a map of another size."""
    with pytest.raises(ImageError, match="image=40 x 6 pixels: each side must be at least 7"):
        plans.tile(make_picture(6, 40))
    with pytest.raises(ImageError, match="map height=10 x 10 pixels: must be 40 x 30"):
        plans.tile(make_picture(30, 40), maps={"height": np.zeros((10, 10), np.uint8)})


# The command

def test_command(tmp_path, make_picture):
    """Options reach the plan; the picture repeated lies beside the result."""
    pixels = make_picture(40, 48)
    save(tmp_path / "stone.png", pixels)
    run("tile", tmp_path / "stone.png", "--axes", "x", "--keep", "0.7", "--feather", "2", "--seed", "5", "--preview",
        "--map", f"red={save(tmp_path / 'red.png', pixels[..., 0])}", "--out", tmp_path / "out/")
    wanted = patchloom.tile(pixels, axes="x", keep=0.7, feather=2, seed=5).image
    stem = "stone_tile_5"
    assert names(tmp_path / "out") == [f"{stem}.png", f"{stem}_preview.png", f"{stem}_red.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / f"{stem}.png")), wanted)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out" / f"{stem}_preview.png")), patchloom.repeated(wanted)
    )
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / f"{stem}_red.png")), wanted[..., 0])
    run("rerun", tmp_path / "out" / f"{stem}.png", "--source", tmp_path, "--out", tmp_path / "again.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "again.png")), wanted)


def test_generate_with_a_preview(tmp_path, make_picture):
    """generate --tile --preview writes the result and its repetition."""
    save(tmp_path / "stone.png", make_picture(24, 28))
    run("generate", tmp_path / "stone.png", "--tile", "xy", "--seed", "1", "--preview", "--size", "30x26", "--out",
        tmp_path / "out/")
    assert names(tmp_path / "out") == ["stone_1.png", "stone_1_preview.png"]
    made, shown = (np.asarray(Image.open(tmp_path / "out" / name)) for name in names(tmp_path / "out"))
    np.testing.assert_array_equal(shown, patchloom.repeated(made))


@pytest.mark.parametrize(("options", "message"), [
    (["--keep", "1"], "keep=1: must be a number, 0.1 to 0.99"),
    (["--axes", "z"], "axes='z': must be one of xy, x, y"),
    (["--keep", "0.98"], "stone.png: keep=0.98: would leave a picture of 28 x 24 pixels as it is"),
    (["--preview", "--out", "-"], "out=-: --preview writes beside a file"),
])
def test_refused(tmp_path, make_picture, monkeypatch, options, message):
    """One line, exit code 2, nothing written."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "stone.png", make_picture(24, 28))
    refused(tmp_path, "tile", "stone.png", *options, message=message)
