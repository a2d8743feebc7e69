"""The same work for many items, in several processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import connection
from typing import Any, TypeVar

from ..children import no_interrupts
from ..errors import PatchloomError, explain

T = TypeVar("T")


def spread(work: Callable[[T], Any], items: Sequence[T], jobs: int) -> Generator[tuple[int, Any], None, None]:
    """Give what `work` returns for each item, or the `PatchloomError` that it raises, as they come.

    Other errors end it, and so does closing the generator: nothing runs on.

    Parameters
    ----------
    work : callable
        Of one item; with several processes it is pickled, and so is what it returns.
    items : sequence
        What is to be done.
    jobs : int
        Processes; 1 means this one.

    Yields
    ------
    tuple of (int, result or PatchloomError)
        Which item, and what became of it.
    """
    if jobs > 1:
        yield from _Team(work, items).run(jobs)
        return
    for at, item in enumerate(items):
        yield at, _attempt(work, item)


def _attempt(work: Callable[[T], Any], item: T) -> Any:
    try:
        return work(item)
    except PatchloomError as error:
        return error


class _Team:
    """Processes that work at the items of one call."""

    def __init__(self, work: Callable[[T], Any], items: Sequence[T]) -> None:
        self._work = work
        self._waiting = deque(enumerate(items))
        self._busy: dict[Any, tuple[Any, int]] = {}       # connection: process, item

    def run(self, jobs: int) -> Iterator[tuple[int, Any]]:
        """Give results as they come."""
        try:
            for _ in range(min(jobs, len(self._waiting))):
                self._hand(*self._started())
            while self._busy:
                for end in connection.wait(list(self._busy)):
                    yield self._received(end)
        finally:
            for end, (process, _) in self._busy.items():
                end.close()
                process.kill()
                process.join()

    def _started(self) -> tuple[Any, Any]:
        """Start a process; return its connection and itself."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        with no_interrupts():
            process.start()
        theirs.close()                                    # so that its end is noticed
        return ours, process

    def _hand(self, end: Any, process: Any) -> None:
        """Give a process its next item, or send it home."""
        if not self._waiting:
            end.close()
            process.join()
            return
        at, item = self._waiting.popleft()
        self._busy[end] = process, at
        with contextlib.suppress(OSError):                # it died before: `wait` will tell
            end.send(item)

    def _received(self, end: Any) -> tuple[int, Any]:
        """Return what a process has to say, and give it more to do."""
        process, at = self._busy.pop(end)
        try:
            outcome = end.recv()
        except (EOFError, OSError):
            end.close()
            process.join()
            outcome = PatchloomError(
                explain("process", f"ended with code {process.exitcode}", "must live until its work is done",
                        "look for too little memory (dmesg), and try --jobs 1")
            )
            if self._waiting:
                self._hand(*self._started())
            return at, outcome
        if isinstance(outcome, BaseException) and not isinstance(outcome, PatchloomError):
            self._busy[end] = process, at                 # so that it is ended with the others
            raise outcome
        self._hand(end, process)
        return at, outcome


def _end_with_parent() -> None:
    """Wait until whoever started this process is gone, however that came, and end at once: nobody wants the rest."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _serve(end: Any, work: Callable[[Any], Any]) -> None:
    """Do one item after the other, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")                       # are given where the command runs
    while True:
        try:
            item = end.recv()
        except (EOFError, OSError):
            return
        try:
            outcome: Any = _attempt(work, item)
        except Exception as error:                        # is raised again where the command runs
            outcome = error
        try:
            end.send(outcome)
        except OSError:                                   # whoever started this is gone
            return
