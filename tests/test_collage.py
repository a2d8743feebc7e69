"""One picture out of several."""

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
from command_line import FAST, refused, run, save
from patchloom import PRESETS, Cancelled, ImageError, ParameterError, io, plans
from patchloom.cancelling import cancelled_by
from patchloom.cli.collage import as_place, as_weights
from patchloom.plans.arranging import arranged, blended, lying, placed
from patchloom.plans.collage import _drawn
from patchloom.plans.mosaic import cut, mosaic, side_by_side
from patchloom.scene import blurred_key

EXAMPLES = Path(__file__).parents[1] / "examples" / "pictures"
QUICK = dataclasses.replace(PRESETS["collage"], iterations=3, coarsest_iterations=3)
TINY = dataclasses.replace(PRESETS["collage"], patch_size=3, coarsest=5, iterations=2, coarsest_iterations=2)


def shipped(name, size=None):
    """A shipped picture as an array, of (rows, columns)."""
    with Image.open(EXAMPLES / f"{name}.png") as picture:
        return np.asarray(picture if size is None else picture.resize(size[::-1], Image.Resampling.LANCZOS))


def noisy(seed, low, high, shape=(40, 48, 3), dtype=np.uint8):
    """A picture of random values in a range."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


def shares(result, sources):
    """Share of the result's patches that come from each source."""
    ends = np.cumsum([source.shape[1] for source in sources])
    return [float((np.searchsorted(ends, result.nnf.index[..., 1], side="right") == number).mean())
            for number in range(len(sources))]


@pytest.fixture(scope="module")
def three():
    """Three shipped pictures."""
    return [shipped(name, (100, 150)) for name in ("mountains", "skyline", "flowers")]


@pytest.fixture(scope="module")
def made(three):
    """Their collage."""
    return patchloom.collage(three, size=(100, 220), seed=1)


# What is wanted

def test_each_of_three_sources_holds_a_part(three, made):
    assert made.image.shape == (100, 220, 3)
    assert min(shares(made, three)) >= 0.2


def test_an_independent_search_finds_each_source_too(three, made):
    plan = plans.collage(three, seed=1)
    found = patchloom.nearest(
        made.image.astype(np.float32) / 255, np.ascontiguousarray(plan.source[0][..., :3]), patch_size=7,
        valid=plan.valid[0], seed=3
    )
    columns = found.index[..., 1]
    assert min(float((columns // 150 == number).mean()) for number in range(3)) >= 0.2
    assert found.distance.mean() < 2e-3


def test_every_patch_lies_within_one_source(three, made):
    assert (made.nnf.index[..., 1] % 150 <= 150 - 7).all()


def test_the_whole_of_no_source_is_copied(three, made):
    offset = made.nnf.index - np.indices(made.nnf.index.shape[:2]).transpose(2, 1, 0).swapaxes(0, 1)
    most = np.unique(offset.reshape(-1, 2), axis=0, return_counts=True)[1].max()
    assert most / made.nnf.distance.size < 0.4


def test_sources_that_look_alike_still_appear():
    meadows = [noisy(seed, 90 + seed, 130 + seed) for seed in range(3)]
    assert min(shares(patchloom.collage(meadows, size=(40, 90), seed=2, params=QUICK), meadows)) > 0.15


def test_what_stands_in_the_middle_keeps_its_shape():
    row, column = np.indices((60, 90))
    disc = (row - 29.5) ** 2 + (column - 44.5) ** 2 < 15**2
    sources = [noisy(seed, 60 * seed, 60 * seed + 40, (60, 90, 3)) for seed in range(2)]
    for source in sources:
        source[disc] = 255
    seen = patchloom.collage(sources, size=(60, 90), seed=1).image.min(axis=2) > 200
    for half in (seen[:, :45], seen[:, 45:]):
        high, wide = half.any(axis=1).sum(), half.any(axis=0).sum()
        assert min(high, wide) >= 28 and max(high, wide) <= 32


def test_weights_are_areas(three):
    first, last = (
        shares(patchloom.collage(three, size=(100, 220), weights=weights, seed=1, params=QUICK), three)
        for weights in ((3, 1, 1), (1, 1, 3))
    )
    assert first[0] > 1.6 * last[0]
    assert last[2] > 1.6 * first[2]


def test_sources_lie_where_they_are_placed(three):
    result = patchloom.collage(three, size=(100, 260), places={1: (0, 130), 0: (0, 0)}, seed=1, params=QUICK)
    columns = result.nnf.index[..., 1]
    assert ((columns[:, :60] < 150).mean(), ((columns[:, 190:] // 150) == 1).mean()) > (0.8, 0.8)


def test_a_layout_is_followed(three):
    layout = np.concatenate([three[2][:, :75], three[0][:, 75:]], axis=1)
    result = patchloom.collage(three[::2], size=(100, 150), layout=layout, seed=1)
    columns = result.nnf.index[..., 1]
    assert (columns[:, :50] >= 150).mean() > 0.7 and (columns[:, 95:] < 150).mean() > 0.7


# Types, sizes and laws

@pytest.mark.parametrize("like", [
    noisy(0, 0, 255), noisy(0, 0, 65535, dtype=np.uint16), noisy(0, 0, 255, (40, 48)),
    noisy(0, 1, 255, (40, 48, 4)), noisy(0, 0, 255).astype(np.float32) / 255, noisy(0, 0, 255) * 3.5 - 20.0,
])
def test_results_are_of_the_first_source_s_type(like):
    result = patchloom.collage([like, like[:30, ::-1]], size=(24, 50), seed=1, params=QUICK).image
    assert (result.shape[:2], result.dtype, result.ndim) == ((24, 50), like.dtype, like.ndim)
    assert like.min() - 1e-3 <= result.min() <= result.max() <= like.max() + 1e-3


def test_pil_palettes_and_opaque_alpha_go_together():
    first = Image.fromarray(noisy(0, 0, 255))
    opaque = np.dstack([noisy(1, 0, 255), np.full((40, 48), 255, np.uint8)])
    result = patchloom.collage([first.quantize(16), opaque, noisy(2, 0, 255) / 255], seed=1, params=QUICK)
    assert (result.image.mode, result.image.size) == ("RGB", (48, 40))
    with_alpha = patchloom.collage([opaque, first], seed=1, params=QUICK).image
    assert with_alpha.shape == (40, 48, 4) and (with_alpha[..., 3] == 255).all()


@settings(max_examples=15)
@given(st.lists(strategies.pictures(channels=st.just(3)), min_size=2, max_size=4), st.integers(7, 20),
       st.integers(7, 20), strategies.seeds)
def test_the_size_is_the_request_and_a_seed_gives_the_same_bytes(sources, rows, cols, seed):
    one, other = (
        patchloom.collage(sources, size=(rows, cols), seed=seed, params=TINY, threads=threads) for threads in (1, 4)
    )
    assert one.image.shape == (rows, cols, 3)
    assert np.array_equal(one.image, other.image)
    plan = plans.collage(sources, size=(rows, cols), seed=seed, params=TINY)
    at = one.nnf.index
    assert plan.valid[0][at[..., 0], at[..., 1]].all()


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(5, 90), st.integers(5, 90)), min_size=1, max_size=7), st.integers(8, 90),
       st.integers(8, 90))
def test_sources_side_by_side_fill_the_result(sizes, rows, cols):
    boxes, border = arranged(sizes, (rows, cols), [1.0] * len(sizes))
    parts = [np.full((*size, 1), number, np.float32) for number, size in enumerate(sizes)]
    picture, covered = blended(parts, boxes, (rows, cols), border)
    assert covered.all()
    assert list(boxes) == list(range(len(sizes)))
    assert -1e-5 <= picture.min() <= picture.max() <= len(sizes) - 1 + 1e-5


@given(st.integers(1, 90), st.integers(-50, 50), st.integers(1, 90))
def test_pixels_lie_where_they_are_shown(own, start, length):
    place = lying(own, start, length)
    ramp = np.repeat(np.arange(own, dtype=np.float32)[None, :, None], 3, axis=0)
    shown = blended([ramp], {0: (0, 0, 3, length)}, (3, length), 1.0)[0][1, :, 0]
    step = np.diff(place)
    assert (step >= 0).all() and start <= place[0] and place[-1] <= start + length
    if own >= length:                                     # the middle, at its own scale
        assert np.array_equal(place[shown.astype(int)], start + np.arange(length) + 0.5)
    else:
        assert np.allclose(step, length / own)


def test_a_later_place_lies_on_top():
    boxes, border = placed([(40, 40), (20, 20)], {0: (0, 0), 1: (10, 10)}, (40, 40))
    picture, _ = blended([np.zeros((40, 40, 1), np.float32), np.ones((20, 20, 1), np.float32)], boxes, (40, 40), border)
    assert picture[20, 20] > 0.7 and picture[5, 5] == 0


def test_sources_do_not_bleed_into_each_other_s_keys():
    plan = plans.collage([np.zeros((40, 40), np.uint8), np.full((30, 40), 255, np.uint8)], seed=1)
    for level in range(len(plan.source)):
        key = blurred_key(plan, level)[..., 0]
        for value, (top, left, rows, cols) in enumerate(plan.boxes[level]):
            assert np.abs(key[top : top + rows, left : left + cols] - value).max() < 1e-5


# Maps

@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_map_that_is_a_channel_equals_the_result_s(dtype):
    sources = [noisy(seed, 0, np.iinfo(dtype).max, (30 + seed, 40, 3), dtype) for seed in range(2)]
    maps = {"red": [source[..., 0] for source in sources]}
    for weights in (None, {"red": 1.0}):
        result = patchloom.collage(sources, maps=maps, map_weights=weights, seed=1, params=QUICK)
        assert np.array_equal(result.maps["red"], result.image[..., 0])


def test_a_field_is_applied_to_a_mosaic_of_others():
    sources = [noisy(seed, 0, 255, (30 + 5 * seed, 40, 3)) for seed in range(3)]
    result = patchloom.collage(sources, seed=1, params=QUICK)
    assert np.array_equal(patchloom.apply(result, patchloom.mosaic(sources)), result.image)
    whole = mosaic([Image.fromarray(source) for source in sources])
    assert (whole.mode, whole.size) == ("RGB", (120, 40))
    for source, (top, left, rows, cols) in zip(sources, side_by_side([s.shape[:2] for s in sources]), strict=True):
        assert np.array_equal(np.asarray(whole)[top : top + rows, left : left + cols], source)


# Bad input

@pytest.mark.parametrize(("change", "message"), [
    ({"sources": [noisy(0, 0, 255)]}, "sources=1 pictures: must be at least 2"),
    ({"sources": noisy(0, 0, 255)}, "sources=ndarray: must be a list or tuple"),
    ({"size": (6, 40)}, "size=6 rows x 40 columns"),
    ({"weights": (1, 2, 3)}, "weights="),
    ({"weights": (1, 0)}, "weights="),
    ({"weights": (1, 2), "places": {0: (0, 0)}}, "weights="),
    ({"places": {2: (0, 0)}}, "places=2: must be sources by number, 0 to 1"),
    ({"places": {0: (0, 48)}}, "place of source 1=column 48, row 0: lies outside of the result of 48 x 40"),
    ({"places": 3}, "places=int: must be a mapping of sources by number to"),
    ({"places": 0}, "places=int: must be a mapping of sources by number to"),
    ({"places": [(0, 0)]}, "places=list: must be a mapping of sources by number to"),
    ({"maps": [3]}, "maps=list: must be a mapping of names to lists of pictures"),
    ({"places": {0: 3}}, "place of source 1=3: must be whole numbers"),
    ({"maps": {"red": [noisy(0, 0, 255)]}}, "map red=1 pictures: must be 2"),
    ({"map_weights": {"red": 1.0}}, "map_weights='red': is no map"),
    ({"params": dataclasses.replace(PRESETS["collage"], start_level=60)}, "start_level=60"),
])
def test_what_is_out_of_range_is_told(change, message):
    arguments = {"sources": [noisy(0, 0, 255), noisy(1, 0, 255)], **change}
    with pytest.raises(ParameterError, match=message.replace("[", r"\[")):
        plans.collage(**arguments)


@pytest.mark.parametrize(("second", "change", "message"), [
    (noisy(1, 0, 255, (40, 48)), {}, "source 2=grey: source 1 has colours"),
    (noisy(1, 0, 255, (6, 48, 3)), {}, "source 2=48 x 6 pixels: each side must be at least 7"),
    (noisy(1, 0, 250, (40, 48, 4)), {}, "source 2=transparent pixels: source 1 has none"),
    (noisy(1, 0, 250) * 3.0, {}, "source 2=values from"),
    ("no picture", {}, "source 2=str"),
    (noisy(1, 0, 255), {"maps": {"red": [noisy(0, 0, 255)] * 2}, "size": (20, 20),
                        "layout": noisy(1, 0, 255, (9, 9))}, "layout=grey: sources has colours"),
    (noisy(1, 0, 255), {"maps": {"red": [noisy(0, 0, 255), noisy(0, 0, 255, (9, 9))]}},
     "map red of source 2=9 x 9 pixels: must be 48 x 40"),
])
def test_pictures_that_do_not_go_together_are_told(second, change, message):
    with pytest.raises(ImageError, match=message):
        plans.collage([noisy(0, 0, 255), second], **change)


def test_real_transparency_beside_none_is_told_both_ways():
    """Wherever the one stands; an opaque alpha goes with both."""
    clear, plain = noisy(0, 0, 250, (40, 48, 4)), noisy(1, 0, 255)
    opaque = np.dstack([plain, np.full((40, 48), 255, np.uint8)])
    with pytest.raises(ImageError, match="source 1=transparent pixels: source 2 has none"):
        plans.collage([clear, plain])
    with pytest.raises(ImageError, match="source 2=transparent pixels: source 3 has none"):
        plans.collage([opaque, clear, plain])
    with pytest.raises(ImageError, match="sources=transparent pixels: layout has none"):
        plans.collage([clear, clear], layout=plain)
    assert plans.collage([clear, opaque]).layers[""].kind.alpha
    assert plans.collage([opaque, plain], layout=plain, size=(30, 36)).layers[""].kind.alpha


def test_more_channels_than_a_search_holds_are_told():
    """Where the sources lie takes one or two channels; those that there are room for run."""
    params = dataclasses.replace(TINY, iterations=1, coarsest_iterations=1)
    many = [noisy(seed, 0, 255, (12, 14, 32)) for seed in range(3)]
    with pytest.raises(ImageError, match="sources=32 channels that weigh in the search: at most 31; use fewer"):
        plans.collage(many, size=(12, 40), params=params)
    fewer = [source[..., :31] for source in many]
    assert patchloom.collage(fewer, size=(12, 40), params=params, seed=1).image.shape == (12, 40, 31)
    four = [noisy(seed, 0, 255, (12, 14, 3)) for seed in range(4)]
    maps = {"feature": [noisy(seed, 0, 255, (12, 14, 29)) for seed in range(4)]}
    weigh = {"maps": maps, "map_weights": {"feature": 1.0}, "params": params, "size": (48, 14)}
    with pytest.raises(ImageError, match="sources=32 channels that weigh in the search: at most 3."):
        plans.collage(four, **weigh)
    assert patchloom.collage(many, size=(12, 40), layout=many[0], params=params, seed=1).image.shape == (12, 40, 32)


# The command

def test_the_command_makes_places_records_and_reruns(folder):
    for number in range(2):
        save(folder / f"{number}.png", noisy(number, 0, 255))
        save(folder / f"{number}_red.png", noisy(number, 0, 255)[..., 0])
    told = json.loads(run(
        "collage", "0.png", "1.png", "--size", "60x30", "--place", "2:30,0", "--place", "1:-10,0", "--seed", 4, "--map",
        "red=0_red.png", "--map", "red=1_red.png", "--json", *FAST
    ).stdout)["outputs"][0]
    pixels = np.asarray(io.read(told["path"]).pixels)
    assert pixels.shape == (30, 60, 3)
    assert np.array_equal(np.asarray(io.read(told["maps"]["red"]).pixels), pixels[..., 0])
    recorded = json.loads(io.read_metadata(told["path"])["patchloom:options"])
    assert list(recorded["places"].items()) == [("1", [0, 30]), ("0", [0, -10])]       # in order: later ones on top
    run("rerun", told["path"], "--out", "again.png")
    assert np.array_equal(np.asarray(io.read("again.png").pixels), pixels)


def test_the_command_refuses_in_one_line(folder):
    for number in range(2):
        save(folder / f"{number}.png", noisy(number, 0, 255))
    both = ("collage", "0.png", "1.png")
    refused(folder, "collage", "0.png", message="0.png: sources=1 pictures")
    refused(folder, *both, "--place", "1", message="place='1': must be I:X,Y")
    refused(folder, *both, "--place", "3:0,0", message="0.png and 1 more: place=3:0,0: pictures are 1 to 2")
    refused(folder, *both, "--place", "1:0,0", "--place", "1:2,2",
            message="0.png and 1 more: place=1:2,2: picture 1 has a place already")
    save(folder / "red.png", noisy(0, 0, 255)[..., 0])
    thrice = ("--map", "red=red.png") * 3
    refused(folder, *both, *thrice, message="0.png and 1 more: map red=given 3 times: must be once for each of 2 pict")
    refused(folder, *both, "--map", "red=red.png", message="0.png and 1 more: map red=given once: must be once for")
    refused(folder, *both, "--weights", "1", message="0.png and 1 more: weights=1: must be 2 numbers above 0, at most")
    refused(folder, *both, "--weights", "2;1", message="weights='2;1': must be numbers")


@given(st.tuples(st.integers(0, 99), st.tuples(st.integers(-999, 999), st.integers(-999, 999))),
       st.lists(st.floats(0.001, 100), min_size=1).map(tuple))
def test_options_are_read(place, weights):
    number, (top, left) = place
    assert as_place(f"{number + 1}:{left},{top}") == place
    assert as_weights(",".join(map(repr, weights))) == weights


def test_a_collage_stays_what_it_was(golden, three):
    small = [picture[:56, :72] for picture in three]
    golden("collage", patchloom.collage(small, size=(56, 120), seed=5).image)


@pytest.mark.parametrize("work", [
    lambda part: cut(part, [(0, 0, 20, 10)]),
    lambda part: mosaic([part, part]),
    lambda part: _drawn([part, part], {0: (0, 0, 20, 30), 1: (0, 20, 20, 30)}, (20, 50), 3),
    lambda part: blended([part], {0: (0, 0, 20, 30)}, (20, 30), 2.0),
])
def test_laying_out_looks_for_a_cancel(work, make_picture):
    """Pictures of many megapixels take seconds there."""
    part = make_picture(20, 30).astype(np.float32) / np.float32(255)
    work(part)
    with cancelled_by(lambda: True), pytest.raises(Cancelled):
        work(part)
