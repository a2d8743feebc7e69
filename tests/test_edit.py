"""Edits made seamless: what stays, what heals, what is refused."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import FAST, refused, run, save
from patchloom import PRESETS, plans
from patchloom.errors import ImageError, ParameterError

QUICK = replace(PRESETS["edit"], iterations=3, coarsest_iterations=3)


def pasted(pixels, place=(20, 8), of=(4, 40), size=(14, 16)):
    """Return the picture with a piece of it copied elsewhere."""
    edited = pixels.copy()
    (row, col), (top, left), (rows, cols) = place, of, size
    edited[row : row + rows, col : col + cols] = pixels[top : top + rows, left : left + cols]
    return edited


def as_floats(pixels):
    return pixels.astype(np.float32) / 255


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "float64", "grey", "RGBA", "bool"])
def test_types(make_picture, kind):
    """The result is of the edit's type, and bit for bit the edit outside of the region."""
    pixels = make_picture(channels=4 if kind == "RGBA" else 3)
    pixels = {
        "uint16": pixels.astype(np.uint16) * 257, "float32": as_floats(pixels), "float64": pixels / 255,
        "grey": pixels[..., 0], "bool": pixels[..., 0] > 128,
    }.get(kind, pixels)
    edited = pasted(pixels)
    result = patchloom.edit(pixels, edited, params=QUICK, seed=1)
    assert result.image.dtype == edited.dtype
    assert result.image.shape == edited.shape
    outside = result.blend.alpha == 0
    assert outside.any()
    assert (result.image[outside] == edited[outside]).all()
    assert (result.image != edited).any()


@settings(max_examples=25)
@given(st.data())
def test_outside_of_the_region_nothing_changes(data):
    """Whatever is painted, with any feather, by any way to say the region."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    shape = data.draw(st.integers(9, 20)), data.draw(st.integers(9, 20)), data.draw(st.sampled_from([1, 3, 4]))
    pixels = rng.integers(0, 256, shape, np.uint8)
    pixels[..., -1:] = 255 if shape[2] == 4 else pixels[..., -1:]
    edited = pixels.copy()
    row, col = data.draw(st.integers(0, shape[0] - 3)), data.draw(st.integers(0, shape[1] - 3))
    edited[row : row + 3, col : col + 3, : shape[2] - (shape[2] == 4)] ^= 128
    region = data.draw(st.sampled_from(["auto", "mask"]))
    mask = rng.random(shape[:2]) > 0.7
    mask[0, 0], mask[-1, -1] = True, False
    feather = data.draw(st.sampled_from([None, 0, 2]))
    result = patchloom.edit(
        pixels, edited, region=mask if region == "mask" else "auto", feather=feather,
        params=replace(QUICK, patch_size=5), seed=1,
    )
    outside = result.blend.alpha == 0
    assert result.image.shape == edited.shape
    assert (result.image[outside] == edited[outside]).all()
    if region == "mask":
        assert (result.blend.alpha[mask] == 1).all()
        assert feather != 0 or (outside == ~mask).all()


def test_the_same_seed_gives_the_same_bytes(pixels):
    """For any number of threads; another seed gives others."""
    edited = pasted(pixels)
    one, four, other = (
        patchloom.edit(pixels, edited, seed=seed, threads=threads).image for seed, threads in ((1, 1), (1, 4), (2, 1))
    )
    assert (one == four).all()
    assert (one != other).any()


def coherence(image, source, rows, cols):
    """Mean distance of the patches of a part to their nearest in the source."""
    part = np.ascontiguousarray(as_floats(image)[rows, cols])
    return float(patchloom.nearest(part, as_floats(source), patch_size=7, method="exact").distance.mean())


def test_seams_heal_and_content_stays(make_picture):
    """Patches over the seams are much nearer to the source's; what was pasted still looks as pasted."""
    pixels = make_picture(64, 96, seed=5)
    pixels[:, 48:] = pixels[:, 48:] // 3 + 160
    edited = pasted(pixels, (22, 10), (20, 66), (22, 22))
    for seed in (1, 2, 3):
        result = patchloom.edit(pixels, edited, seed=seed)
        near = slice(16, 50), slice(4, 38)
        assert coherence(result.image, pixels, *near) < 0.2 * coherence(edited, pixels, *near)
        inner = result.image[28:38, 16:26].mean()
        assert abs(inner - edited[28:38, 16:26].mean()) < 0.4 * abs(inner - pixels[28:38, 16:26].mean())


def test_what_differs_is_found_despite_the_noise_of_saving(make_picture):
    """A few levels everywhere are no edit; if nothing else differs, they are."""
    pixels = make_picture(80, 120)
    noise = (np.indices(pixels.shape).sum(axis=0) % 2 * 12).astype(np.uint8)
    noisy = np.minimum(pasted(pixels), 243) + noise
    clean, found = (plans.edit(pixels, edited, seed=1).blend.alpha > 0 for edited in (pasted(pixels), noisy))
    assert (clean != found).mean() < 0.05
    faint = pixels.copy()
    faint[40, 60] ^= 1
    assert plans.edit(pixels, faint, seed=1).blend.alpha[40, 60] == 1


def allocated(function):
    """What a function returns, and the most bytes that it held."""
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("channels", [1, 3])
def test_planning_takes_less_memory_than_running(make_picture, channels):
    """Or the estimate, which is the run's, would be too small."""
    pixels = make_picture(300, 320, channels)
    plan, planning = allocated(lambda: plans.edit(pixels, pasted(pixels, size=(60, 70)), params=QUICK, seed=1))
    assert planning < allocated(lambda: patchloom.run(plan, threads=1))[1]


def test_depth_follows_the_edit(make_picture):
    """A small edit keeps fine levels only, and an explicit number wins."""
    pixels = make_picture(160, 200)
    small, large = (pasted(pixels, (60, 20), (20, 100), (side, side)) for side in (16, 70))
    levels = [len(plans.edit(pixels, edited, seed=1).sizes) for edited in (small, large)]
    assert levels[0] < levels[1]
    params = replace(PRESETS["edit"], coarsest=14)
    assert min(plans.edit(pixels, small, params=params, seed=1).sizes[-1]) < 17


def test_all_is_made_anew(make_picture):
    """The edit may then be of another size, the result has it; nothing lies below."""
    pixels = make_picture(48, 64)
    edited = np.concatenate([pixels, pixels[:, 10:40]], axis=1)
    result = patchloom.edit(pixels, edited, region="all", params=QUICK, seed=1)
    assert result.image.shape == edited.shape
    assert result.blend is None
    plan = plans.edit(pixels, pasted(pixels), region="all", params=replace(QUICK, coarsest=14, start_level=1), seed=1)
    assert len(plan.sizes) == len(plan.source) - 1
    assert plan.guess.shape[:2] == plan.sizes[-1]


def test_an_opaque_alpha_may_come_or_go(pixels):
    """The result has the edit's channels."""
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    edited = pasted(pixels)
    plain = patchloom.edit(pixels, edited, params=QUICK, seed=1).image
    made = patchloom.edit(Image.fromarray(opaque), Image.fromarray(edited), params=QUICK, seed=1).image
    assert made.mode == "RGB"
    assert (np.asarray(made) == plain).all()
    assert patchloom.edit(pixels, pasted(opaque), params=QUICK, seed=1).image.shape[2] == 4


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_of_different_ranges(pixels, kind):
    """Two pictures of floats are compared in their own units."""
    source = pixels.astype(kind) / 50
    edited = pasted(source)
    edited[22:30, 10:20] = 9
    result = patchloom.edit(source, edited, params=QUICK, seed=1)
    outside = result.blend.alpha == 0
    assert (result.image[outside] == edited[outside]).all()
    assert result.image.min() > -0.01
    assert result.image.max() < source.max() + 0.01       # no patch of the source is as bright as the edit
    assert (result.blend.alpha > 0).mean() < 0.7


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_maps_follow(pixels, kind):
    """A map that is the red channel stays it, to the last bit; outside of the region it is left alone."""
    source = pixels.astype(kind) * (257 if kind == np.uint16 else 1)
    result = patchloom.edit(source, pasted(source), maps={"red": source[..., 0]}, seed=1)
    assert (result.maps["red"] == result.image[..., 0]).all()
    outside = result.blend.alpha == 0
    other = patchloom.edit(source, pasted(source), maps={"height": source[..., 1] // 2}, seed=1).maps["height"]
    assert (other[outside] == (source[..., 1] // 2)[outside]).all()
    assert (other != source[..., 1] // 2).any()


def test_size_brings_all_of_it(pixels):
    """Both pictures, the mask and the maps."""
    mask = np.zeros(pixels.shape[:2], np.bool_)
    mask[10:40, 4:30] = True
    result = patchloom.edit(
        pixels, pasted(pixels), region=mask, size=(72, 96), maps={"red": pixels[..., 0]}, params=QUICK, seed=1
    )
    assert result.image.shape == (72, 96, 3)
    assert result.maps["red"].shape == (72, 96)
    assert result.blend.alpha[30, 30] == 1
    assert result.blend.alpha[0, -1] == 0


def refusals(pixels):
    mask = np.zeros(pixels.shape[:2], np.bool_)
    clear = np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)])
    edited = pasted(pixels)
    ranged = pixels.astype(np.float32)
    return {
        "edited=64 x 40 pixels: must be 64 x 48": ((pixels, edited[:40]), {}),
        "edited=the same pixels as source": ((pixels, pixels), {}),
        "source=grey: edited has colours": ((pixels[..., 0], edited), {}),
        "source=transparent pixels: edited has none": ((clear, edited), {}),
        "edited=transparent pixels: source has none": ((pixels, clear), {}),
        "source=values from": ((ranged, edited), {}),
        "edited=values from": ((pixels, pasted(ranged)), {}),
        "region=0 % of the picture": ((pixels, edited), {"region": mask}),
        "region=100 % of the picture": ((pixels, edited), {"region": ~mask}),
        "region=64 x 40 pixels": ((pixels, edited), {"region": mask[:40]}),
        "region='some'": ((pixels, edited), {"region": "some"}),
        "feather=-1": ((pixels, edited), {"feather": -1}),
        "start_level=60": ((pixels, edited), {"params": replace(PRESETS["edit"], start_level=60)}),
        "map_weights=a weight above 0 for edit": (
            (pixels, edited), {"maps": {"red": pixels[..., 0]}, "map_weights": {"red": 1}}
        ),
        "edited=64 x 5 pixels: each side must be at least 7": ((pixels, edited[:5]), {"region": "all"}),
    }


@pytest.mark.parametrize("number", range(15))
def test_refusals(pixels, number):
    """One line that says what, got, allowed."""
    message, (pictures, options) = list(refusals(pixels).items())[number]
    with pytest.raises((ImageError, ParameterError), match="^" + message) as caught:
        plans.edit(*pictures, **options)
    assert "\n" not in str(caught.value)


def test_golden(pixels, golden):
    """The same bytes everywhere."""
    golden("edit", patchloom.edit(pixels, pasted(pixels), seed=1).image)


def test_command(tmp_path, pixels, monkeypatch):
    """Source, edit, mask: files; what is bad is told in one line, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "in" / "a.png", pixels)
    edited = pasted(pixels)
    save(tmp_path / "in" / "b.png", edited)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[10:40, 4:30] = 255
    save(tmp_path / "in" / "m.png", mask)
    run("edit", "in/a.png", "in/b.png", "--seed", 1, "--region", "in/m.png", "--feather", 0, *FAST)
    made = np.asarray(Image.open("b_edit_1.png"))
    assert (made[mask == 0] == edited[mask == 0]).all()
    assert (made[mask > 0] != edited[mask > 0]).any()
    run("edit", "in/a.png", "in/b.png", "--seed", 1, "--all", "--out", "all.png", *FAST)
    wanted = patchloom.edit(pixels, edited, region="all", seed=1, params=replace(PRESETS["edit"], iterations=2))
    assert (np.asarray(Image.open("all.png")) == wanted.image).all()
    same = tmp_path / "in" / "a.png"
    refused(tmp_path, "edit", "in/a.png", same, message=f"{same}: edited=the same pixels")
    for message, options in (
        ("in/b.png: region=a mask beside --all", ("--all", "--region", "in/m.png")),
        ("feather='x'", ("--feather", "x")),
    ):
        refused(tmp_path, "edit", "in/a.png", "in/b.png", *options, message=message)
