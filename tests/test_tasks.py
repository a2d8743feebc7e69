"""The front door: whatever goes in comes out as its own kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image as pil

import patchloom
from conftest import make_picture
from patchloom import GPNNParams, MemoryBudgetError, ParameterError, Step, plans

FAST = GPNNParams(iterations=2)


def kinds() -> dict[str, Any]:
    rgb = make_picture(40, 52, 3)
    grey = make_picture(40, 52, 1)
    rgba = np.concatenate(
        [rgb, np.where(np.indices((40, 52)).sum(0) % 40 > 8, 255, 40).astype(np.uint8)[..., None]], axis=2
    )
    return {
        "grey array": grey[..., 0],
        "grey with axis": grey,
        "grey and alpha array": rgba[..., [0, 3]],
        "rgb array": rgb,
        "rgba array": rgba,
        "bool array": grey[..., 0] > 128,
        "uint16 array": rgb.astype(np.uint16) * 257,
        "five channels": np.concatenate([rgb, rgba[..., :2]], axis=2),
        "float32 array": rgb.astype(np.float32) / 255,
        "float64 array of any range": rgb * 3.0 - 200,
        "1": pil.fromarray(grey[..., 0]).convert("1"),
        "L": pil.fromarray(grey[..., 0]),
        "LA": pil.fromarray(rgba[..., [0, 3]].copy()),
        "P": pil.fromarray(rgb).quantize(32),
        "RGB": pil.fromarray(rgb),
        "RGBA": pil.fromarray(rgba),
        "CMYK": pil.fromarray(rgb).convert("CMYK"),
        "I;16": pil.fromarray(grey[..., 0].astype(np.uint16) * 257),
        "F": pil.fromarray(grey[..., 0].astype(np.float32)),
    }


@pytest.mark.parametrize("name", kinds())
def test_type_dtype_and_channels_come_back(name: str) -> None:
    source = kinds()[name]
    image = patchloom.generate(source, size=(30, 60), params=FAST, seed=5).image
    assert type(image) is (np.ndarray if isinstance(source, np.ndarray) else pil.Image)
    if isinstance(source, np.ndarray):
        assert image.dtype == source.dtype
        assert image.shape == (30, 60, *source.shape[2:])
        assert source.min() <= image.min() <= image.max() <= source.max()
    else:
        assert image.mode == source.mode
        assert image.size == (60, 30)
        assert len(image.getbands()) == len(source.getbands())
    values = np.asarray(image if name != "P" else image.convert("RGB")).astype(float)
    assert values.std() > 0


def test_sixteen_bits_are_more_than_eight() -> None:
    source = make_picture(40, 52, 1)[..., 0].astype(np.uint16) * 256 + np.arange(52, dtype=np.uint16)
    image = patchloom.generate(source, params=FAST, seed=1).image
    assert len(np.unique(image)) > 256


def test_floats_of_any_range_are_voted_on_their_true_values() -> None:
    source = make_picture(40, 52).astype(np.float32) * 1000 - 300
    result = patchloom.generate(source, params=FAST, seed=1)
    voted = patchloom.vote(source, result.nnf, sigma=FAST.fold)
    assert np.array_equal(result.image, voted)


def test_float64_keeps_what_float32_cannot_hold() -> None:
    ramp = 1e8 + make_picture(40, 52, 1)[..., 0] / 4.0
    image = patchloom.generate(ramp, params=FAST, seed=1).image
    assert image.dtype == np.float64
    assert ramp.min() <= image.min() <= image.max() <= ramp.max() + 1e-6
    assert len(np.unique(image)) > 100
    constant = np.full((20, 20), 1e17)
    np.testing.assert_array_equal(patchloom.generate(constant, params=FAST, seed=1).image, constant)
    with pytest.raises(patchloom.ImageError, match=r"source=values from .*: must be within 1e\+30; scale them"):
        patchloom.generate(constant * 1e200)


def test_result_tells_what_was_done() -> None:
    seen: list[Step] = []
    result = patchloom.generate(make_picture(48, 64), seed=9, on_step=seen.append)
    assert result.seed == 9
    assert result.params == patchloom.PRESETS["default"]
    levels = len(result.methods)
    assert len(result.iterations) == levels == len(result.timings)
    assert sum(result.iterations) == len(seen)
    assert set(result.methods) <= {"exact", "patchmatch"}
    assert all(seconds > 0 for seconds in result.timings.values())
    assert result.nnf.index.shape == (42, 58, 2)


def test_drawn_seeds_are_reported_and_repeat() -> None:
    picture = make_picture(32, 40)
    first = patchloom.generate(picture, params=FAST)
    again = patchloom.generate(picture, params=FAST, seed=first.seed)
    assert np.array_equal(first.image, again.image)


def test_an_exception_in_on_step_cancels() -> None:
    class Enough(Exception):
        pass

    def stop(step: Step) -> None:
        raise Enough

    with pytest.raises(Enough):
        patchloom.generate(make_picture(48, 64), seed=1, on_step=stop)


def test_memory_budgets_are_kept() -> None:
    picture = make_picture(48, 64)
    with pytest.raises(MemoryBudgetError, match=r"memory=1000.*: this run needs about .*; allow more or ask for"):
        patchloom.generate(picture, memory=1000)
    assert patchloom.generate(picture, memory="1GiB", params=FAST).image.shape == (48, 64, 3)


def test_timings_come_from_the_clock_that_was_passed() -> None:
    ticks = iter(range(1000))
    result = patchloom.run(plans.generate(make_picture(32, 40), params=FAST, seed=1), clock=lambda: next(ticks))
    assert sum(result.timings.values()) == sum(result.iterations)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (3, 3)}, "size=3 rows x 3 columns: sides must be 7 to"),
        ({"size": "150%"}, "size='150%': must be two whole numbers"),
        ({"seed": -1}, "seed=-1"),
        ({"threads": -2}, "threads=-2"),
        ({"memory": "much"}, "memory='much'"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        patchloom.generate(make_picture(32, 40), **options)
