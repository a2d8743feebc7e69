"""What a batch would do: how many jobs there are, and what a few of them take."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from ... import estimate
from ..._version import __version__
from ...batch.job import How, Job
from ...batch.recalling import recalled
from ...batch.standing import as_before
from ...batch.work import Prepared, prepare, stands
from ...device.choosing import as_device
from ...errors import PatchloomError
from ..exits import DONE, SOME_FAILED, say, tell
from .reporting import duration, label
from .reporting import jobs as many

_LOOKED_AT = 5                                            # jobs, from the first to the last
_STARTING = 2.0                                           # seconds, until the first worker of this machine is at work


def dry_run(jobs: Any, how: How, workers: int, values: Mapping[str, Any], manifest: str, folder: str) -> int:
    """Tell what jobs would make and take; return the exit code.

    Parameters
    ----------
    jobs : sequence of Job
        All of them.
    how : How
        How they would be done.
    workers : int
        How many of this machine's would do them; 1 for a cluster, which nobody has asked yet.
    values : mapping
        Of all options.
    manifest : str
        The list of what earlier runs made; it is only read.
    folder : str
        Where results go.

    Raises
    ------
    FileError
        If that list cannot be read, or is something else.
    """
    cluster = values["scheduler"] is not None
    here = how.device in ("cpu", "cpu:0") if cluster else as_device(how.device) is None
    with recalled(manifest, folder) as earlier:           # how fast anything else is nobody knows
        entries = list(_entries(jobs, how, earlier, timed=here))
    known = [entry["estimated_seconds"] for entry in entries if "error" not in entry]
    seconds = None if None in known else statistics.fmean(known) * len(jobs) if known else 0.0
    if not values["quiet"]:
        for line in _lines(entries, len(jobs)):
            say(line)
        by = "of one worker's time, without the start" if cluster else _with(workers)
        if seconds is None:
            say(f"on {how.device}; how long that takes is not estimated")
        elif known:
            every = seconds / workers + (0.0 if cluster else _STARTING)
            say(f"all in {_at_most(every)} {by}, if the others are like these")
    if values["as_json"]:
        told = {"version": __version__, "dry_run": True, "jobs": len(jobs), "workers": None if cluster else workers,
                "estimated_seconds_of_one_worker": None if seconds is None else round(seconds, 2),
                "looked_at": entries, "failed": 0}
        tell(json.dumps(told, indent=2))
    return DONE if len(known) == len(entries) else SOME_FAILED


def _entries(jobs: Any, how: How, earlier: Mapping[str, Any], *, timed: bool) -> Iterator[dict[str, Any]]:
    last, looks = len(jobs) - 1, min(_LOOKED_AT, len(jobs))
    for number in sorted({round(last * look / max(looks - 1, 1)) for look in range(looks)}):
        job = jobs[number]
        entry = {"job": number, "source": label(job), "seed": job.seed}
        try:
            ready, standing = _looked_at(job, how, earlier.get(job.key))
        except PatchloomError as error:
            yield {**entry, "error": str(error)}
            continue
        rows, cols = ready.plan.sizes[0]
        seconds = 0.0 if standing else round(estimate.seconds(ready.plan, how.threads), 4) if timed else None
        yield {
            **entry, "width": cols, "height": rows, "path": ready.paths[""], "stands": standing,
            "estimated_seconds": seconds, "estimated_bytes": ready.needs,
        }


def _looked_at(job: Job, how: How, known: Mapping[str, Any] | None) -> tuple[Prepared, bool]:
    """Return a job, ready to run, and whether its result stands: `patchloom.batch.work.work` asks in this order."""
    before = as_before(job, known) if known and not how.force else None
    ready = prepare(job)
    assert isinstance(ready, Prepared)                    # no budget that it could be above
    return ready, before is not None or (not how.force and stands(ready))


def _with(workers: int) -> str:
    return f"with {'1 worker' if workers == 1 else f'{workers} workers'}, start included"


def _at_most(seconds: float) -> str:
    return "under 0.1 s" if seconds < 0.05 else f"up to about {duration(seconds)}"


def _lines(entries: list[dict[str, Any]], count: int) -> Iterator[str]:
    yield f"{many(count)}; {len(entries)} of them:" if len(entries) < count else f"{many(count)}:"
    for entry in entries:
        if "error" in entry:
            yield f"error: {entry['source']} seed {entry['seed']}: {entry['error']}"
        elif entry["stands"]:
            yield f"  {entry['path']} stands already"
        else:
            seconds = entry["estimated_seconds"]
            time = "" if seconds is None else f"in {_at_most(seconds)}, "
            yield (
                f"  would write {entry['path']}, {entry['width']} x {entry['height']}, {time}"
                f"with about {estimate.amount(entry['estimated_bytes'])}"
            )
