"""Running jobs: on past an input that fails, if there are others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from .. import catalogue, estimate, io
from ..catalogue import Delivery, Loaded
from ..errors import FileError, PatchloomError
from ..types import Result
from . import record
from .dry_run import dry_run, share
from .exits import DONE, SOME_FAILED, deliver, say
from .inputs import load
from .jobs import Job, Origin, Request, Target
from .progress import Progress

T = TypeVar("T")


class Runner:
    """Does the jobs of one command, and keeps what failed.

    Parameters
    ----------
    request : Request
        What the command line asks for.
    several : bool
        Go on past an input that fails; otherwise its error ends the command.
    quiet : bool
        Say nothing but errors.
    """

    def __init__(self, request: Request, *, several: bool, quiet: bool) -> None:
        self.request = request
        self.several = several
        self.quiet = quiet
        self.failed: list[dict[str, str]] = []

    def attempt(self, label: str, work: Callable[[], T]) -> T | None:
        """Return what `work` returns, or None where it failed and others remain."""
        try:
            return work()
        except PatchloomError as error:
            text = str(error)
            named = text.partition("=")[2].startswith(label)
            told = text if named else f"{label}: {text}"
            if not self.several:
                # What is wrong with a file is told of that file.
                raise (error if isinstance(error, FileError) else type(error)(told)) from None
            self.failed.append({"source": label, "error": text})
            say(f"error: {told}")
            return None

    def made(
        self, line: str, target: Target, delivery: Delivery, origin: Origin | None, data: bytes, progress: Progress
    ) -> dict[str, bool]:
        """Tell what was made, and if it was made again, tell and return whether it is the same."""
        progress.line(line)
        if self.quiet and self.request.tell_seed and target.path and target.path.suffix.lower() in io.UNMARKED:
            say(line)                                     # a seed that is nowhere else
        if origin is None:
            return {}
        before = io.read_bytes(origin.path)
        same = delivery.same(data, before)
        what = "the same bytes as" if data == before else "the same pixels as" if same else "other pixels than"
        progress.line(f"{target.label} has {what} {io.shown(origin.path)}")
        return {"same_pixels": same, "same_bytes": data == before}

    def dry(self, jobs: list[Job]) -> dict[str, Any]:
        """Tell what would be done; return it for ``--json``."""
        done = []
        for job in jobs:
            found = self.attempt(job.label, partial(dry_run, job, self.request))
            if found is not None:
                lines, entry = found
                done.append(entry)
                for line in () if self.quiet else lines:
                    say(line)
        return {"dry_run": True, "inputs": done}

    def real(self, jobs: list[Job]) -> dict[str, Any]:
        """Make the pictures; return what was made, for ``--json``."""
        made: list[dict[str, Any]] = []
        with Progress(sum(_pixels(job) * len(job.targets) for job in jobs), quiet=self.quiet) as progress:
            for job in jobs:
                self.attempt(job.label, partial(self._job, job, progress, made))
        return {"outputs": made}

    def _job(self, job: Job, progress: Progress, made: list[dict[str, Any]]) -> None:
        loaded = load(job.inputs)
        for target in job.targets:
            made.append(self._picture(job, loaded, target, progress))

    def _picture(self, job: Job, loaded: Loaded, target: Target, progress: Progress) -> dict[str, Any]:
        """Make, write and tell one picture."""
        start, request = time.perf_counter(), self.request
        plan = job.work.plan(loaded, target.seed)
        seconds = estimate.seconds(plan, request.threads) if request.device == "cpu" else 0.0
        name = io.shown(loaded.lead(job.work.task).name)
        on_step = progress.picture(f"{name} seed {target.seed}", plan, _pixels(job), seconds)
        result = job.work.task.delivery.run(
            plan, job.work.resolved(loaded), threads=request.threads, device=request.device, memory=request.memory,
            on_step=on_step,
        )
        about = job.origin.about if job.origin else job.work.metadata(loaded, plan)
        data = self._write(job, loaded, target, result, about)
        seconds = time.perf_counter() - start
        rows, cols = job.size
        new = "" if plan.blend is None else f"  {share(plan.blend)} new"
        where = "" if result.device == "cpu" else f" on {result.device}"
        line = f"{target.label}  {cols} x {rows}{new}  seed {target.seed}  {seconds:.1f} s{where}"
        compared = self.made(line, target, job.work.task.delivery, job.origin, data, progress)
        return {
            **record.output_entry(job, target, plan, result),
            "sha256_of_pixels": catalogue.pixel_hash(*(result.frames or (result.image,))),
            "seconds": round(seconds, 3),
            **compared,
        }

    def _write(
        self, job: Job, loaded: Loaded, target: Target, result: Result, about: Mapping[str, str]
    ) -> bytes:
        """Write a result and all that goes beside it; return the result's bytes."""
        suffix = job.work.task.delivery.suffixes[0] if target.path is None else target.path.suffix
        data = job.work.encode("", result, loaded, suffix, about)
        put(target, data, force=self.request.force)
        for part, path in target.besides.items():
            io.place(path, job.work.encode(part, result, loaded, path.suffix, about), force=self.request.force)
        return data

    def summary(self, inputs: int) -> int:
        """Say which of the inputs failed, and return the exit code."""
        if not self.failed:
            return DONE
        names = ", ".join(failure["source"] for failure in self.failed)
        say(f"{len(self.failed)} of {inputs} inputs failed: {names}")
        return SOME_FAILED


def put(target: Target, data: bytes, *, force: bool) -> None:
    """Write a result's bytes where they are to go."""
    if target.path is None:
        deliver(data)
    else:
        io.place(target.path, data, force=force)


def _pixels(job: Job) -> float:
    """How much a picture of the job is to do, relative to others: time grows with the pixels."""
    return float(job.size[0] * job.size[1])
