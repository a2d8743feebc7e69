"""Every native kernel against its NumPy twin: the same bytes."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom.kernels import numpy_kernels as twins
from patchloom.resize import taps
from patchloom.search.patchmatch import JUMPS, trial_radii
from patchloom.search.quantise import sums_shift

native = pytest.importorskip("patchloom.kernels.native", reason="native kernels not built")


def available() -> list[str]:
    """Instruction sets of this machine."""
    names, chosen = [], native.isa()
    for name in ("baseline", "avx2", "avx512"):
        try:
            native.select_isa(name)
        except ValueError:
            continue
        names.append(name)
    native.select_isa(chosen)
    return names


@pytest.fixture(params=available())
def isa(request: pytest.FixtureRequest) -> Any:
    chosen = native.isa()
    native.select_isa(request.param)
    yield request.param
    native.select_isa(chosen)


def top_for(patch: int, channels: int) -> int:
    """Largest quantised difference that the search can meet."""
    return min(32767, math.isqrt((2**31 - 1) // (patch * patch * channels)))


def true_sums(query: Any, key: Any, patch: int) -> tuple[Any, Any, int, Any, Any]:
    """What a sweep takes: it rejects keys by these, so they must be true."""
    shift = sums_shift(patch, query.shape[2])
    ours, theirs = (twins.sums(image, patch, shift) for image in (query, key))
    return ours, theirs, shift, *twins.rank(theirs)


def draw_case(seed: int, patch: int, channels: int, values: Any) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    spread = 22 if patch * patch * channels < 1000 else 9
    height, width, key_height, key_width = (int(side) for side in rng.integers(patch, patch + spread, 4))
    grid, keys = (height - patch + 1, width - patch + 1), (key_height - patch + 1, key_width - patch + 1)
    valid = rng.random(keys) < 0.7
    valid.flat[rng.integers(valid.size)] = True
    flat_index = rng.choice(np.flatnonzero(valid), grid)
    query = rng.choice(values, (height, width, channels)).astype(np.int16)
    key = rng.choice(values, (key_height, key_width, channels)).astype(np.int16)
    return {
        "query": query,
        "key": key,
        "sums": true_sums(query, key, patch),
        "weight": (rng.random(keys) + 0.1).astype(np.float32),
        "valid": valid,
        "at": np.flatnonzero(rng.random(grid) < 0.7).astype(np.int32),
        "index": np.stack([flat_index // keys[1], flat_index % keys[1]], axis=2).astype(np.int32),
        "distance": rng.random(grid).astype(np.float32),
        "value": rng.standard_normal((key_height, key_width, channels)).astype(np.float32),
        "fold": rng.random((patch, patch)).astype(np.float32) + np.float32(0.1),
        "image": rng.standard_normal((height, width, channels)).astype(np.float32),
        "touched": rng.random((height, width)) < 0.5,
    }


CASES = [
    *((7, channels) for channels in (1, 2, 3, 4, 5, 6, 8, 32)),
    (3, 1), (3, 3), (3, 32), (5, 6), (9, 3), (9, 4), (11, 8), (15, 5), (21, 2), (31, 1), (31, 3), (31, 32),
]
VALUES = ["all", "extreme", "few"]


def same(ours: Any, theirs: Any) -> bool:
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(ours, theirs, strict=True)
    )


def bounds_of(case: dict[str, Any], top: int) -> Any:
    """What is known of the distances of `at`: nothing, or something near them, above or below."""
    count, most = len(case["at"]), case["query"].shape[2] * top * top
    rng = np.random.default_rng(count)
    return np.where(rng.random(count) < 0.3, 2**31 - 1, rng.integers(0, most, count, endpoint=True)).astype(np.int32)


@cache                                                    # a twin is asked once for all instruction sets and threads
def search_calls(patch: int, channels: int, kind: str) -> list[tuple[str, tuple[Any, ...], Any]]:
    """Calls of the search kernels with and without each mask, and what the twins give."""
    top = top_for(patch, channels)
    values = {"all": np.arange(top + 1), "extreme": [0, top], "few": [0, 1, 2]}[kind]
    calls: list[tuple[str, tuple[Any, ...], Any]] = []
    for number, (weighted, masked, partial) in enumerate(itertools.product((False, True), repeat=3)):
        case = draw_case(number, patch, channels, values)
        pair = case["query"], case["key"], patch
        weight, valid = case["weight"] if weighted else None, case["valid"] if masked else None
        if not partial:
            calls.append(("exact", (*pair, weight, valid), twins.exact(*pair, weight, valid)))
        if not weighted and case["at"].size:
            arguments = (*pair, *case["sums"]), valid, case["at"], bounds_of(case, top)
            calls.append(("probe", arguments, [twins.probe(*arguments)]))
        at, distance = (case["at"], case["distance"]) if partial else (None, None)
        keys, seed, steps = case["valid"].shape, 2**64 - 1 - number, float(3 + number)
        for jumps, radii, looks in (
            (JUMPS, trial_radii(keys, 8), 4), ([2], [], 0), ([], trial_radii(keys, 32), 32), ([], [], 9),
            ([1, 3, 8, 30], [0, 1, 100000], 0),
        ):
            ways = np.array(jumps, np.int32), np.array(radii, np.int32), looks
            arguments = ((*pair, *case["sums"]), (weight, valid), at, (case["index"], distance), ways, seed, steps)
            calls.append(("sweep", arguments, twins.sweep(*arguments)))
    return calls


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("patch", "channels"), CASES)
def test_search_kernels_equal_their_twins(isa: str, patch: int, channels: int, kind: str, threads: int) -> None:
    for name, arguments, expected in search_calls(patch, channels, kind):
        found = getattr(native, name)(*arguments, threads=threads)
        assert same([found] if name == "probe" else found, expected), name


def test_a_sweep_of_nothing_changes_nothing(isa: str) -> None:
    case = draw_case(1, 7, 3, [0, 1])
    jumps, radii = np.array(JUMPS, np.int32), np.array([4], np.int32)
    field = case["index"], case["distance"]
    for kernels in (native, twins):
        pictures = case["query"], case["key"], 7, *case["sums"]
        ours = kernels.sweep(pictures, (None, None), np.zeros(0, np.int32), field, (jumps, radii, 4), 1, 1.0)
        assert same(ours, field)
        assert not np.shares_memory(ours[0], field[0])     # the old field is left alone
        assert not np.shares_memory(ours[1], field[1])


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(("patch", "channels"), CASES)
def test_picture_kernels_equal_their_twins(isa: str, patch: int, channels: int, threads: int) -> None:
    case = draw_case(patch * 100 + channels, patch, channels, [0, 1])
    value = case["value"]
    for more in ({}, {"touched": case["touched"], "image": case["image"]}):
        arguments = value, case["index"], case["fold"]
        assert same([native.vote(*arguments, **more, threads=threads)], [twins.vote(*arguments, **more)])
    for rows, cols, scale in ((5, 31, None), (40, 3, None), (9, 9, 0.75), (33, 20, 4 / 3)):
        axes: list[Any] = []
        for length, target in zip(value.shape[:2], (rows, cols), strict=True):
            axes.extend(taps(length, target, scale or target / length))
        assert same([native.resize(value, *axes, threads=threads)], [twins.resize(value, *axes)])


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(("patch", "channels"), CASES)
def test_kernels_of_whole_numbers_equal_their_twins(isa: str, patch: int, channels: int, threads: int) -> None:
    top = top_for(patch, channels)
    for seed, values in enumerate((np.arange(top + 1), [0, top], [top])):
        case = draw_case(seed, patch, channels, values)
        for image, sums in zip((case["query"], case["key"]), case["sums"][:2], strict=True):
            assert same([native.sums(image, patch, case["sums"][2], threads=threads)], [sums])
            assert same(native.rank(sums), twins.rank(sums))
        keep = np.random.default_rng(seed).random(case["query"].shape) < 0.9
        other = np.where(keep, case["query"], 0).astype(np.int16)
        changed = twins.differ(case["query"], other)
        assert same([native.differ(case["query"], other, threads=threads)], [changed])
        for full, mask in ((False, changed), (True, case["valid"]), (True, ~case["valid"])):
            expected = twins.window(mask, patch, full=full)
            assert same([native.window(mask, patch, full=full, threads=threads)], [expected])


@pytest.mark.parametrize("patch", [3, 7, 31])
def test_windows_reach_as_far_as_a_patch(isa: str, patch: int) -> None:
    """One pixel is in the patches that begin up to patch - 1 above and left of it, and the other way round."""
    for row, col in ((0, 0), (patch, 3), (2 * patch + 1, 2 * patch + 4)):
        mask = np.zeros((2 * patch + 2, 2 * patch + 5), bool)
        mask[row, col] = True
        near, far = max(row - patch + 1, 0), max(col - patch + 1, 0)
        patches = np.zeros((patch + 3, patch + 6), bool)
        patches[near : row + 1, far : col + 1] = True
        pixels = np.zeros((3 * patch + 1, 3 * patch + 4), bool)
        pixels[row : row + patch, col : col + patch] = True
        for kernels in (native, twins):
            assert same([kernels.window(mask, patch, full=False)], [patches])
            assert same([kernels.window(mask, patch, full=True)], [pixels])


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(("low", "scale"), [(0.0, 32767.0), (-1.5, 2.0**11), (0.25, 1.0), (-1e3, 2.0**-7)])
def test_quantise_equals_its_twin(isa: str, low: float, scale: float, threads: int) -> None:
    steps = np.random.default_rng(3).integers(0, 2 * 32767 + 1, (23, 17, 3)) / 2
    steps[0, 0], steps[-1, -1] = 0, 32767                 # and many halves, which go to even
    for image in (low + steps / scale, low + np.minimum(steps + 0.123, 32767) / scale):
        whole = image.astype(np.float32)
        expected = twins.quantise(whole, low, scale)
        assert expected.min() >= 0
        assert same([native.quantise(whole, low, scale, threads=threads)], [expected])


@pytest.mark.parametrize("threads", [1, 4])
def test_bounds_equal_their_twin(isa: str, threads: int) -> None:
    """Wherever the extremes are: in whole vectors, behind them, or many thousand values on."""
    rng = np.random.default_rng(4)
    for count in (1, 2, 15, 16, 17, 33, 70000, 140001):
        image = rng.standard_normal((count, 1, 1)).astype(np.float32)
        assert native.bounds(image, threads=threads) == twins.bounds(image)
        for low, high in ((0, count - 1), (count - 1, 0), (count // 2, count // 3)):
            extreme = image.copy()
            extreme[low], extreme[high] = -9, 9
            assert native.bounds(extreme, threads=threads) == twins.bounds(extreme)
    dark = np.full((40, 1, 3), -2.5, np.float32)
    assert native.bounds(dark, threads=threads) == twins.bounds(dark) == (-2.5, -2.5)


def test_quantise_rounds_halves_to_even() -> None:
    image = np.array([0, 0.5, 1.5, 2.5, 32766.5], np.float32).reshape(1, 5, 1)
    for kernels in (native, twins):
        assert kernels.quantise(image, 0.0, 1.0).reshape(-1).tolist() == [0, 0, 2, 2, 32766]


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("step", [0.25, 1 / 3])
def test_inherit_equals_its_twin(isa: str, step: float, threads: int) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        rows, cols, coarse_rows, coarse_cols, key_rows, key_cols = (int(side) for side in rng.integers(1, 30, 6))
        index = np.stack([rng.integers(side, size=(coarse_rows, coarse_cols)) for side in (key_rows, key_cols)], axis=2)
        distance = rng.random((coarse_rows, coarse_cols)).astype(np.float32)
        parents = tuple(rng.integers(coarse, size=fine).astype(np.int32)
                        for fine, coarse in ((rows, coarse_rows), (cols, coarse_cols)))
        rests = tuple(rng.integers(-9, 9, side) * step for side in (rows, cols))
        tables = tuple(rng.integers(-20, 200, side) * step for side in (key_rows, key_cols))
        arguments = index.astype(np.int32), distance, parents, rests, tables, (40, 0)
        assert same(native.inherit(*arguments, threads=threads), twins.inherit(*arguments))


@given(seed=st.integers(0, 2**64 - 1))
def test_noise_equals_its_twin(seed: int) -> None:
    chosen = native.isa()
    for name in [*available(), chosen]:
        native.select_isa(name)
        assert same([native.noise((7, 5, 3), seed, threads=2)], [twins.noise((7, 5, 3), seed)])


def test_noise_is_gaussian() -> None:
    noise = twins.noise((400, 500), 3).astype(np.float64)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert abs((noise**4).mean() - 2.925) < 0.05  # 3 - 1.2 / 16 for sixteen uniforms
    assert np.abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.01
    assert not np.array_equal(noise, twins.noise((400, 500), 4))


def test_largest_patches_do_not_overflow(isa: str) -> None:
    patch, channels = 31, 32
    top = top_for(patch, channels)
    query = np.zeros((32, 33, channels), np.int16)
    key = np.full((33, 32, channels), top, np.int16)
    key[0, 0] = 0
    index, distance = native.exact(query, key, patch, None, None)
    assert same((index, distance), twins.exact(query, key, patch, None, None))
    assert distance.min() > 0
    assert distance.max() == (patch * patch - 1) * channels * top * top
    assert int(distance.max()) + channels * top * top <= 2**31 - 1
    sums = true_sums(query, key, patch)
    assert same([native.sums(key, patch, sums[2])], [sums[1]])
    jumps, radii = np.array(JUMPS, np.int32), np.full(8, 40, np.int32)
    arguments = ((query, key, patch, *sums), (None, None), None, (np.ones_like(index), None), (jumps, radii, 8), 1, 1.0)
    assert same(native.sweep(*arguments), twins.sweep(*arguments))
    arguments = (query, key, patch, *sums), None, np.arange(index.size // 2, dtype=np.int32), distance.reshape(-1) + 1
    assert native.probe(*arguments).tolist() == distance.reshape(-1).tolist() == twins.probe(*arguments).tolist()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 8, 32])
def test_the_largest_sums_fit(isa: str, channels: int) -> None:
    for patch in range(3, 32):
        top, shift, half = top_for(patch, channels), sums_shift(patch, channels), (patch + 1) // 2
        total = half * half * channels * top                   # of the first quarter, the largest
        assert total >> shift <= 32767
        assert shift == 0 or total >> (shift - 1) > 32767      # and no bit is given away
        image = np.full((patch + 1, patch + 1, channels), top, np.int16)
        sides = np.array([half, patch - half])
        expected = np.zeros((2, 2, 4), np.int16) + (np.outer(sides, sides) * channels * top >> shift).reshape(-1)
        for kernels in (native, twins):
            assert same([kernels.sums(image, patch, shift)], [expected.astype(np.int16)])


def test_sums_are_those_of_the_quarters(isa: str) -> None:
    image = np.zeros((8, 9, 2), np.int16)
    image[3, 4], image[4, 4], image[3, 5] = (1, 2), (10, 0), (0, 100)
    for kernels in (native, twins):
        assert kernels.sums(image, 7, 0)[0, :2].tolist() == [[0, 103, 0, 10], [3, 100, 10, 0]]
        assert kernels.sums(image, 7, 0)[1, :2].tolist() == [[0, 113, 0, 0], [13, 100, 0, 0]]
        assert kernels.sums(image, 7, 2)[1, 1].tolist() == [3, 25, 0, 0]


@pytest.mark.parametrize("top", [1, 3000, 32767])
def test_rank_equals_its_twin(isa: str, top: int) -> None:
    """Patches of a code stand together, in their own order, where the code's start says."""
    rng = np.random.default_rng(top)
    for shape in ((1, 1, 4), (7, 5, 4), (60, 70, 4)):
        sums = rng.integers(0, top, shape, endpoint=True).astype(np.int16)
        starts, order = twins.rank(sums)
        assert same(native.rank(sums), (starts, order))
        codes = twins.sum_code(sums).reshape(-1)
        assert (starts[0], starts[-1]) == (0, codes.size)
        for code in {0, 65535, *codes[:20].tolist()}:
            assert order[starts[code] : starts[code + 1]].tolist() == np.flatnonzero(codes == code).tolist()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("patch", "channels"), [(7, 3), (7, 4), (3, 1), (9, 8), (31, 32)])
def test_rejecting_by_sums_changes_nothing(isa: str, patch: int, channels: int, weighted: bool) -> None:
    """Flat pictures are where sums say the most: as much as Cauchy and Schwarz allow."""
    top = top_for(patch, channels)
    rng = np.random.default_rng(patch)
    query = np.full((patch + 5, patch + 6, channels), top // 2, np.int16)
    steps = rng.choice([0, 1, top // 2 - 1, top // 2, top // 2 + 1, top - 1, top], (patch + 9, patch + 9, 1))
    for key in (np.repeat(steps, channels, axis=2), np.sort(np.sort(steps, axis=0), axis=1) + np.zeros(channels, int)):
        key = key.astype(np.int16)
        weight = rng.choice(np.array([0.5, 1, 1.0001, 3], np.float32), (10, 10)) if weighted else None
        index = rng.integers(0, 10, (6, 7, 2)).astype(np.int32)
        radii = np.full(32, 10, np.int32)
        pictures = query, key, patch, *true_sums(query, key, patch)
        ways = np.array([], np.int32), radii, 32
        arguments = (pictures, (weight, None), None, (index, None), ways, 9, 0.5)
        assert same(native.sweep(*arguments), twins.sweep(*arguments))


def probe_with_sums(away: int, channels: int, bound: int) -> int:
    """Least distance that a probe tells of keys at 0, whose sums are made out to be `away` off."""
    query, key = np.zeros((7, 7, channels), np.int16), np.zeros((19, 21, channels), np.int16)
    sums = np.zeros((1, 1, 4), np.int16), np.full((13, 15, 4), away, np.int16), 0
    nothing = np.zeros(0, np.int32)
    arguments = (query, key, 7, *sums, nothing, nothing), None, np.zeros(1, np.int32), np.array([bound], np.int32)
    assert twins.probe(*arguments).item() == 0
    return int(native.probe(*arguments).item())


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_probes_reject_where_sums_are_sure_and_only_there(isa: str, channels: int) -> None:
    for away in (1, 2, 9, 50, 1000, 32767, -32767):
        surely = 4 * (abs(away) - 1) ** 2 / (16 * channels)        # the least distance that these sums allow
        if 0 < surely < 2**31 - 1:
            assert probe_with_sums(away, channels, math.floor(surely)) == math.floor(surely)
        if surely < 2**31 - 2:
            assert probe_with_sums(away, channels, math.floor(surely) + 1) == 0


def test_probes_of_nothing_and_of_what_cannot_be_better(isa: str) -> None:
    case = draw_case(1, 7, 3, [0, 1])
    pictures = case["query"], case["key"], 7, *case["sums"]
    for at, bound in (([], []), ([0, 1, 2], [0, 0, 0]), ([1, 1, 1, 0], [0, 2**31 - 1, 3, 2**31 - 1])):
        arguments = pictures, case["valid"], np.array(at, np.int32), np.array(bound, np.int32)
        for threads in (1, 3):
            assert same([native.probe(*arguments, threads=threads)], [twins.probe(*arguments)])
        assert arguments[3].tolist() == bound              # what was known is left alone


def test_probes_find_the_best_of_many_chunks(isa: str) -> None:
    """The nearest key may be the first, the last, or beside the end of a chunk; what is told is what `exact` tells."""
    rng = np.random.default_rng(6)
    key = rng.integers(0, 2000, (90, 95, 3)).astype(np.int16)      # 84 x 89 patches
    for place in (0, 2047, 2048, 4095, 84 * 89 - 1):
        row, col = divmod(place, 89)
        query = key[row : row + 7, col : col + 7].copy()
        query[3, 3] += 5
        pictures = query, key, 7, *true_sums(query, key, 7)
        at, bound = np.zeros(1, np.int32), np.full(1, 2**31 - 1, np.int32)
        assert native.probe(pictures, None, at, bound).tolist() == [75]
        assert twins.probe(pictures, None, at, bound).tolist() == [75]
        valid = np.ones((84, 89), bool)
        valid[row, col] = False
        least = native.exact(query, key, 7, None, valid)[1].reshape(-1)
        assert native.probe(pictures, valid, at, bound).tolist() == least.tolist()


def sweep_with_sums(away: int, channels: int, own: int, weight: Any) -> float:
    """Distance of a key at `own`**2 after trials among keys at 0, whose sums are made out to be `away` off."""
    query, key = np.zeros((7, 7, channels), np.int16), np.zeros((20, 20, channels), np.int16)
    key[0, 0, 0] = own                                     # in the first key alone
    sums = np.zeros((1, 1, 4), np.int16), np.full((14, 14, 4), away, np.int16), 0
    nowhere, radii = np.array([], np.int32), np.full(32, 20, np.int32)
    start = np.zeros((1, 1, 2), np.int32)
    pictures = query, key, 7, *sums, *twins.rank(sums[1])
    arguments = (pictures, (weight, None), None, (start, None), (nowhere, radii, 0), 1, 1.0)
    assert twins.sweep(*arguments)[1].item() == 0
    return float(native.sweep(*arguments)[1].item())


@pytest.mark.parametrize("weight", [None, np.ones((14, 14), np.float32)], ids=["plain", "weighted"])
@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_sums_reject_where_they_are_sure_and_only_there(isa: str, channels: int, weight: Any) -> None:
    """False sums show where the limit is: they were rounded down, so a difference of n says n - 1 and no more."""
    for away in (1, 2, 9, 50, 1000, 32767, -32767):
        surely = 4 * (abs(away) - 1) ** 2 // (16 * channels)       # the least distance that these allow
        own = math.isqrt(surely)
        if own > 0:
            assert sweep_with_sums(away, channels, own, weight) == np.float32(own * own)
        assert sweep_with_sums(away, channels, own + 2, weight) == 0


def test_equal_keys_go_to_the_first() -> None:
    query = np.zeros((7, 7, 3), np.int16)
    key = np.zeros((20, 20, 3), np.int16)
    valid = np.ones((14, 14), bool)
    valid[0] = False
    for kernels in (native, twins):
        assert kernels.exact(query, key, 7, None, None)[0].tolist() == [[[0, 0]]]
        assert kernels.exact(query, key, 7, None, valid)[0].tolist() == [[[1, 0]]]


@pytest.mark.parametrize("name", ["sse9", "", "AVX2"])
def test_unknown_instruction_set_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="PATCHLOOM_ISA=.*baseline, avx2 or avx512"):
        native.select_isa(name)


def test_module_refuses_pictures_that_do_not_fit() -> None:
    from patchloom import _native

    planes, index, distance = np.zeros((3, 9, 9), np.int16), np.zeros((3, 3, 2), np.int32), np.zeros((3, 3), np.int32)
    for message, changed in {
        "rows": {8: 4},
        "channels": {1: planes[:1]},
        "at least one patch": {1: planes[:, :6].copy()},
        "weight": {3: np.ones((3, 2), np.float32)},
        "valid": {4: np.ones((2, 3), np.uint8)},
        "index": {5: index[:2]},
        "distance": {6: distance[:2]},
    }.items():
        arguments = [planes, planes, 7, None, None, index, distance, 0, 3, -2, 3, 1]
        for place, value in changed.items():
            arguments[place] = value
        with pytest.raises(ValueError, match=message):
            _native.exact(*arguments)
    with pytest.raises(TypeError):
        _native.exact(planes.astype(np.float32), planes, 7, None, None, index, distance, 0, 3, -2, 3, 1)


def test_module_refuses_sweeps_that_do_not_fit() -> None:
    from patchloom import _native

    image, index, sums = np.zeros((9, 9, 3), np.int16), np.zeros((3, 3, 2), np.int32), np.zeros((3, 3, 4), np.int16)
    distance, ones = np.zeros((3, 3), np.float32), np.ones(1, np.int32)
    starts, order = twins.rank(sums)
    for message, changed in {
        "sums": {3: sums[..., :3].copy()},
        "order: of all keys": {6: starts[:-1].copy()},
        "order: of all": {7: order[:-1].copy()},
        "order: of": {14: 33},
        "weight": {8: distance[:2]},
        "valid": {9: np.ones((2, 3), np.uint8)},
        "index": {11: index[:2]},
        "jumps and": {12: np.ones(5, np.int32)},
        "and radii": {13: np.ones(33, np.int32)},
        "two per": {17: index[:2].copy()},
        "distance: one": {18: distance[:2].copy()},
        "rows": {20: 10},
        "within": {10: np.arange(5, dtype=np.int32)},
    }.items():
        arguments = [image, image, 7, sums, sums, 0, starts, order, None, None, None, index, ones, ones, 1, 1, 1.0,
                     index.copy(), distance.copy(), 0, 9, 1]
        for place, value in changed.items():
            arguments[place] = value
        with pytest.raises(ValueError, match=message):
            _native.sweep(*arguments)


def test_module_refuses_outputs_that_do_not_fit() -> None:
    from patchloom import _native

    image, numbers, mask = np.zeros((9, 9, 3), np.float32), np.zeros((9, 9, 3), np.int16), np.zeros((9, 9), np.uint8)
    index, fold, small = np.zeros((3, 3, 2), np.int32), np.ones((7, 7), np.float32), np.zeros((3, 3), np.uint8)
    for name, message, arguments in (
        ("vote", "out", (image, index, fold, None, image[:8].copy(), 0, 8, 1)),
        ("vote", "touched", (image, index, fold, small, image.copy(), 0, 9, 1)),
        ("vote", "rows", (image, index, fold, None, image.copy(), 0, 10, 1)),
        ("quantise", "out", (image.reshape(-1), 0.0, 1.0, np.zeros(242, np.int16), 1)),
        ("bounds", "at least one", (np.zeros(0, np.float32), 1)),
        ("sums", "out", (numbers, 7, 0, np.zeros((3, 3, 3), np.int16), 1)),
        ("rank", "order", (np.zeros((3, 3, 4), np.int16), 0, 9, np.zeros(2**16 - 1, np.int32), None)),
        ("rank", "order", (np.zeros((3, 3, 4), np.int16), 0, 9, np.zeros(2**16, np.int32), np.zeros(8, np.int32))),
        ("rank", "rows", (np.zeros((3, 3, 4), np.int16), 0, 10, np.zeros(2**16, np.int32), None)),
        ("differ", "one size", (numbers, numbers[:8].copy(), mask.copy(), 1)),
        ("window", "back", (mask, 7, 7, np.zeros((15, 15), np.uint8), 1)),
        ("window", "wide", (mask, 7, 6, np.zeros((15, 8), np.uint8), 1)),
        ("inherit", "parent", (index, np.zeros((3, 3), np.float32), np.zeros(4, np.int32), np.zeros(4),
                               np.zeros(5, np.int32), np.zeros(5), np.zeros(3), np.zeros(3), 2, 2,
                               np.zeros((4, 5, 2), np.int32), np.zeros((4, 4), np.float32), 1)),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(_native, name)(*arguments)


def test_module_refuses_probes_that_do_not_fit() -> None:
    from patchloom import _native

    image, sums = np.zeros((9, 9, 3), np.int16), np.zeros((3, 3, 4), np.int16)
    at, least = np.arange(4, dtype=np.int32), np.ones(4, np.int32)
    for message, changed in {
        "channels": {1: image[..., :2].copy()},
        "at least one patch": {2: 11},
        "sums": {3: sums[:2]},
        "sums: four": {4: sums[..., :3].copy()},
        "valid": {6: np.ones((2, 3), np.uint8)},
        "least": {8: least[:3]},
        "rows": {10: 5},
        "within": {9: -1},
    }.items():
        arguments: list[Any] = [image, image, 7, sums, sums, 0, None, at, least, 0, 4, 1]
        for place, value in changed.items():
            arguments[place] = value
        with pytest.raises(ValueError, match=message):
            _native.probe(*arguments)
    with pytest.raises(TypeError):
        _native.probe(image, image, 7, sums, sums, 0, None, at, least.astype(np.float32), 0, 4, 1)
