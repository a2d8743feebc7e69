"""What a worker process on this machine is besides its work: it does not outlive whoever started it."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from multiprocessing import connection
from typing import Any

from ..cancelling import cancelled_by
from .job import How, Job, Outcome
from .scheduling import Entry, Function

_GRACE = 2.0                                              # seconds for a job to be dropped and tidied up after

# Of this process, which does one job at a time: loky hands them to a function, and has no place for more.
_over = threading.Event()
_at_work = threading.Lock()


def begin(lifeline: Any) -> None:
    """Prepare a process that will work.

    Parameters
    ----------
    lifeline : connection
        Nothing ever comes through it; when its other end is closed, by intent or because its holder is no more, the
        job is dropped and this process ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")                       # those of the same pictures are given where the command runs
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def serve(function: Function, job: Job, how: How, earlier: Entry | None) -> Outcome:
    """Do a job, unless it is dropped."""
    with _at_work, cancelled_by(_over.is_set):
        return function(job, how, earlier)


def _watch(lifeline: Any) -> None:
    connection.wait([lifeline])
    _over.set()
    _at_work.acquire(timeout=_GRACE)
    os._exit(1)
