"""Workers on this machine: processes that share its memory.

joblib's front is made for many calls that are alike. A job that waits for memory, a job whose worker is killed and a
batch that ends in its middle need futures, which loky has, the executor below joblib; by itself it is also sooner
imported, here and in each worker. Each worker is an executor of its own, so that one that dies takes only its own job
with it, and nobody has to find out which job that was.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import multiprocessing
import os
import queue
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from ..checks import as_memory, as_whole
from ..children import no_interrupts
from ..errors import MissingExtraError
from . import files, serving
from .job import How, Job, Outcome, failed
from .scheduling import Ended, Entry, Function

_MOST = 1024
# Workers are the cores: libraries that would start a thread for each core in each of them may not. And loky must put no
# new worker in the place of one that keeps memory: it warns of that from a thread of its own, and where warnings are
# errors that ends the thread, and the pool with it.
_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
                     "NUMEXPR_NUM_THREADS"), "1"),
    "LOKY_MAX_MEMORY_LEAK_SIZE": str(1 << 62),
}
_PATIENCE = 10.0                                          # seconds for killed workers to be gone
_FILES_EACH, _OTHER_FILES = 8, 128                        # open at a time; seven were counted


@dataclass(frozen=True, eq=False)
class _Work:
    """A job that was handed out; ``place`` is its worker, once it has one."""

    ticket: int
    job: Job
    how: How
    earlier: Entry | None

    @property
    def memory(self) -> int:
        """Bytes that it may take."""
        return self.how.memory or 0


class LocalPool:
    """Processes on this machine; a `patchloom.batch.scheduling.Pool`.

    Parameters
    ----------
    function : callable
        What a worker does: `patchloom.batch.work.work`.
    workers : int
        How many: 1 to 1024.
    memory : int or str, optional
        Bytes that all of them together may take for their jobs; None: any number.

    Raises
    ------
    MissingExtraError
        If loky is not installed.
    """

    def __init__(self, function: Function, workers: int, memory: int | str | None = None) -> None:
        try:
            from loky import process_executor
        except ImportError as error:
            raise MissingExtraError(
                "workers of this machine need loky, which is not installed; pip install 'patchloom[batch]'"
            ) from error
        self._loky = process_executor
        self._function = function
        self._count = as_whole(workers, "workers", 1, _MOST)
        self._memory = as_memory(memory)
        _allow_files(self._count * _FILES_EACH + _OTHER_FILES)
        # Workers live as long as the other end of this is open: until we close it, or are no more.
        self._lifeline, self._held = multiprocessing.Pipe(duplex=False)
        self._free: list[Any] = [None] * self._count      # executors; None: one to be started
        self._usual: deque[_Work] = deque()
        self._large: deque[_Work] = deque()
        self._running: dict[int, tuple[_Work, Any]] = {}
        self._taken = 0
        self._news: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._tickets = itertools.count()
        self._killed: dict[tuple[str, str], float] = {}   # where killed workers wrote, and until when
        self._ending: list[Thread] = []                   # of loky's: each sees a worker off

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def window(self) -> int:
        """One job for each worker: the next is here when it ends."""
        return self._count

    @property
    def budget(self) -> int | None:
        """Bytes that a job may take which runs alone."""
        return self._memory

    @property
    def allotment(self) -> int | None:
        """An equal share for each worker."""
        return None if self._memory is None else self._memory // self._count

    def submit(self, job: Job, how: How, earlier: Entry | None) -> int:
        """Hand out a job. One that takes more than its share goes before the others, which wait until it has room."""
        work = _Work(next(self._tickets), job, how, earlier)
        (self._large if work.memory > (self.allotment or 0) else self._usual).append(work)
        self._begin()
        return work.ticket

    def wait(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended; where there are none, wait for the first, up to `seconds`."""
        ended = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._ended(*self._news.get(timeout=seconds)))
            while True:
                ended.append(self._ended(*self._news.get_nowait()))
        self._begin()
        return ended

    def close(self) -> None:
        """End all workers; those that are at a job drop it, as soon as it can be dropped."""
        self._held.close()
        executors = [executor for _, executor in self._running.values()] + [one for one in self._free if one]
        for executor in executors:
            executor.shutdown(wait=True)
        until = time.monotonic() + _PATIENCE
        for thread in self._ending:
            thread.join(max(until - time.monotonic(), 0.0))
        self._free.clear()
        self._running.clear()
        self._lifeline.close()
        for (folder, below), until in self._killed.items():
            _clear(folder, below, until)

    def _begin(self) -> None:
        """Start what there are workers and memory for."""
        while self._free and (waiting := self._large or self._usual):
            if self._memory is not None and self._taken and self._taken + waiting[0].memory > self._memory:
                return
            work = waiting.popleft()
            future, executor = self._started(work)
            self._running[work.ticket] = work, executor
            self._taken += work.memory
            future.add_done_callback(lambda done, ticket=work.ticket: self._news.put((ticket, done)))

    def _started(self, work: _Work) -> tuple[Any, Any]:
        """Hand a job to a worker; return its future, and the worker."""
        executor = self._free.pop() or self._executor()
        arguments = (serving.serve, self._function, work.job, work.how, work.earlier)
        with no_interrupts(), _streams():
            try:
                return executor.submit(*arguments), executor
            except self._loky.BrokenProcessPool:          # it died while it had nothing to do
                self._dismiss(executor)
                executor = self._executor()
                return executor.submit(*arguments), executor

    def _executor(self) -> Any:
        return self._loky.ProcessPoolExecutor(
            1, initializer=serving.begin, initargs=(self._lifeline,), env=_ENVIRONMENT
        )

    def _dismiss(self, executor: Any) -> None:
        """Kill a worker that has nothing under way, and wait for nothing: one whose GPU is stuck takes long to end."""
        # Who waits by `shutdown` keeps all other executors waiting.
        thread = getattr(executor, "_executor_manager_thread", None)
        executor.shutdown(wait=False, kill_workers=True)
        self._ending = [one for one in (*self._ending, thread) if one is not None and one.is_alive()]

    def _ended(self, ticket: int, future: Any) -> Ended:
        work, executor = self._running.pop(ticket)
        self._taken -= work.memory
        outcome: Outcome | None = None
        try:
            outcome = future.result()
        except self._loky.TerminatedWorkerError:
            pass
        except Exception as error:                        # not the job's: `function` answers with those
            outcome = failed(work.job, f"{type(error).__name__}: {' '.join(str(error).split())}", final=True)
        if outcome is None or outcome.last:
            self._dismiss(executor)
            executor = None
        if outcome is None:
            self._killed[work.job.folder, os.path.dirname(work.job.out)] = time.time()      # noqa: PTH120  # a template
        self._free.append(executor)
        return Ended(ticket, outcome)


@contextlib.contextmanager
def _streams() -> Iterator[None]:
    """Have standard streams within the block, also closed ones: loky flushes them before it starts a process."""
    with contextlib.ExitStack() as stack:
        for stream, redirect in ((sys.stdout, contextlib.redirect_stdout), (sys.stderr, contextlib.redirect_stderr)):
            if stream is None:
                stack.enter_context(redirect(stack.enter_context(Path(os.devnull).open("w"))))
        yield


def _clear(folder: str, below: str, until: float) -> None:
    """Remove the halves of files that killed workers left; `below` is a template whose late fields may be anything."""
    if files.is_url(folder) or Path(below).is_absolute():
        return
    names = glob.escape(below).format_map(dict.fromkeys(("width", "height", "suffix"), "*"))
    for left in Path(folder).glob(f"{names or '.'}/.patchloom-*-*.tmp"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime <= until:
                left.unlink()


def _allow_files(number: int) -> None:
    """Let this process have as many open files, where it may have fewer and the system lets it ask for more."""
    try:
        import resource
    except ImportError:                                   # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        allowed = number if hard == resource.RLIM_INFINITY else min(number, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
