"""Running a plan to its end."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..checks import as_memory, as_threads
from ..estimate import check_memory
from ..gpnn import steps
from ..kernels.cancel import cancelled_by
from ..types import Plan, Result, Step
from .delivery import delivered

OnStep = Callable[[Step], None]


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
        As for `patchloom.generate`.
    clock : callable
        Seconds, for ``Result.timings``.

    Returns
    -------
    Result
        ``image`` and ``maps`` have the types that were passed to the plan.
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
        made = delivered(plan, step, threads=as_threads(threads))
    return Result(
        made.pop(""), step.fields.forward, plan.params, plan.seed, tuple(methods), tuple(iterations), timings,
        maps=made, blend=plan.blend,
    )
