"""Every task on torch: the bytes of the native kernels, at every step."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import patchloom
from conftest import make_picture
from patchloom import PRESETS, GPNNParams, Result, Step, plans, steps

torch = pytest.importorskip("torch", reason="not on this machine: torch")

CPU = torch.device("cpu")


def numbers(preset: str = "default", **changed: Any) -> GPNNParams:
    """Little to do: the kernels have their own tests."""
    few = {"iterations": 2, "coarsest_iterations": 2, "cold_sweeps": 2, "trials": 2, "repairs": 1}
    return replace(PRESETS[preset], **{**few, **changed})


def spot(rows: int, cols: int, box: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((rows, cols), np.bool_)
    mask[box[0] : box[1], box[2] : box[3]] = True
    return mask


A, B, C = (make_picture(26, 34, 3, seed) for seed in (1, 2, 3))
EDITED = A.copy()
EDITED[8:16, 10:20] = A[2:10, 20:30]
HOLE = spot(26, 34, (9, 17, 12, 22))
HEIGHT = make_picture(26, 34, 1, 8)[..., 0].astype(np.float32) * 3 - 100
MAPS: dict[str, Any] = {"maps": {"height": HEIGHT}, "map_weights": {"height": 0.5}}

CASES: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "generate": ("generate", (A,), {"params": numbers()}),
    "generate, larger, with a map": ("generate", (A,), {"size": (30, 44), "params": numbers(), **MAPS}),
    "generate, going round": ("generate", (A,), {"tile": "xy", "params": numbers(), **MAPS}),
    "generate, sixteen bits": ("generate", (A.astype(np.uint16) * 257,), {"params": numbers("paper")}),
    "retarget": ("retarget", (A, (26, 48)), {"params": numbers("retarget", coarsest_iterations=1)}),
    "edit": ("edit", (A, EDITED), {"params": numbers("edit"), "maps": MAPS["maps"]}),
    "inpaint": ("inpaint", (A, HOLE), {"params": numbers("inpaint")}),
    "inpaint, complete": ("inpaint", (A, HOLE), {"params": numbers("inpaint", alpha=0.01, complete_levels=64), **MAPS}),
    "extend": ("extend", (A,), {"right": 10, "params": numbers("extend"), **MAPS}),
    "reshuffle": ("reshuffle", (A, [patchloom.Move((11, 17), (3, 3, 9, 9))]),
                  {"params": numbers("reshuffle")}),
    "analogy": ("analogy", (A, B), {"params": numbers("analogy")}),
    "paint": ("paint", (A, np.where(HOLE[..., None], np.uint8(200), B)), {"params": numbers("paint")}),
    "collage": ("collage", ([A, B, C],), {"size": (36, 40), "params": numbers("collage", coarsest=14)}),
    "harmonise": ("harmonise", (A, HOLE), {"params": numbers("harmonise")}),
    "tile": ("tile", (A,), {"params": numbers("tile"), **MAPS}),
    "animate": ("animate", (A,), {"frames": 4, "params": numbers("animate", iterations=1), **MAPS}),
    "animate, a part": ("animate", (A,), {"frames": 4, "mask": HOLE, "params": numbers("animate", iterations=1)}),
}


def digest(*arrays: Any) -> str:
    told = hashlib.sha256()
    for array in map(np.asarray, arrays):
        told.update(f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return told.hexdigest()


def of_step(step: Step) -> tuple[Any, ...]:
    found = [step.fields.forward, *([] if step.fields.reverse is None else [step.fields.reverse])]
    arrays = [array for field in found for array in (field.index, field.distance)]
    wraps = [(field.patch_size, field.wrap) for field in found]
    return (step.level, step.iteration, step.changed, step.method, step.last, step.fields.moved, wraps,
            digest(step.image, *arrays))


def run(case: str, seed: int, method: str, **how: Any) -> tuple[Result, list[tuple[Any, ...]]]:
    name, pictures, options = CASES[case]
    seen: list[tuple[Any, ...]] = []
    params = replace(options["params"], method=method)
    made = getattr(patchloom, name)(
        *pictures, **{**options, "params": params}, seed=seed, threads=1,
        on_step=lambda step: seen.append(of_step(step)), **how,
    )
    return made, seen


def of_result(made: Result) -> tuple[Any, ...]:
    maps = {name: digest(*(value if isinstance(value, tuple) else (value,))) for name, value in made.maps.items()}
    return (digest(made.image, made.nnf.index, made.nnf.distance, *made.frames), maps, made.nnf.wrap, made.methods,
            made.iterations, made.seed)


@pytest.mark.parametrize("case", CASES)
def test_a_device_makes_the_same_bytes_at_every_step(case: str) -> None:
    for seed, method in ((1, "exact"), (2, "patchmatch")):
        (native, at_home), (made, abroad) = run(case, seed, method), run(case, seed, method, device=CPU)
        assert abroad == at_home
        assert of_result(made) == of_result(native)
        assert (native.device, made.device) == ("cpu", f"cpu (torch {torch.__version__})")


def test_every_task_is_among_the_cases() -> None:
    from patchloom.catalogue import TASKS

    assert {name for name, _, _ in CASES.values()} == set(TASKS)


@pytest.mark.parametrize("method", ["exact", "patchmatch", "auto"])
@pytest.mark.parametrize("alpha", [math.inf, 0.005])
def test_seeds_and_searches_with_completeness_at_all_levels(method: str, alpha: float) -> None:
    for seed in (3, 2**64 - 1):
        params = numbers(method=method, alpha=alpha, complete_levels=64, iterations=3, trials=4, repairs=2)
        plan = plans.generate(B, size=(24, 40), params=params, seed=seed)
        assert [of_step(step) for step in steps(plan, threads=1, device=CPU)] == [of_step(step) for step in steps(plan)]
