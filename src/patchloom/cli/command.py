"""A command from a task of the catalogue: the options that all share, and how its arguments become jobs."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import click

from .. import io
from .._version import __version__
from ..catalogue import Option, Task, Work, as_options, as_params, as_seeds
from ..checks import as_memory, machine_memory
from ..errors import ParameterError, explain
from ..params import PRESETS, numbers
from .exits import check_open, tell
from .inputs import Source, as_fixed, as_sources, inputs_of, label
from .jobs import Job, Request, prepare
from .options import (
    DEVICE,
    THREADS,
    Checked,
    as_map_weight,
    as_pair,
    by_name,
    diversity_option,
    gathered,
    number_options,
    own_option,
    preset_options,
    result_options,
    role_options,
)
from .output import DEFAULT_NAME, FIELDS, STDOUT, as_naming, check_distinct, check_many
from .running import Runner

PREVIEW = "Write also the result three times in both directions, beside it as STEM_preview."
"""Help of ``--preview``."""


@dataclass(frozen=True)
class Words:
    """What a command has people type in another way than its task's parameters are.

    Attributes
    ----------
    options : mapping of str to click options
        In the place of which of the task's options they stand.
    given : callable, optional
        All values -> what they say of those options, by their names; None is the default.
    check : callable, optional
        (all values, how many pictures make the result) -> nothing, or what is wrong in the command's own words.
    """

    options: Mapping[str, Sequence[click.Option]] = field(default_factory=dict)
    given: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    check: Callable[[Mapping[str, Any], int], None] | None = None

    def of(self, option: Option) -> Sequence[click.Option]:
        """Return what is typed for one of the task's options."""
        return self.options[option.name] if option.name in self.options else [own_option(option)]


class TaskCommand(click.Command):
    """A command that makes pictures.

    Parameters
    ----------
    task : Task
        What it does.
    help, epilog : str
        As for click.
    template : str, optional
        Default name of a result; by default it has the task's name in it.
    beside : mapping of str to (callable, str), optional
        More files that a flag of that name asks for: pixels of the result -> those of the other picture, and its help.
    words : Words, optional
        What is typed in another way.
    """

    def __init__(
        self, task: Task, *, help: str, epilog: str = "", template: str = "",
        beside: Mapping[str, tuple[Callable[[Any], Any], str]] | None = None, words: Words | None = None,
    ) -> None:
        self.task = task
        self.template = template or DEFAULT_NAME.replace("{stem}", f"{{stem}}_{task.name}")
        self.beside = {name: make for name, (make, _) in (beside or {}).items()}
        self.words = words or Words()
        flags = [click.Option([f"--{name}"], is_flag=True, help=text) for name, (_, text) in (beside or {}).items()]
        super().__init__(
            task.name, callback=partial(_invoke, self), help=help, epilog=epilog, short_help=task.help,
            params=[*arguments(task), *task_options(task, self.words), *flags, *_shared_options(self)],
        )

    def work(self, values: Mapping[str, Any]) -> Work:
        """Return what the options say is to be done."""
        task, words = self.task, self.words
        given = {option.name: values[option.name] for option in task.options if option.name not in words.options}
        params = as_params(
            task, preset=values.get("preset"), diversity=values.get("diversity"),
            numbers={name: values[name] for name in numbers() if name in values},
        )
        weights = by_name("map_weight", values["map_weight"])
        beside = {name: make for name, make in self.beside.items() if values[name]}
        if words.given:
            given |= words.given(values)
        options = as_options(task, given)
        return Work(task, options, params, weights, values.get("size"), beside)


def arguments(task: Task) -> list[click.Parameter]:
    """Return the arguments: the pictures that a task takes."""
    names = [role.upper() for role in task.takes]
    last = f"{names[-1]} {names[-1]}..." if task.many else f"{names[-1]}..."
    fixed: list[click.Parameter] = [click.Argument(["fixed"], metavar=names[0])] if len(names) == 2 else []
    return [*fixed, click.Argument(["images"], nargs=-1, required=True, metavar=last)]


def task_options(task: Task, words: Words, **results: Any) -> list[click.Option]:
    """Return the options that say what is made of pictures; `results` are for `result_options`."""
    return [
        *([diversity_option()] if task.diversity else []),
        *(one for option in task.options for one in words.of(option)),
        *role_options(task.roles, "each input"),
        *result_options("picture", " of each input", size="the input" if task.size else "",
                        required=task.size == "required", **results),
        *preset_options(task.presets),
        *number_options(PRESETS[task.presets[0]]),
        click.Option(["--map", "map_file"], type=Checked("NAME=FILE", partial(as_pair, "map")), multiple=True,
                     help="A picture of the same size that follows the result (normals, heights), written beside it as"
                          " STEM_NAME; may be repeated. A file, a folder or a template.  [default: none]"),
        click.Option(["--map-weight"], type=Checked("NAME=NUMBER", as_map_weight), multiple=True,
                     help="How much that map counts in the search, the picture counting 1.  [default: 0; 0 to 100]"),
        click.Option(["--save-nnf"], is_flag=True,
                     help="Write the nearest-neighbour field of each picture beside it, as .npz."),
    ]


def _shared_options(made: TaskCommand) -> list[click.Option]:
    """Return the options that say how and where."""
    return [
        *machine_options(),
        *output_options(made.template),
        click.Option(["--dry-run"], is_flag=True,
                     help="Tell sizes, patches, time, memory and names; run and write nothing."),
    ]


def machine_options() -> list[click.Option]:
    """Return ``--threads``, ``--device`` and ``--memory``."""
    return [
        click.Option(["--threads"], type=THREADS, default="0",
                     help="Threads; the result is the same for any number."
                          "  [default: 0, which means PATCHLOOM_THREADS or else all cores; 0 to 1024]"),
        click.Option(["--device"], type=DEVICE, metavar=DEVICE.name, default="cpu",
                     help="Where to compute, with the same result: on the processor, or on a GPU by torch (pip"
                          " install 'patchloom[torch]'); cuda:1 is the second one, auto a GPU if there is one."
                          "  [default: cpu]"),
        click.Option(["--memory"], type=Checked("SIZE", as_memory),
                     help="Refuse a run that would need more of this machine's memory, such as 500MB or 2GiB."
                          "  [default: all that the machine has]"),
    ]


def memory_of(values: Mapping[str, Any]) -> int | None:
    """Return the budget in bytes: what was asked for, or all that the machine has."""
    asked: int | None = values["memory"]
    return machine_memory() if asked is None else asked


def output_options(template: str, fields: tuple[str, ...] = FIELDS) -> list[click.Option]:
    """Return ``--out`` with its default and what a template may hold, ``--force``, ``--json`` and ``--quiet``."""
    braced = ", ".join(f"{{{name}}}" for name in fields)
    return [
        click.Option(["--out"], metavar="PATH",
                     help="A file, a folder (ends with a slash, exists as one or has no suffix), a template with "
                          f"{braced}, or - for standard output.  [default: {template} in the current folder]"),
        click.Option(["--force"], is_flag=True, help="Overwrite files that exist, but no input. A symbolic link stays;"
                                                     " what it leads to is replaced."),
        click.Option(["--json", "as_json"], is_flag=True,
                     help="Tell on standard output what was made, as one JSON object."),
        click.Option(["--quiet"], is_flag=True, help="Say nothing but errors, and a fresh seed that neither the file"
                                                     " (BMP) nor its name can keep."),
    ]


def _invoke(made: TaskCommand, **values: Any) -> int:
    """Do what a command line asks for, and return its exit code."""
    task = made.task
    if values["quiet"]:
        warnings.simplefilter("ignore")
    work, request = made.work(values), as_request(values, made.template)
    check_stdout(values, [f"--{name}" for name in made.beside if values[name]])
    images, fixed = values["images"], values.get("fixed")
    sources = [source.kept() for source in as_sources(images, fixed)]
    groups = [sources] if task.many else [[source] for source in sources]
    check_many(request.naming, len(groups), len(request.seeds))
    several = not task.many and (len(sources) > 1 or io.is_folder(images[0]))
    runner = Runner(request, several=several, quiet=values["quiet"])
    one = partial(_job, made, work, as_fixed(fixed), values, request)
    found = [runner.attempt(label(group), partial(one, group)) for group in groups]
    jobs = [job for job in found if job is not None]
    return finish(runner, jobs, sources, len(groups), values)


def finish(
    runner: Runner, jobs: list[Job], sources: Sequence[Source], count: int, values: Mapping[str, Any]
) -> int:
    """Run prepared jobs, tell what was made, and return the exit code."""
    outputs = [path for job in jobs for target in job.targets for path in target.paths]
    check_distinct(outputs)
    inputs = [source.path for source in (*sources, *(one.source for job in jobs for one in job.inputs))]
    io.check_inputs_kept(inputs, outputs)
    report = runner.dry(jobs) if values["dry_run"] else runner.real(jobs)
    if values["as_json"]:
        tell(json.dumps({"version": __version__, **report, "failed": runner.failed}, indent=2))
    return runner.summary(count)


def _job(
    made: TaskCommand, work: Work, fixed: str | Source | None, values: Mapping[str, Any], request: Request,
    group: list[Source],
) -> Job:
    if made.words.check:
        made.words.check(values, len(group))
    companions = {role.name: values[role.name] for role in work.task.roles if values[role.name] is not None}
    given = values["map_file"]
    maps = gathered(given) if work.task.many else {name: [text] for name, text in by_name("map", given).items()}
    inputs = inputs_of(work.task, group, fixed, companions, maps)
    return prepare(label(group), work, inputs, request)


def as_request(values: Mapping[str, Any], template: str) -> Request:
    """Return what the options say together about how and where."""
    naming = as_naming(values["out"], template)
    return Request(
        seeds=as_seeds(values["seed"], values["count"]),
        naming=naming,
        threads=values["threads"],
        device=values["device"],
        memory=memory_of(values),
        force=values["force"],
        save_nnf=values["save_nnf"],
        tell_seed=values["seed"] is None and not values["as_json"] and "{seed" not in naming.template,
    )


def check_stdout(values: Mapping[str, Any], besides: Sequence[str] = ()) -> None:
    """Refuse to send a picture where it cannot go.

    Parameters
    ----------
    values : mapping
        All options.
    besides : sequence of str
        Given options that write more files.
    """
    if values["out"] != STDOUT:
        if values["as_json"]:
            check_open("--json")
        return
    dry = values.get("dry_run", False)
    if not dry:
        check_open("out=-")
    besides = [*besides, *["--save-nnf"] * values.get("save_nnf", False), *["--map"] * bool(values.get("map_file"))]
    file = "write the picture to a file"
    for problem, allowed, remedy in (
        (values["as_json"], "standard output cannot hold a picture and --json", file),
        (besides, f"{' and '.join(besides)} writes beside a file", file),
        (not dry and sys.stdout.isatty(), "standard output is a terminal", "pipe it or redirect it"),
    ):
        if problem:
            raise ParameterError(explain("out", STDOUT, allowed, remedy))
