"""The engine: against plain loops, its laws, and the bytes of a seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from conftest import make_picture
from patchloom import PRESETS, GPNNParams, ImageError, ParameterError, Step, generate, nearest, plans, pnn, steps
from patchloom.guess import first_guess
from patchloom.patches import fold_weights
from patchloom.resize import resize
from patchloom.search.quantise import quantise
from strategies import seeds

DEFAULT = PRESETS["default"]


def test_paper_equals_the_plain_loop() -> None:
    picture = make_picture(24, 32, 3, seed=4)
    plan = plans.generate(picture, params=PRESETS["paper"], seed=3)
    ours: dict[int, Step] = {step.level: step for step in steps(plan)}
    assert list(ours) == list(reversed(range(len(plan.sizes))))  # a field that no longer moves ends a level early
    image, fields = naive.gpnn(
        list(plan.source), first_guess(plan), list(plan.sizes), plan.params, resize, fold_weights(7, 1.7)
    )
    assert len(fields) == len(plan.sizes) >= 3
    for level, field in zip(reversed(range(len(fields))), fields, strict=True):
        np.testing.assert_array_equal(ours[level].fields.forward.index, field)
    np.testing.assert_array_equal(ours[0].image, image)


def test_first_step_is_within_the_quantisation_of_float64() -> None:
    plan = plans.generate(make_picture(24, 32, 3, seed=5), params=PRESETS["paper"], seed=8)
    key = plan.source[len(plan.sizes) - 1]
    guess = first_guess(plan)
    found = nearest(guess, key, patch_size=7, method="exact")
    q, k = (
        np.lib.stride_tricks.sliding_window_view(i.astype(np.float64), (7, 7), axis=(0, 1)) for i in (guess, key)
    )
    q, k = q.reshape(-1, 147), k.reshape(-1, 147)
    least = ((q[:, None] - k[None]) ** 2).mean(axis=2).min(axis=1).reshape(found.distance.shape)
    scale = quantise(guess, key, patch_size=7).scale
    assert (np.abs(found.distance - least) <= 2 * np.sqrt(least) / scale + 1 / scale**2).all()


@settings(max_examples=10)
@given(rows=st.integers(16, 40), cols=st.integers(16, 40), seed=seeds, channels=st.sampled_from([1, 3, 4]))
def test_sizes_range_and_repeatability(rows: int, cols: int, seed: int, channels: int) -> None:
    picture = make_picture(30, 36, channels, seed=1)
    plan = plans.generate(picture, size=(rows, cols), params=replace(DEFAULT, iterations=2), seed=seed)
    images = [list(steps(plan, threads=threads))[-1].image for threads in (1, 4)]
    assert images[0].shape == (rows, cols, channels)
    assert images[0].tobytes() == images[1].tobytes()
    for c in range(channels):
        assert plan.source[0][..., c].min() - 1e-6 <= images[0][..., c].min()
        assert images[0][..., c].max() <= plan.source[0][..., c].max() + 1e-6


def test_steps_go_from_coarse_to_fine_and_end() -> None:
    plan = plans.generate(make_picture(48, 64), params=replace(DEFAULT, complete_levels=2), seed=1)
    run = list(steps(plan))
    levels = [step.level for step in run]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) == set(range(len(plan.sizes)))
    assert [step.last for step in run] == [False] * (len(run) - 1) + [True]
    for step in run:
        assert step.image.shape[:2] == plan.sizes[step.level]
        assert step.fields.forward.index.shape[:2] == tuple(side - 6 for side in plan.sizes[step.level])
        assert 0 <= step.changed <= 1
        complete = len(plan.sizes) - step.level <= plan.params.complete_levels
        assert (step.fields.reverse is not None) == complete
    counts = [levels.count(level) for level in range(len(plan.sizes))]
    assert counts[-1] == plan.params.coarsest_iterations
    assert max(counts) <= plan.params.iterations


def test_stopping_early_is_a_cancel() -> None:
    run = steps(plans.generate(make_picture(48, 64), seed=1))
    assert len(list(islice(run, 2))) == 2
    run.close()


def test_a_converged_level_ends_early_and_keeps_its_picture() -> None:
    plan = plans.generate(make_picture(40, 48), params=replace(DEFAULT, tolerance=0.999), seed=1)
    assert [step.iteration for step in steps(plan) if step.level == 0] == [0, 1]
    exact = replace(DEFAULT, tolerance=0.0, method="exact", iterations=60)
    run = [step for step in steps(plans.generate(make_picture(40, 48), params=exact, seed=2)) if step.level == 0]
    assert run[-1].changed == 0
    assert len(run) < 60


def test_different_seeds_differ_and_the_same_does_not() -> None:
    picture = make_picture(40, 48)
    pictures = [list(steps(plans.generate(picture, seed=seed)))[-1].image for seed in (1, 1, 2)]
    assert np.array_equal(pictures[0], pictures[1])
    assert np.abs(pictures[0] - pictures[2]).mean() > 0.01


def test_completeness_keeps_both_fields() -> None:
    params = replace(DEFAULT, alpha=0.01, iterations=2)
    plan = plans.generate(make_picture(40, 48), size=(40, 60), params=params, seed=1)
    for step in steps(plan):
        assert step.fields.reverse is not None
        assert step.fields.reverse.index.shape[:2] == tuple(n - 6 for n in plan.source[step.level].shape[:2])
        limit = [side - 7 for side in plan.sizes[step.level]]
        assert (step.fields.reverse.index <= limit).all()


def test_completeness_brings_back_what_was_lost() -> None:
    """A guess that lacks half of the source: a small alpha makes the other half appear."""
    key = make_picture(24, 24, 3, seed=3).astype(np.float32) / 255
    key[:, 12:] *= np.float32(0.2)
    query = np.ascontiguousarray(np.concatenate([key[:, :12], key[:, :12]], axis=1))
    shares = []
    for alpha in (np.inf, 1e-3):
        params = replace(DEFAULT, alpha=alpha, method="exact")
        image, fields = query, None
        for _ in range(6):
            image, fields = pnn(image, key, key, params=params, fields=fields)
        shares.append(nearest(key, image, patch_size=7, method="exact").distance.mean())
    assert shares[1] < 0.7 * shares[0]


def test_noise_enters_finer_with_start_level() -> None:
    picture = make_picture(64, 80)
    whole = plans.generate(picture, seed=1)
    finer = plans.generate(picture, params=replace(DEFAULT, start_level=2), seed=1)
    assert finer.sizes == whole.sizes[:-2]
    assert finer.guess.shape[:2] == whole.sizes[-3]
    with pytest.raises(ParameterError, match=r"start_level=9: must be below the number of levels \(\d\); try"):
        plans.generate(picture, params=replace(DEFAULT, start_level=9), seed=1)


def test_noise_zero_is_the_source() -> None:
    picture = make_picture(48, 64)
    plan = plans.generate(picture, params=replace(DEFAULT, noise=0.0), seed=1)
    image = list(steps(plan))[-1].image
    assert np.abs(image - plan.source[0]).mean() < 0.01


@pytest.mark.parametrize(("size", "least"), [((5, 5), 7), ((6, 40), 7)])
def test_pictures_smaller_than_a_patch_are_refused(size: tuple[int, int], least: int) -> None:
    with pytest.raises(
        ImageError, match=rf"source={size[1]} x {size[0]} pixels: each side must be at least {least}; use"
    ):
        plans.generate(np.zeros(size, np.uint8))


def test_outputs_smaller_than_a_patch_are_refused() -> None:
    with pytest.raises(ParameterError, match="size=3 rows x 3 columns: sides must be 7 to"):
        plans.generate(make_picture(20, 20), size=(3, 3))


@pytest.mark.parametrize("size", [(7, 7), (7, 60), (20, 7), (13, 13)])
def test_smallest_pictures_work(size: tuple[int, int]) -> None:
    picture = make_picture(16, 16)
    assert list(steps(plans.generate(picture, size=size, seed=1)))[-1].image.shape[:2] == size
    tiny = make_picture(7, 8)
    assert list(steps(plans.generate(tiny, seed=1)))[-1].image.shape == (7, 8, 3)


RUN = """
import hashlib, json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from conftest import make_picture
from patchloom import PRESETS, GPNNParams, kernels, plans, pnn, steps
from patchloom.kernels import info
if info()["kernels"] == "native":
    from patchloom.kernels import native
    native._THREAD_WORK = 1.0
hashes = {}
for name, params, channels in (
    ("default", PRESETS["default"], 3), ("completeness", GPNNParams(alpha=0.01, iterations=2, method="patchmatch"), 4),
):
    step = list(steps(plans.generate(make_picture(48, 64, channels), params=params, seed=7, size=(40, 72))))[-1]
    parts = step.image, step.fields.forward.index, step.fields.forward.distance
    hashes[name] = [hashlib.sha256(part.tobytes()).hexdigest() for part in parts]
for channels in (1, 3, 4, 8):
    key = make_picture(36, 44, channels, 2).astype(np.float32) / np.float32(255)
    image = key + np.float32(0.2) * kernels.noise(key.shape, 5)
    valid, active = np.ones((30, 38), bool), np.zeros((30, 38), bool)
    valid[4:9, 6:20], active[8:20, 5:30] = False, True
    params, masks = GPNNParams(alpha=0.01, method="patchmatch"), {"valid": valid}
    fields = None
    for seed in range(3):
        image, fields = pnn(image, key, key, params=params, fields=fields, seed=seed, **masks)
        masks["active"] = active
    parts = image, fields.forward.index, fields.forward.distance, fields.reverse.index, fields.reverse.distance
    hashes[f"masks {channels}"] = [hashlib.sha256(part.tobytes()).hexdigest() for part in parts]
has = getattr(np, "_core", None) or np.core
features = [n for n, on in has._multiarray_umath.__cpu_features__.items() if on]
print(json.dumps({"hashes": hashes, "info": info(), "features": features}))
"""


def run_apart(**environment: str) -> dict[str, object]:
    """The engine in another process, under other settings."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(Path(__file__).parent)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_seed_is_the_same_bytes_everywhere() -> None:
    """Threads, instruction sets, NumPy's dispatch and the NumPy twins."""
    usual = run_apart()
    runs = {f"{n} threads": run_apart(PATCHLOOM_THREADS=str(n)) for n in (1, 2, 4)}
    runs["twins"] = run_apart(PATCHLOOM_KERNELS="numpy")
    assert runs["twins"]["info"] == {"kernels": "numpy", "isa": "none"}
    found = set(usual["features"])
    disable = " ".join(
        sorted(
            found
            & {
                "SSE41",
                "SSE42",
                "POPCNT",
                "AVX",
                "F16C",
                "FMA3",
                "AVX2",
                "X86_V3",
                "X86_V4",
                "AVX512F",
                "AVX512CD",
                "AVX512_SKX",
                "AVX512_CLX",
                "AVX512_CNL",
                "AVX512_ICL",
                "AVX512_SPR",
                "ASIMDHP",
                "ASIMDDP",
            }
            & dispatchable()
        )
    )
    if disable:
        runs["plain NumPy"] = run_apart(NPY_DISABLE_CPU_FEATURES=disable)
        runs["plain NumPy, twins"] = run_apart(NPY_DISABLE_CPU_FEATURES=disable, PATCHLOOM_KERNELS="numpy")
        for name in ("plain NumPy", "plain NumPy, twins"):
            assert set(runs[name]["features"]) < found, name
    if usual["info"]["kernels"] == "native":
        from test_kernels import available

        for isa in available():
            runs[isa] = run_apart(PATCHLOOM_ISA=isa)
            assert runs[isa]["info"] == {"kernels": "native", "isa": isa}
    for name, run in runs.items():
        assert run["hashes"] == usual["hashes"], name


def dispatchable() -> set[str]:
    """Features that this NumPy can switch off."""
    core = getattr(np, "_core", None) or np.core
    return set(core._multiarray_umath.__cpu_dispatch__)


@pytest.mark.parametrize("name", ["default", "official"])
def test_golden(name: str, golden: Callable[[str, np.ndarray], None]) -> None:
    result = generate(make_picture(48, 64), params=PRESETS[name], seed=7, size=(48, 80))
    golden(f"generate_{name}", result.image)


def test_params_must_be_params() -> None:
    with pytest.raises(ParameterError, match=r"params=\{.*: must be GPNNParams"):
        plans.generate(make_picture(20, 20), params={"noise": 1})  # type: ignore[arg-type]
    assert isinstance(plans.generate(make_picture(20, 20)).params, GPNNParams)
