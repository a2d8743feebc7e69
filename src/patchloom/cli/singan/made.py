"""From a model to files: what the commands of `patchloom.cli.singan.making` do."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import catalogue, io
from ..._version import __version__
from ...catalogue import Loaded, Options, as_seeds, resolve_size
from ...checks import as_image, from_image
from ...errors import InputError
from ...types import Size
from .. import record
from ..command import check_stdout
from ..exits import tell
from ..inputs import Input, Source, as_sources, load, partner
from ..jobs import Origin, Request, Target
from ..output import STDOUT, as_naming, check_distinct, check_many
from ..progress import Progress
from ..running import Runner, put
from .fitting import check_fits
from .making import Call, Making, ModelCommand
from .opened import Opened

if TYPE_CHECKING:
    from ...singan import Model, Sample


@dataclass(frozen=True, eq=False)
class Job:
    """What is made of one picture, or of the model alone.

    Attributes
    ----------
    command : ModelCommand
        What is done.
    file : Opened
        The model.
    inputs : tuple of Input
        The picture and its companions.
    options : mapping
        The command's own, with the size in pixels.
    device, threads
        Where.
    size : Size
        Of the results.
    targets : tuple of Target
        The results.
    origin : Origin, optional
        Of a job that is repeated.
    """

    command: ModelCommand
    file: Opened
    inputs: tuple[Input, ...]
    options: Options
    device: str
    threads: int
    size: Size
    targets: tuple[Target, ...]
    origin: Origin | None = None

    @property
    def label(self) -> str:
        """What messages call the picture, or the model."""
        return (self.inputs[0].source if self.command.made.takes else self.file.source).label


def carry_out(command: ModelCommand, path: Path, values: Mapping[str, Any]) -> int:
    """Do what a command line asks for, and return its exit code.

    Parameters
    ----------
    command : ModelCommand
        Of the command line.
    path : Path
        Of the model.
    values : mapping
        All options.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    naming = as_naming(values["out"], command.made.template)
    check_stdout(values)
    seeds = as_seeds(values["seed"], values["count"])
    file = command.made.opens(path, {**values, "seed": seeds[0]})
    request = Request(
        seeds, naming, values["threads"], None, values["force"],
        tell_seed=values["seed"] is None and not values["as_json"] and "{seed" not in naming.template,
    )
    images = values.get("images", ())
    leads = [source.kept() for source in as_sources(images)] if command.made.takes else [file.source]
    check_many(naming, len(leads), len(seeds))
    several = len(leads) > 1 or (bool(images) and io.is_folder(images[0]))
    runner = Runner(request, several=several, quiet=values["quiet"])
    found = [
        runner.attempt(lead.label, partial(_job, command, file, lead, values, (at, request)))
        for at, lead in enumerate(leads)
    ]
    return finish(runner, [job for job in found if job is not None], values["as_json"], len(leads))


def finish(runner: Runner, jobs: Sequence[Job], as_json: bool, count: int) -> int:
    """Do prepared jobs, tell what was made, and return the exit code."""
    outputs = [path for job in jobs for target in job.targets for path in target.paths]
    files = list({id(job.file): job.file for job in jobs}.values())
    check_distinct([*outputs, *(path for file in files for path in file.outputs)])
    read = [source.path for job in jobs for source in (job.file.source, *(one.source for one in job.inputs))]
    read += [job.origin.path for job in jobs if job.origin is not None]
    io.check_inputs_kept(read, [*outputs, *(path for file in files for path in file.outputs)])
    made: list[list[dict[str, Any]]] = [[] for _ in jobs]
    for file in files:
        _with_model(file, [(job, made[at]) for at, job in enumerate(jobs) if job.file is file], runner)
    if as_json:
        tell(json.dumps({"version": __version__, "outputs": [one for some in made for one in some],
                         "failed": runner.failed}, indent=2))
    return runner.summary(count)


def _with_model(file: Opened, jobs: Sequence[tuple[Job, list[dict[str, Any]]]], runner: Runner) -> None:
    """Do the jobs of one model, whose weights are held no longer than that; what was made goes into each one's list."""
    ready = file if file.ready is None else runner.attempt(file.label, file.ready)
    if ready is None:
        return
    with Progress(sum(_work(job) * len(job.targets) for job, _ in jobs), quiet=runner.quiet) as progress:
        for job, made in jobs:
            runner.attempt(job.label, partial(_results, replace(job, file=ready), runner, progress, made))


def _job(
    command: ModelCommand, file: Opened, lead: Source, values: Mapping[str, Any], place: tuple[int, Request]
) -> Job:
    """Read the inputs of a job and check all that can be checked before it is done; writes nothing."""
    made = command.made
    options = {str(option.name): values[str(option.name)] for option in command.own}
    asked = values.get("size")
    options["size"] = None if asked is None else resolve_size(asked, file.model.size)
    inputs = [Input(made.takes, lead)] if made.takes else []
    inputs += [
        Input(role.name, partner(values[role.name], lead, role.name).kept())
        for role in made.roles if values[role.name] is not None
    ]
    return prepared(Job(command, file, tuple(inputs), options, values["device"], values["threads"], (0, 0), ()), *place)


def prepared(job: Job, index: int, request: Request) -> Job:
    """Return a job with its size and targets, once its results are known to fit into their files."""
    made, loaded = job.command.made, load(job.inputs)
    picture = loaded.pictures[0] if made.takes else None
    size = made.sized(job.file.model, picture and picture.pixels, job.options)
    check_fits(job.file.model, size, job.options.get("frames", 1))
    pixels = _pixel(made, job.file.model, picture)
    suffix = _suffix(made, pixels, picture)
    names = {"suffix": suffix, "width": size[1], "height": size[0], "task": made.name, "index": index,
             **_named(job, picture), **request.names}
    many = len(request.seeds) > 1
    targets = tuple(
        Target(seed, None if request.naming.stdout else request.naming.path(
            {**names, "seed": seed, "index": at if many else index}))
        for at, seed in enumerate(request.seeds)
    )
    for target in targets:
        if target.path is not None:
            made.delivery.check(pixels, target.path.suffix)
            io.check_writable(target.path, force=request.force, suffixes=made.delivery.suffixes)
    return replace(job, size=size, targets=targets)


def _named(job: Job, picture: io.Picture | None) -> dict[str, str]:
    """Return what a template's ``stem`` and ``name`` stand for."""
    if picture is not None:
        return {"stem": picture.stem, "name": picture.name}
    return {"stem": Path(job.file.source.name).stem, "name": job.file.source.name}


def _pixel(made: Making, model: Model, picture: io.Picture | None) -> Any:
    """Return a pixel of what will be made: its mode, or dtype and channels."""
    if picture is not None and made.like == "picture":
        image, kind = as_image(picture.pixels)
        return from_image(image[:1, :1], kind)
    return from_image(np.zeros((1, 1, model.channels), np.float32), model.kind)


def _suffix(made: Making, pixels: Any, picture: io.Picture | None) -> str:
    """Return the suffix of the default name: the picture's own, or the first that holds what is made."""
    usual = made.delivery.suffixes
    likely = usual if made.delivery.moving else ((picture.suffix,) if picture else ()) + (".png", ".tif")
    problems = []
    for suffix in likely:
        try:
            made.delivery.check(pixels, suffix)
        except InputError as error:
            problems.append(error)
        else:
            return suffix
    raise problems[0]


def _work(job: Job) -> float:
    return float(job.size[0] * job.size[1])


def _results(job: Job, runner: Runner, progress: Progress, made: list[dict[str, Any]]) -> None:
    loaded = load(job.inputs)
    for target in job.targets:
        made.append(_result(job, loaded, target, runner, progress))


def _result(job: Job, loaded: Loaded, target: Target, runner: Runner, progress: Progress) -> dict[str, Any]:
    """Make, write and tell one result."""
    start, made = time.perf_counter(), job.command.made
    bar = progress.portion(f"{job.label} seed {target.seed}", _work(job))
    picture = loaded.pictures[0].pixels if made.takes else None
    companions = {one.role: one.picture.pixels for one in loaded.given}
    how = {"seed": target.seed, "device": job.device, "threads": job.threads}
    sample = made.make(Call(job.file.model, picture, companions, job.options, how, bar))
    bar(1.0, "")
    about = job.origin.about if job.origin else _metadata(job, loaded, target)
    data = _write(job, loaded, target, sample, about, runner.request.force)
    seconds = time.perf_counter() - start
    rows, cols = job.size
    frames = sample.frames or (sample.image,)
    many = f"  {len(frames)} frames" if sample.frames else ""
    line = f"{target.label}  {cols} x {rows}{many}  seed {target.seed}  {seconds:.1f} s"
    compared = runner.made(line, target, made.delivery, job.origin, data, progress)
    return {
        "path": STDOUT if target.path is None else str(target.path), "source": job.label,
        "model": job.file.source.label, "seed": target.seed, "width": cols, "height": rows, "frames": len(frames),
        "parameters": _parameters(job), "sha256_of_pixels": catalogue.pixel_hash(*frames), "seconds": round(seconds, 3),
        **compared,
    }


def _parameters(job: Job) -> dict[str, Any]:
    """Return the numbers of the model's training and the size of the result."""
    return {**asdict(job.file.model.params), "size": f"{job.size[1]}x{job.size[0]}"}


def _metadata(job: Job, loaded: Loaded, target: Target) -> dict[str, str]:
    """Return what a file says about itself: enough to make it again, and nothing that differs from run to run."""
    unused = job.command.made.training if job.file.role == "model" else ()
    own = [option for option in job.command.own if option.name not in unused]
    options = {**record.recorded(own, job.options), "device": job.device}
    if job.options["size"] is not None:
        options["size"] = f"{job.size[1]}x{job.size[0]}"
    file = job.file
    model = catalogue.entry(file.role, file.source.name, file.sha256, catalogue.told(file.source.path))
    return {
        catalogue.VERSION: __version__,
        catalogue.TASK: job.command.made.task,
        catalogue.SEED: str(target.seed),
        catalogue.PARAMETERS: json.dumps(_parameters(job), sort_keys=True),
        catalogue.OPTIONS: json.dumps(options, sort_keys=True),
        catalogue.SOURCES: json.dumps([model, *loaded.entries()]),
    }


def _write(
    job: Job, loaded: Loaded, target: Target, sample: Sample, about: Mapping[str, str], force: bool
) -> bytes:
    """Write a result, and return its bytes."""
    made = job.command.made
    icc = loaded.pictures[0].icc if made.takes and made.like == "picture" else job.file.icc
    suffix = made.delivery.suffixes[0] if target.path is None else target.path.suffix
    result: Any = sample                                  # has the two parts of a `Result` that become a file
    data = made.delivery.encode(result, job.options, suffix, icc, about)
    put(target, data, force=force)
    return data
