import math
import time
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import patchloom
from command_line import FAST, refused, run, save
from patchloom import PRESETS, plans
from patchloom.cancelling import cancelled_by
from patchloom.io import load_field, save_field
from patchloom.plans.placing import placed, regions
from patchloom.plans.retarget import way
from strategies import pictures, seeds

PICTURES = Path(__file__).parent.parent / "examples" / "pictures"
QUICK = replace(PRESETS["retarget"], patch_size=3, coarsest=6, iterations=2, coarsest_iterations=2)


def part_of(size, *boxes):
    """Return a mask of a picture's size that is white in some boxes."""
    mask = np.zeros(size, np.bool_)
    for top, left, rows, cols in boxes:
        mask[top : top + rows, left : left + cols] = True
    return mask


def disc(rows=72, cols=96, radius=9, centre=(40, 44)):
    """Return a red disc, shaded like a ball, on a grainy background, and the disc's mask."""
    down, right = np.mgrid[:rows, :cols]
    squares = (down - centre[0]) ** 2 + (right - centre[1]) ** 2
    inside = squares <= radius**2
    grain = np.random.default_rng(3).integers(90, 150, (rows, cols, 1))
    picture = np.repeat(grain, 3, axis=2).astype(np.uint8)
    picture[inside, 0] = 255 - 70 * squares[inside] // radius**2
    picture[inside, 1:] = 30
    return picture, inside


def red(picture):
    """Return where a picture is red."""
    return (picture[..., 0] > 180) & (picture[..., 1] < 80)


@settings(max_examples=20)
@given(picture=pictures(least=8, most=16), rows=st.integers(5, 30), cols=st.integers(5, 30), seed=seeds)
def test_the_size_is_the_requested_one_and_a_seed_means_the_same_bytes(picture, rows, cols, seed):
    results = [
        patchloom.retarget(picture, (rows, cols), params=QUICK, seed=seed, threads=threads) for threads in (1, 4)
    ]
    assert results[0].image.shape == (rows, cols, picture.shape[2])
    assert results[0].image.tobytes() == results[1].image.tobytes()
    assert results[0].image.min() >= picture.min() - 1e-6
    assert results[0].image.max() <= picture.max() + 1e-6


@settings(max_examples=25)
@given(
    picture=pictures(least=12, most=20, channels=st.just(3)), rows=st.integers(8, 36), cols=st.integers(8, 36),
    box=st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 7), st.integers(1, 7)), seed=seeds,
)
def test_a_protected_region_is_there_pixel_for_pixel_with_one_offset(picture, rows, cols, box, seed):
    size = picture.shape[:2]
    box = (*box[:2], min(box[2], size[0] - box[0]), min(box[3], size[1] - box[1]))
    mask = part_of(size, box)
    made = patchloom.retarget(picture, (rows, cols), protect=mask, params=QUICK, seed=seed, threads=1)
    ((found, (row, col)),) = made.blend.parts
    assert found == box
    there = made.image[row : row + box[2], col : col + box[3]]
    assert (there == picture[box[0] : box[0] + box[2], box[1] : box[1] + box[3]]).all()
    if min(box[2:]) >= 3:
        index = made.nnf.index[row : row + box[2] - 2, col : col + box[3] - 2]
        offsets = index - np.indices(index.shape[:2]).transpose(1, 2, 0)
        assert (offsets == (box[0], box[1])).all()


@settings(max_examples=20)
@given(
    picture=pictures(least=14, most=20, channels=st.just(1)), rows=st.integers(8, 30), cols=st.integers(8, 30),
    box=st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4), st.integers(1, 4)), seed=seeds,
)
def test_no_patch_that_touches_what_is_removed_is_read(picture, rows, cols, box, seed):
    mask = part_of(picture.shape[:2], box)
    made = patchloom.retarget(picture, (rows, cols), remove=mask, params=QUICK, seed=seed, threads=1)
    index = made.nnf.index
    for down in range(3):
        for right in range(3):
            assert not mask[index[..., 0] + down, index[..., 1] + right].any()
    changed = np.where(mask[..., None], np.float32(0.123), picture)
    again = patchloom.retarget(changed, (rows, cols), remove=mask, params=QUICK, seed=seed, threads=1)
    assert (again.image == made.image).all()


@pytest.mark.parametrize("shape, dtype", [((30, 40), np.uint8), ((30, 40, 3), np.uint16), ((30, 40, 4), np.uint8)])
def test_arrays_keep_their_type(make_picture, shape, dtype):
    channels = shape[2] if len(shape) == 3 else 1
    picture = make_picture(30, 40, channels).astype(dtype) * (257 if dtype == np.uint16 else 1)
    made = patchloom.retarget(picture.reshape(shape), (20, 50), params=QUICK, seed=1).image
    assert (made.shape, made.dtype) == ((20, 50, *shape[2:]), dtype)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_pil_images_keep_their_mode(make_picture, mode):
    made = patchloom.retarget(Image.fromarray(make_picture(30, 40)).convert(mode), (40, 20), params=QUICK, seed=1).image
    assert (made.size, made.mode) == ((20, 40), mode)


@pytest.mark.parametrize("factor", [0.6, 1.5, 2.0])
def test_an_object_is_not_stretched(factor):
    picture, inside = disc()
    made = red(patchloom.retarget(picture, (72, round(96 * factor)), seed=1, threads=1).image)
    width = inside.any(axis=0).sum()
    runs = [len(run) for run in "".join("x" if any_ else " " for any_ in made.any(axis=0)).split()]
    assert runs
    assert max(runs) == pytest.approx(width, rel=0.15)


def test_more_of_the_picture_is_there_than_after_resizing_or_without_completeness():
    picture = Image.open(PICTURES / "spices.png").resize((126, 84), Image.Resampling.LANCZOS)
    whole = np.asarray(picture, np.float32) / 255
    without = replace(PRESETS["retarget"], alpha=math.inf)
    lost = {}
    for name, params in (("complete", None), ("without", without)):
        made = [patchloom.retarget(whole, (84, 76), params=params, seed=seed, threads=1).image for seed in range(3)]
        lost[name] = np.mean([missing(whole, image) for image in made])
    lost["resized"] = missing(whole, np.asarray(picture.resize((76, 84), Image.Resampling.BICUBIC), np.float32) / 255)
    assert lost["complete"] < 0.9 * lost["without"]
    assert lost["complete"] < 0.8 * lost["resized"]


def missing(source, made):
    """Return how far the source's patches are from their nearest in what was made, on average."""
    return float(patchloom.nearest(source, np.ascontiguousarray(made), patch_size=7, method="exact").distance.mean())


def test_what_is_removed_is_gone():
    picture, inside = disc()
    for size in ((72, 96), (72, 60), (90, 150)):
        assert not red(patchloom.retarget(picture, size, remove=inside, seed=1, threads=1).image).any()


def test_one_object_goes_and_another_stays():
    picture, inside = disc()
    other = part_of(inside.shape, (10, 70, 14, 14))
    picture[other] = (20, 40, 230)
    made = patchloom.retarget(picture, (72, 70), protect=other, remove=inside, seed=1, threads=1)
    ((_, (row, col)),) = made.blend.parts
    assert (made.image[row : row + 14, col : col + 14] == (20, 40, 230)).all()
    assert not red(made.image).any()


def test_large_changes_come_in_steps(make_picture):
    picture = make_picture(60, 80)
    plan = plans.retarget(picture, (60, 160), seed=1)
    sides = [plan.source[-1].shape[1], *(stage.size[1] for stage in plan.path), plan.sizes[-1][1]]
    assert len(plan.path) == 11
    assert all(before < after <= 1.06 * before + 1 for before, after in pairwise(sides))
    assert plan.guess.shape[:2] == plan.path[0].size
    at_once = plans.retarget(picture, (60, 160), steps=1, seed=1)
    assert at_once.path == ()
    assert at_once.guess.shape[:2] == at_once.sizes[-1]
    assert len(plans.retarget(picture, (60, 160), steps=4, seed=1).path) == 3
    assert plans.retarget(picture, (60, 80), seed=1).path == ()


def test_regions_are_held_at_every_stage():
    picture, inside = disc()
    plan = plans.retarget(picture, (72, 180), protect=inside, seed=1)
    assert len(plan.path) > 5
    for stage in plan.path:
        assert stage.free.shape == stage.known.shape[:2] == stage.size
        assert 0 < (~stage.free).mean() < 0.2
        assert red(stage.known[~stage.free] * 255).mean() > 0.5


@given(
    own=st.tuples(st.integers(7, 900), st.integers(7, 900)), out=st.tuples(st.integers(7, 900), st.integers(7, 900)),
    step=st.sampled_from([1.06, 1.1]),
)
def test_the_way_is_even_and_ends_at_the_size(own, out, step):
    ways = way(own, out, None, step)
    assert ways[-1] == out
    assert len(ways) <= 64
    for axis in (0, 1):
        sides = [own[axis], *(size[axis] for size in ways)]
        for before, after in pairwise(sides):
            assert (after - before) * (out[axis] - own[axis]) >= 0
            if len(ways) < 64:
                assert max(before, after) <= step * min(before, after) + 2


def test_regions_are_what_touches():
    mask = part_of((20, 30), (2, 3, 4, 5), (10, 20, 3, 2), (13, 22, 1, 1))
    mask[6, 8] = True                                     # touches the first at a corner
    assert regions(mask) == ((2, 3, 5, 6), (10, 20, 4, 3))
    ring = part_of((20, 30), (2, 2, 12, 12))
    ring[4:12, 4:12] = False
    ring[7, 7] = True
    assert regions(ring) == ((2, 2, 12, 12),)


@given(
    mask=st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((12, 14)) < 0.06),
    size=st.tuples(st.integers(8, 30), st.integers(8, 30)),
)
def test_placed_regions_neither_overlap_nor_leave_the_frame(mask, size):
    boxes = regions(mask)
    assert sum(mask[t : t + h, c : c + w].sum() for t, c, h, w in boxes) == mask.sum()
    try:
        place = placed(boxes, mask.shape, size, 3)
    except patchloom.ParameterError as error:
        assert str(error).startswith("protect=")
        return
    there = np.zeros(size, int)
    for (top, left, rows, cols), (row, col) in zip(place.boxes, place.corners, strict=True):
        assert 0 <= row <= size[0] - rows
        assert 0 <= col <= size[1] - cols
        there[row : row + rows, col : col + cols] += 1
        if len(boxes) == 1:                               # what touches the frame still does
            assert (row == 0) >= (top == 0 and rows < 12)
            assert (col + cols == size[1]) >= (left + cols == 14 and cols < 14)
    assert there.max(initial=0) <= 1


def test_regions_that_would_overlap_are_pushed_apart():
    boxes = ((4, 0, 10, 20), (4, 22, 10, 20), (4, 44, 10, 20))
    place = placed(boxes, (20, 80), (20, 64), 7)
    lefts = [col for _, col in place.corners]
    assert lefts == sorted(lefts)
    assert lefts[1] - lefts[0] >= 20
    assert lefts[2] - lefts[1] >= 20
    with pytest.raises(patchloom.ParameterError, match="3 regions: do not fit side by side in 59 x 20"):
        placed(boxes, (20, 80), (20, 59), 7)


def regions_one_by_one(mask):
    """Boxes of single pixels, two of which that touch become one until none do."""
    boxes = [(row, col, row + 1, col + 1) for row, col in np.argwhere(mask).tolist()]
    pair = ()
    while pair is not None:
        pair = next((
            (one, two) for one, two in combinations(boxes, 2)
            if all(one[axis] <= two[axis + 2] and two[axis] <= one[axis + 2] for axis in (0, 1))
        ), None)
        if pair is not None:
            boxes = [box for box in boxes if box not in pair]
            boxes.append(tuple(side(both) for side, both in zip((min, min, max, max), zip(*pair, strict=True),
                                                                strict=True)))
    return tuple((top, left, end - top, right - left) for top, left, end, right in sorted(boxes))


@given(seed=seeds, rows=st.integers(1, 14), cols=st.integers(1, 14), share=st.sampled_from([0, 0.05, 0.1, 0.2, 0.6, 1]))
def test_regions_are_boxes_that_do_not_touch(seed, rows, cols, share):
    mask = np.random.default_rng(seed).random((rows, cols)) < share
    assert regions(mask) == regions_one_by_one(mask)


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_regions_of_noise_take_about_as_long_as_reading_it(share):
    mask = np.random.default_rng(1).random((768, 768)) < share
    then = time.thread_time()                             # a busy machine is no slow function
    assert len(regions(mask)) > 10000
    assert time.thread_time() - then < 3


def test_looking_for_regions_ends_when_asked_to():
    with cancelled_by(lambda: True), pytest.raises(patchloom.Cancelled):
        regions(np.eye(9) > 0)


def test_a_speckled_mask_is_refused_in_time():
    mask = np.zeros((300, 300), np.bool_)
    mask[::9, ::9] = True
    with pytest.raises(patchloom.ParameterError, match="protect=1156 regions: at most 200 can be placed"):
        patchloom.retarget(np.zeros((300, 300)), (300, 300), protect=mask)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", [None, "protect", "remove"])
def test_the_red_channel_as_a_map_is_the_results_red_channel(make_picture, dtype, kind):
    picture = make_picture(30, 40).astype(dtype) * (257 if dtype == np.uint16 else 1)
    mask = {} if kind is None else {kind: part_of((30, 40), (8, 10, 9, 11))}
    made = patchloom.retarget(
        picture, (30, 56), maps={"red": picture[..., :1].copy()}, params=QUICK, seed=5, **mask
    )
    assert (made.maps["red"][..., 0] == made.image[..., 0]).all()


def test_a_field_is_applied_again_with_its_regions(tmp_path, make_picture):
    picture = make_picture(30, 40)
    protect = part_of((30, 40), (3, 2, 9, 8), (18, 24, 8, 9))
    made = patchloom.retarget(picture, (26, 50), protect=protect, params=QUICK, seed=5)
    save_field(tmp_path / "field.npz", made.transform)
    stored = load_field(tmp_path / "field.npz")
    assert stored.blend.parts == made.blend.parts
    for transform in (made, stored):
        assert (patchloom.apply(transform, picture) == made.image).all()
    with pytest.raises(patchloom.ImageError, match="20 x 20 pixels: "):
        patchloom.apply(made, picture[:20, :20])


BAD = [
    ({"size": (5, 40)}, "size=5 rows x 40 columns: "),
    ({"size": 40}, "size=40: must be two whole numbers"),
    ({"steps": 0}, "steps=0: must be a whole number, 1 to 64"),
    ({"steps": np.nan}, "steps=nan: must be a whole number, 1 to 64"),
    ({"steps": np.inf}, "steps=inf: must be a whole number, 1 to 64"),
    ({"steps": [3]}, "steps=[3]: must be a whole number, 1 to 64"),
    ({"steps": 2.5}, "steps=2.5: "),
    ({"protect": part_of((30, 41), (1, 1, 2, 2))}, "protect=41 x 30 pixels: must be 40 x 30"),
    ({"protect": part_of((30, 40))}, "protect=0 % of the picture: "),
    ({"remove": part_of((30, 40), (0, 0, 30, 40))}, "remove=100 % of the picture: "),
    ({"remove": part_of((30, 40), (0, 0, 30, 36))}, "remove=90.0 % of the picture: no patch of 7 pixels is left"),
    ({"protect": part_of((30, 40), (0, 0, 4, 35))}, "protect=a region of 35 x 4 pixels: must fit in 30 x 30"),
    ({"protect": part_of((30, 40), (0, 0, 3, 16), (2, 20, 3, 16))}, "protect=2 regions: do not fit side by side in 30"),
    ({"protect": part_of((30, 40), (0, 0, 30, 30))}, "protect=all of the result: "),
    ({"protect": part_of((30, 40), (0, 0, 9, 9)), "remove": part_of((30, 40), (8, 8, 9, 9))}, "protect=pixels that "),
    ({"params": replace(PRESETS["retarget"], start_level=20)}, "start_level=20: "),
]


@pytest.mark.parametrize("arguments, message", BAD, ids=[message for _, message in BAD])
def test_bad_input_is_one_clear_line(make_picture, arguments, message):
    with pytest.raises(patchloom.InputError) as error:
        patchloom.retarget(make_picture(30, 40), **{"size": (30, 30), **arguments})
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_command(folder, photo):
    save(folder / "keep.png", part_of((32, 40), (8, 8, 9, 9)).astype(np.uint8) * 255)
    run("retarget", photo, "--size", "150%x100%", "--protect", "keep.png", "--seed", "3", *FAST)
    with Image.open(folder / "photo_retarget_3.png") as made:
        assert made.size == (60, 32)
        wanted = patchloom.retarget(
            Image.open(photo), (32, 60), protect=Image.open(folder / "keep.png"), seed=3,
            params=replace(PRESETS["retarget"], iterations=2),
        )
        assert (np.asarray(made) == np.asarray(wanted.image)).all()
    run("rerun", "photo_retarget_3.png", "--out", "again.png")
    assert (folder / "again.png").read_bytes() == (folder / "photo_retarget_3.png").read_bytes()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--size", "5x32"), "photo.png: size="),
        (("--size", "30x32", "--steps", "0"), "steps=0: must be a whole number, 1 to 64"),
        (("--size", "30x32", "--remove", "empty.png"), "photo.png: remove=0 % of the picture: "),
        (("--size", "30x32", "--protect", "other.png"), "photo.png: protect=9 x 9 pixels: must be 40 x 32"),
    ],
)
@pytest.mark.usefixtures("photo")
def test_command_refuses_bad_input(folder, arguments, message):
    save(folder / "empty.png", np.zeros((32, 40), np.uint8))
    save(folder / "other.png", np.full((9, 9), 255, np.uint8))
    refused(folder, "retarget", "photo.png", *arguments, message=message)


def test_golden(golden, make_picture):
    protect = part_of((40, 48), (12, 6, 12, 13))
    golden("retarget", patchloom.retarget(make_picture(40, 48), (40, 80), protect=protect, seed=4).image)
