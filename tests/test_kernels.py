"""Every native kernel against its NumPy twin: the same bytes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchloom.kernels import numpy_kernels as twins
from patchloom.resize import taps

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


def draw_case(seed: int, patch: int, channels: int, extreme: bool) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    top = top_for(patch, channels)
    height, width, key_height, key_width = (int(side) for side in rng.integers(patch, patch + 22, 4))
    values = [0, top] if extreme else np.arange(top + 1)
    grid, keys = (height - patch + 1, width - patch + 1), (key_height - patch + 1, key_width - patch + 1)
    valid = rng.random(keys) < 0.7
    valid.flat[rng.integers(valid.size)] = True
    flat_index = rng.choice(np.flatnonzero(valid), grid)
    return {
        "query": rng.choice(values, (height, width, channels)).astype(np.int16),
        "key": rng.choice(values, (key_height, key_width, channels)).astype(np.int16),
        "weight": (rng.random(keys) + 0.1).astype(np.float32),
        "valid": valid,
        "active": rng.random(grid) < 0.7,
        "index": np.stack([flat_index // keys[1], flat_index % keys[1]], axis=2).astype(np.int32),
        "value": rng.standard_normal((key_height, key_width, channels)).astype(np.float32),
        "fold": rng.random((patch, patch)).astype(np.float32) + np.float32(0.1),
    }


CASES = [(7, 3), (7, 4), (7, 1), (7, 2), (3, 3), (5, 6), (9, 3), (3, 32), (15, 5), (31, 1)]


def same(ours: Any, theirs: Any) -> bool:
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("extreme", [False, True])
@pytest.mark.parametrize(("patch", "channels"), CASES)
def test_search_kernels_equal_their_twins(isa: str, patch: int, channels: int, extreme: bool, threads: int) -> None:
    for seed in range(3):
        case = draw_case(seed, patch, channels, extreme)
        pair = case["query"], case["key"], patch
        weight = case["weight"] if seed != 1 else None
        valid = case["valid"] if seed != 2 else None
        active = case["active"] if seed else None
        assert same(native.exact(*pair, weight, valid, threads=threads), twins.exact(*pair, weight, valid))
        distance = native.distance(*pair, case["index"], threads=threads)
        assert same([distance], [twins.distance(*pair, case["index"])])
        field = case["index"], distance
        for jump, trials in ((4, 0), (2, 3), (1, 8)):
            arguments = (*pair, weight, valid, active, *field, jump, trials, 2**64 - 1 - seed)
            ours = native.sweep(*arguments, threads=threads)
            assert same(ours, twins.sweep(*arguments))
            field = ours


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize(("patch", "channels"), CASES)
def test_picture_kernels_equal_their_twins(isa: str, patch: int, channels: int, threads: int) -> None:
    case = draw_case(patch * 100 + channels, patch, channels, False)
    value = case["value"]
    assert same(
        [native.vote(value, case["index"], case["fold"], threads=threads)],
        [twins.vote(value, case["index"], case["fold"])],
    )
    for rows, cols, scale in ((5, 31, None), (40, 3, None), (9, 9, 0.75), (33, 20, 4 / 3)):
        axes: list[Any] = []
        for length, target in zip(value.shape[:2], (rows, cols), strict=True):
            axes.extend(taps(length, target, scale or target / length))
        assert same([native.resize(value, *axes, threads=threads)], [twins.resize(value, *axes)])


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
    field = np.zeros_like(index), native.distance(query, key, patch, np.zeros_like(index))
    arguments = (query, key, patch, None, None, None, *field, 1, 8, 1)
    assert same(native.sweep(*arguments), twins.sweep(*arguments))


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


def test_module_refuses_arrays_that_do_not_fit() -> None:
    from patchloom import _native

    image = np.zeros((9, 9, 3), np.int16)
    index, distance = np.zeros((3, 3, 2), np.int32), np.zeros((3, 3), np.int32)
    with pytest.raises(ValueError, match="rows"):
        _native.distance(image, image, 7, index, distance, 0, 4, 1)
    with pytest.raises(ValueError, match="channels"):
        _native.distance(image, np.zeros((9, 9, 1), np.int16), 7, index, distance, 0, 3, 1)
    with pytest.raises(ValueError, match="index"):
        _native.distance(image, image, 7, index[:2], distance, 0, 3, 1)
    with pytest.raises(TypeError):
        _native.distance(image.astype(np.float32), image, 7, index, distance, 0, 3, 1)  # type: ignore[arg-type]
