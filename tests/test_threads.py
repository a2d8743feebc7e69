"""Threads: several callers at once, forked children, and stopping in the middle."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from conftest import make_picture
from patchloom import Cancelled, generate, kernels

native_only = pytest.mark.skipif(
    kernels.info()["kernels"] != "native", reason="not on this machine: the pool belongs to the native kernels"
)


def pixels_of(seed: int) -> bytes:
    return generate(make_picture(48, 64), seed=seed, threads=3).image.tobytes()


def test_several_python_threads_at_once() -> None:
    alone = [pixels_of(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(pixels_of, [0, 1, 2, 3] * 2))
    assert together == alone * 2


def _in_child(queue: multiprocessing.Queue) -> None:
    queue.put(pixels_of(5))


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    ours = pixels_of(5)                                   # the pool is at work before the fork
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    try:
        assert queue.get(timeout=60) == ours
    finally:
        child.join(timeout=60)
    assert child.exitcode == 0


def test_cancel_before_the_first_step() -> None:
    seen: list[object] = []
    with pytest.raises(Cancelled, match="cancelled: the run was asked to stop"):
        generate(make_picture(48, 64), seed=1, on_step=seen.append, cancel=lambda: True)
    assert seen == []


@native_only
def test_cancel_in_the_middle_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from patchloom.kernels import native

    monkeypatch.setattr(native, "_BAND_WORK", 1e5)        # so that a small picture has many bands
    asked: list[int] = []
    steps: list[int] = []

    def cancel() -> bool:
        asked.append(len(steps))
        return len(steps) == 3 and asked.count(3) > 5

    with pytest.raises(Cancelled):
        generate(make_picture(64, 80), seed=1, on_step=lambda step: steps.append(step.level), cancel=cancel)
    assert len(steps) == 3
    assert asked.count(3) == 6


def test_cancel_from_another_thread_and_on() -> None:
    event = threading.Event()

    def stop(step: object) -> None:
        threading.Thread(target=event.set).start()
        event.wait(10)

    with pytest.raises(Cancelled):
        generate(make_picture(48, 64), seed=1, on_step=stop, cancel=event.is_set)
    result = generate(make_picture(48, 64), seed=1)       # nobody asks any longer
    assert np.asarray(result.image).shape == (48, 64, 3)
