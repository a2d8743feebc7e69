"""Which jobs there are, and which finished ones must go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from .files import Files
from .job import Job

_MOST = 2000                                              # finished jobs, however small
_IDS_KEPT = 10_000                                        # of jobs that are gone


class Gone:
    """What is found instead of a job that is kept no longer."""


GONE: Final = Gone()


class Shelf:
    """All jobs by their ids, from the moment that they wait until they have been kept long enough.

    The studio's lock is held at every call.

    Parameters
    ----------
    kept : float
        Seconds that a finished job stays.
    files : Files
        Forgets those of jobs that go.
    clock : callable
        Seconds.

    Attributes
    ----------
    held : int
        Bytes of all pictures and results.
    """

    def __init__(self, kept: float, files: Files, clock: Callable[[], float]) -> None:
        self._kept, self._files, self._clock = kept, files, clock
        self._jobs: dict[str, Job] = {}
        self._weights: dict[str, int] = {}
        self.held = 0
        self._finished: OrderedDict[str, float] = OrderedDict()
        self._gone: OrderedDict[str, None] = OrderedDict()

    @property
    def wait(self) -> float | None:
        """Seconds until the next job has been kept long enough; None: there is none."""
        first = next(iter(self._finished.values()), None)
        return None if first is None else max(first + self._kept - self._clock(), 0.001)

    def find(self, name: str) -> Job | Gone | None:
        """Return a job by its id; `GONE` if it is kept no longer, None if there never was one."""
        self.sweep()
        return self._jobs.get(name) or (GONE if name in self._gone else None)

    def add(self, job: Job) -> None:
        """Take a job that waits."""
        self._jobs[job.id] = job
        self.weigh(job)

    def weigh(self, job: Job) -> None:
        """Note how much a job takes now."""
        self.held += job.held - self._weights.get(job.id, 0)
        self._weights[job.id] = job.held

    def finish(self, job: Job) -> None:
        """Note that a job is finished now; the oldest goes if there are too many."""
        self.weigh(job)
        self._finished[job.id] = self._clock()
        if len(self._finished) > _MOST:
            self._drop_oldest()

    def sweep(self) -> None:
        """Let go of what has been kept long enough."""
        while self._finished and next(iter(self._finished.values())) + self._kept <= self._clock():
            self._drop_oldest()

    def make_room(self, needed: int, room: int) -> None:
        """Let go of the oldest finished jobs until so many bytes fit, or none is left.

        Parameters
        ----------
        needed, room : int
            Bytes that are to come, and that there may be in all.
        """
        while self._finished and self.held + needed > room:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        name, _ = self._finished.popitem(last=False)
        del self._jobs[name]
        self.held -= self._weights.pop(name)
        self._files.forget(name)
        self._gone[name] = None
        if len(self._gone) > _IDS_KEPT:
            self._gone.popitem(last=False)
