"""The documented front door: the plans' names, run to a `Result`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from . import plans
from .checks import PixelFormat, as_image, as_memory, as_threads, from_image
from .estimate import check_memory
from .gpnn import steps
from .kernels.cancel import cancelled_by
from .params import GPNNParams
from .patches import vote
from .types import Plan, Result, Size, Step

OnStep = Callable[[Step], None]


def generate(
    source: Any,
    *,
    size: Size | None = None,
    params: GPNNParams | None = None,
    seed: int | None = None,
    threads: int = 0,
    memory: int | str | None = None,
    on_step: OnStep | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Result:
    """Return a new picture made of the source's patches.

    Parameters
    ----------
    source : array or PIL image
        (H, W) or (H, W, C) of bool, uint8, uint16 or float; or a PIL image of mode
        1, L, LA, P, RGB, RGBA, CMYK, I;16 or F. Floats within [0, 1] are searched as
        they are, others after mapping their range onto [0, 1]; scale dark pictures.
    size : (rows, columns), optional
        Size of the result in pixels; by default the source's.
    params : GPNNParams, optional
        By default ``PRESETS["default"]``; see `with_diversity`.
    seed : int, optional
        0 to 2**64 - 1. The same seed gives the same bytes on any machine; by
        default a fresh one is drawn, which ``Result.seed`` tells.
    threads : int
        0 means ``PATCHLOOM_THREADS`` or else all cores. No result depends on it.
    memory : int or str, optional
        Budget in bytes (or ``"500MB"``); a run that would need more is refused.
    on_step : callable, optional
        Called with every `Step`.
    cancel : callable, optional
        Asked many times a second, also in the middle of a step: once it returns true the run
        ends with `Cancelled`. ``threading.Event().is_set`` will do.

    Returns
    -------
    Result
        ``image`` has the source's type, dtype and channels.

    Raises
    ------
    InputError
        If something that was passed cannot be used.
    MemoryBudgetError
        If the run would need more than `memory`.
    Cancelled
        If `cancel` asked for it.

    References
    ----------
    Granot et al., "Drop the GAN" (CVPR 2022), section 4.1.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> stripes = np.tile(np.arange(32, dtype=np.uint8)[None] % 8 * 30, (32, 1))
    >>> result = patchloom.generate(stripes, size=(32, 48), seed=1)
    >>> result.image.shape, result.image.dtype, result.seed
    ((32, 48), dtype('uint8'), 1)
    """
    with cancelled_by(cancel):
        image, kind = as_image(source)
        plan = plans.generate_from(image, size=size, params=params, seed=seed)
        result = run(plan, threads=threads, memory=memory, on_step=on_step, cancel=cancel)
        return finish(result, source, kind, threads=threads)


def run(
    plan: Plan,
    *,
    threads: int = 0,
    memory: int | str | None = None,
    on_step: OnStep | None = None,
    cancel: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """Run a plan to its end.

    Parameters
    ----------
    plan : Plan
        From `patchloom.plans`.
    threads, memory, on_step, cancel
        As for `generate`.
    clock : callable
        Seconds, for ``Result.timings``.

    Returns
    -------
    Result
        ``image`` is an `Image`.
    """
    check_memory(plan, as_memory(memory))
    levels = len(plan.sizes)
    methods, iterations, timings = [""] * levels, [0] * levels, dict.fromkeys(range(levels), 0.0)
    then = clock()
    with cancelled_by(cancel):
        for step in steps(plan, threads=as_threads(threads)):
            now = clock()
            timings[step.level] += now - then
            methods[step.level], iterations[step.level] = step.method, step.iteration + 1
            if on_step is not None:
                on_step(step)
            then = clock()
    return Result(step.image, step.fields.forward, plan.params, plan.seed, tuple(methods), tuple(iterations), timings)


def finish(result: Result, source: Any, kind: PixelFormat, *, threads: int = 0) -> Result:
    """Return a run's result with the image as what the source was.

    Parameters
    ----------
    result : Result
        Of `run`; its image is an `Image`.
    source : array or PIL image
        The picture that was planned from.
    kind : PixelFormat
        What `patchloom.checks.as_image` said of it.
    threads : int
        0 means all cores.

    Returns
    -------
    Result
        Floats of any range were searched on [0, 1]; they are voted on their true
        values where float32 holds those, and mapped back otherwise.
    """
    if (kind.low, kind.high) == (0.0, 1.0) or kind.dtype.itemsize > 4:
        return replace(result, image=from_image(result.image, kind))
    true = np.asarray(source)
    true = np.ascontiguousarray(true[..., None] if kind.flat else true, np.float32)
    voted = vote(true, result.nnf, sigma=result.params.fold, threads=threads)
    return replace(result, image=from_image(voted, replace(kind, low=0.0, high=1.0)))
