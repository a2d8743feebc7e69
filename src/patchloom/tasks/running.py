"""Running a plan to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from ..cancelling import cancelled_by
from ..checks import as_memory, as_threads
from ..device.choosing import engine_on
from ..device.failing import forgetting
from ..estimate import check_memory
from ..gpnn import steps
from ..types import Plan, Result, Step
from .delivery import delivered
from .filming import filmed, frame_plan, framed

OnStep = Callable[[Step], None]


@forgetting()
def run(
    plan: Plan,
    *,
    threads: int = 0,
    device: Any = "cpu",
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
    threads, device, memory, on_step, cancel
        As for `patchloom.generate`.
    clock : callable
        Seconds, for ``Result.timings``.

    Returns
    -------
    Result
        ``image`` and ``maps`` have the types that were passed to the plan.
    """
    engine, threads = engine_on(device, threads=threads), as_threads(threads)
    check_memory(plan, as_memory(memory))
    log = _Log(plan, on_step, clock)
    with cancelled_by(cancel):
        loop: tuple[Any, ...] = ()
        if plan.drift is None:
            first = log.last(steps(plan, device=engine))
            made = delivered(plan, first, threads=threads)
        else:
            ends = (log.last(steps(frame_plan(plan, frame), device=engine)) for frame in range(plan.frames))
            first = next(ends)
            frames = (framed(plan, step, threads=threads) for step in chain([first], ends))
            made = dict[str, Any](filmed(plan, frames))
            loop = made[""]
            made[""] = loop[0]
    return Result(
        made.pop(""), first.fields.forward, plan.params, plan.seed, tuple(log.methods), tuple(log.iterations),
        log.timings, maps=made, blend=plan.blend, frames=loop, device=engine.name,
    )


class _Log:
    """What is told about a run: searches, iterations and seconds at each level; of an animation, in all."""

    def __init__(self, plan: Plan, on_step: OnStep | None, clock: Callable[[], float]) -> None:
        levels = len(plan.sizes)
        self.methods, self.iterations = [""] * levels, [0] * levels
        self.timings = dict.fromkeys(range(levels), 0.0)
        self._on_step, self._clock = on_step, clock

    def last(self, run: Iterable[Step]) -> Step:
        """Go through a run and return its last step."""
        then = self._clock()
        for step in run:
            self.timings[step.level] += self._clock() - then
            self.methods[step.level] = step.method
            self.iterations[step.level] = max(self.iterations[step.level], step.iteration + 1)
            if self._on_step is not None:
                self._on_step(step)
            then = self._clock()
        return step
