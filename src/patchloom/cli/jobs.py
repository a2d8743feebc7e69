"""From arguments to jobs: what is read, what is done with it, and what each result will be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import io
from ..catalogue import FIELD, Delivery, Loaded, Work, sample
from ..errors import ImageError, explain
from ..types import Size
from .inputs import Input, load
from .output import STDOUT, Naming


@dataclass(frozen=True)
class Request:
    """What one command line asks for besides the work itself.

    Attributes
    ----------
    seeds : range
        One for each picture that is made of an input.
    naming : Naming
        Where the pictures go.
    threads : int
        At least 1.
    memory : int, optional
        Budget in bytes.
    force, save_nnf : bool
        Overwrite; write the field of each picture beside it.
    device : str
        Where the pictures are made, as for `patchloom.generate`.
    tell_seed : bool
        A fresh seed that only the line about a picture tells, or its metadata.
    names : mapping of str to str
        What names are made of where that is not the input's.
    """

    seeds: range
    naming: Naming
    threads: int
    memory: int | None
    force: bool
    save_nnf: bool = False
    device: str = "cpu"
    tell_seed: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Target:
    """One result: its seed and where it goes.

    Attributes
    ----------
    seed : int
        Decides everything random.
    path : Path, optional
        Of the picture; None for standard output.
    besides : mapping of str to Path
        Of what lies beside it, by its part (`patchloom.catalogue.Work.besides`).
    """

    seed: int
    path: Path | None
    besides: Mapping[str, Path] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdout" if self.path is None else io.shown(self.path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files that will be written."""
        return (*(() if self.path is None else (self.path,)), *self.besides.values())


@dataclass(frozen=True)
class Origin:
    """The file that a job repeats, and what it says about itself."""

    path: Path
    about: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Job:
    """One set of inputs, what is done with it, the size of its results, and the results.

    Attributes
    ----------
    label : str
        What messages call the inputs.
    work : Work
        What is done.
    inputs : tuple of Input
        All pictures that decide the results.
    size : Size
        Of each result.
    targets : tuple of Target
        The results.
    origin : Origin, optional
        Of a job that is repeated.
    """

    label: str
    work: Work
    inputs: tuple[Input, ...]
    size: Size
    targets: tuple[Target, ...]
    origin: Origin | None = None


def prepare(
    label: str, work: Work, inputs: tuple[Input, ...], request: Request, origin: Origin | None = None
) -> Job:
    """Read the inputs of a job and check everything that can be checked before its run; writes nothing.

    Raises
    ------
    PatchloomError
        If something cannot be read or does not fit, or a result could not be written.
    """
    loaded, delivery = load(inputs), work.task.delivery
    plan = work.plan(loaded, request.seeds[0])
    size, pixels = plan.sizes[0], sample(plan)
    suffix = work.suffix(loaded, pixels)
    if request.naming.stdout:
        _check_stdout(delivery, pixels, suffix)
    targets = tuple(_target(work, loaded, (size, suffix), place, request) for place in enumerate(request.seeds))
    if targets[0].path is not None:
        work.check(loaded, pixels, targets[0].path.suffix)
    usual = delivery.suffixes if delivery.moving else io.WRITABLE
    for target in targets:
        if target.path is not None:
            io.check_writable(target.path, force=request.force, suffixes=delivery.suffixes)
        for part, path in target.besides.items():
            io.check_writable(path, force=request.force, suffixes=io.FIELD_SUFFIXES if part == FIELD else usual)
    return Job(label, work, inputs, size, targets, origin)


def _check_stdout(delivery: Delivery, pixels: Any, suffix: str) -> None:
    if not delivery.holds(pixels, delivery.suffixes[0]):
        raise ImageError(
            explain("out", STDOUT, f"standard output is {delivery.suffixes[0][1:].upper()}, which does not hold such "
                    "pixels", f"try --out FILE{suffix}")
        )


def _target(
    work: Work, loaded: Loaded, form: tuple[Size, str], place: tuple[int, int], request: Request
) -> Target:
    ((rows, cols), suffix), (index, seed) = form, place
    if request.naming.stdout:
        return Target(seed, None)
    picture = loaded.lead(work.task)
    path = request.naming.path(
        {
            "stem": picture.stem, "name": picture.name, "seed": seed, "index": index, "width": cols, "height": rows,
            "suffix": suffix, "task": work.task.name,
            **request.names,
        }
    )
    if not path.suffix:                                   # is refused as a picture's name, with nothing beside it
        return Target(seed, path)
    besides = work.besides(loaded, path.suffix, save_nnf=request.save_nnf)
    return Target(seed, path, {part: path.with_name(path.stem + ending) for part, ending in besides.items()})
