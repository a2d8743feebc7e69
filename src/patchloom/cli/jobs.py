"""From arguments to jobs: what is read, what is done with it, and what each result will be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import io
from ..checks import as_seed, from_image, is_pil
from ..errors import ImageError, InputError, ParameterError, explain
from ..params import MAX_SEED, GPNNParams
from ..types import Plan, Size
from .inputs import Input, Loaded, load
from .options import Side, resolve_size
from .output import STDOUT, Naming
from .task import Delivery, Options, Task


@dataclass(frozen=True, eq=False)
class Work:
    """What is done with which pictures; a seed makes it a plan.

    Attributes
    ----------
    task : Task
        What is done.
    options : mapping
        The command's own.
    params : GPNNParams
        All numbers.
    map_weights : mapping of str to float
        By the map's name.
    size : pair of sides, optional
        See `patchloom.cli.options.resolve_size`.
    recorded : mapping
        The options as files record them.
    """

    task: Task
    options: Options
    params: GPNNParams
    map_weights: Mapping[str, float] = field(default_factory=dict)
    size: tuple[Side, Side] | None = None
    recorded: Mapping[str, Any] = field(default_factory=dict)

    def resolved(self, loaded: Loaded) -> Options:
        """Return the options with the size in pixels."""
        own = pixel_size(loaded.lead(self.task))
        size = None if self.size is None else resolve_size(self.size, own)
        return {**self.options, "size": size}

    def plan(self, loaded: Loaded, seed: int) -> Plan:
        """Return what a run needs."""
        pictures = loaded.for_plan(self.task, self.map_weights)
        return self.task.plan(pictures, self.resolved(loaded), self.params, seed)


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
    nnf : Path, optional
        Of the field.
    maps, beside : mapping of str to Path
        Of the maps, and of further pictures, by name.
    """

    seed: int
    path: Path | None
    nnf: Path | None = None
    maps: Mapping[str, Path] = field(default_factory=dict)
    beside: Mapping[str, Path] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdout" if self.path is None else io.shown(self.path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files that will be written."""
        found = (self.path, self.nnf, *self.maps.values(), *self.beside.values())
        return tuple(path for path in found if path is not None)


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


def as_seeds(seed: int | None, count: int) -> range:
    """Return the seeds of `count` pictures: the given one, or a fresh one, and those that follow."""
    first = as_seed(seed)
    if first + count - 1 > MAX_SEED:
        raise ParameterError(
            explain("seed", first, f"picture {count} of --count would have seed {first + count - 1}, above 2**64 - 1",
                    f"try {MAX_SEED - count + 1}")
        )
    return range(first, first + count)


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
    size, pixels = plan.sizes[0], _sample(plan)
    suffixes = [delivery.suffix(picture) for picture in (loaded.lead(work.task), loaded.pictures[0])]
    suffix = suffixes[not _holds(delivery, pixels, suffixes[0])]
    if request.naming.stdout:
        _check_stdout(delivery, pixels, suffix)
    targets = tuple(_target(work, loaded, (size, suffix), place, request) for place in enumerate(request.seeds))
    for path in (targets[0].path, *targets[0].beside.values()):
        if path is not None:
            delivery.check(pixels, path.suffix)
    for name, path in targets[0].maps.items() if delivery.moving else ():
        _check_map(delivery, name, loaded.maps()[name][0].pixels, path.suffix)
    for target in targets:
        for path in target.paths:
            usual = delivery.suffixes if delivery.moving else io.WRITABLE
            allowed = {target.nnf: io.FIELD_SUFFIXES, target.path: delivery.suffixes}.get(path, usual)
            io.check_writable(path, force=request.force, suffixes=allowed)
    return Job(label, work, inputs, size, targets, origin)


def _sample(plan: Plan) -> Any:
    """Return a pixel of what a run will return: its mode, or dtype and channels."""
    layer = plan.layers[""]
    return from_image(np.zeros((1, 1, layer.value.shape[2]), np.float32), layer.kind)


def _holds(delivery: Delivery, pixels: Any, suffix: str) -> bool:
    """Whether a file of that suffix can hold such pixels: the picture that changes may be of another kind."""
    try:
        delivery.check(pixels, suffix)
    except InputError:
        return False
    return True


def _check_map(delivery: Delivery, name: str, pixels: Any, suffix: str) -> None:
    """Say which map a file of that suffix could not hold."""
    try:
        delivery.check(pixels, suffix)
    except InputError as error:
        raise ImageError(f"map {name}: {error}") from None


def _check_stdout(delivery: Delivery, pixels: Any, suffix: str) -> None:
    if not _holds(delivery, pixels, delivery.suffixes[0]):
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
    alike = path.suffix if work.task.delivery.moving else ""
    maps = {name: _beside(path, name, alike or found[0].suffix) for name, found in loaded.maps().items()}
    more = {name: _beside(path, name, path.suffix) for name in work.task.beside if work.options[name]}
    return Target(seed, path, path.with_suffix(".npz") if request.save_nnf else None, maps, more)


def _beside(path: Path, name: str, suffix: str) -> Path:
    return path.with_name(f"{path.stem}_{name}{suffix}")


def pixel_size(picture: io.Picture) -> Size:
    """Rows and columns of what `patchloom.io.read` returns."""
    pixels = picture.pixels
    if is_pil(pixels):
        return pixels.height, pixels.width
    return pixels.shape[0], pixels.shape[1]
