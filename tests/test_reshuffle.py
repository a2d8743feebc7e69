"""Objects moved: they stay as they are, do not come back, and what is refused."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import FAST, refused, run, save
from patchloom import PRESETS, Move, plans
from patchloom.cli.reshuffle import as_move, as_shift
from patchloom.errors import ImageError, ParameterError
from patchloom.plans.moving import _boxes

QUICK = replace(PRESETS["reshuffle"], iterations=3, coarsest_iterations=3)
MOVE = Move((4, -46), box=(14, 60, 24, 24))
"""Of the object in `scene`; its inside is red."""


@pytest.fixture(scope="module")
def scene(make_picture):
    """Return a texture with a red thing on it, at (18, 64), 16 x 16 pixels."""
    pixels = make_picture(64, 96, seed=3) // 2 + 60
    pixels[18:34, 64:80] = make_picture(16, 16, seed=5) // 8 + np.array([200, 10, 10], np.uint8)
    return pixels


def red(pixels):
    """Where the thing shows."""
    return (pixels[..., 0] > 180) & (pixels[..., 1] < 80)


def share(result, move):
    """Share of the offsets of the patches in the target box that equal the move."""
    row, col, rows, cols = move.box
    down, right = move.shift
    own = np.stack(np.indices(result.nnf.index.shape[:2]), axis=2)
    away = (own - result.nnf.index)[row + down : row + down + rows - 6, col + right : col + right + cols - 6]
    return (away == move.shift).all(axis=2).mean()


@pytest.mark.parametrize("region", ["auto", "all"])
def test_objects_move(scene, region):
    """As a whole, to where they should be; and they do not come back."""
    for seed in (1, 2, 3):
        result = patchloom.reshuffle(scene, [MOVE], region=region, seed=seed)
        assert (result.image[22:38, 18:34] == scene[18:34, 64:80]).all()
        assert share(result, MOVE) > 0.8
        shown = red(result.image)
        assert shown[22:38, 18:34].all()
        shown[21:39, 17:35] = False
        assert not shown.any()
        from_thing = red(scene)[result.nnf.index[..., 0] + 3, result.nnf.index[..., 1] + 3]
        assert not from_thing[11:35, 57:81].any()         # patches centred where it was


def test_the_place_left_is_filled_with_the_rest(scene):
    """Its patches are nearly the texture's own."""
    texture = scene.copy()
    texture[14:38, 60:84] = scene[14:38, 32:56]
    result = patchloom.reshuffle(scene, [MOVE], seed=1)
    part, key = (np.ascontiguousarray(picture, np.float32) / 255 for picture in (result.image[10:42, 56:88], texture))
    assert patchloom.nearest(part, key, patch_size=7, method="exact").distance.mean() < 1e-3


def test_nothing_grows_back_where_the_picture_is_busy():
    """No patch of the place left has its middle in the box that was lifted, however well it would fit around."""
    busy = np.kron(np.random.default_rng(3).integers(0, 256, (24, 30, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    result = patchloom.reshuffle(busy, [Move((-20, -40), box=(50, 70, 24, 24))], seed=1)
    middle = result.nnf.index[50:68, 70:88] + 3
    back = ((middle >= (50, 70)) & (middle < (74, 94))).all(axis=2)
    assert back.mean() <= 0.02


def test_a_copy_stays(scene):
    """At both places."""
    result = patchloom.reshuffle(scene, [MOVE], copy=True, seed=1)
    assert (result.image[14:38, 60:84] == scene[14:38, 60:84]).all()
    assert (result.image[22:38, 18:34] == scene[18:34, 64:80]).all()


def test_later_moves_lie_above(scene):
    """Of two objects at one place the later shows."""
    other = Move((4, -16), box=(14, 30, 24, 24))
    for moves, shown in (([MOVE, other], False), ([other, MOVE], True)):
        plan = plans.reshuffle(scene, moves, seed=1)
        result = patchloom.run(plan)
        assert red(result.image)[24:36, 20:32].any() == shown
        assert share(result, moves[1]) > 0.8


@pytest.mark.parametrize("kind", ["uint16", "float64", "grey", "RGBA", "PIL", "palette"])
def test_masks_and_types(scene, kind):
    """What a mask names is moved to the last bit, whatever it is made of; what leaves the frame is cut off."""
    mask = red(scene)
    pixels = {
        "uint16": scene.astype(np.uint16) * 257, "float64": scene / 255, "grey": scene[..., 0],
        "RGBA": np.dstack([scene, 255 - scene[..., :1] // 4]), "PIL": Image.fromarray(scene),
        "palette": Image.fromarray(scene).quantize(32),
    }[kind]
    result = patchloom.reshuffle(pixels, [Move((-24, 20), mask=mask)], params=QUICK, seed=1)
    before, after = np.asarray(pixels), np.asarray(result.image)
    assert (before.dtype, before.shape) == (after.dtype, after.shape)
    there = np.zeros_like(mask)
    there[:-24, 20:] = mask[24:, :-20]
    assert 0 < there.sum() < mask.sum()
    rows, cols = np.nonzero(there)
    assert (after[rows, cols] == before[rows + 24, cols - 20]).all()
    untouched = (result.blend.alpha == 0) & ~there
    assert untouched.any()
    assert (after[untouched] == before[untouched]).all()


@settings(max_examples=25)
@given(st.data())
def test_outside_of_the_region_nothing_changes(data):
    """Whatever is moved, however large, any way round."""
    rows, cols = data.draw(st.integers(9, 20)), data.draw(st.integers(9, 20))
    pixels = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).integers(0, 256, (rows, cols, 3), np.uint8)
    moves = []
    for _ in range(data.draw(st.integers(1, 3))):
        height, width = data.draw(st.integers(1, rows - 2)), data.draw(st.integers(1, cols - 2))
        row, col = data.draw(st.integers(0, rows - height)), data.draw(st.integers(0, cols - width))
        down = data.draw(st.integers(1 - row - height, rows - row - 1).filter(bool))
        right = data.draw(st.integers(1 - col - width, cols - col - 1))
        moves.append(Move((down, right), box=(row, col, height, width)))
    options = {"copy": data.draw(st.booleans()), "feather": data.draw(st.sampled_from([None, 0, 3]))}
    options["region"] = data.draw(st.sampled_from(["auto", "all", np.indices((rows, cols))[0] < 2]))
    params = replace(QUICK, patch_size=data.draw(st.sampled_from([3, 5])), iterations=2)
    result = patchloom.reshuffle(pixels, moves, params=params, seed=1, maps={"red": pixels[..., 0]}, **options)
    below = plans.reshuffle(pixels, moves, params=params, seed=1, **options)
    moved = np.zeros_like(pixels)
    for (row, col, height, width), (down, right) in below.blend.parts:
        moved[down : down + height, right : right + width] = pixels[row : row + height, col : col + width]
    outside = result.blend.alpha == 0
    assert result.image.shape == pixels.shape
    assert (result.image[outside] == moved[outside]).all()
    assert (result.maps["red"] == result.image[..., 0]).all()
    assert (patchloom.apply(result, pixels) == result.image).all()


def test_the_same_seed_gives_the_same_bytes(scene):
    """For any number of threads; another seed gives others."""
    one, four, other = (
        patchloom.reshuffle(scene, [MOVE], seed=seed, threads=threads).image
        for seed, threads in ((1, 1), (1, 4), (2, 1))
    )
    assert (one == four).all()
    assert (one != other).any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_maps_move_too(scene, kind):
    """A map that is the red channel stays it, to the last bit, also where an object stays as it is."""
    source = scene.astype(kind) * (257 if kind == np.uint16 else 1)
    for weight in (0, 1):
        result = patchloom.reshuffle(
            source, [MOVE], maps={"red": source[..., 0]}, map_weights={"red": weight}, params=QUICK, seed=1
        )
        assert (result.maps["red"] == result.image[..., 0]).all()
        assert (patchloom.apply(result, source) == result.image).all()
    assert (result.maps["red"][22:38, 18:34] == source[18:34, 64:80, 0]).all()


def test_size_brings_boxes_and_shifts(scene):
    """Of a picture twice as large an object goes twice as far."""
    result = patchloom.reshuffle(scene, [MOVE], size=(128, 192), params=QUICK, seed=1)
    assert result.image.shape == (128, 192, 3)
    assert red(result.image)[46:74, 38:66].all()
    mask = patchloom.reshuffle(scene, [Move((4, -46), mask=red(scene))], size=(128, 192), params=QUICK, seed=1)
    assert red(mask.image)[46:74, 38:66].all()


def test_depth_follows_the_place_left(scene):
    """A wide gap needs coarse levels; an explicit number wins."""
    small, large = (plans.reshuffle(scene, [Move((0, 45), box=(10, 10, n, n))], seed=1) for n in (8, 40))
    assert len(small.sizes) < len(large.sizes)
    plan = plans.reshuffle(scene, [MOVE], params=replace(QUICK, coarsest=64), seed=1)
    assert len(plan.sizes) == 1


@settings(max_examples=30)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_boxes_cover_a_mask_once(rows, cols, seed):
    """Every pixel of it, and no other."""
    mask = np.random.default_rng(seed).random((rows, cols)) > 0.4
    count = np.zeros(mask.shape, int)
    for row, col, height, width in _boxes(mask):
        count[row : row + height, col : col + width] += 1
    assert (count == mask).all()


def refusals(pixels):
    mask = np.zeros(pixels.shape[:2], np.bool_)
    shift = (4, -46)
    return {
        "moves=none: must be at least one": [],
        "moves=Move: must be a list": Move((4, -46), mask=mask),
        "move=neither of box and mask": [Move(shift)],
        "move=both of box and mask": [Move(shift, box=MOVE.box, mask=~mask)],
        "box=24 x 60 pixels at x 60, y 14: must lie within the picture of 96 x 64": [Move(shift, box=(14, 60, 60, 24))],
        "box=0 x 24 pixels": [Move(shift, box=(14, 60, 24, 0))],
        "box=24 x 24 pixels at x -1": [Move(shift, box=(14, -1, 24, 24))],
        r"box=\(1, 2, 3\)": [Move(shift, box=(1, 2, 3))],
        r"shift=\(1.5, 2\)": [Move((1.5, 2), box=MOVE.box)],
        "shift=0 to the right and 0 down: must move the object; say how far": [Move((0, 0), box=MOVE.box)],
        "shift=-90 to the right and 0 down: takes the object out": [Move((0, -90), box=MOVE.box)],
        "object=0 % of the picture": [Move(shift, mask=mask)],
        "object=100 % of the picture": [Move(shift, mask=~mask)],
        "object=96 x 40 pixels": [Move(shift, mask=mask[:40])],
        "moves=all of the picture": [Move((0, 1), box=(0, 0, 64, 96))],
    }


@pytest.mark.parametrize("number", range(15))
def test_refused_moves(scene, number):
    """One line that says what, got, allowed."""
    message, moves = list(refusals(scene).items())[number]
    with pytest.raises((ImageError, ParameterError), match="^" + message) as caught:
        plans.reshuffle(scene, moves)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("message", "options"), [
    ("region='some'", {"region": "some"}),
    ("region=96 x 40 pixels", {"region": np.ones((40, 96), np.bool_)}),
    ("feather=300", {"feather": 300}),
    ("size=5 rows x 40 columns", {"size": (5, 40)}),
])
def test_refused_options(scene, message, options):
    with pytest.raises((ImageError, ParameterError), match="^" + message):
        plans.reshuffle(scene, [MOVE], **options)


def test_too_many_channels():
    """One is needed to tell what belongs to an object."""
    with pytest.raises(ImageError, match="^source=32 channels: at most 31"):
        plans.reshuffle(np.zeros((20, 20, 32), np.uint8), [Move((0, 5), box=(2, 2, 9, 9))])


def test_golden(scene, golden):
    """The same bytes everywhere."""
    golden("reshuffle", patchloom.reshuffle(scene, [MOVE], seed=1).image)


def test_texts_of_moves():
    """Left and right before up and down, as the command line has it."""
    assert (as_move("60,14,24,24:-46,4").box, as_move("60,14,24,24:-46,4").shift) == (MOVE.box, MOVE.shift)
    assert as_shift(" 3,-2") == (-2, 3)


def test_endless_numbers_are_one_line(folder, photo):
    """Of digits that say nothing, too."""
    long = as_move("0" * 5000 + "1,5,5,5:-0001,1")
    assert (long.box, long.shift) == ((5, 1, 5, 5), (1, -1))
    refused(folder, "reshuffle", photo, "--move", "9" * 5000 + ",5,5,5:1,1", message="move=")


def test_command(tmp_path, scene, monkeypatch):
    """Moves, a mask, a region and the field as files; what is bad is told in one line, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", scene)
    save(tmp_path / "thing.png", red(scene).astype(np.uint8) * 255)
    given = "--seed", 1, "--move", "60,14,24,24:-46,4", *FAST
    run("reshuffle", "a.png", "--save-nnf", *given)
    made = np.asarray(Image.open("a_reshuffle_1.png"))
    wanted = patchloom.reshuffle(scene, [MOVE], seed=1, params=replace(PRESETS["reshuffle"], iterations=2))
    assert (made == wanted.image).all()
    run("rerun", "a_reshuffle_1.png", "--out", "again.png")
    run("apply", "a_reshuffle_1.npz", "a.png", "--out", "applied.png")
    assert all((np.asarray(Image.open(name)) == made).all() for name in ("again.png", "applied.png"))
    run("reshuffle", "a.png", "--object", "thing.png", "--to", "-46,4", "--copy", "--seed", 1, "--out", "b.png", *FAST)
    assert red(np.asarray(Image.open("b.png"))).sum() >= 2 * 256
    for message, options in (
        ("a.png: moves=none", ()),
        ("move='1,2,3': must be X,Y,W,H:DX,DY", ("--move", "1,2,3")),
        ("a.png: to=given alone: must come with --object; add --object MASK", ("--to", "-46,4")),
        ("a.png: object=given alone: must come with --to; add --to DX,DY", ("--object", "thing.png")),
        ("to='4': must be DX,DY", ("--object", "thing.png", "--to", "4")),
        ("move='0,0,0,0:5,5': width and height of the box must be at least 1", ("--move", "0,0,0,0:5,5")),
        ("move='0,0,9,9:99999999,5': numbers are at most 32768", ("--move", "0,0,9,9:99999999,5")),
        ("to='5,-" + "9" * 5000 + "': numbers are at most 32768", ("--to", "5,-" + "9" * 5000)),
        ("a.png: box=24 x 24 pixels at x 90, y 14", ("--move", "90,14,24,24:-46,4")),
    ):
        refused(tmp_path, "reshuffle", "a.png", *options, message=message)


def test_many_objects_take_no_more_memory_than_one(make_picture):
    """Hundreds of moves of a large picture are no more than a few copies of it."""
    image, dice, box = make_picture(200, 300), np.random.default_rng(5), (10, 10, 180, 280)

    def peak(count):
        moves = [Move((int(dice.integers(1, 99)), int(dice.integers(-99, 99))), box=box) for _ in range(count)]
        tracemalloc.start()
        try:
            plans.reshuffle(image, moves, seed=1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(60) < 1.2 * peak(2)
