"""The studio: one worker, a bounded queue before it, and results kept for a while behind it."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from .. import estimate
from ..cancelling import cancelled_by, check
from ..checks import as_threads
from ..device.failing import let_go
from ..errors import Cancelled, MemoryBudgetError, explain
from ..types import Plan
from .files import Files
from .job import CANCELLED, DONE, FAILED, RUNNING, Job
from .keeping import Gone, Shelf
from .limits import Limits
from .making import make
from .orders import Order
from .planning import Planner, closing, too_long
from .previews import Viewer
from .problems import INTERNAL, Problem, QueueFull, problem_of
from .results import Made

log = logging.getLogger("patchloom")

_FORGETTING = 0.7                                         # of what earlier jobs told about this machine's pace


class Studio:
    """Takes orders, makes them one after the other, and keeps what was made for a while.

    Parameters
    ----------
    limits : Limits
        What it accepts and keeps.
    threads : int
        Of each run; 0 means all cores.
    device : str
        Of each run, as for `patchloom.generate`.
    clock : callable
        Seconds.

    Attributes
    ----------
    files : Files
        Results as bytes of files.
    """

    def __init__(
        self, limits: Limits | None = None, *, threads: int = 0, device: str = "cpu",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.files = Files(self.limits.held // 8)
        self._how = {"threads": as_threads(threads), "device": device, "memory": self.limits.memory}
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._planner = Planner(self.limits, as_threads(threads), clock)
        self._queue: deque[Job] = deque()
        self._entering = 0                                # orders that have a place in the queue and are planned yet
        self._running: Job | None = None
        self._shelf = Shelf(self.limits.kept, self.files, clock)
        self._pace = 1.0                                  # seconds that pass for each of the estimate
        self._closing = False
        self._worker: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker."""
        self._worker = threading.Thread(target=self._work, name="patchloom-studio", daemon=True)
        self._worker.start()

    def close(self) -> None:
        """Cancel everything, and return when the worker has stopped."""
        with self._lock:
            self._closing = True
            self._planner.close()
            for job in [*self._queue, *([self._running] if self._running else [])]:
                self._end(job, CANCELLED)
            self._queue.clear()
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def looking(self, left: Callable[[], bool] | None = None) -> AbstractContextManager[None]:
        """Return a block in which an order may be looked at: as `Planner.looking`."""
        return self._planner.looking(left)

    def submit(self, order: Order, left: Callable[[], bool] | None = None) -> Job:
        """Plan the first result of an order and put it into the queue.

        Planning takes up to half a minute for large pictures: call it in a thread of its own.

        Parameters
        ----------
        order : Order
            What to make.
        left : callable, optional
            Whether nobody waits for it any more; asked while it is planned.

        Raises
        ------
        QueueFull
            If there is no place for it now.
        Closing
            If the studio ends.
        Cancelled
            If nobody waits for it any more.
        InputError
            If it cannot be made as it is.
        MemoryBudgetError
            If it needs more memory than the studio may take.
        """
        with self.looking(left):
            self._planner.check(order)
            with self._place():
                planned = self._planner.plan(order)
                return self._queued(Job(order, self._lock, planned), planned.plan)

    def _queued(self, job: Job, plan: Plan | None) -> Job:
        with self._lock:
            if self._closing:                             # while it was planned
                raise closing()
            check()
            self._check_bytes(job)
            job.plan = plan if self.idle else None        # who waits is planned again: plans take much memory
            self._shelf.add(job)
            self._queue.append(job)
            self._moved()
            self._changed.notify_all()
        return job

    def job(self, name: str) -> Job | Gone | None:
        """Return a job by its id; `GONE` if it is kept no longer, None if there never was one."""
        with self._lock:
            return self._shelf.find(name)

    def cancel(self, name: str) -> Job | Gone | None:
        """Cancel a job that is not finished; return as `job`.

        It is cancelled when this returns; if it ran, the worker takes the next one within a few hundredths of a second.
        """
        with self._lock:
            job = self.job(name)
            if isinstance(job, Job) and not job.finished:
                if job in self._queue:
                    self._queue.remove(job)
                self._end(job, CANCELLED)
                self._moved()
            return job

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits."""
        with self._lock:
            return self._running is None and not self._queue

    @property
    def held(self) -> int:
        """Bytes of the pictures that wait and the results that are kept, files aside."""
        with self._lock:
            return self._shelf.held

    def _check_bytes(self, job: Job) -> None:
        """Refuse a job whose results could not be kept, or whose pictures find no room now."""
        waiting = [*self._queue, *([self._running] if self._running else [])]
        all_, most = estimate.amount(job.pictures + job.expected), estimate.amount(self._room)
        if job.pictures + job.expected > self._room:
            raise MemoryBudgetError(
                explain("count", len(job.order.seeds), f"that takes about {all_}, and the studio keeps {most}",
                        "ask for fewer results or smaller ones")
            )
        results = max(one.expected for one in [job, *waiting])
        if sum(one.pictures for one in [job, *waiting]) + results > self._room:
            raise self._full("its pictures take all the room", self._left(waiting))

    @property
    def _room(self) -> int:
        return self.limits.held - self.files.most

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Hold a place in the queue for an order that is being planned."""
        with self._lock:
            if self._closing:
                raise closing()
            if len(self._queue) + self._entering >= self.limits.queue:
                raise self._full(f"{len(self._queue)} jobs wait", self._left([self._running] if self._running else []))
            self._entering += 1
        try:
            yield
        finally:
            with self._lock:
                self._entering -= 1

    def _full(self, why: str, seconds: float) -> QueueFull:
        wait = max(1, math.ceil(seconds))
        told = explain("queue", "full", why, f"try again in {wait} s")
        return QueueFull(told, wait)

    def _left(self, jobs: list[Job]) -> float:
        """Return how long these jobs will probably still take, at the pace of those before."""
        each = (job.seconds * len(job.order.seeds) * (1 - job.progress) for job in jobs)
        return min(sum(each) * self._pace, self.limits.seconds * len(jobs))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)
            with self._lock:
                self._running = None
                self._shelf.sweep()
                self._changed.notify_all()
                idle = not self._queue
            del job                                       # its pictures go while the worker waits
            if idle and self._how["device"] != "cpu":
                let_go()                                  # and so does what torch would keep of a GPU's memory

    def _next(self) -> Job | None:
        """Wait for a job, and for results to expire; None: there will be no more."""
        with self._lock:
            while not self._queue and not self._closing:
                self._shelf.sweep()
                self._changed.wait(self._shelf.wait)
            if self._closing:
                return None
            job = self._running = self._queue.popleft()
            job.start()
            self._moved()
            return job

    def _run(self, job: Job) -> None:
        order, until = job.order, self._clock() + self.limits.seconds
        count = len(order.seeds)
        viewer = Viewer(job, count, self._clock)

        def stop() -> bool:
            return job.state != RUNNING or self._clock() > until

        try:
            with cancelled_by(stop):
                check()                                   # or its pictures are gone already
                for index in range(count):
                    made = make(job, order, index, viewer, self._how, cancel=stop, clock=self._clock)
                    check()
                    self._keep(job, made)
                    if index == 0 and job.seconds > 0:
                        self._pace = _FORGETTING * self._pace + (1 - _FORGETTING) * made.seconds / job.seconds
            self._end(job, DONE)
        except Cancelled:                                 # by whom: if not by somebody, by the clock
            self._end(job, FAILED, problem_of(too_long(self.limits)))
        except Exception as error:
            problem = problem_of(error)
            if problem is INTERNAL:
                log.exception("studio: job %s failed", job.id)
            self._end(job, FAILED, problem)

    def _keep(self, job: Job, made: Made) -> None:
        """Add a result, in the place of the oldest ones that are finished if there is too little."""
        with self._lock:
            self._shelf.make_room(made.held, self._room)
            if job.state == RUNNING:
                job.add(made)
                self._shelf.weigh(job)

    def _end(self, job: Job, state: str, problem: Problem | None = None) -> None:
        with self._lock:
            if not job.finished:
                job.end(state, problem)
                self._shelf.finish(job)
                self._changed.notify_all()

    def _moved(self) -> None:
        for place, job in enumerate(self._queue, 1):
            job.move(place)
