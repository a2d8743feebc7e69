"""A job as others see it while it waits, runs and after: its state, its latest step, its results."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..catalogue import Pictures
from ..types import Plan
from .orders import Order
from .planning import Planned
from .problems import Problem
from .results import Made, bytes_of_pictures, bytes_of_profiles

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATE, STEP, RESULT, SILENCE = "state", "step", "result", "silence"

BESIDES = 16 << 10
"""Bytes that a job takes whatever it holds."""

_OBJECTS = 8                                              # times what results say of an order: its moves and places
_NO_PICTURES = Pictures((), {}, {}, {})


class Event(NamedTuple):
    """What happened: its kind, and what JSON tells of it."""

    kind: str
    data: dict[str, Any]


@dataclass
class Seen:
    """What a follower knows already: numbers only, however slow it is."""

    version: int = 0
    step: int = 0
    results: int = 0
    ended: bool = False


class Job:
    """An order and what has become of it.

    Parameters
    ----------
    order : Order
        What to make.
    lock : reentrant lock
        Of the studio: held at every change, and while the job is read.
    planned : Planned
        What is known of its results.

    Attributes
    ----------
    id : str
        Nobody can guess it.
    state : str
        ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
    position : int
        1 is the next that runs; 0 if it does not wait.
    progress : float
        0 to 1.
    seconds : float
        That one result takes by the estimate.
    results : list of Made
        In the order of the seeds.
    pictures, expected : int
        Bytes of what it is made from and what its results share, and of all its results when it is done.
    error : Problem or None
        Why it failed.
    plan : Plan or None
        Of its first result, if that is made at once: `given_plan` takes it.
    """

    def __init__(self, order: Order, lock: threading.RLock, planned: Planned) -> None:
        self.id = secrets.token_urlsafe(16)
        self.order, self.seconds = order, planned.seconds
        self._besides = BESIDES + _OBJECTS * planned.texts + bytes_of_profiles(order)
        self.pictures = bytes_of_pictures(order.pictures) + self._besides
        self.expected = len(order.seeds) * planned.size + planned.texts
        self.state, self.position, self.progress = QUEUED, 0, 0.0
        self.results: list[Made] = []
        self.error: Problem | None = None
        self.plan: Plan | None = None
        self._lock = lock
        self._step: dict[str, Any] = {}
        self._steps, self._version = 0, 1
        self._followers: list[Callable[[], None]] = []

    @property
    def finished(self) -> bool:
        """Whether nothing about it will change any more."""
        return self.state not in (QUEUED, RUNNING)

    @property
    def followers(self) -> int:
        """How many want to see its steps."""
        return len(self._followers)

    @property
    def held(self) -> int:
        """Bytes that it takes now."""
        return self.pictures + sum(made.held for made in self.results)

    def snapshot(self) -> dict[str, Any]:
        """Return all that can be said about it now, as JSON holds it; steps aside."""
        with self._lock:
            return {
                "id": self.id, "task": self.order.task.name, "state": self.state, "position": self.position,
                "seeds": list(self.order.seeds), "progress": round(self.progress, 4),
                "results": [made.entry() for made in self.results],
                "error": None if self.error is None else self.error.as_dict(),
            }

    def result(self, index: int) -> Made | None:
        """Return one of its results; None if that is not made yet, or never will be."""
        with self._lock:
            return self.results[index] if 0 <= index < len(self.results) else None

    def changes(self, seen: Seen) -> list[Event]:
        """Return what has happened that a follower does not know, and note that it knows.

        Parameters
        ----------
        seen : Seen
            What it knows; a new one for a new follower. Of several steps it hears the latest, every result once, and
            the end last.
        """
        with self._lock:
            events = []
            if self._version != seen.version and not (self.finished and seen.version):
                events.append(Event(STATE, self.snapshot()))
            events += [Event(RESULT, made.entry()) for made in self.results[seen.results :]]
            if not self.finished and self._steps != seen.step and self._step["index"] >= len(self.results):
                events.append(Event(STEP, self._step))
            if self.finished and not seen.ended:
                events.append(Event(self.state, self.snapshot()))
            seen.version, seen.step, seen.results = self._version, self._steps, len(self.results)
            seen.ended = self.finished
            return events

    async def follow(self, *, silence: float | None = None) -> AsyncIterator[Event]:
        """Yield what happens from now on, beginning with how things stand, until the job has ended.

        Parameters
        ----------
        silence : float, optional
            Seconds after which an event of the kind ``silence`` tells that the connection is alive.
        """
        loop, woken, seen = asyncio.get_running_loop(), asyncio.Event(), Seen()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        with self._lock:
            self._followers.append(wake)
        try:
            while not seen.ended:
                woken.clear()                             # before looking, so that no change in between is missed
                for event in self.changes(seen):
                    yield event
                while not seen.ended:
                    try:
                        await asyncio.wait_for(woken.wait(), silence)
                        break
                    except asyncio.TimeoutError:
                        yield Event(SILENCE, {})
        finally:
            with self._lock:
                self._unfollow(wake)

    def start(self) -> None:
        """Begin to run."""
        with self._lock:
            self.state, self.position = RUNNING, 0
            self._tell(version=True)

    def given_plan(self) -> Plan | None:
        """Return the plan, and let go of it."""
        plan, self.plan = self.plan, None
        return plan

    def move(self, position: int) -> None:
        """Wait at another place."""
        with self._lock:
            if position != self.position:
                self.position = position
                self._tell(version=True)

    def advance(self, progress: float, step: dict[str, Any] | None) -> None:
        """Note how far it is, and its latest step, if that is one to show."""
        with self._lock:
            if self.state == RUNNING:
                self.progress = max(self.progress, progress)
                if step is not None:
                    self._step, self._steps = {**step, "progress": round(self.progress, 4)}, self._steps + 1
                    self._tell()

    def add(self, made: Made) -> None:
        """Deliver a result."""
        with self._lock:
            self.results.append(made)
            self.progress = max(self.progress, len(self.results) / len(self.order.seeds))
            self._tell()

    def end(self, state: str, error: Problem | None = None) -> None:
        """Be finished, once and for all, and let go of the pictures that it was made from."""
        with self._lock:
            if not self.finished:
                self.state, self.error, self.position = state, error, 0
                self.order, self._step = replace(self.order, pictures=_NO_PICTURES), {}
                self.pictures, self.plan = self._besides, None
                self._tell(version=True)

    def _tell(self, *, version: bool = False) -> None:
        self._version += version
        for wake in list(self._followers):
            try:
                wake()
            except RuntimeError:                          # its event loop is closed: nobody reads there any more
                self._unfollow(wake)

    def _unfollow(self, wake: Callable[[], None]) -> None:
        if wake in self._followers:
            self._followers.remove(wake)
