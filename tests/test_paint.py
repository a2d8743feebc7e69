"""Paintings: layout of the one, texture of the other, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import patchloom
from command_line import FAST, refused, run, save
from patchloom import PRESETS, plans
from patchloom.errors import ImageError, ParameterError


def floats(pixels):
    return pixels.astype(np.float32) / np.float32(255)


def scene(rows=80, cols=96):
    """Light checks above, dark stripes below."""
    down, right = np.indices((rows, cols))
    light, dark = 190 + 50 * ((right // 3 + down // 3) % 2), 30 + 40 * (right // 2 % 2)
    return np.where(down < rows // 2, light, dark).astype(np.uint8)


def painting(rows=80, cols=96):
    """Two flat colours, the other way round than in the scene: dark left, light right."""
    return np.where(np.indices((rows, cols))[1] < cols // 2, 50, 215).astype(np.uint8)


def blocks(pixels, side=8):
    rows, cols = (length // side for length in pixels.shape)
    return pixels[: rows * side, : cols * side].reshape(rows, side, cols, side).astype(float)


def test_layout_of_the_painting_and_texture_of_the_source():
    """Blocks have the painting's colour, and the source's contrast within."""
    source, painted = scene(), painting()
    result = patchloom.paint(source, painted, seed=1).image
    layout = blocks(painted).mean(axis=(1, 3)).ravel()
    assert np.corrcoef(blocks(result).mean(axis=(1, 3)).ravel(), layout)[0, 1] > 0.9
    assert np.median(blocks(result).std(axis=(1, 3))) > 0.7 * np.median(blocks(source).std(axis=(1, 3)))
    found = patchloom.nearest(floats(result)[..., None], floats(source)[..., None], patch_size=7, method="exact")
    alone = patchloom.nearest(floats(painted)[..., None], floats(source)[..., None], patch_size=7, method="exact")
    assert found.distance.mean() < 0.6 * alone.distance.mean()


def test_the_level_comes_from_how_flat_the_painting_is(make_picture):
    """A flat painting starts as coarse as it may, the source itself as fine; coarsest overrides it."""
    source = make_picture(96, 96)
    flat = np.full_like(source, 128)
    flat[:, 48:] = 90
    coarse, fine = (plans.paint(source, guide, seed=1).sizes[-1] for guide in (flat, source))
    assert min(coarse) < min(fine)
    told = plans.paint(source, flat, params=replace(PRESETS["paint"], coarsest=60), seed=1)
    assert min(told.sizes[-1]) > min(fine)


@pytest.mark.parametrize("kind", ["uint16", "float32", "RGBA", "PIL"])
def test_types(make_picture, kind):
    """The result has the source's type and the painting's size."""
    source, painted = make_picture(channels=4 if kind == "RGBA" else 3), make_picture(40, 52, seed=1)
    if kind == "RGBA":
        source[..., 3] = 255
    source = {
        "uint16": source.astype(np.uint16) * 257, "float32": floats(source), "PIL": Image.fromarray(source),
    }.get(kind, source)
    image = patchloom.paint(source, painted, seed=1).image
    if kind == "PIL":
        assert (image.mode, image.size) == ("RGB", (52, 40))
    else:
        assert (image.shape, image.dtype) == ((40, 52, source.shape[2]), source.dtype)


@pytest.mark.parametrize("colours", ["keep", "auto"])
@pytest.mark.parametrize("sides", [(7, 7), (7, 9), (9, 7), (7, 40)])
def test_pictures_of_one_patch(make_picture, sides, colours):
    """There are no levels to compare, and still a result: on either side, and on both."""
    least, other = make_picture(*sides), make_picture(40, 56, seed=1)
    for source, painted in ((least, other), (other, least), (least, least[::-1])):
        made = patchloom.paint(source, painted, colours=colours, seed=1).image
        assert made.shape == painted.shape


def test_size_threads_and_maps(make_picture):
    """The size that was asked for, the same for 1 and 4 threads, and maps that follow to the last bit."""
    source, painted = make_picture(), make_picture(seed=1)
    one, four = (
        patchloom.paint(source, painted, size=(44, 60), maps={"red": source[..., 0]}, seed=1, threads=threads)
        for threads in (1, 4)
    )
    assert one.image.shape == (44, 60, 3)
    assert (one.image == four.image).all()
    assert (one.maps["red"] == one.image[..., 0]).all()


def test_golden(make_picture, golden):
    """A small painting, to the byte."""
    painted = make_picture(40, 56, seed=3) // 64 * 64 + 32
    golden("paint", patchloom.paint(make_picture(), painted, colours="light", seed=5).image)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"painting": np.zeros((20, 20), np.uint8)}, ImageError, "painting=grey: source has colours"),
        ({"painting": np.zeros((20, 20, 4), np.uint8)}, ImageError, "painting=transparent pixels: source has none"),
        ({"source": np.zeros((48, 64, 4), np.uint8)}, ImageError, "source=transparent pixels: painting has none"),
        ({"painting": np.zeros((20, 6, 3), np.uint8)}, ImageError, "painting=6 x 20 pixels: each side must be"),
        ({"size": (40, 6)}, ParameterError, "size=40 rows x 6 columns"),
        ({"colours": "odd"}, ParameterError, "colours='odd': must be one of auto, light"),
        ({"map_weights": {"m": 1}}, ParameterError, "map_weights=a weight above 0 for a painting"),
    ],
)
def test_bad_input(pixels, make_picture, change, error, message):
    """One line: what, got, allowed."""
    passed = {"source": pixels, "painting": make_picture(seed=1), "maps": {"m": pixels[..., 0]}, **change}
    if "source" in change:
        passed.pop("maps")
    with pytest.raises(error) as caught:
        plans.paint(passed.pop("source"), passed.pop("painting"), seed=1, **passed)
    assert str(caught.value).startswith(message)


def test_command(tmp_path, make_picture):
    """Same pixels as the function's; bad input writes nothing."""
    source, painted = make_picture(), make_picture(40, 56, seed=1)
    one, two = save(tmp_path / "in" / "a.png", source), save(tmp_path / "in" / "b.png", painted)
    clear = save(tmp_path / "in" / "clear.png", np.dstack([painted, painted[..., 0]]))
    run("paint", one, two, "--seed", 3, "--out", tmp_path / "o.png", "--colours", "light", *FAST)
    wanted = patchloom.paint(source, painted, colours="light", params=replace(PRESETS["paint"], iterations=2), seed=3)
    assert (np.asarray(Image.open(tmp_path / "o.png")) == wanted.image).all()
    refused(tmp_path, "paint", one, clear, "--out", tmp_path / "x.png", message=f"{clear}: painting=transparent pixels")
