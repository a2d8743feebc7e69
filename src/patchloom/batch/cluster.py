"""Workers of a Dask cluster that somebody has started: its scheduler decides which of them does what.

What a worker can take is one of Dask's resources, so that Dask keeps each worker within its memory, and gives nothing
to workers that were not asked. Dask also moves the jobs of workers that are lost. If the scheduler itself is lost, all
that is under way is handed out again once there is one at the same address; results that stand are found standing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import math
import queue
import secrets
import time
from typing import Any, NamedTuple

from ..estimate import over_budget
from . import offering
from .connecting import GONE, PATIENCE, Cluster
from .job import How, Job, Outcome, failed
from .scheduling import Ended, Entry, Function

_log = logging.getLogger("patchloom")

_ANSWER = 2.0                                             # seconds to wait for results that are there
_AHEAD = 1.1                                              # jobs for each thread, as Dask itself has it: what waits at a
                                                          # worker is suspect, too, when a job kills that


class _Work(NamedTuple):
    job: Job
    how: How
    earlier: Entry | None
    future: Any


class ClusterPool:
    """A Dask cluster; a `patchloom.batch.scheduling.Pool`.

    Parameters
    ----------
    function : callable
        What a worker does: `patchloom.batch.work.work`.
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    patience : float
        Seconds to wait for the scheduler and for a worker, at the start and whenever they are lost.
    device : str
        Where jobs are done, as for `patchloom.generate`: workers that cannot are passed over.

    Raises
    ------
    MissingExtraError
        If Dask distributed is not installed.
    PatchloomError
        If there is no scheduler or no worker in time, or one has no Patchloom or another version of it.
    """

    def __init__(
        self, function: Function, address: str, patience: float = PATIENCE, device: str = "cpu"
    ) -> None:
        self._function, self._address, self._patience = function, address, patience
        self._news: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._under_way: dict[int, _Work] = {}
        self._arrived: list[tuple[int, Any]] = []         # done, and not yet fetched
        self._tickets, self._keys = itertools.count(), itertools.count()
        self._session = secrets.token_hex(8)
        self._cluster = Cluster(address, patience, device)
        self._lost = False                                # the scheduler is not there
        self._enough = time.monotonic()                   # when there last was a worker for each job

    def __enter__(self) -> ClusterPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def window(self) -> int:
        """Enough for all threads of all workers."""
        return math.ceil(_AHEAD * sum(threads for threads, _ in self._cluster.workers.values()))

    @property
    def budget(self) -> int:
        """Bytes of the worker that offers most."""
        return max(offered for _, offered in self._cluster.workers.values())

    @property
    def allotment(self) -> int:
        """Bytes that any thread of any worker has for itself."""
        return min(offered // threads for threads, offered in self._cluster.workers.values())

    def submit(self, job: Job, how: How, earlier: Entry | None) -> int:
        """Hand out a job; one that takes more memory than others goes before them."""
        ticket = next(self._tickets)
        self._hand(ticket, job, how, earlier)
        return ticket

    def wait(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended; where there are none, wait for the first, up to `seconds`.

        Raises
        ------
        PatchloomError
            If the scheduler or all workers are gone, and none comes in time.
        """
        if self._lost:
            self._go_on(seconds)
            return []
        ended: list[Ended] = []
        try:
            self._arrive(seconds)
            self._fetch(ended)
            new, resting = self._cluster.look()
            if new or resting:
                self._hand_stranded(new, resting)
        except GONE:
            self._lose()
        self._give_up_on_large(ended)
        return ended

    def close(self) -> None:
        """Let go of the cluster, which goes on; what is still under way there is dropped."""
        self._under_way.clear()
        self._cluster.close()

    def _hand(self, ticket: int, job: Job, how: How, earlier: Entry | None) -> None:
        if not self._lost and self._cluster.client.status != "running":
            self._lose()
        future, memory = None, how.memory or 0
        if not self._lost:
            future = self._cluster.client.submit(
                offering.serve, self._function, job, how, earlier, pure=False,
                key=f"patchloom-{job.task}-{self._session}-{next(self._keys)}",
                priority=int(memory > self.allotment), resources={offering.BYTES: memory, **offering.on(how.device)},
            )
            future.add_done_callback(lambda done: self._news.put((ticket, done)))
        self._under_way[ticket] = _Work(job, how, earlier, future)

    def _lose(self) -> None:
        self._lost = True
        _log.warning("the scheduler at %s is gone: waiting up to %g s for it", self._address, self._patience)

    def _go_on(self, seconds: float) -> None:
        """Wait for the scheduler; when it is there, hand out again what was under way."""
        if not self._cluster.back(seconds):
            return
        self._lost = False
        _log.warning("the scheduler at %s is back", self._address)
        for ticket, work in list(self._under_way.items()):
            self._hand(ticket, work.job, work.how, work.earlier)

    def _hand_stranded(self, new: bool, resting: list[str]) -> None:
        """Hand out again what has no worker or one that rests, as there are others."""
        keys = self._cluster.ask_scheduler(offering.stranded, session=self._session, new=new, resting=resting)
        for ticket, work in list(self._under_way.items()):
            if work.future is not None and work.future.key in keys:
                self._hand(ticket, work.job, work.how, work.earlier)

    def _arrive(self, seconds: float) -> None:
        """Take note of futures that are done; wait for the first."""
        with contextlib.suppress(queue.Empty):
            self._arrived.append(self._news.get(timeout=seconds))
            while True:
                self._arrived.append(self._news.get_nowait())

    def _fetch(self, ended: list[Ended]) -> None:
        """Add what became of jobs whose futures are done. Some are so no longer: a worker took the result along."""
        done = {ticket: future for ticket, future in self._arrived if self._holds(ticket, future)}
        states = {ticket: future.status for ticket, future in done.items()}
        good = {ticket: done[ticket] for ticket, state in states.items() if state == "finished"}
        for ticket, outcome in self._results(good).items():
            self._end(ticket, outcome, ended)
        for ticket, state in states.items():
            if state == "error":
                self._end(ticket, self._trouble(ticket, done[ticket]), ended)
        self._arrived = [(ticket, future) for ticket, future in done.items() if self._holds(ticket, future)]
        if "cancelled" in states.values():
            raise ConnectionError("the scheduler has dropped a job")

    def _holds(self, ticket: int, future: Any) -> bool:
        """Whether this is how a job is done that has not ended."""
        return ticket in self._under_way and self._under_way[ticket].future is future

    def _results(self, futures: dict[int, Any]) -> dict[int, Outcome]:
        """Return the results that are there. Dask makes those again that went with a worker, and would wait for it."""
        client = self._cluster.client
        if not futures or client.status != "running":
            return {}
        results = client.gather(futures, errors="skip", asynchronous=True)
        fetching = asyncio.run_coroutine_threadsafe(results, client.loop.asyncio_loop)
        try:
            found: dict[int, Outcome | None] = fetching.result(_ANSWER)
        except GONE:
            fetching.cancel()
            client.loop.add_callback(_forget_cancelled, client)
            return {}
        return {ticket: outcome for ticket, outcome in found.items() if outcome is not None}

    def _trouble(self, ticket: int, future: Any) -> Outcome | None:
        """Return what is told of a job that Dask gave up; None: its workers were killed, one after the other."""
        from distributed import KilledWorker

        error = future.exception()
        if isinstance(error, KilledWorker):
            return None
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return failed(self._under_way[ticket].job, told, final=True)

    def _give_up_on_large(self, ended: list[Ended]) -> None:
        """Give up on jobs for which no worker has had the memory for too long: those that had it are gone."""
        now, workers, resting = time.monotonic(), self._cluster.workers, self._cluster.resting
        budget = max((offered for address, (_, offered) in workers.items() if address not in resting),
                     default=self.budget)
        large = [ticket for ticket, work in self._under_way.items() if (work.how.memory or 0) > budget]
        if not large:
            self._enough = now
        elif now - self._enough > self._patience:
            for ticket in large:
                _, how, _, future = self._under_way[ticket]
                if future is not None:
                    future.cancel()
                text = str(over_budget(budget, how.memory or 0))
                self._end(ticket, failed(self._under_way[ticket].job, text, final=True), ended)

    def _end(self, ticket: int, outcome: Outcome | None, ended: list[Ended]) -> None:
        del self._under_way[ticket]
        ended.append(Ended(ticket, outcome))


def _forget_cancelled(client: Any) -> None:
    """Let a client ask anew for results, in its loop: it would join for ever what was cancelled before it had asked."""
    asked = getattr(client, "_gather_future", None)
    if asked is not None and asked.cancelled():
        client._gather_future = None
