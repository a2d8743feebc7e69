"""The searches of metrics: their means are right, and so is what they say of their own error."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from patchloom import kernels
from patchloom.errors import ParameterError
from patchloom.metrics import compare, measure
from patchloom.metrics.measured import measured_mean
from patchloom.search import Estimate, nearest_mean, probing
from patchloom.types import NNF


def waves(seed: int, rows: int = 60, cols: int = 70, grain: float = 0.05) -> Any:
    """A picture of a few waves and some grain, 8 bits."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols]
    image = rng.normal(0, grain, (rows, cols, 3))
    for _ in range(6):
        down, right, phase = rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4), rng.uniform(0, 6)
        image += np.sin(down * y + right * x + phase)[..., None] * rng.uniform(0, 0.15, 3)
    return np.clip(128 + 255 * image, 0, 255).astype(np.uint8)


def smooth(image: Any) -> Any:
    """A blurred copy."""
    wide = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
    return (sum(wide[dy : dy + len(image), dx : dx + image.shape[1]] for dy in range(3) for dx in range(3)) / 9).astype(
        np.uint8
    )


def shuffled(image: Any, seed: int = 0) -> Any:
    """The same tiles in another order."""
    rng = np.random.default_rng(seed)
    tiles = [image[r : r + 10, c : c + 10] for r in range(0, 60, 10) for c in range(0, 70, 10)]
    order = rng.permutation(len(tiles))
    return np.concatenate([np.concatenate([tiles[i] for i in row], axis=1) for row in order.reshape(6, 7)])


SOURCE = waves(1)
MADE = {
    "waves": waves(2),
    "noise": np.random.default_rng(3).integers(0, 256, (64, 64, 3)).astype(np.uint8),
    "blurred": smooth(SOURCE),
    "shuffled": shuffled(SOURCE),
    "half new": np.concatenate([SOURCE[:, :35], waves(4)[:, 35:]], axis=1),
    "wide": waves(5, 50, 110, 0.01),
}


def both(method: str, name: str, forward: bool, **options: Any) -> Estimate:
    return compare(MADE[name], SOURCE, method=method, threads=1, **options).mean(forward=forward)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that misses much, so that there is something to correct."""
    monkeypatch.setattr("patchloom.search.METRIC_EFFORT", probing.Effort(sweeps=3, trials=2))


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("name", MADE)
def test_the_stated_error_covers(hasty: None, name: str, forward: bool) -> None:
    exact, found = both("exact", name, forward), both("patchmatch", name, forward)
    assert (exact.standard_error, exact.excess, exact.probes, exact.method) == (0, 0, 0, "exact")
    assert found.method == "patchmatch"
    assert abs(found.mean - exact.mean) <= 3.5 * found.standard_error
    assert found.mean * (1 + found.excess) >= exact.mean                 # PatchMatch's own is never below


def test_estimates_are_right_on_average(hasty: None) -> None:
    """Over many fields errors are as large as stated and lean to no side; without the correction all lean to one."""
    errors, own = [], []
    for name in MADE:
        query, key = MADE[name] / np.float32(256), SOURCE / np.float32(256)
        exact = nearest_mean(query, key, patch_size=7, method="exact", threads=1)[1]
        for seed in range(7):
            found = nearest_mean(query, key, patch_size=7, method="patchmatch", seed=seed, threads=1)[1]
            assert found.probes == probing.PROBES
            errors.append((found.mean - exact.mean) / found.standard_error)
            own.append((found.mean * (1 + found.excess) - exact.mean) / found.standard_error)
    assert abs(np.mean(errors)) < 0.45                                   # 42 errors: 3 standard errors of their mean
    assert 0.4 < np.sqrt(np.mean(np.square(errors))) < 1.3               # systematic drawing is better than said
    assert np.mean(np.abs(errors) < 2) > 0.9
    assert min(own) > 3


def test_probes_are_drawn_by_distance() -> None:
    """Each patch's expected number of probes is its share, within what steps of equal length allow: less than one."""
    rng = np.random.default_rng(8)
    total = (rng.integers(0, 1000, 5000) ** 3).astype(np.int64)
    total[::3] = 0
    at, shares = probing._draw(total, probing.PROBES)
    assert shares is not None
    assert at.size == shares.size == probing.PROBES
    assert (np.diff(at) >= 0).all()
    assert (total[at] > 0).all()                                         # nothing can be below 0
    weight = np.where(total > 0, total + total.mean() / 10, 0)
    expected = probing.PROBES * weight / weight.sum()
    assert np.abs(np.bincount(at, minlength=5000) - expected).max() < 1
    np.testing.assert_allclose(shares, (weight / weight.sum())[at], rtol=1e-3)


def test_large_pictures_are_probed_less() -> None:
    assert probing.probes_for((160, 244)) == probing.probes_for((2048, 2048)) == 512
    assert probing.probes_for((4096, 4096)) == 256
    assert 310 < probing.probes_for((2814, 3994)) < 315


def test_few_patches_are_all_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The correction is then no estimate: the mean is exhaustive search's own."""
    monkeypatch.setattr("patchloom.search.METRIC_EFFORT", probing.Effort(sweeps=1, trials=1))
    query, key = MADE["noise"][:20, :25] / np.float32(256), SOURCE / np.float32(256)
    exact, found = (nearest_mean(query, key, patch_size=7, method=way)[1] for way in ("exact", "patchmatch"))
    assert found.probes == 14 * 19
    assert found.standard_error == 0
    assert found.excess > 0.02
    assert math.isclose(found.mean, exact.mean, rel_tol=1e-7)


def test_what_is_rare_is_not_ruled_out() -> None:
    """A field without a miss among its probes still has an error: one probe more might have been the first."""
    pair = compare(MADE["wide"], SOURCE, threads=1)
    query, key = MADE["wide"] / np.float32(256), SOURCE / np.float32(256)
    field = nearest_mean(query, key, patch_size=7)[0]
    quantised = probing_pair(query, key)
    found = probing.estimate(quantised, NNF(field.index, field.distance, 7), "patchmatch", threads=1)
    assert found.excess == 0
    assert math.isclose(found.mean * (256 / 255) ** 2, pair.mean().mean, rel_tol=1e-7)
    assert math.isclose(found.standard_error, found.mean / 2 / probing.PROBES, rel_tol=0.01)


def probing_pair(query: Any, key: Any) -> Any:
    from patchloom.search.quantise import quantise

    return quantise(query, key, patch_size=7)


def brute(made: Any, source: Any, patch_size: int) -> Any:
    """Every pair's mean squared difference, float64."""
    rows = [
        np.lib.stride_tricks.sliding_window_view(image, (patch_size, patch_size), (0, 1)).reshape(-1, patch_size**2 * 3)
        for image in (made, source)
    ]
    return np.array([((patch - rows[1]) ** 2).mean(axis=1) for patch in rows[0]])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("patch_size", [3, 7])
@pytest.mark.parametrize("noise", [1 / 4096, 0.02, None])
def test_means_are_those_of_the_pictures(kind: Any, patch_size: int, noise: float | None) -> None:
    """Of near copies, whose differences are far below a step of the search, and of other pictures alike."""
    source = SOURCE[:16, :21] / 255
    made = MADE["waves"][:19, :17] / 255
    if noise is not None:
        made = np.clip(source + np.random.default_rng(6).uniform(-noise, noise, source.shape), 0, 1)
    top = 1 if kind is np.float32 else np.iinfo(kind).max
    query, key = (image.astype(kind) if top == 1 else np.rint(image * top).astype(kind) for image in (made, source))
    table = brute(query.astype(float) / top, key.astype(float) / top, patch_size)
    for method in ("exact", "patchmatch"):                  # which is exhaustive here: few patches are all probed
        pair = compare(query, key, patch_size=patch_size, threads=1, method=method)
        for forward in (True, False):
            expected, found = table.min(axis=int(forward)).mean(), pair.mean(forward=forward)
            tolerance = 1e-4 if method == "exact" else 2e-3  # what was missed is known in steps of the search
            assert math.isclose(found.mean, expected, rel_tol=tolerance, abs_tol=1e-15)
            if method == "exact":
                distance = pair.field(forward=forward).distance
                assert math.isclose(distance.mean(dtype=np.float64), found.mean, rel_tol=1e-6, abs_tol=1e-15)


def test_copies_are_found_below_the_step_of_the_search() -> None:
    """A smooth 16-bit picture, in which the search cannot tell neighbours apart, is at no distance to its part."""
    y, x = np.mgrid[:40, :60]
    smooth = (60000 - 40 * np.sin(y / 9) - 3 * x)[..., None] * np.ones(3)
    smooth[::13, ::17] = 0
    smooth = smooth.astype(np.uint16)
    for made in (smooth, smooth[7:33, 9:50]):
        pair = compare(made, smooth, threads=1)
        assert pair.mean().mean == pair.forward.distance.max() == 0


def test_alpha_is_measured_as_exactly() -> None:
    """Colours times alpha are no whole numbers, though both came with 8 bits."""
    picture = np.concatenate([SOURCE, SOURCE[..., :1] // 2 + 99], axis=2)[:16, :20]
    made = np.clip(picture + np.random.default_rng(7).integers(-1, 2, picture.shape), 0, 255).astype(np.uint8)
    inside = []
    for image in (made, picture):
        colour, alpha = image[..., :3] / 255, image[..., 3:] / 255
        inside.append(np.concatenate([colour * alpha, alpha], axis=2))
    patches = [np.lib.stride_tricks.sliding_window_view(image, (3, 3), (0, 1)).reshape(-1, 36) for image in inside]
    expected = ((patches[0][:, None] - patches[1]) ** 2).mean(axis=2).min(axis=1).mean()
    assert math.isclose(compare(made, picture, patch_size=3, threads=1).mean().mean, expected, rel_tol=1e-4)


def test_each_comparison_has_searches_of_its_own() -> None:
    """A changed one does not answer for the one it was made from."""
    pair = compare(MADE["waves"][:20, :20], SOURCE[:20, :20], threads=1)
    before = pair.mean().mean
    other = replace(pair, generated=pair.source)
    assert (other.searches, other.mean().mean) == ((), 0)
    assert pair.mean().mean == before > 0


def test_what_cannot_be_told_from_nothing_says_so() -> None:
    """Where the correction is as large as the mean, the error is told by itself, and JSON can hold the details."""
    rng = np.random.default_rng(0)
    source, made = ((rng.integers(0, 3, (side, side)) * 127).astype(np.uint8) for side in (520, 150))
    found = measure(made, source, ["coherence"], patch_size=3, method="patchmatch", threads=1)["coherence"]
    assert found.value == 0 < found.details["standard_error"] < 0.01
    assert found.details["search_excess"] is None
    assert found.note.startswith("unsure: its standard error is 2.8e-05, no less than the figure itself,")
    json.dumps(dict(found.details), allow_nan=False)
    assert measured_mean(Estimate(0.0, 1e-9, 0.0, 512, "patchmatch")).note == ""    # what rounding to 8 bits drowns
    tiny = measured_mean(Estimate(1e-9, 1e-3, 5e-4, 512, "patchmatch"))
    assert "its standard error is 0.001, no less" in tiny.note
    assert tiny.details["search_excess"] == pytest.approx(5e5)
    assert Estimate(0.0, 0.1, 0.2, 512, "patchmatch").excess == math.inf


def test_memory_of_few_probes(peak_memory: Any) -> None:
    """It is bounded whatever the picture's size; a table of all patches of this one has 200 MB."""
    from patchloom.kernels import numpy_kernels

    pair = probing_pair(*(np.random.default_rng(0).random((2, 420, 420, 3)).astype(np.float32)))
    at, bound = np.array([5], np.int32), np.array([2**31 - 1], np.int32)
    least, peak = peak_memory(lambda: numpy_kernels.probe(pair.pictures(0), None, at, bound))
    assert peak < 120 << 20
    assert least == kernels.probe(pair.pictures(0), None, at, bound, threads=1)


def test_eight_bits_are_searched_exactly() -> None:
    """The mean is that of whole numbers: no step of the search rounds an 8-bit picture."""
    pair = compare(MADE["wide"][:20, :20], SOURCE[:24, :22], threads=1)
    patches = [np.lib.stride_tricks.sliding_window_view(image.astype(int), (7, 7), (0, 1)).reshape(-1, 147)
               for image in (MADE["wide"][:20, :20], SOURCE[:24, :22])]
    table = ((patches[0][:, None] - patches[1]) ** 2).sum(axis=2)
    for forward, axis in ((True, 1), (False, 0)):
        expected = table.min(axis=axis).mean() / 147 / 255**2
        assert math.isclose(pair.mean(forward=forward).mean, expected, rel_tol=1e-7)


@pytest.mark.parametrize("method", ["exact", "patchmatch", "auto"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_identical_pictures_are_at_no_distance(method: str, kind: Any) -> None:
    image = (SOURCE / 255).astype(np.float32) if kind is np.float32 else SOURCE.astype(kind)
    for forward in (True, False):
        found = compare(image, image.copy(), method=method, threads=1).mean(forward=forward)
        assert (found.mean, found.standard_error) == (0, 0)
    assert measure(image, image, ["coherence"], method=method)["coherence"].value == 0


@pytest.mark.parametrize("method", ["exact", "patchmatch"])
def test_a_part_of_the_source_is_at_no_distance(method: str) -> None:
    pair = compare(SOURCE[10:40, 15:60], SOURCE, method=method, threads=1)
    assert (pair.mean().mean, pair.mean().standard_error) == (0, 0)
    assert pair.mean(forward=False).mean > 0


@pytest.mark.parametrize("method", ["exact", "patchmatch"])
def test_threads_change_nothing(method: str) -> None:
    one, four = (
        [compare(MADE["half new"], SOURCE, method=method, threads=threads).mean(forward=f) for f in (True, False)]
        for threads in (1, 4)
    )
    assert one == four


def test_twins_give_the_same_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled probe's bounds reject nothing that the plain one takes."""
    from patchloom.kernels import numpy_kernels

    query, key = MADE["shuffled"][:40, :40] / np.float32(256), SOURCE / np.float32(256)
    found = nearest_mean(query, key, patch_size=5, method="patchmatch", threads=1)[1]
    monkeypatch.setattr(kernels, "probe", numpy_kernels.probe, raising=False)
    assert nearest_mean(query, key, patch_size=5, method="patchmatch", threads=1)[1] == found


def test_auto_says_what_it_was() -> None:
    small = measure(SOURCE[:20, :20], SOURCE[:20, :20], ["coherence"], method="auto")["coherence"]
    assert dict(small.details) == {"method": "exact"}
    large = measure(MADE["waves"], SOURCE, ["coherence"], method="auto")["coherence"]
    assert large.details["method"] == "patchmatch"
    assert 0 < large.details["standard_error"] < 0.02 * large.value
    assert large.details["search_excess"] > 0
    assert large.note == ""


def test_each_field_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(
        "patchloom.metrics.comparison.nearest_mean",
        lambda *given, **options: calls.append(options["patch_size"]) or nearest_mean(*given, **options),
    )
    pair = compare(MADE["waves"], SOURCE, threads=1)
    for _ in range(2):
        assert pair.forward.distance.shape == (54, 64)
        pair.mean()
        pair.mean(forward=False)
        pair.mean(patch_size=5)
    assert calls == [7, 7, 5]
    assert pair.searches == ((True, 7), (False, 7), (True, 5))


def test_means_of_several_searches() -> None:
    exact, rough = Estimate(2.0), Estimate(4.0, 0.3, 2.0, 512, "patchmatch")
    assert dict(measured_mean(exact, exact).details) == {"method": "exact"}
    two = measured_mean(rough, rough)
    assert two.value == 4
    assert math.isclose(two.details["standard_error"], 0.3 / math.sqrt(2))
    assert math.isclose(two.details["search_excess"], 0.5)
    mixed = measured_mean(exact, rough)
    assert mixed.value == 3
    assert mixed.details["method"] == "patchmatch"
    assert math.isclose(mixed.details["standard_error"], 0.15)
    assert "standard error is 5.0 % of it, and" in mixed.note
    assert measured_mean(Estimate(0.0, 0.0, 0.0, 9, "patchmatch")).note == ""


def test_unknown_methods_are_refused() -> None:
    image = np.zeros((9, 9, 3), np.float32)
    with pytest.raises(ParameterError, match="method='best': must be one of"):
        nearest_mean(image, image, patch_size=7, method="best")
