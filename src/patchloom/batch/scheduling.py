"""Many jobs, few workers: what is handed out when, and what becomes of jobs that fail.

One loop serves every pool. It keeps the workers busy and holds only the jobs that are under way, so that a batch of
millions fits. A job is first tried with a worker's share of the memory; one that needs more says so, and is handed
out again with what it needs, for which the pool finds room.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from ..errors import Cancelled, PatchloomError, explain
from ..estimate import over_budget
from ..io import shown
from .job import How, Job, Outcome, failed

Entry: TypeAlias = Mapping[str, Any]
"""What the manifest says of a job."""

Function: TypeAlias = Callable[[Job, How, Entry | None], Outcome]
"""What a worker does: `patchloom.batch.work.work`."""

KILLED = "its worker was killed, perhaps for lack of memory; try fewer workers or a smaller size"
OUT_OF_MEMORY = "ran out of memory"

_LOOK = 0.2                                               # seconds: how long a cancel may wait
_PILED = 8                                                # times the window: jobs that wait for memory are held, too
_TOLD = 20
_FAULTS = 3                                               # and two for each job of the window: then no device is left


@dataclass(frozen=True)
class Ended:
    """A job that is no longer with the pool.

    Attributes
    ----------
    ticket : int
        From `Pool.submit`.
    outcome : Outcome, optional
        What the worker answered; None where it was killed.
    """

    ticket: int
    outcome: Outcome | None


class Pool(Protocol):
    """Workers, here or elsewhere."""

    @property
    def window(self) -> int:
        """How many jobs to hand out at a time so that no worker waits."""

    @property
    def budget(self) -> int | None:
        """Bytes that a job may take at most; None: any number."""

    @property
    def allotment(self) -> int | None:
        """Bytes that each of the jobs may take when all workers are busy."""

    def submit(self, job: Job, how: How, earlier: Entry | None) -> int:
        """Hand out a job; it begins once ``how.memory`` bytes are free. Return a ticket."""

    def wait(self, seconds: float) -> Sequence[Ended]:
        """Return the jobs that have ended; where there are none, wait for the first, up to `seconds`."""

    def close(self) -> None:
        """End the workers, or let go of them; jobs that are under way are cancelled."""


@dataclass(frozen=True)
class Summary:
    """What became of a batch.

    Attributes
    ----------
    made, standing, failed : int
        Numbers of jobs.
    tried_again : int
        How often a job was tried once more.
    failures : tuple of Outcome
        The first twenty that failed.
    """

    made: int = 0
    standing: int = 0
    failed: int = 0
    tried_again: int = 0
    failures: tuple[Outcome, ...] = ()

    @property
    def total(self) -> int:
        """All jobs that have ended."""
        return self.made + self.standing + self.failed

    def after(self, outcome: Outcome) -> Summary:
        """Return the summary with one more job."""
        if outcome.state == "made":
            return replace(self, made=self.made + 1)
        if outcome.state == "stands":
            return replace(self, standing=self.standing + 1)
        return replace(self, failed=self.failed + 1, failures=(*self.failures, outcome)[:_TOLD])


@dataclass(frozen=True)
class _Try:
    """A job that is under way: which try it is, the bytes it may take, and whether it is one that waits for them."""

    job: Job
    memory: int | None
    number: int = 1
    large: bool = False


def run(
    jobs: Iterable[Job],
    pool: Pool,
    *,
    how: How,
    retries: int = 1,
    earlier: Mapping[str, Entry] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Summary:
    """Do jobs, each once, in whichever order they end; one that fails never stops the others.

    Parameters
    ----------
    jobs : iterable of Job
        Read as they are handed out.
    pool : Pool
        Who does them. It stays open.
    how : How
        How they are done; the memory is set for each.
    retries : int
        How often a job is tried again that failed in a way which may pass, or whose worker was killed: that at the
        end, one at a time. What ran out of memory is then tried with all that one job can have.
    earlier : mapping of str to entry, optional
        What an earlier run left, by the job's key.
    on_outcome : callable, optional
        Called with each outcome that is final, here and one after the other.
    cancel : callable, optional
        Asked several times a second.

    Returns
    -------
    Summary
        What became of them.

    Raises
    ------
    Cancelled
        If `cancel` asked for it. Jobs may still be under way, until the pool is closed.
    PatchloomError
        If the pool can do no more, or workers' devices fail one after the other and nothing is made between.
    """
    batch = _Batch(pool, how, retries, earlier or {}, on_outcome)
    waiting = iter(jobs)
    while batch.fill(waiting):
        if cancel is not None and cancel():
            raise Cancelled("cancelled: the batch was asked to stop; the same command goes on where it stopped")
        for ended in pool.wait(_LOOK):
            batch.end(ended)
        batch.check_devices()
    return batch.summary


class _Batch:
    """The jobs of one run that are under way."""

    def __init__(
        self, pool: Pool, how: How, retries: int, earlier: Mapping[str, Entry],
        tell: Callable[[Outcome], None] | None,
    ) -> None:
        self.summary = Summary()
        self._pool, self._how, self._retries, self._earlier, self._tell = pool, how, retries, earlier, tell
        self._under_way: dict[int, _Try] = {}
        self._large = 0
        self._suspects: deque[_Try] = deque()             # their workers were killed, by them or by others there
        self._faults: list[Outcome] = []                  # of workers whose device failed, since a result was made
        self._written: set[bytes] = set()                 # hashes of paths, where what stands is replaced

    def fill(self, waiting: Any) -> bool:
        """Hand out jobs until the workers have enough; return whether any is under way."""
        while self._room():
            job = next(waiting, None)
            if job is None:
                break
            self._hand(_Try(job, self._pool.allotment))
        if not self._under_way and self._suspects:        # each alone, so that none is given up with another
            self._hand(self._suspects.popleft())
        return bool(self._under_way)

    def _room(self) -> bool:
        """Whether workers may be short of jobs; those that wait for memory keep nobody busy."""
        held, window = len(self._under_way), self._pool.window
        return held - self._large < window and held < _PILED * window

    def _hand(self, attempt: _Try) -> None:
        job, how = attempt.job, replace(self._how, memory=attempt.memory)
        self._under_way[self._pool.submit(job, how, self._earlier.get(job.key))] = attempt
        self._large += attempt.large

    def end(self, ended: Ended) -> None:
        """Take what became of a job: tell it, or hand the job out again."""
        attempt = self._under_way.pop(ended.ticket)
        self._large -= attempt.large
        outcome = ended.outcome or failed(attempt.job, KILLED)
        if outcome.state == "made":
            self._faults.clear()
        elif outcome.last:
            self._faults.append(outcome)
        again: _Try | None = None
        if outcome.state == "needs":
            again = self._with_more(attempt, outcome.needs)
            outcome = self._too_large(attempt, outcome.needs)
        elif not (outcome.good or outcome.final):
            again = self._once_more(attempt, outcome)
        if again is not None and ended.outcome is None:
            self._suspects.append(again)
            return
        if again is not None:
            self._hand(again)
            return
        if self._how.force and outcome.state == "made":
            outcome = self._unless_shared(attempt.job, outcome)
        self.summary = self.summary.after(outcome)
        if self._tell is not None:
            self._tell(outcome)

    def check_devices(self) -> None:
        """End the batch where new workers fare no better than those whose device failed: it is gone for good."""
        window, faults = self._pool.window, self._faults
        several = len({outcome.number for outcome in faults}) > window           # else a job may break what does it
        if several and len(faults) >= _FAULTS + 2 * window:
            raise PatchloomError(
                explain("device", self._how.device, f"failed {len(faults)} times in a row, at last so: "
                        f"{faults[-1].error}", "mend it, and give the same command again: it goes on where it stopped")
            )

    def _unless_shared(self, job: Job, outcome: Outcome) -> Outcome:
        """Fail a job that wrote what another of this run has written: one of the two is lost."""
        for path in (os.path.normpath(file.path) for file in outcome.files):
            told = hashlib.blake2b(os.fsencode(path), digest_size=16).digest()
            if told in self._written:
                error = explain("output", shown(path), "another result of this batch was written there, too",
                                "choose names that tell them apart")
                return failed(job, error, final=True)
            self._written.add(told)
        return outcome

    def _with_more(self, attempt: _Try, needs: int) -> _Try | None:
        """Return a try with the memory that a job needs, if there is so much."""
        most, allowed = self._pool.budget, attempt.memory
        fits = most is not None and allowed is not None and allowed < needs <= most
        return replace(attempt, memory=needs, large=True) if fits else None

    def _too_large(self, attempt: _Try, needs: int) -> Outcome:
        most = self._pool.budget or attempt.memory or 0
        return failed(attempt.job, str(over_budget(most, needs)), final=True)

    def _once_more(self, attempt: _Try, outcome: Outcome) -> _Try | None:
        """Return another try, if the job has one left."""
        if attempt.number > self._retries:
            return None
        self.summary = replace(self.summary, tried_again=self.summary.tried_again + 1)
        attempt = replace(attempt, number=attempt.number + 1)
        if self._pool.budget is None or not any(text in outcome.error for text in (KILLED, OUT_OF_MEMORY)):
            return attempt
        return replace(attempt, memory=self._pool.budget, large=True)
