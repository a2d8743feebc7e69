"""``patchloom rerun``: a result once more, from what its own file says about it."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from .. import catalogue, io
from .._version import __version__
from ..catalogue import Task, Work, as_options, as_params
from ..checks import as_seed
from ..errors import FileError, InputError, ParameterError, PatchloomError, explain
from .command import TaskCommand, check_stdout, finish, machine_options, memory_of, output_options
from .exits import say
from .inputs import Input, Source
from .jobs import Job, Origin, Request, prepare
from .output import FIELDS, STDOUT, as_naming, check_many
from .running import Runner
from .singan.again import again, check_again
from .singan.made import Job as ModelJob
from .singan.made import finish as finish_models
from .singan.making import MODEL_TASK, ModelCommand
from .singan.opened import Shelf

TEMPLATE = "{stem}_rerun{suffix}"

EXAMPLES = """\b
Examples:
  patchloom rerun photo_5.png
  patchloom rerun results/ --source originals/ --out again/
"""

_DAMAGED = "what it says about itself must be as patchloom wrote it"


def _rerun(**values: Any) -> int:
    """Make pictures again from what their own files say.

    OUTPUT is a file that a command of patchloom wrote, or a folder of them, where pictures that
    say nothing are passed over. Its inputs are looked for by their hashes among --source, where
    they were (relative to the current folder, then to OUTPUT's), and by name beside OUTPUT and in
    the current folder. An input that has changed is refused. Files record the path of an
    input as it was given if that was relative; of absolute paths they record only what lies below
    the current folder.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    naming = as_naming(values["out"], TEMPLATE, FIELDS)
    check_stdout(values)
    paths = [path for text in values["outputs"] for path in _outputs(text, quiet=values["quiet"])]
    check_many(naming, len(paths), 1)
    request = Request(
        range(1), naming, values["threads"], memory_of(values), values["force"], values["save_nnf"], values["device"]
    )
    runner = Runner(request, several=len(paths) > 1 or io.is_folder(values["outputs"][0]), quiet=values["quiet"])
    given = {path: _hash(path) for text in values["source"] for path in _files(text)}
    if any(map(_is_trained, paths)):
        check_again(values)
    job, shelf = partial(_job, given=given, request=request, quiet=runner.quiet), Shelf()
    found = [runner.attempt(io.shown(path), partial(job, path, shelf=shelf)) for path in paths]
    jobs = [job for job in found if isinstance(job, Job)]
    trained = [job for job in found if isinstance(job, ModelJob)]
    if not trained:
        return finish(runner, jobs, [Source(path) for path in paths], len(paths), values)
    if jobs:
        raise ParameterError(explain("output", "results of both engines", "must be of one engine",
                                     "pass those of patchloom singan by themselves"))
    return finish_models(runner, trained, values["as_json"], len(paths))


rerun = click.Command(
    "rerun",
    callback=_rerun,
    help=_rerun.__doc__,
    short_help="A result once more, from its own metadata.",
    epilog=EXAMPLES,
    params=[
        click.Argument(["outputs"], nargs=-1, required=True, metavar="OUTPUT..."),
        click.Option(["--source"], metavar="PATH", multiple=True,
                     help="Where an input is now: a file, or a folder to look in; may be repeated.  [default: none]"),
        click.Option(["--save-nnf"], is_flag=True,
                     help="Write the nearest-neighbour field of each picture beside it, as .npz."),
        *machine_options(),
        *output_options(TEMPLATE),
        click.Option(["--dry-run"], is_flag=True, help="Tell sizes, time, memory and names; run and write nothing."),
    ],
)


def _outputs(text: str, *, quiet: bool) -> list[Path]:
    """Return the results to make again; in a folder pictures that say nothing, and those beside one, are passed over.

    Raises
    ------
    FileError
        If it is standard input, or a folder without results.
    """
    if text == STDOUT:
        raise FileError(explain("output", STDOUT, "must be a file or a folder", "save it first"))
    if not io.is_folder(text, "output"):
        return [Path(text)]
    found = []
    for path in io.find_images(text):
        try:
            about = io.read_metadata(path)
        except PatchloomError:                            # is told when it is this file's turn
            about = {catalogue.TASK: ""}
        if catalogue.TASK in about and catalogue.PART not in about:
            found.append(path)
        elif catalogue.TASK not in about and not quiet:
            say(f"{io.shown(path)} is passed over: it does not say how it was made")
    if not found:
        raise FileError(explain("output", io.shown(text), "is a folder without results that say how they were made",
                                "pass the folder that they were written to"))
    return found


def _files(text: str) -> list[Path]:
    if not io.is_folder(text, "source"):
        return [Path(text)]
    models = sorted(path for path in Path(text).iterdir() if path.suffix.lower() in io.MODEL_SUFFIXES)
    return [*io.find_images(text), *models]


def _hash(path: Path) -> str:
    return hashlib.sha256(io.read_bytes(path)).hexdigest()


def _is_trained(path: Path) -> bool:
    """Whether a file says that a trained model made it; what is wrong with it is told when it is its turn."""
    try:
        return io.read_metadata(path).get(catalogue.TASK, "").startswith(MODEL_TASK)
    except PatchloomError:
        return False


def _job(path: Path, given: Mapping[Path, str], request: Request, quiet: bool, shelf: Shelf) -> Job | ModelJob:
    """Return what makes a file again."""
    about = io.read_metadata(path)
    command = _command(path, about)
    try:
        seed = as_seed(int(about[catalogue.SEED]))
        names = {"stem": path.stem, "name": path.name, "suffix": path.suffix}
        once = replace(request, seeds=range(seed, seed + 1), names=names)
        if isinstance(command, ModelCommand):
            _check_version(path, about[catalogue.VERSION], quiet)
            return again(command, Origin(path, about), partial(_find, path, given), once, shelf, quiet=quiet)
        work = _work(command, about)
        sources = _sources(command.task, json.loads(about[catalogue.SOURCES]))
    except FileError:                                     # says itself which file
        raise
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, click.UsageError) as error:
        reason = io.shown(error if isinstance(error, InputError) else f"{type(error).__name__}: {error}")
        said = explain("output", f"{io.shown(path)} ({reason})", _DAMAGED, "make it anew")
        raise FileError(said) from error
    words = {role.name: role.word for role in command.task.roles}
    inputs = tuple(
        Input(one["role"], Source(_find(path, given, one)), words.get(one["role"], "")) for one in sources
    )
    _check_version(path, about[catalogue.VERSION], quiet)
    return prepare(io.shown(path), work, inputs, once, Origin(path, about))


def _check_version(path: Path, made_by: str, quiet: bool) -> None:
    """Say that a file is of another version."""
    if made_by.split(".")[:2] != __version__.split(".")[:2] and not quiet:
        say(f"warning: {io.shown(path)} was made by patchloom {io.shown(made_by)}, and this is {__version__}: "
            "pixels may differ")


def _sources(task: Task, found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what a file records of its inputs, if they are what the task takes."""
    known = {*task.takes, *(role.name for role in task.roles)}
    roles = [one["role"] for one in found]
    wrong = [role for role in roles if role not in known and not role.startswith(catalogue.MAP)]
    wrong += [role for role in task.takes if role not in roles]
    texts = [one[key] for one in found for key in ("role", "name", "sha256")] + [one.get("path", "") for one in found]
    if wrong or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"inputs {', '.join(wrong)}")
    return found


def _command(path: Path, about: Mapping[str, str]) -> TaskCommand | ModelCommand:
    """Return the command that made a file."""
    label = io.shown(path)
    needed = catalogue.NEEDED
    if path.suffix.lower() in io.FIELD_SUFFIXES or catalogue.PART in about:
        part = about.get(catalogue.PART, "field")
        raise FileError(
            explain("output", f"{label} (the {io.shown(part)} of a result)", "must be the result itself",
                    "pass the picture that it lies beside")
        )
    if any(name not in about for name in needed):
        raise FileError(
            explain("output", f"{label} (does not say how it was made)", "must be a file that this version can repeat",
                    "make it anew, as PNG, JPEG, WebP, TIFF or EXR")
        )
    command: click.Command | None = click.get_current_context().find_root().command
    for name in about[catalogue.TASK].split(" "):
        command = command.commands.get(name) if isinstance(command, click.Group) else None
    if not isinstance(command, TaskCommand | ModelCommand):
        raise FileError(
            explain("output", f"{label} (made by {io.shown(about[catalogue.TASK])})",
                    "must be of a command that makes pictures", "run that command again")
        )
    return command


def _work(command: TaskCommand, about: Mapping[str, str]) -> Work:
    """Return the work that a file records."""
    options = json.loads(about[catalogue.OPTIONS])
    weights = {name: float(weight) for name, weight in options.pop("map_weights", {}).items()}
    own = as_options(command.task, options)
    params = as_params(command.task, numbers=json.loads(about[catalogue.PARAMETERS]))
    beside = {name: command.beside[name] for name in json.loads(about.get(catalogue.BESIDE, "[]"))}
    size = own["size"]
    request = None if size is None else ((size[0], False), (size[1], False))
    return Work(command.task, own, params, weights, request, beside)


def _find(output: Path, given: Mapping[Path, str], one: Mapping[str, str]) -> Path:
    """Return where an input is now.

    Raises
    ------
    FileError
        If no candidate has the recorded bytes.
    """
    name, where = one["name"], one.get("path")
    for path, found in given.items():
        if found == one["sha256"]:
            return path
    places = [path for path in given if path.name == name]
    places += [] if where is None else [Path(where), output.parent / where]
    # What came on standard input had no name.
    places += [] if name == "stdin" else [output.parent / name, Path(name)]
    there = [path for path in places if path.is_file()]
    for path in there:
        if _hash(path) == one["sha256"]:
            return path
    if there:
        raise FileError(
            explain(one["role"], f"{io.shown(there[0])} (changed since)",
                    f"must be what {io.shown(output)} was made from", "pass the unchanged file as --source")
        )
    raise FileError(
        explain(one["role"], f"{io.shown(where or name)} (not found)", f"{io.shown(output)} was made from it",
                "pass --source with the file or its folder")
    )
