"""Doing a batch: who does it, what is kept and told, and how it ends."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ... import io, kernels
from ..._version import __version__
from ...batch import files
from ...batch.job import How, Job, Outcome
from ...batch.manifest import Manifest
from ...batch.scheduling import Summary, run
from ...checks import available_cores
from ...device.choosing import is_gpu
from ...errors import Cancelled, FileError, ParameterError, PatchloomError, explain
from ..command import check_stdout, memory_of
from ..exits import CANCELLED, DONE, SOME_FAILED, say, tell
from ..stopping import ended_by
from .dry_run import dry_run
from .options import WORKERS_ON_A_GPU
from .reporting import Report, as_json, counts, duration, failure_lines, jobs, label

if TYPE_CHECKING:
    from ...batch.cluster import ClusterPool
    from ...batch.local import LocalPool

MANIFEST = "manifest.jsonl"

_PAUSE = 0.1                                              # seconds between looks for the scheduler's file


class Jobs(Protocol):
    """Jobs by number, from 0."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Job: ...


def perform(listed: Jobs, folder: str, values: Mapping[str, Any]) -> int:
    """Do jobs, and tell what became of them.

    Parameters
    ----------
    listed : Jobs
        What is to be done.
    folder : str
        Where results go: a path or a URL.
    values : mapping
        Of all options.

    Returns
    -------
    int
        The exit code.
    """
    check_stdout(values)
    how = How(values["threads"], device=values["device"], force=values["force"])
    manifest = files.absolute(values["manifest"] or files.joined(folder, MANIFEST))
    if values["dry_run"]:
        count = 1 if values["scheduler"] else workers(values, len(listed))
        return dry_run(listed, how, count, values, manifest, folder)
    ending: int | None = None
    try:
        with _pool(values, len(listed)) as pool, Manifest(manifest, folder) as kept:
            ending = _Run(listed, manifest, values).of(pool, kept, how)
        return ending
    except KeyboardInterrupt:                             # while the workers end: all has been told
        if ending is None:
            raise
        return ending


def workers(values: Mapping[str, Any], count: int) -> int:
    """Return how many workers this machine has for so many jobs; those that share a GPU are few."""
    usual = WORKERS_ON_A_GPU if is_gpu(values["device"]) else available_cores()
    return min(values["workers"] or usual, count)


def _pool(values: Mapping[str, Any], count: int) -> LocalPool | ClusterPool:
    from ...batch.work import work

    address = values["scheduler"]
    if address is None:
        from ...batch.local import LocalPool

        if values["quiet"]:
            warnings.simplefilter("ignore")
        kernels.warn_if_slow()                            # workers keep their warnings to themselves
        return LocalPool(work, workers(values, count), memory_of(values))
    for name in ("workers", "memory"):
        if values[name] is not None:
            raise ParameterError(
                explain(name, values[name], "is for this machine's workers, and a cluster has its own",
                        f"leave out --{name} or --scheduler")
            )
    from ...batch.cluster import ClusterPool

    return ClusterPool(work, _address(address, values["patience"]), values["patience"], values["device"])


def _address(text: str, patience: float) -> str:
    """Return a scheduler's address, which may stand in the file that Dask writes for it once it runs."""
    path = Path(text)
    if "://" in text or not (path.suffix == ".json" or path.is_file()):
        return text
    give_up = time.monotonic() + patience
    while True:
        try:
            return str(json.loads(path.read_text("utf-8"))["address"])
        except (OSError, ValueError, LookupError, TypeError):
            if time.monotonic() > give_up or (path.exists() and path.suffix != ".json"):
                raise FileError(
                    explain("scheduler", io.shown(text), "must be an address, or the scheduler's file",
                            "try tcp://host:8786")
                ) from None
        time.sleep(_PAUSE)


class _Run:
    """One command's jobs, from the first that is handed out to the summary."""

    def __init__(self, listed: Jobs, manifest: str, values: Mapping[str, Any]) -> None:
        self._jobs, self._manifest, self._values = listed, manifest, values

    def of(self, pool: LocalPool | ClusterPool, kept: Manifest, how: How) -> int:
        """Do the jobs; return the exit code."""
        stop, ending, trouble = threading.Event(), CANCELLED, ""
        with Report(len(self._jobs), quiet=self._values["quiet"]) as report:
            summary: Summary | None = None
            with ended_by(partial(_stop, stop)):
                try:
                    summary = self._done(pool, kept, how, report, stop.is_set)
                    ending = DONE
                except Cancelled:
                    pass
                except PatchloomError as error:
                    ending, trouble = SOME_FAILED, str(error)
                try:
                    kept.leave()                          # in order, whatever has ended it
                except PatchloomError as error:
                    ending, trouble = ending or SOME_FAILED, trouble or str(error)
        return self._told(summary or report.summary, report.seconds, ending, trouble)

    def _done(
        self, pool: LocalPool | ClusterPool, kept: Manifest, how: How, report: Report, cancel: Callable[[], bool]
    ) -> Summary:

        def ended(outcome: Outcome) -> None:
            report.on_outcome(outcome)
            kept.add(outcome)

        every = (self._jobs[number] for number in range(len(self._jobs)))
        summary = run(every, pool, how=how, retries=self._values["retries"], earlier=kept.earlier, on_outcome=ended,
                      cancel=cancel)
        kept.finish()
        return summary

    def _told(self, summary: Summary, seconds: float, ending: int, trouble: str = "") -> int:
        total, manifest = len(self._jobs), self._manifest
        for line in failure_lines(summary, self._label, manifest):
            say(line)
        if trouble:
            say(f"error: {trouble}")
        if not self._values["quiet"]:
            done = f"{summary.total} of {jobs(total)}" if summary.total < total else jobs(total)
            say(f"{done} in {duration(seconds)}: {counts(summary)}; {manifest}")
        if ending == CANCELLED:
            say("cancelled; the same command goes on with what is left")
        if self._values["as_json"]:
            told = as_json(summary, self._label, manifest, seconds)
            tell(json.dumps({"version": __version__, "jobs": total, **told, "error": trouble or None}, indent=2))
        return ending or (SOME_FAILED if summary.failed else DONE)

    def _label(self, outcome: Outcome) -> str:
        return label(self._jobs[outcome.number])


def _stop(asked: threading.Event) -> None:
    """Take note that somebody asks for the end; whoever asks once more does not wait for it."""
    if asked.is_set():
        raise KeyboardInterrupt
    asked.set()
