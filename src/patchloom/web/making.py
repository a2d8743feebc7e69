"""Making one result of a job: what the worker does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .job import Job
from .orders import Order
from .previews import Viewer
from .results import Made, made_of


def make(
    job: Job, order: Order, index: int, viewer: Viewer, how: Mapping[str, Any], *,
    cancel: Callable[[], bool], clock: Callable[[], float] = time.monotonic,
) -> Made:
    """Return one of the results of a job.

    Parameters
    ----------
    job : Job
        That runs.
    order : Order
        What it makes: a job that is cancelled has no pictures any more.
    index : int
        Which of its results.
    viewer : Viewer
        Shows how it gets on.
    how : mapping
        ``threads``, ``device`` and ``memory``, as for `patchloom.generate`.
    cancel : callable
        Likewise.
    clock : callable
        Seconds.

    Raises
    ------
    Cancelled
        If `cancel` asked for it.
    """
    start = clock()
    plan = job.given_plan() or order.plan(order.seeds[index])
    result = order.task.delivery.run(
        plan, order.options, **how, on_step=viewer.on_step(index, plan), cancel=cancel
    )
    return made_of(order, index, plan, result, clock() - start, job.results)
