"""Running jobs: on past an input that fails, if there are others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from .. import estimate, io
from ..errors import FileError, PatchloomError
from ..types import Result
from . import inputs, record
from .dry_run import dry_run, share
from .exits import DONE, SOME_FAILED, deliver, say
from .inputs import Loaded, load
from .jobs import Job, Request, Target
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
        seconds = estimate.seconds(plan, request.threads)
        name = io.shown(loaded.lead(job.work.task).name)
        on_step = progress.picture(f"{name} seed {target.seed}", plan, _pixels(job), seconds)
        result = job.work.task.delivery.run(
            plan, job.work.resolved(loaded), threads=request.threads, memory=request.memory, on_step=on_step
        )
        about = job.origin.about if job.origin else record.metadata(job.work, loaded, plan)
        data = self._write(job, loaded, target, result, about)
        seconds = time.perf_counter() - start
        rows, cols = job.size
        new = "" if plan.blend is None else f"  {share(plan.blend)} new"
        line = f"{target.label}  {cols} x {rows}{new}  seed {target.seed}  {seconds:.1f} s"
        progress.line(line)
        compared = self._compared(job, target, data, progress)
        if self.quiet and request.tell_seed and target.path and target.path.suffix.lower() in io.UNMARKED:
            say(line)                                     # a seed that is nowhere else
        return {
            **record.output_entry(job, target, plan, result),
            "sha256_of_pixels": record.pixel_hash(*(result.frames or (result.image,))),
            "seconds": round(seconds, 3),
            **compared,
        }

    def _compared(self, job: Job, target: Target, data: bytes, progress: Progress) -> dict[str, bool]:
        """Say whether a picture that was made again is the same."""
        if job.origin is None:
            return {}
        before = io.read_bytes(job.origin.path)
        same = job.work.task.delivery.same(data, before)
        what = "the same bytes as" if data == before else "the same pixels as" if same else "other pixels than"
        progress.line(f"{target.label} has {what} {io.shown(job.origin.path)}")
        return {"same_pixels": same, "same_bytes": data == before}

    def _write(
        self, job: Job, loaded: Loaded, target: Target, result: Result, about: Mapping[str, str]
    ) -> bytes:
        """Write a result and all that goes beside it; return the result's bytes."""
        task, force = job.work.task, self.request.force
        icc = loaded.pictures[0].icc                      # of the picture that the colours come from
        suffix = task.delivery.suffixes[0] if target.path is None else target.path.suffix
        data = task.delivery.encode(result, job.work.resolved(loaded), suffix, icc, about)
        if target.path is None:
            deliver(data)
        else:
            io.place(target.path, data, force=force)
        if target.nnf is not None:
            io.save_field(target.nnf, result.transform, metadata=about, force=force)
        for name, path in target.maps.items():
            profile = loaded.maps()[name][0].icc
            more = {**about, record.PART: inputs.MAP + name}
            made = result.maps[name]
            if task.delivery.moving:
                loop = replace(result, image=made[0], frames=made)
                encoded = task.delivery.encode(loop, job.work.resolved(loaded), path.suffix, profile, more)
                io.place(path, encoded, force=force)
            else:
                io.write(path, made, icc=profile, metadata=more, force=force)
        for name, path in target.beside.items():
            io.write(path, task.beside[name](result.image), icc=icc, metadata={**about, record.PART: name}, force=force)
        return data

    def summary(self, inputs: int) -> int:
        """Say which of the inputs failed, and return the exit code."""
        if not self.failed:
            return DONE
        names = ", ".join(failure["source"] for failure in self.failed)
        say(f"{len(self.failed)} of {inputs} inputs failed: {names}")
        return SOME_FAILED


def _pixels(job: Job) -> float:
    """How much a picture of the job is to do, relative to others: time grows with the pixels."""
    return float(job.size[0] * job.size[1])
