"""Filling holes."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import refused, run, save
from patchloom import GPNNParams, ImageError, ParameterError, plans
from patchloom.plans.inpaint import as_hole
from patchloom.plans.masked import brought
from patchloom.regions import clear_patches, dilated
from strategies import seeds

TINY = GPNNParams(patch_size=3, coarsest=6, alpha=np.inf, balance_levels=0, noise=0.1, draws=1, iterations=2)


def box(shape, *corner):
    """A mask with one box: top, left, rows, columns."""
    mask = np.zeros(shape, bool)
    mask[corner[0] : corner[0] + corner[2], corner[1] : corner[1] + corner[3]] = True
    return mask


@st.composite
def tasks(draw):
    """A tiny picture and a hole of one or two boxes, often at the border, that leaves patches to copy."""
    rows, cols = draw(st.integers(14, 22)), draw(st.integers(14, 22))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["uint8", "uint16", "float32"]))
    image = random.random((rows, cols, draw(st.sampled_from([1, 3] if dtype == "float32" else [1, 3, 4]))))
    image = (image * {"uint8": 255.99, "uint16": 65535.99, "float32": 4}[dtype]).astype(dtype)
    mask = np.zeros((rows, cols), bool)
    for _ in range(draw(st.integers(1, 2))):
        mask |= box((rows, cols), *draw(st.tuples(*[st.integers(0, 17)] * 2, *[st.integers(1, 6)] * 2)))
    mask[:6, :6] = False
    mask[9, 7] = True
    return image, mask


@settings(max_examples=25)
@given(tasks(), seeds, st.integers(0, 4))
def test_what_is_outside_never_changes(task, seed, feather):
    """Outside the feathered hole all is as it was to the last bit; size and type are the picture's."""
    image, mask = task
    made = patchloom.inpaint(image, mask, feather=feather, params=TINY, seed=seed).image
    outside = ~dilated(mask, feather)
    assert made.shape == image.shape and made.dtype == image.dtype
    assert np.array_equal(made[outside], image[outside])


SIZES = st.sampled_from([None, (9, 10), (17, 12), (30, 33)])
VALUES = st.sampled_from([0, 200, -7, 6e4, np.nan, np.inf])
FLOATS = st.sampled_from(["float16", "float32", "float64"])


def unlike(picture, mask, value):
    """The same picture, another in the hole: for floats what numbers there are, or none."""
    other = picture.copy()
    other[mask] = value if picture.dtype.kind == "f" else np.uint8(np.nan_to_num(value, posinf=255) % 256)
    return other


@settings(max_examples=40)
@given(tasks(), seeds, SIZES, VALUES, FLOATS, st.booleans())
def test_what_is_in_the_hole_is_never_read(task, seed, size, value, of, plain):
    """With the colours around, or one, to begin with, other pixels in the hole change no byte of what is made.

    Whatever the picture and its maps are, also where they are brought to another size first.
    """
    image, mask = task
    assume(brought(mask, size).any())
    plain = plain and image.dtype.kind != "f"
    share = image[..., :1] / image.max()
    maps = {"weighs": (share * 3 - 2).astype(of), "follows": share.astype(of)}
    other = unlike(image, mask, value), {name: unlike(picture, mask, value) for name, picture in maps.items()}
    one, two = (
        patchloom.inpaint(picture, mask, fill="#777" if plain else "edges", feather=2, size=size, maps=beside,
                          map_weights={"weighs": 0.7}, params=TINY, seed=seed)
        for picture, beside in ((image, maps), other)
    )
    assert np.array_equal(one.image, two.image) and np.array_equal(one.nnf.index, two.nnf.index)
    assert all(np.array_equal(one.maps[name], two.maps[name]) for name in maps)


@pytest.mark.parametrize("fill", ["edges", "source", "#fff"])
def test_another_size_lets_nothing_out_of_the_hole(fill):
    """White in a hole is not in what is around it, however much smaller or larger the picture becomes."""
    image, hole = np.full((120, 120), 40, np.uint8), box((120, 120), 41, 33, 30, 37)
    image[::7] = 60
    image[hole] = 255
    for size in ((45, 45), (77, 110), (200, 170)):
        plan = plans.inpaint(image, hole, fill=fill, size=size, seed=1)
        made = patchloom.inpaint(image, hole, fill=fill, size=size, seed=1).image
        assert made.min() >= 36
        assert made.max() <= 64
        assert max(level.max() for level in plan.source) < 64 / 255
        assert (plan.guess.max() > 0.5) == (fill != "edges")


@pytest.mark.parametrize("of", ["float32", "float64"])
@pytest.mark.parametrize("size", [None, (40, 50)])
def test_paint_beyond_the_range_is_the_nearest_in_it(pixels, hole, size, of):
    """Paint is followed, but a huge number takes nothing from the precision of the rest."""
    image = pixels.astype(of) / 50
    huge, most = image.copy(), image.copy()
    huge[hole], most[hole] = 1e9, image[~hole].max()
    one, two = (patchloom.inpaint(picture, hole, fill="source", size=size, seed=1).image for picture in (huge, most))
    assert np.array_equal(one, two)
    with pytest.raises(ImageError, match="image=.* values that are NaN or infinite"):
        patchloom.inpaint(np.where(hole[..., None], np.nan, image), hole, fill="source", size=size, seed=1)


def test_numbers_that_are_none_are_told_outside_of_the_hole(pixels, hole):
    """What is known must be numbers, in the picture and its maps; only those that are not in the hole are counted."""
    image = pixels / np.float32(255)
    image[hole] = np.nan
    bad = image.copy()
    bad[0, :2, 0] = np.inf
    for call, name in (((bad, {}), "image"), ((image, {"n": bad}), "map n")):
        with pytest.raises(ImageError, match=f"^{name}=2 values that are NaN or infinite"):
            patchloom.inpaint(call[0], hole, maps=call[1])
    with pytest.raises(ImageError, match="map n=10 x 10 pixels: must be 64 x 48"):
        patchloom.inpaint(image, hole, maps={"n": np.full((10, 10), 1e6)})


@settings(max_examples=15)
@given(tasks(), seeds, st.sampled_from(["edges", "source", "#888888"]))
def test_no_patch_that_touches_the_hole_is_ever_found(task, seed, fill):
    """At every step of every level, the patches that cover a free pixel come from patches without one."""
    image, mask = task
    image = image / 4 if image.dtype.kind == "f" else image
    plan = plans.inpaint(image, mask, fill=fill, params=TINY, seed=seed)
    for step in patchloom.steps(plan):
        clear = clear_patches(plan.free[step.level], 3)
        found = step.fields.forward.index[~clear]
        assert len(found) and clear[found[:, 0], found[:, 1]].all()
    assert np.array_equal(plan.free[0], mask)


@settings(max_examples=10)
@given(tasks(), seeds)
def test_threads_change_nothing(task, seed):
    """One thread or four, the same bytes; and again the same."""
    image, mask = task
    one, four = (patchloom.inpaint(image, mask, params=TINY, seed=seed, threads=threads) for threads in (1, 4))
    assert np.array_equal(one.image, four.image) and np.array_equal(one.nnf.index, four.nnf.index)


@pytest.fixture
def hole():
    """A hole in the middle of `pixels`."""
    return box((48, 64), 16, 20, 14, 18)


def coherence(made, image, hole, patch_size=7):
    """Mean squared difference of the patches that touch the hole to the nearest of the others."""
    scale, clear = np.float32(1 / 255), clear_patches(hole, patch_size)
    found = patchloom.nearest(made * scale, image * scale, patch_size=patch_size, valid=clear, method="exact")
    return float(found.distance[~clear].mean())


def test_coherence(make_picture):
    """What is filled in looks like the rest: more so than grey, and far more than another part of the picture."""
    image = make_picture(96, 96)
    hole = box((96, 96), 30, 40, 24, 24)
    made = patchloom.inpaint(image, hole, seed=1).image
    pasted, grey = image.copy(), image.copy()
    pasted[hole], grey[hole] = image[66:90, 4:28].reshape(-1, 3), 128
    ours = coherence(made, image, hole)
    assert ours < 0.5 * coherence(pasted, image, hole) and ours < 0.7 * coherence(grey, image, hole)


def test_seeds_give_different_answers(make_picture):
    """Another seed, another filling, not a few pixels of it."""
    image, hole = make_picture(96, 96), box((96, 96), 30, 40, 30, 30)
    one, two = (patchloom.inpaint(image, hole, seed=seed).image.astype(int) for seed in (1, 2))
    assert (np.abs(one - two).max(axis=2)[hole] > 5).mean() > 0.3


def meadow(make_picture):
    """Green, with a red half and a blue half below."""
    image = make_picture(80, 90)
    tints = np.array([[[60, 140, 50], [190, 50, 40], [50, 60, 190]]])
    where = np.zeros((80, 90), int)
    where[50:, :45], where[50:, 45:] = 1, 2
    return np.clip(image // 3 + tints[0][where] - 40, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_painted_colours_are_followed(make_picture, seed):
    """Row 3: two colours painted into a hole give fillings whose means lie nearer their own colour."""
    image, hole = meadow(make_picture), box((80, 90), 12, 30, 22, 24)
    colours = {"red": (180, 40, 40), "blue": (40, 50, 180)}
    means = {}
    for name, colour in colours.items():
        painted = image.copy()
        painted[hole] = colour
        made = patchloom.inpaint(painted, hole, fill="source", seed=seed).image
        means[name] = made[hole].mean(axis=0)
    for own, other in (("red", "blue"), ("blue", "red")):
        gaps = [np.linalg.norm(means[own] - np.array(colours[name])) for name in (own, other)]
        assert gaps[0] < 0.6 * gaps[1]


def test_a_colour_is_as_good_as_painting_it(pixels, hole):
    """``fill="#..."`` is the same as painting it and ``"source"``; the colours around are something else."""
    painted = pixels.copy()
    painted[hole] = (0xC0, 0x20, 0x40)
    named = patchloom.inpaint(pixels, hole, fill="#c02040", seed=3).image
    assert np.array_equal(named, patchloom.inpaint(painted, hole, fill="source", seed=3).image)
    assert not np.array_equal(named, patchloom.inpaint(pixels, hole, seed=3).image)


def test_source_mask(pixels, hole):
    """Patches come from where the mask is white only."""
    allowed = box((48, 64), 0, 0, 48, 16)
    found = patchloom.inpaint(pixels, hole, source_mask=allowed, seed=1).nnf.index[~clear_patches(hole, 7)]
    assert (found[:, 1] <= 16 - 7).all()


def test_holes_in_many_ways(pixels, hole):
    """A mask, its picture, its inverse, a colour in the picture and its alpha say the same hole."""
    expected = patchloom.inpaint(pixels, hole, seed=1).image
    cyan = pixels.copy()
    cyan[hole] = (0, 255, 255)
    for image, told, options in (
        (pixels, Image.fromarray(hole), {}), (pixels, hole * np.uint8(128), {}), (pixels, ~hole, {"invert": True}),
        (cyan, "#0ff", {}), (cyan, "#00ffff", {}),
    ):
        assert np.array_equal(patchloom.inpaint(image, told, seed=1, **options).image, expected)
    clear = np.dstack([pixels, np.where(hole, 100, 255).astype(np.uint8)])
    made = patchloom.inpaint(clear, "alpha", seed=1).image
    assert made.shape == (48, 64, 4) and (made[..., 3] == 255).all() and np.array_equal(made[~hole], clear[~hole])


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize("size", [(20, 30), (48, 64), (90, 100)])
def test_a_transparent_hole_leaves_no_rim(pixels, hole, size, kind):
    """What was cut out comes back opaque at every size, and whatever stands where it is transparent."""
    clear = np.dstack([pixels, np.where(hole, 0, 255).astype(np.uint8)])
    clear = clear if kind == "uint8" else clear / np.float32(255)
    other = clear.copy()
    other[hole, :3] = 200 if kind == "uint8" else np.nan
    one, two = (patchloom.inpaint(picture, "alpha", size=size, seed=1).image for picture in (clear, other))
    assert np.array_equal(one, two)
    assert (one[..., 3] >= (1 if kind == "float32" else 255) * (1 - 1e-6)).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "float32"])
def test_a_colour_is_found_before_alpha(pixels, mode):
    """A colour is what a picture shows, half transparent too; what is fully transparent has none, not even black."""
    hole, hidden = box((48, 64), 16, 20, 14, 18), box((48, 64), 0, 50, 6, 14)
    text = "#0a0a0a" if mode == "LA" else "#0ff"
    image = np.dstack([np.maximum(pixels, 20), np.full((48, 64), 255, np.uint8)])
    colour = (10,) if mode == "LA" else (0, 255, 255)
    image = image[..., 2:] if mode == "LA" else image
    image[hole | hidden, :-1] = colour
    image[hole, -1] = 128
    image[16, 20, -1] = 1
    image[hidden, -1] = 0
    image = image / np.float32(255) if mode == "float32" else image
    assert np.array_equal(as_hole(text, image), hole)
    if mode != "float32":
        assert np.array_equal(as_hole(text, Image.fromarray(image)), hole)
    black = plans.inpaint(image, text, invert=True, seed=1).free[0]
    assert np.array_equal(black, ~hole)
    with pytest.raises(ImageError, match="hole=#000000: no pixel has exactly this colour"):
        patchloom.inpaint(image, "#000000")


@pytest.mark.parametrize("options", [{"hole": "#00ffff"}, {"fill": "#00ffff"}])
def test_floats_beyond_one_have_no_colours(pixels, hole, options):
    """A colour would mean something else in every picture."""
    name = next(iter(options))
    with pytest.raises(ParameterError) as caught:
        patchloom.inpaint(pixels / np.float32(85), **{"hole": hole, **options})
    assert str(caught.value).startswith(f"{name}='#00ffff': the picture has values from 0 to 3, colours are within")


def test_feather_passes_over(pixels, hole):
    """A soft border changes pixels around the hole, and fewer the farther away."""
    wide = patchloom.inpaint(pixels, hole, feather=5, seed=1)
    changed = (wide.image != pixels).any(axis=2) & ~hole
    assert changed.any() and not changed[~dilated(hole, 5)].any()
    assert wide.blend.covered == pytest.approx(hole.mean())


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_modes(pixels, hole, mode):
    """Grey, 16 bits, palettes and alpha come back as they were."""
    grey = pixels[..., 0]
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(pixels).convert(mode)
    made = patchloom.inpaint(image, hole, seed=1).image
    assert made.mode == image.mode and made.size == image.size
    assert np.array_equal(np.asarray(made)[~hole], np.asarray(image)[~hole])
    assert not np.array_equal(np.asarray(made)[hole], np.asarray(image)[hole])


@pytest.mark.parametrize("factor", [1, 257])
def test_maps_follow(pixels, hole, factor):
    """The red channel as a map is the result's red channel to the last bit, 8 and 16 bits, also under a feather."""
    image = pixels.astype(np.uint16) * 257 if factor == 257 else pixels
    made = patchloom.inpaint(image, hole, feather=3, maps={"red": image[..., 0]}, seed=2)
    assert np.array_equal(made.maps["red"], made.image[..., 0])


def test_size_comes_first(pixels, hole):
    """Picture and mask are brought to a size, then filled."""
    made = patchloom.inpaint(pixels, hole, size=(96, 128), seed=1)
    assert made.image.shape == (96, 128, 3)
    assert made.blend.covered == pytest.approx(hole.mean(), abs=0.01)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"hole": np.zeros((48, 64), bool)}, ImageError, "mask=0 % of the picture: must cover a part"),
        ({"hole": np.ones((48, 64), bool)}, ImageError, "mask=100 % of the picture: must cover a part"),
        ({"hole": np.zeros((64, 48), bool)}, ImageError, "mask=48 x 64 pixels: must be 64 x 48"),
        ({"hole": "alpha"}, ImageError, "mask=alpha: the picture has no alpha channel"),
        ({"hole": "cyan"}, ParameterError, "hole='cyan': must be alpha, a mask of the picture's size or a colour"),
        ({"hole": "#00ffff"}, ImageError, "hole=#00ffff: no pixel has exactly this colour"),
        ({"hole": "x.png"}, ParameterError, "hole='x.png': must be alpha, a mask of the picture's size or a colour"),
        ({"fill": "blur"}, ParameterError, "fill='blur': must be edges, source or a colour"),
        ({"fill": 3}, ParameterError, "fill='3': must be"),
        ({"feather": -1}, ParameterError, "feather=-1: must be a whole number, 0 to 256"),
        ({"feather": None}, ParameterError, "feather=None: must be a whole number, 0 to 256"),
        ({"feather": np.nan}, ParameterError, "feather=nan: must be a whole number, 0 to 256"),
        ({"feather": np.inf}, ParameterError, "feather=inf: must be a whole number, 0 to 256"),
        ({"feather": [3]}, ParameterError, "feather=[3]: must be a whole number, 0 to 256"),
        ({"maps": 3}, ParameterError, "maps=int: must be a mapping of names to pictures"),
        ({"map_weights": [1]}, ParameterError, "map_weights=list: must be a mapping of names to numbers"),
        ({"feather": 1.5}, ParameterError, "feather=1.5: must be a whole number"),
        ({"map_weights": {"x": 1}}, ParameterError, "map_weights='x': is no map"),
        ({"source_mask": np.zeros((48, 64), bool)}, ParameterError, "source_mask=0.0 % of the picture: must leave"),
        ({"source_mask": np.ones((8, 8), bool)}, ImageError, "source_mask=8 x 8 pixels: must be 64 x 48"),
        ({"maps": {"n": np.zeros((9, 9), np.uint8)}}, ImageError, "map n=9 x 9 pixels"),
    ],
)
def test_bad_input(pixels, hole, change, error, message):
    """One line: what, got, allowed, remedy."""
    with pytest.raises(error) as caught:
        patchloom.inpaint(pixels, change.pop("hole", hole), **change)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_colour_for_grey(pixels, hole):
    """Grey pictures take grey colours."""
    grey = pixels[..., 0]
    assert patchloom.inpaint(grey, hole, fill="#808080", seed=1).image.shape == (48, 64)
    with pytest.raises(ParameterError, match="fill='#c02020': the picture is grey; try #808080, edges or source"):
        patchloom.inpaint(grey, hole, fill="#c02020")
    with pytest.raises(ParameterError, match="hole='#c02020': the picture is grey; try #808080, a mask or alpha"):
        patchloom.inpaint(grey, "#c02020")


def test_golden(golden, pixels, hole):
    """The same pixels as ever."""
    golden("inpaint", patchloom.inpaint(pixels, hole, feather=2, seed=7).image)


# Command line

@pytest.fixture
def photo_hole():
    """A hole in `photo`."""
    return box((32, 40), 10, 12, 9, 11)


def test_command(folder, photo, photo_hole):
    """A mask's file fills; the share is told on both streams; other pixels stay."""
    save(folder / "hole.png", photo_hole.astype(np.uint8) * 255)
    done = run("inpaint", photo, "--mask", folder / "hole.png", "--seed", 5, "--count", 2, "--json")
    told = json.loads(done.stdout)["outputs"]
    assert [one["covered"] for one in told] == [pytest.approx(photo_hole.mean(), abs=1e-6)] * 2
    assert "7.73 % new" in done.stderr
    before = np.asarray(Image.open(photo))
    pictures = [np.asarray(Image.open(one["path"])) for one in told]
    for seed, picture in zip((5, 6), pictures, strict=True):
        assert np.array_equal(picture[~photo_hole], before[~photo_hole])
        assert np.array_equal(picture, patchloom.inpaint(before, photo_hole, seed=seed).image)


def test_command_says_the_hole_in_other_ways(folder, photo, photo_hole):
    """By a colour, by alpha, and by an inverted mask."""
    image = np.asarray(Image.open(photo)).copy()
    image[photo_hole] = (255, 0, 255)
    save(folder / "painted.png", image)
    save(folder / "cut.png", np.dstack([image, np.where(photo_hole, 0, 255).astype(np.uint8)]))
    save(folder / "rest.png", (~photo_hole).astype(np.uint8) * 255)
    run("inpaint", folder / "painted.png", "--hole-color", "#f0f", "--seed", 1, "--out", "a.png")
    run("inpaint", photo, "--mask", "rest.png", "--invert-mask", "--seed", 1, "--out", "b.png")
    run("inpaint", folder / "cut.png", "--hole-alpha", "--seed", 1, "--out", "c.png")
    run("inpaint", folder / "painted.png", "--hole-color", "#f0f", "--fill", "source", "--seed", 1, "--out", "d.png")
    a, b, c, d = (np.asarray(Image.open(folder / f"{name}.png")) for name in "abcd")
    assert np.array_equal(a, b) and not np.array_equal(a, d)
    assert np.array_equal(c[~photo_hole][:, :3], image[~photo_hole]) and (c[..., 3] == 255).all()


def test_command_refuses(folder, photo, photo_hole):
    """Bad input is one line, exit code 2, and nothing is written."""
    save(folder / "hole.png", photo_hole.astype(np.uint8) * 255)
    save(folder / "small.png", np.full((9, 9), 255, np.uint8))
    save(folder / "empty.png", np.zeros((32, 40), np.uint8))
    for options, message in (
        ((), "photo.png: mask=none: exactly one must say where the hole is"),
        (("--mask", "hole.png", "--hole-alpha"), "photo.png: mask=--mask and --hole-alpha: exactly one must say"),
        (("--mask", "small.png"), "photo.png: mask=9 x 9 pixels: must be 40 x 32"),
        (("--mask", "empty.png"), "photo.png: mask=0 % of the picture"),
        (("--mask", "empty.png", "--invert-mask"), "photo.png: mask=100 % of the picture"),
        (("--hole-alpha",), "photo.png: mask=alpha: the picture has no alpha channel"),
        (("--hole-color", "pink"), "hole_color='pink': must be a colour"),
        (("--mask", "hole.png", "--fill", "x"), "fill='x': must be edges, source or a colour"),
        (("--mask", "hole.png", "--source-mask", "empty.png"), "photo.png: source_mask=0.0 % of the picture: must"),
        (("--mask", "hole.png", "--source-mask", "hole.png"), "photo.png: source_mask=7.7 % of the picture: must"),
        (("--mask", "-"), "mask=-: must be a file, a folder or a template; only an argument can come from standard"),
        (("--mask", "none.png"), "mask=none.png (no such file or directory)"),
        (("--mask", "hole.png", "--map-weight", "n=1"), "photo.png: map_weights='n': is no map"),
        (("--mask", "hole.png", "--feather", "-2"), "feather=-2: must be a whole number, 0 to 256"),
    ):
        refused(folder, "inpaint", "photo.png", *options, message=message)
