"""One job, from its inputs to its files: what a worker does, in whichever process it is."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import estimate, io
from ..catalogue import FIELD, TASKS, Given, Loaded, Work, called, sample
from ..checks import size_of
from ..device.choosing import as_name, engine_on
from ..device.failing import let_go, tells_of_failure
from ..engine import Engine
from ..errors import (
    DeviceError,
    DeviceMemoryError,
    FileError,
    ImageError,
    MemoryBudgetError,
    MissingExtraError,
    ParameterError,
    PatchloomError,
    explain,
)
from ..types import Plan
from . import files
from .job import File, How, Job, Outcome, Source, failed
from .standing import AnotherResult, another, as_before, standing

_COLOURS = 3


_FINAL = (ParameterError, ImageError, MemoryBudgetError, MissingExtraError, AnotherResult)
"""What no other try would change."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A job that is ready to run.

    Attributes
    ----------
    job : Job
        Which one.
    work : Work
        What is done.
    loaded : Loaded
        With which pictures.
    plan : Plan
        How.
    paths : mapping of str to str
        Where the result goes, under ``""``, and what lies beside it, by its part (`patchloom.catalogue.Work.besides`).
    """

    job: Job
    work: Work
    loaded: Loaded
    plan: Plan
    paths: Mapping[str, str]

    @property
    def needs(self) -> int:
        """About how many bytes the run takes."""
        return estimate.peak_memory(self.plan)

    def outcome(self, state: Any, made: tuple[File, ...] = (), **more: Any) -> Outcome:
        """Return what became of it."""
        job, (rows, cols) = self.job, self.plan.sizes[0]
        return Outcome(job.number, job.key, job.task, job.seed, state, made, _sources(self.loaded), cols, rows, **more)


def work(job: Job, how: How, earlier: Mapping[str, Any] | None = None) -> Outcome:
    """Do a job: read its inputs, make the result, and write it, the result itself last.

    A result that stands with all that goes beside it is not made again: those of an earlier run can be told by their
    hashes, and others say how they were made, and are decoded. What is damaged fails the job. Errors are part of what
    is returned; only what ends a process is raised.

    Parameters
    ----------
    job : Job
        What to make.
    how : How
        On how many threads, within how much memory, on which device.
    earlier : mapping, optional
        What the manifest of an earlier run says of a job with the same key (`patchloom.batch.manifest.Manifest`).

    Returns
    -------
    Outcome
        Of state ``needs`` where the run was not begun, as it needs more than `how` allows.
    """
    begun = time.perf_counter()
    try:
        outcome = as_before(job, earlier) if earlier and not how.force else None
        outcome = outcome or _made(job, how)
    except MemoryError:
        outcome = failed(job, "ran out of memory")
    except PatchloomError as error:
        passes = isinstance(error, DeviceMemoryError)     # once others leave the device
        final = isinstance(error, _FINAL) and not passes
        outcome = failed(job, str(error), final=final, last=isinstance(error, DeviceError))
    except Exception as error:                            # one job's trouble, whatever it is, is not the others'
        last = isinstance(error, RuntimeError) and tells_of_failure(error)
        outcome = failed(job, io.shown(" ".join(f"{type(error).__name__}: {error}".split())), last=last)
    if how.device != "cpu":
        let_go()                                          # idle workers keep nothing from those that share a GPU
    worker = f"{platform.node()}:{os.getpid()}"
    return replace(outcome, seconds=time.perf_counter() - begun, worker=worker)


def prepare(job: Job, memory: int | None = None) -> Prepared | int:
    """Read the inputs of a job, and check all that can be checked before its run; writes nothing.

    Parameters
    ----------
    job : Job
        Which one.
    memory : int, optional
        Bytes that it may take.

    Returns
    -------
    Prepared or int
        How many bytes it takes at least, if those are more than it may: then it has not been planned.

    Raises
    ------
    PatchloomError
        If something cannot be read or does not fit, or the result could not be written.
    """
    wanted = Work(TASKS[job.task], job.options, job.params, job.map_weights, job.size)
    loaded = Loaded(tuple(_read(job, source) for source in job.sources))
    least = _least(wanted, loaded)
    if memory is not None and least > memory:
        return least
    plan = wanted.plan(loaded, job.seed)
    pixels, (rows, cols) = sample(plan), plan.sizes[0]
    name = job.out.format_map({"suffix": wanted.suffix(loaded, pixels), "width": cols, "height": rows})
    path = files.joined(job.folder, name)
    suffix = files.suffix_of(path)
    wanted.check(loaded, pixels, suffix)
    besides = wanted.besides(loaded, suffix, save_nnf=job.save_nnf)
    paths = {"": path, **{part: files.renamed(path, ending) for part, ending in besides.items()}}
    _check_places(job, wanted, paths)
    return Prepared(job, wanted, loaded, plan, paths)


def stands(ready: Prepared) -> bool:
    """Return whether a result stands with all that goes beside it, as far as files say how they were made.

    Raises
    ------
    FileError
        If something else stands there.
    """
    return len(_standing(ready, ready.work.metadata(ready.loaded, ready.plan))) == len(ready.paths)


def _read(job: Job, source: Source) -> Given:
    """Return an input; errors call it by its part."""
    words = {role.name: role.word for role in TASKS[job.task].roles}
    with called(words.get(source.role, source.role)):
        files.check_found(source.path)
        picture = io.read(source.path, data=files.read_bytes(source.path))
    name = files.name_of(source.path)
    return Given(source.role, replace(picture, name=name, stem=Path(name).stem), source.told)


def _least(wanted: Work, loaded: Loaded) -> int:
    """Return how many bytes the run takes at least: a plan may be large itself."""
    own = size_of(loaded.lead(wanted.task).pixels)
    source = size_of(loaded.pictures[0].pixels)
    return estimate.least_memory(wanted.resolved(loaded)["size"] or own, source, _COLOURS)


def _check_places(job: Job, wanted: Work, paths: Mapping[str, str]) -> None:
    """Refuse paths that could not be written, or that are an input's."""
    delivery = wanted.task.delivery
    usual = delivery.suffixes if delivery.moving else io.WRITABLE
    for part, path in paths.items():
        if not files.is_url(path):
            allowed = io.FIELD_SUFFIXES if part == FIELD else usual if part else delivery.suffixes
            io.check_writable(path, force=True, suffixes=allowed)
    read = [source.path for source in job.sources]
    io.check_inputs_kept([Path(path) for path in read if not files.is_url(path)],
                         [Path(path) for path in paths.values() if not files.is_url(path)])
    for path in paths.values():
        if files.is_url(path) and path in read:
            raise ParameterError(explain("output", f"{io.shown(path)} (is an input)",
                                         "inputs are not replaced, even with --force", "choose another folder"))


def _made(job: Job, how: How) -> Outcome:
    """Make a result, unless it stands or needs more than it may."""
    ready = prepare(job, how.memory)
    if isinstance(ready, int):
        return Outcome(job.number, job.key, job.task, job.seed, "needs", needs=ready)
    about = ready.work.metadata(ready.loaded, ready.plan)
    known: Mapping[str, bytes] = {} if how.force else _standing(ready, about)
    if len(known) == len(ready.paths):
        return ready.outcome("stands", tuple(files.as_file(path, known[part]) for part, path in ready.paths.items()))
    if how.memory is not None and ready.needs > how.memory:
        return ready.outcome("needs", needs=ready.needs)
    result = ready.work.task.delivery.run(
        ready.plan, ready.work.resolved(ready.loaded), threads=how.threads, memory=how.memory, device=_engine(how)
    )
    made: dict[str, File] = {}
    for part in (*(part for part in ready.paths if part), ""):       # the result last: where it stands, all stands
        path = ready.paths[part]
        data = ready.work.encode(part, result, ready.loaded, files.suffix_of(path), about)
        _put(path, data, force=how.force or part in known)
        made[part] = files.as_file(path, data)
    return ready.outcome("made", tuple(made[part] for part in ready.paths))


def _standing(ready: Prepared, about: Mapping[str, str]) -> dict[str, bytes]:
    return standing(ready.paths, about, moving=ready.work.task.delivery.moving)


def _engine(how: How) -> Engine:
    """Return what a job runs on. Where this worker has no such device, or no more, others may have it."""
    name = as_name(how.device)
    try:
        return engine_on(name, threads=how.threads)
    except (ParameterError, MissingExtraError) as error:
        raise DeviceError(str(error)) from None


def _put(path: str, data: bytes, *, force: bool) -> None:
    """Write a file, or find that it stands already: another worker was given the job, too."""
    files.tidy(files.folder_of(path))
    try:
        files.place(path, data, force=force, durable=True)
    except FileError:
        if force or (there := files.read_standing(path)) is None:
            raise
        if there != data:
            raise another(path) from None


def _sources(loaded: Loaded) -> tuple[dict[str, str], ...]:
    return tuple({name: one[name] for name in ("role", "name", "sha256")} for one in loaded.entries())
