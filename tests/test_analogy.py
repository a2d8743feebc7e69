"""Analogies: whose patches, whose structure, at which depth, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import FAST, names, refused, run, save
from patchloom import PRESETS, plans
from patchloom.errors import ImageError, ParameterError
from patchloom.guidance import COLOURS, detail_size, flat_until, recoloured

QUICK = replace(PRESETS["analogy"], iterations=3)


def floats(pixels):
    return pixels.astype(np.float32) / np.float32(255)


def disc(rows=64, cols=64, low=40, high=220, radius=18):
    """A dark disc on light paper."""
    down, right = np.indices((rows, cols))
    inside = (down - rows // 2) ** 2 + (right - cols // 2) ** 2 < radius**2
    return np.where(inside, low, high).astype(np.uint8)


def two_textures():
    """Dark stripes above, light checks below."""
    down, right = np.indices((64, 64))
    dark, light = 30 + 40 * (right // 2 % 2), 190 + 50 * ((right // 3 + down // 3) % 2)
    return np.where(down < 32, dark, light).astype(np.uint8)


def correlation(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "grey", "RGBA", "PIL"])
def test_types(make_picture, kind):
    """The result has the source's type and the structure's size, whatever the structure's type is."""
    source, structure = make_picture(channels=4 if kind == "RGBA" else 3), make_picture(40, 44, seed=1)
    if kind == "RGBA":
        source[..., 3] = 255
    source = {
        "uint16": source.astype(np.uint16) * 257, "float32": floats(source), "grey": source[..., 0],
        "PIL": Image.fromarray(source),
    }.get(kind, source)
    result = patchloom.analogy(source, structure[..., 0] if kind == "grey" else structure, params=QUICK, seed=1)
    if kind == "PIL":
        assert (result.image.mode, result.image.size) == ("RGB", (44, 40))
    else:
        assert (result.image.shape, result.image.dtype) == ((40, 44, *source.shape[2:]), source.dtype)


@settings(max_examples=20)
@given(st.data())
def test_the_size_is_the_structures_or_what_was_asked_for(data):
    """And no value leaves the source's range."""
    sides = st.integers(7, 20)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    source, structure = (rng.integers(60, 200, (data.draw(sides), data.draw(sides)), np.uint8) for _ in range(2))
    size = data.draw(st.one_of(st.none(), st.tuples(sides, sides)))
    colours = data.draw(st.sampled_from(COLOURS))
    params = replace(QUICK, alpha=data.draw(st.sampled_from([0.005, np.inf])))
    result = patchloom.analogy(source, structure, size=size, colours=colours, params=params, seed=1)
    assert result.image.shape == (size or structure.shape)
    assert source.min() <= result.image.min() <= result.image.max() <= source.max()


@pytest.mark.parametrize("sides", [(7, 7), (7, 9), (9, 7), (7, 40)])
def test_pictures_of_one_patch(make_picture, sides):
    """There are no levels to measure detail at, and still a result: on either side, and on both."""
    least, other = make_picture(*sides), make_picture(40, 56, seed=1)
    for source, structure in ((least, other), (other, least), (least, least[::-1])):
        assert patchloom.analogy(source, structure, params=QUICK, seed=1).image.shape == structure.shape


def test_the_same_seed_gives_the_same_bytes(make_picture):
    """For any number of threads."""
    source, structure = make_picture(), make_picture(seed=1)
    one, four, other = (
        patchloom.analogy(source, structure, seed=seed, threads=threads).image
        for seed, threads in ((1, 1), (1, 4), (2, 1))
    )
    assert (one == four).all()
    assert (one != other).any()


@pytest.mark.parametrize("preset", ["analogy", "style", "sketch"])
def test_structure_of_the_one_and_patches_of_the_other(preset):
    """A generated picture has neither the structure by chance, nor is the structure's own texture kept."""
    source, structure = two_textures(), disc()
    wanted = structure.astype(float)
    plain = patchloom.generate(source, size=structure.shape, seed=1).image
    result = patchloom.analogy(source, structure, params=PRESETS[preset], seed=1).image
    assert correlation(result, wanted) > correlation(plain, wanted) + 0.4
    found = patchloom.nearest(floats(result)[..., None], floats(source)[..., None], patch_size=7, method="exact")
    alone = patchloom.nearest(floats(structure)[..., None], floats(source)[..., None], patch_size=7, method="exact")
    assert found.distance.mean() < 0.6 * alone.distance.mean()


def test_style_stays_closer_than_analogy():
    """It starts a level finer."""
    source, structure = two_textures(), disc()
    coarse, fine = (plans.analogy(source, structure, params=PRESETS[name], seed=1) for name in ("analogy", "style"))
    assert len(fine.sizes) == len(coarse.sizes) - 1


def test_fine_detail_leaves_a_level_to_go_to(make_picture):
    """Noise is all detail: the preset that starts a level finer has a level to start from all the same."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    for preset in ("analogy", "style"):
        assert len(plans.analogy(make_picture(), noise, params=PRESETS[preset], seed=1).sizes) >= 2


def test_the_depth_comes_from_the_detail():
    """Larger detail starts coarser; --detail and coarsest override what is measured, the latter both."""
    source = two_textures()
    down, right = np.indices((64, 64))
    fine, coarse = (
        plans.analogy(source, ((down // width + right // width) % 2 * 255).astype(np.uint8), seed=1).sizes[-1]
        for width in (3, 12)
    )
    assert coarse < fine
    told = [plans.analogy(source, disc(), detail=detail, seed=1).sizes[-1] for detail in (8, 30)]
    assert told[1] < told[0]
    params = replace(PRESETS["analogy"], coarsest=28)
    both = plans.analogy(source, disc(), detail=8, params=params, seed=1)
    assert both.sizes[-1] == plans.analogy(source, disc(), params=params, seed=1).sizes[-1] != told[0]


@pytest.mark.parametrize("width", [2, 4, 8])
def test_detail_grows_with_the_picture(width):
    """Checks of twice the width have about twice the detail; nothing to see is as wide as the picture."""
    down, right = np.indices((128, 128))
    one, two = (
        detail_size(((down // w + right // w) % 2).astype(np.float32)[..., None]) for w in (width, 2 * width)
    )
    assert 1.5 < two / one < 2.6
    assert 0.5 < one / width < 3
    assert detail_size(np.full((30, 40, 1), 0.5, np.float32)) == 30


def test_colours_in_the_order_of_light(picture):
    """Equal shades get equal colours, lighter ones no darker colours; the mean is the source's."""
    grey = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(16, axis=0).repeat(3, axis=2)
    made = recoloured(grey, picture, "light")
    assert (made == made[:1]).all()
    light = made @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(light[0]) >= -1e-6).all()
    assert np.abs(made.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 0.02
    assert recoloured(grey, picture, "keep") is grey


def test_a_drawing_gets_the_whole_range(picture):
    """Paper, however much of it there is, becomes what is lightest, and ink what is darkest."""
    drawn = (floats(disc(radius=24)) > 0.5).astype(np.float32)[..., None].repeat(3, axis=2)
    auto, evenly, ranks = (recoloured(drawn, picture, colours).sum(axis=2) for colours in ("auto", "range", "light"))
    assert (auto == evenly).all()
    assert auto[0, 0] > ranks[0, 0]
    assert auto[0, 0] > np.quantile(picture.sum(axis=2), 0.85)
    assert auto[32, 32] < np.quantile(picture.sum(axis=2), 0.15)
    assert (recoloured(picture, picture, "auto") == recoloured(picture, picture, "light")).all()


def test_where_a_painting_becomes_flatter(picture):
    """A picture is as fine as itself; its blurred copy is not."""
    coarse = patchloom.pyramid(picture, ratio=0.5, coarsest=12)[-1]
    flat = coarse.repeat(4, axis=0).repeat(4, axis=1)
    blurred = (flat + np.roll(flat, 2, 0) + np.roll(flat, 2, 1) + np.roll(flat, (2, 2), (0, 1))) / 4
    assert flat_until(picture, picture) == 48
    assert flat_until(blurred, picture) < 48


def test_maps_follow(make_picture):
    """The red channel as a map is the result's red channel, 8 and 16 bits."""
    for factor in (1, 257):
        source = make_picture().astype(np.uint16 if factor > 1 else np.uint8) * factor
        result = patchloom.analogy(source, make_picture(seed=1), maps={"red": source[..., 0]}, params=QUICK, seed=1)
        assert (result.maps["red"] == result.image[..., 0]).all()


def test_golden(make_picture, golden):
    """A small analogy, to the byte."""
    golden("analogy", patchloom.analogy(make_picture(), make_picture(40, 56, seed=3), seed=5).image)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"structure": np.zeros((20, 20), np.uint8)}, ImageError, "structure=grey: source has colours"),
        ({"structure": np.zeros((20, 20, 4), np.uint8)}, ImageError, "structure=transparent pixels: source has none"),
        ({"source": np.zeros((40, 56, 4), np.uint8)}, ImageError, "source=transparent pixels: structure has none"),
        ({"structure": np.zeros((20, 6, 3), np.uint8)}, ImageError, "structure=6 x 20 pixels: each side must be"),
        ({"source": np.zeros((5, 40, 3), np.uint8)}, ImageError, "source=40 x 5 pixels: each side must be"),
        ({"size": (6, 40)}, ParameterError, "size=6 rows x 40 columns"),
        ({"colours": "odd"}, ParameterError, "colours='odd': must be one of auto, light"),
        ({"detail": -1}, ParameterError, "detail=-1: must be a number of pixels"),
        ({"detail": float("nan")}, ParameterError, "detail=nan: must be"),
        ({"map_weights": {"m": 1}}, ParameterError, "map_weights=a weight above 0 for an analogy"),
        ({"params": replace(QUICK, start_level=30)}, ParameterError, "start_level=30: must be below"),
    ],
)
def test_bad_input(pixels, make_picture, change, error, message):
    """One line: what, got, allowed."""
    passed = {"source": pixels, "structure": make_picture(seed=1), "maps": {"m": pixels[..., 0]}, **change}
    if "source" in change:
        passed.pop("maps")
    with pytest.raises(error) as caught:
        plans.analogy(passed.pop("source"), passed.pop("structure"), seed=1, **passed)
    assert str(caught.value).startswith(message)


def test_command(tmp_path, make_picture):
    """Same pixels as the function's, presets and options arrive, bad input writes nothing."""
    source, structure = make_picture(), make_picture(seed=1)
    one, two = save(tmp_path / "in" / "a.png", source), save(tmp_path / "in" / "b.png", structure)
    grey = save(tmp_path / "in" / "grey.png", structure[..., 0])
    run("analogy", one, two, "--seed", 3, "--out", tmp_path / "o.png", "--preset", "style", "--detail", 12, *FAST)
    wanted = patchloom.analogy(source, structure, detail=12, params=replace(PRESETS["style"], iterations=2), seed=3)
    assert (np.asarray(Image.open(tmp_path / "o.png")) == wanted.image).all()
    run("rerun", tmp_path / "o.png", "--out", tmp_path / "again.png", "--source", tmp_path / "in")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "o.png").read_bytes()
    refused(tmp_path, "analogy", one, grey, "--out", tmp_path / "x.png", message=f"{grey}: structure=grey")
    assert "x.png" not in names(tmp_path)
