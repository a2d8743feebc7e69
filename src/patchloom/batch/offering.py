"""What runs on the machines of a Dask cluster, besides the work: what they have to offer, and jobs that are dropped."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Collection
from typing import Any

from ..cancelling import cancelled_by
from ..device.choosing import as_device
from ..errors import MissingExtraError, ParameterError
from .job import How, Job, Outcome
from .scheduling import Entry, Function

BYTES = "patchloom-bytes"
"""The resource, as Dask calls it, that a worker's jobs share."""

# Of what Dask allows a worker: at 0.8 of it Dask hands out no more, at 0.95 it ends the worker, and the worker's own
# process takes a part of it.
_SHARE = 0.75

_MANY = 1 << 20                                           # jobs on a device at a time: threads and bytes bound them
_LEAVING = 1.0                                            # seconds in which a worker's last outcome is fetched
_ENDED = ("closing", "closed", "failed")                  # states of a worker
_PAUSE = 0.1                                              # seconds until another worker is found for a job

_GRACE = 10.0                                             # seconds to close in a way that loses nothing

_leaving = threading.Event()                              # this process's device has failed: it takes no more jobs
_closing: weakref.WeakSet[Any] = weakref.WeakSet()        # those of this process's workers that end for that
_one = threading.Lock()


def on(device: str) -> dict[str, float]:
    """Return, as a resource, what a worker needs that is to compute on a device; every worker can do cpu and auto."""
    return {} if device in ("auto", "cpu", "cpu:0") else {f"patchloom-{device}": 1}


async def lacks(device: str) -> str:
    """Return why a worker cannot compute on a device; empty if it can."""
    try:
        await asyncio.get_running_loop().run_in_executor(None, as_device, device)
    except (ParameterError, MissingExtraError) as error:
        return str(error)
    return ""


async def offer(device: str, dask_worker: Any) -> None:
    """Have a worker tell the scheduler how many bytes its jobs may take, and that it has a device."""
    from distributed.system import MEMORY_LIMIT

    limit = dask_worker.memory_manager.memory_limit or MEMORY_LIMIT
    await dask_worker.set_resources(**{BYTES: int(_SHARE * limit)}, **dict.fromkeys(on(device), _MANY))


def workers(device: str, dask_scheduler: Any) -> dict[str, tuple[int, int, bool]]:
    """Return of each worker, by its address, its threads, the bytes that it has offered, or 0, and whether it rests.

    Dask pauses workers whose memory is nearly full: they get nothing, and rest once they have ended what they began.
    """
    found = dask_scheduler.workers.items()
    return {address: (max(worker.nthreads, 1),
                      int(worker.resources.get(BYTES, 0)) if on(device).keys() <= worker.resources.keys() else 0,
                      worker.status.name == "paused" and not worker.executing)
            for address, worker in found}


def stranded(dask_scheduler: Any, session: str, new: bool, resting: Collection[str]) -> set[str]:
    """Return the keys of a session's tasks that others could do: `new` workers, or those that are not `resting`.

    Dask does not look at later offers, and leaves a paused worker as many tasks as it has threads.
    """
    def waits(task: Any) -> bool:
        there = task.processing_on
        if there is None:
            return new and task.state == "no-worker"
        return there.address in resting and task not in there.executing

    found = dask_scheduler.tasks.items()
    return {key for key, task in found if isinstance(key, str) and session in key and waits(task)}


def serve(function: Function, job: Job, how: How, earlier: Entry | None) -> Outcome:
    """Do a job, unless the scheduler no longer wants it or the worker is about to end."""
    from distributed import Reschedule, get_worker

    worker = get_worker()
    if _leaving.is_set():                                 # another worker of this process may have seen it
        _end(worker)
        time.sleep(_PAUSE)
        raise Reschedule
    key = worker.get_current_task()

    def dropped() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled" or worker.status.name in _ENDED

    with cancelled_by(dropped):
        outcome = function(job, how, earlier)
    if outcome.state == "failed" and dropped():
        raise Reschedule                                  # should anybody want it after all
    if outcome.last:
        _leaving.set()
        _end(worker)
    return outcome


def _end(worker: Any) -> None:
    """Have a worker close soon, once."""
    with _one:
        begun = worker in _closing
        _closing.add(worker)
    if not begun:
        worker.loop.add_callback(_leave, worker)


async def _leave(worker: Any) -> None:
    """Close a worker, by force if its scheduler has no ear for it; its nanny, if it has one, starts it anew."""
    await asyncio.sleep(_LEAVING)
    leaving = asyncio.ensure_future(worker.close_gracefully(restart=True))
    await asyncio.wait([leaving], timeout=_GRACE)
    failed = leaving.done() and leaving.exception() is not None
    if failed or worker.status.name not in _ENDED:
        await worker.close(nanny=False)
