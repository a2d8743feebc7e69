"""The search's laws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive import nearest as naive_nearest
from patchloom import NNF, ImageError, ParameterError, completeness_weight, extract, nearest
from patchloom.kernels.numpy_kernels import hash_counter
from patchloom.search.inherit import inherit
from patchloom.search.matching import choose
from patchloom.search.patchmatch import mix
from patchloom.search.quantise import quantise, scale_for
from strategies import patch_sizes, pictures, seeds

METHODS = ["exact", "patchmatch"]


def picture(seed: int, shape: tuple[int, int, int] = (24, 30, 3)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def true_distance(query: np.ndarray, key: np.ndarray, nnf: NNF) -> np.ndarray:
    p = nnf.patch_size
    found = extract(key, patch_size=p)[nnf.index[..., 0], nnf.index[..., 1]]
    return ((extract(query, patch_size=p).astype(np.float64) - found) ** 2).mean(axis=(2, 3, 4))


@given(image=pictures(), patch=patch_sizes)
def test_a_picture_finds_itself(image: np.ndarray, patch: int) -> None:
    nnf = nearest(image, image, patch_size=patch, method="exact")
    assert (nnf.distance == 0).all()
    np.testing.assert_array_equal(nnf.index, np.indices(nnf.distance.shape).transpose(1, 2, 0))


@settings(max_examples=20)
@given(query=pictures(most=11, channels=st.just(3)), key=pictures(most=11, channels=st.just(3)), patch=patch_sizes)
def test_exact_is_the_plain_loop(query: np.ndarray, key: np.ndarray, patch: int) -> None:
    rows, cols = (side - patch + 1 for side in key.shape[:2])
    weight = np.random.default_rng(7).random((rows, cols)).astype(np.float32) + np.float32(0.5)
    for factor in (None, weight):
        index, _ = naive_nearest(query, key, patch, factor)
        np.testing.assert_array_equal(nearest(query, key, patch_size=patch, method="exact", weight=factor).index, index)


@given(
    query=pictures(low=-1, high=2, channels=st.just(3)),
    key=pictures(channels=st.just(3)),
    patch=patch_sizes,
    method=st.sampled_from(METHODS),
)
def test_stored_distance_is_the_true_one_within_the_quantisation(
    query: np.ndarray, key: np.ndarray, patch: int, method: str
) -> None:
    nnf = nearest(query, key, patch_size=patch, method=method)
    true = true_distance(query, key, nnf)
    scale = quantise(query, key, patch_size=patch).scale
    bound = 2 * np.sqrt(true) / scale + 1 / scale**2 + 1e-6
    assert (np.abs(nnf.distance - true) <= bound).all()


@given(query=pictures(channels=st.just(3)), key=pictures(channels=st.just(3)), seed=seeds)
def test_patchmatch_is_never_under_exact_and_never_gets_worse(query: np.ndarray, key: np.ndarray, seed: int) -> None:
    least = nearest(query, key, patch_size=5, method="exact").distance
    field = nearest(query, key, patch_size=5, method="patchmatch", sweeps=1, seed=seed)
    for _ in range(3):
        assert (field.distance >= least).all()
        later = nearest(query, key, patch_size=5, method="patchmatch", sweeps=1, seed=seed ^ 1, init=field)
        assert (later.distance <= field.distance).all()
        field = later


@settings(max_examples=15)
@given(query=pictures(channels=st.just(3)), key=pictures(channels=st.just(3)), alpha=st.floats(1e-3, 1))
def test_completeness_is_the_matrix_formula(query: np.ndarray, key: np.ndarray, alpha: float) -> None:
    weight, reverse = completeness_weight(query, key, patch_size=5, alpha=alpha, method="exact")
    q, k = (extract(image, patch_size=5).reshape(-1, 75).astype(np.float64) for image in (query, key))
    table = ((q[:, None] - k[None]) ** 2).mean(axis=2)
    np.testing.assert_allclose(weight.ravel(), 1 / (alpha + table.min(axis=0)), rtol=0.02)
    assert reverse.index.shape[:2] == weight.shape
    found = nearest(query, key, patch_size=5, method="exact", weight=weight)
    score = (
        table[np.arange(len(q)), (found.index[..., 0] * weight.shape[1] + found.index[..., 1]).ravel()]
        * weight.ravel()[(found.index[..., 0] * weight.shape[1] + found.index[..., 1]).ravel()]
    )
    assert (score <= (table * weight.ravel()).min(axis=1) * 1.05 + 1e-4).all()


@given(query=pictures(channels=st.just(3)), key=pictures(channels=st.just(3)))
def test_exact_distances_flip_and_turn_with_the_pictures(query: np.ndarray, key: np.ndarray) -> None:
    straight = nearest(query, key, patch_size=5, method="exact").distance
    flip = [np.ascontiguousarray(image[::-1]) for image in (query, key)]
    turn = [np.ascontiguousarray(image.transpose(1, 0, 2)) for image in (query, key)]
    np.testing.assert_array_equal(nearest(*flip, patch_size=5, method="exact").distance[::-1], straight)
    np.testing.assert_array_equal(nearest(*turn, patch_size=5, method="exact").distance.T, straight)


@given(query=pictures(channels=st.just(3)), key=pictures(channels=st.just(3)), factor=st.floats(0.2, 5))
def test_scaled_intensities_scale_distances_by_the_square(query: np.ndarray, key: np.ndarray, factor: float) -> None:
    straight = nearest(query, key, patch_size=5, method="exact").distance
    scaled = nearest(query * np.float32(factor), key * np.float32(factor), patch_size=5, method="exact").distance
    np.testing.assert_allclose(scaled, straight * factor**2, rtol=0.01, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_forbidden_keys_are_never_found(method: str) -> None:
    query, key = picture(0), picture(1)
    valid = np.zeros((18, 24), bool)
    valid[3:6, 4:9] = True
    wrong = NNF(np.zeros((18, 24, 2), np.int32), np.zeros((18, 24), np.float32), 7)
    for init in (None, wrong):
        nnf = nearest(query, key, patch_size=7, method=method, valid=valid, init=init)
        assert valid[nnf.index[..., 0], nnf.index[..., 1]].all()


@pytest.mark.parametrize("method", METHODS)
def test_inactive_queries_keep_their_entry(method: str) -> None:
    query, key = picture(0), picture(1)
    init = nearest(query, key, patch_size=7, method="patchmatch", sweeps=1, seed=5)
    active = np.zeros((18, 24), bool)
    active[:9] = True
    nnf = nearest(query, key, patch_size=7, method=method, init=init, active=active)
    np.testing.assert_array_equal(nnf.index[9:], init.index[9:])
    assert (nnf.index[:9] != init.index[:9]).any()
    assert (nnf.distance[:9] <= init.distance[:9]).all()


@pytest.mark.parametrize("method", METHODS)
def test_threads_do_not_change_a_byte(method: str) -> None:
    query, key = picture(0, (40, 50, 4)), picture(1, (45, 38, 4))
    fields = [nearest(query, key, patch_size=7, method=method, seed=3, threads=n) for n in (1, 2, 4, 7)]
    for field in fields[1:]:
        assert field.index.tobytes() == fields[0].index.tobytes()
        assert field.distance.tobytes() == fields[0].distance.tobytes()


def test_seeds_matter() -> None:
    query, key = picture(0, (60, 70, 3)), picture(1, (60, 70, 3))
    a, b = (nearest(query, key, patch_size=7, method="patchmatch", sweeps=1, seed=s) for s in (1, 2))
    assert (a.index != b.index).any()


def test_cold_patchmatch_comes_close_to_exact() -> None:
    """Smooth pictures, as photographs are: within 5 % of the exhaustive mean distance."""
    from patchloom.resize import resize

    query, key = (resize(picture(s, (12, 16, 3)), (72, 96)) + 0.02 * picture(s + 9, (72, 96, 3)) for s in (0, 1))
    least = nearest(query, key, patch_size=7, method="exact").distance.mean()
    assert nearest(query, key, patch_size=7, method="patchmatch").distance.mean() <= 1.05 * least


def test_weighted_patchmatch_comes_close_to_exact_and_never_gets_worse() -> None:
    """As completeness uses it: scores, that is distances times weights."""
    query, key = picture(0, (40, 50, 3)), picture(1, (45, 38, 3))
    weight, _ = completeness_weight(query, key, patch_size=7, alpha=0.01, method="exact")

    def score(field: NNF) -> np.ndarray:
        return field.distance * weight[field.index[..., 0], field.index[..., 1]]

    least = score(nearest(query, key, patch_size=7, method="exact", weight=weight))
    field = nearest(query, key, patch_size=7, method="patchmatch", weight=weight, sweeps=1)
    for seed in range(3):
        later = nearest(query, key, patch_size=7, method="patchmatch", weight=weight, sweeps=4, init=field, seed=seed)
        assert (score(later) <= score(field) * (1 + 1e-6)).all()
        assert (score(later) >= least * (1 - 1e-6)).all()
        field = later
    assert score(field).mean() <= 1.1 * least.mean()


def test_large_exhaustive_searches_are_cut_into_parts() -> None:
    """The parts that Ctrl-C can come between give what one part gives."""
    from patchloom.kernels import numpy_kernels

    native = pytest.importorskip("patchloom.kernels.native", reason="not on this machine: native kernels")
    rng = np.random.default_rng(2)
    whole = [np.ascontiguousarray(np.tile(rng.integers(0, 3, (10, 8, 3)), (5, 5, 1)).astype(np.int16)) for _ in "qk"]
    weight = rng.choice(np.array([0.5, 1, 2], np.float32), (44, 34))
    valid = rng.random((44, 34)) < 0.05                   # and many ties: the pictures repeat
    usual = native._BAND_WORK
    try:
        native._BAND_WORK = 1e5
        for factor, mask in itertools.product((None, weight), (None, valid)):
            parts = native.exact(*whole, 7, factor, mask, threads=2)
            for ours, theirs in zip(parts, numpy_kernels.exact(*whole, 7, factor, mask), strict=True):
                np.testing.assert_array_equal(ours, theirs)
    finally:
        native._BAND_WORK = usual


@given(seed=seeds, counter=st.integers(0, 2**63))
def test_seeds_are_mixed_by_the_kernels_hash(seed: int, counter: int) -> None:
    assert mix(seed, counter) == int(hash_counter(seed, np.array([counter], np.uint64))[0])
    assert mix(seed, counter, 7) == mix(mix(seed, counter), 7)


def test_auto_goes_by_the_sizes() -> None:
    assert choose("auto", (20, 25), (25, 30)) == "exact"
    assert choose("auto", (200, 200), (200, 200)) == "patchmatch"
    assert choose("exact", (200, 200), (200, 200)) == "exact"


@pytest.mark.parametrize(
    ("elements", "span"), [(147, 1.0), (147, 7.0), (31 * 31 * 32, 7.0), (9, 1e-6), (147, 1e6), (147, 0.0)]
)
def test_scale_is_the_largest_safe_power_of_two(elements: int, span: float) -> None:
    scale = scale_for(span, elements)
    assert np.log2(scale) == round(np.log2(scale))
    largest = span * scale + 1
    assert largest <= 32767
    assert elements * largest**2 <= 2**31 - 1
    if span:
        doubled = span * scale * 2 + 1
        assert doubled > 32767 or elements * doubled**2 > 2**31 - 1


def test_an_inherited_identity_is_the_identity() -> None:
    for fine, coarse in (((40, 53), (30, 40)), ((33, 17), (25, 13))):
        index = np.indices((coarse[0] - 6, coarse[1] - 6)).transpose(1, 2, 0).astype(np.int32)
        nnf = NNF(np.ascontiguousarray(index), np.zeros(index.shape[:2], np.float32), 7)
        finer = inherit(nnf, ratio=0.75, query=fine, key=fine, coarse_key=coarse)
        np.testing.assert_array_equal(finer.index, np.indices((fine[0] - 6, fine[1] - 6)).transpose(1, 2, 0))


def test_an_inherited_field_keeps_its_displacements() -> None:
    index = np.full((10, 12, 2), (3, 5), np.int32) + np.indices((10, 12)).transpose(1, 2, 0).astype(np.int32)
    nnf = NNF(np.ascontiguousarray(index), np.zeros((10, 12), np.float32), 7)
    finer = inherit(nnf, ratio=0.5, query=(32, 36), key=(80, 80), coarse_key=(40, 40))
    moved = finer.index - np.indices((26, 30)).transpose(1, 2, 0)
    assert (moved == moved[0, 0]).all()
    # about the centres: a displacement d at the coarse level is 2 d plus what the centres moved
    assert abs(moved[0, 0, 0] - (2 * (3 - (40 - 16) / 2) + (80 - 32) / 2)) <= 0.5


def test_bad_arguments_are_named() -> None:
    query, key = picture(0), picture(1)
    with pytest.raises(ParameterError, match="method='magic': must be one of auto, exact, patchmatch"):
        nearest(query, key, patch_size=7, method="magic")
    with pytest.raises(ImageError, match="query=.*must be float32"):
        nearest(query.astype(np.float64), key, patch_size=7)  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="channels=3 and 1"):
        nearest(query, key[..., :1], patch_size=7)
    with pytest.raises(ImageError, match="sides at least 31"):
        nearest(query, key, patch_size=31)
    with pytest.raises(ParameterError, match="valid=no patch"):
        nearest(query, key, patch_size=7, valid=np.zeros((18, 24), bool))
    with pytest.raises(ImageError, match=r"weight=float64"):
        nearest(query, key, patch_size=7, weight=np.ones((18, 24)))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="init=None: is required"):
        nearest(query, key, patch_size=7, active=np.ones((18, 24), bool))
    outside = NNF(np.full((18, 24, 2), 99, np.int32), np.zeros((18, 24), np.float32), 7)
    with pytest.raises(ImageError, match="init=indices outside the key"):
        nearest(query, key, patch_size=7, init=outside)
    for name, value in (("patch_size", 8), ("patch_size", 33), ("trials", -1), ("trials", 40), ("sweeps", 0)):
        with pytest.raises(ParameterError, match=f"{name}={value}: must be"):
            nearest(query, key, **{"patch_size": 7, name: value})
    for wrong in (0, -1, np.inf, np.nan, 1e30):
        with pytest.raises(ParameterError, match="weight=.*must be positive"):
            nearest(query, key, patch_size=7, weight=np.full((18, 24), wrong, np.float32))
    with pytest.raises(ImageError, match="query=values that are NaN or infinite"):
        nearest(np.full_like(query, np.nan), key, patch_size=7)
    with pytest.raises(ParameterError, match="alpha=1e-300"):
        completeness_weight(query, key, patch_size=7, alpha=1e-300)
    with pytest.raises(ParameterError, match="alpha=inf: must be finite"):
        completeness_weight(query, key, patch_size=7, alpha=np.inf)
    with pytest.raises(ParameterError, match="alpha=0"):
        completeness_weight(query, key, patch_size=7, alpha=0)
