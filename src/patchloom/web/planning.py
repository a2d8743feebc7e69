"""Looking at an order before it is taken: for as long as somebody waits for the answer, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import catalogue, estimate
from ..cancelling import cancelled_by, check
from ..checks import is_pil, size_of
from ..errors import Cancelled, MemoryBudgetError, ParameterError, explain
from ..types import Plan, Size
from .limits import MEGAPIXEL, Limits
from .orders import Order
from .problems import Closing, TimeLimitError
from .results import expected

_LARGE = 1 / 8                                            # of the memory of a run: such plans are made one at a time
_LOOK = 0.05                                              # seconds after which who waits for that looks for a cancel
_COLOURS = 3


class Planned(NamedTuple):
    """What the plan of an order's first result tells of each of its results.

    Attributes
    ----------
    seconds : float
        That it takes.
    size : int
        Bytes that it has at most.
    texts : int
        Bytes that all results together say about themselves.
    plan : Plan, optional
        Of the first result.
    """

    seconds: float
    size: int
    texts: int
    plan: Plan | None = None


class Planner:
    """Checks orders, and plans their first result.

    Parameters
    ----------
    limits : Limits
        What they may ask for.
    threads : int
        Of each run.
    clock : callable
        Seconds.
    """

    def __init__(self, limits: Limits, threads: int, clock: Callable[[], float]) -> None:
        self._limits, self._threads, self._clock = limits, threads, clock
        self._closed = threading.Event()
        self._large = threading.Lock()

    def close(self) -> None:
        """End all that is looked at."""
        self._closed.set()

    @contextmanager
    def looking(self, left: Callable[[], bool] | None = None) -> Iterator[None]:
        """Within the block, end whatever is done once the studio closes, it takes too long, or nobody waits for it.

        Parameters
        ----------
        left : callable, optional
            Whether the client has left.

        Raises
        ------
        Closing, TimeLimitError, Cancelled
            For these reasons.
        """
        until = self._clock() + self._limits.seconds

        def stop() -> bool:
            return self._closed.is_set() or self._clock() > until or (left is not None and left())

        try:
            with cancelled_by(stop):
                check()
                yield
        except Cancelled:
            if self._closed.is_set():
                raise closing() from None
            if self._clock() > until:
                raise too_long(self._limits) from None
            raise

    def check(self, order: Order) -> None:
        """Refuse what need not be planned to be seen to be too much."""
        count, size, memory = len(order.seeds), order.options.get("size"), self._limits.memory
        if not 1 <= count <= self._limits.count:
            raise ParameterError(explain("count", count, f"must be 1 to {self._limits.count}"))
        if size is not None:
            self._check_size(size)
        if (least := _least(order)) > memory:
            told = f"this run needs {estimate.amount(least)} at least"
            raise MemoryBudgetError(explain("memory", estimate.amount(memory), told, "ask for a smaller size"))

    def plan(self, order: Order) -> Planned:
        """Plan the first result of an order that has been checked."""
        with self._one_at_a_time(_least(order)):
            plan = order.plan(order.seeds[0])
            self._check_size(plan.sizes[0])
            estimate.check_memory(plan, self._limits.memory)
            pixels, delivery = catalogue.sample(plan), order.task.delivery
            delivery.check(pixels, delivery.first_that_holds(pixels, order.suffixes))
            texts = catalogue.metadata(
                order.task, options=order.options, params=order.params, map_weights=order.pictures.map_weights,
                sources=order.sources, plan=plan,
            )
            said = sum(map(len, texts.values()))
            return Planned(estimate.seconds(plan, self._threads), expected(plan), said, plan)

    def _check_size(self, size: Size) -> None:
        rows, cols = size
        if rows * cols > self._limits.pixels:
            most = f"{self._limits.pixels / MEGAPIXEL:g} megapixels"
            raise ParameterError(
                explain("size", f"{cols} x {rows}", f"a result has at most {most}", "ask for a smaller one")
            )

    @contextmanager
    def _one_at_a_time(self, least: int) -> Iterator[None]:
        if least < _LARGE * self._limits.memory:
            yield
            return
        while not self._large.acquire(timeout=_LOOK):
            check()
        try:
            yield
        finally:
            self._large.release()


def closing() -> Closing:
    """Return what those are told who come too late."""
    return Closing(explain("queue", "closed", "the studio is ending", "start it again"))


def too_long(limits: Limits) -> TimeLimitError:
    """Return what is told of what takes too long."""
    return TimeLimitError(
        explain("seconds", f"{limits.seconds:g}", "no job may take longer", "ask for fewer results or smaller ones")
    )


def _least(order: Order) -> int:
    """Return how many bytes a run takes at least: pictures may be brought to a smaller size, and lose their alpha."""
    pictures = order.pictures.images
    sizes = [size_of(picture) for picture in pictures]
    result = order.options.get("size") or min(sizes, key=_area)
    if order.task.many:                                   # side by side
        result = order.options.get("size") or sizes[0]
        source = max(rows for rows, _ in sizes), sum(cols for _, cols in sizes)
    else:
        source = min([*sizes, result], key=_area)
    channels = _COLOURS if all(map(_coloured, pictures)) else 1
    return estimate.least_memory(result, source, channels)


def _area(size: Size) -> int:
    return size[0] * size[1]


def _coloured(pixels: Any) -> bool:
    if is_pil(pixels):
        return len(pixels.getbands()) >= _COLOURS
    return np.ndim(pixels) == 3 and np.shape(pixels)[2] >= _COLOURS
