"""A command from a `Task`: the options that all share, and how its arguments become jobs."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import click

from .. import io
from .._version import __version__
from ..checks import as_memory, as_seed, as_threads, machine_memory
from ..errors import ParameterError, explain
from ..params import PRESETS
from . import record
from .exits import check_open, tell
from .inputs import Source, as_fixed, as_sources, inputs_of, label
from .jobs import Job, Request, Work, as_seeds, prepare
from .options import (
    MAX_COUNT,
    Checked,
    as_count,
    as_map_weight,
    as_number,
    as_pair,
    as_params,
    as_size_request,
    by_name,
    gathered,
    number_options,
    preset_options,
)
from .output import FIELDS, STDOUT, as_naming, check_distinct, check_inputs_kept, check_many
from .running import Runner
from .task import Task

PlanFunction = Callable[..., Any]


class TaskCommand(click.Command):
    """A command that makes pictures.

    Parameters
    ----------
    task : Task
        What it does.
    own : list of click options
        Options that only this command has, in the order that help shows.
    help, epilog, short_help : str
        As for click.
    """

    def __init__(
        self, task: Task, own: list[click.Option], *, help: str, epilog: str = "", short_help: str | None = None
    ) -> None:
        self.task = task
        shared = [*_role_options(task), *_shared_options(task)]
        names = {option.name for option in shared} | {"diversity"}
        self.own = [option for option in own if option.name not in names]
        super().__init__(
            task.name, params=[*_arguments(task), *own, *shared], callback=partial(_invoke, self), help=help,
            epilog=epilog, short_help=short_help,
        )

    def work(self, values: Mapping[str, Any]) -> Work:
        """Return what the options say is to be done."""
        options = {str(option.name): values[str(option.name)] for option in self.own}
        weights = by_name("map_weight", values["map_weight"])
        return Work(self.task, options, as_params(values, self.task.presets), weights, values.get("size"),
                    record.recorded(self.own, options))


def command(
    name: str, *, short_help: str | None = None, epilog: str = "", **task: Any
) -> Callable[[PlanFunction], TaskCommand]:
    """Make a command of the function that plans it: its docstring is the help, its click options are the own ones.

    Parameters
    ----------
    name : str
        Of the command.
    short_help, epilog : str
        As for click.
    **task
        See `Task`.
    """

    def make(plan: PlanFunction) -> TaskCommand:
        own = list(reversed(getattr(plan, "__click_params__", [])))
        return TaskCommand(
            Task(name, plan, **task), own, help=plan.__doc__ or "", epilog=epilog, short_help=short_help
        )

    return make


def _arguments(task: Task) -> list[click.Parameter]:
    names = [role.upper() for role in task.takes]
    last = f"{names[-1]} {names[-1]}..." if task.many else f"{names[-1]}..."
    fixed: list[click.Parameter] = [click.Argument(["fixed"], metavar=names[0])] if len(names) == 2 else []
    return [*fixed, click.Argument(["images"], nargs=-1, required=True, metavar=last)]


def _role_options(task: Task) -> list[click.Option]:
    options = []
    for role in task.roles:
        flag, default = "--" + role.name.replace("_", "-"), "" if role.required else "  [default: none]"
        text = f"{role.help} A file, a folder with one of the same name for each input, or a template.{default}"
        options.append(click.Option([flag, role.name], metavar="PATH", required=role.required, help=text))
    return options


def _shared_options(task: Task) -> list[click.Option]:
    """Return the options that all commands have, but for those of their numbers."""
    size = click.Option(
        ["--size"], metavar="WxH", type=Checked("WxH", as_size_request), required=task.size == "required",
        help="WIDTHxHEIGHT of the results, in pixels or per cent of the input: 640x480, 150%, 200%x100%."
             + ("" if task.size == "required" else "  [default: 100%]"))
    return [
        click.Option(["--count"], type=Checked("INTEGER", as_count), default="1",
                     help=f"Pictures to make of each input.  [default: 1; 1 to {MAX_COUNT}]"),
        *([size] if task.size else []),
        click.Option(["--seed"], type=Checked("INTEGER", lambda text: as_seed(as_number(text))),
                     help="Decides everything random; picture i of --count has seed S + i."
                          "  [default: a fresh one, which is told; 0 to 2**64 - 1]"),
        *preset_options(task.presets),
        *number_options(PRESETS[task.presets[0]]),
        click.Option(["--map", "map_file"], type=Checked("NAME=FILE", partial(as_pair, "map")), multiple=True,
                     help="A picture of the same size that follows the result (normals, heights), written beside it as"
                          " STEM_NAME; may be repeated. A file, a folder or a template.  [default: none]"),
        click.Option(["--map-weight"], type=Checked("NAME=NUMBER", as_map_weight), multiple=True,
                     help="How much that map counts in the search, the picture counting 1.  [default: 0; 0 to 100]"),
        click.Option(["--save-nnf"], is_flag=True,
                     help="Write the nearest-neighbour field of each picture beside it, as .npz."),
        *machine_options(),
        *output_options(task.template),
        click.Option(["--dry-run"], is_flag=True,
                     help="Tell sizes, patches, time, memory and names; run and write nothing."),
    ]


def machine_options() -> list[click.Option]:
    """Return ``--threads`` and ``--memory``."""
    return [
        click.Option(["--threads"], type=Checked("INTEGER", lambda text: as_threads(as_number(text))), default="0",
                     help="Threads; the result is the same for any number."
                          "  [default: 0, which means PATCHLOOM_THREADS or else all cores; 0 to 1024]"),
        click.Option(["--memory"], type=Checked("SIZE", as_memory),
                     help="Refuse a run that would need more, such as 500MB or 2GiB."
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
    work, request = made.work(values), as_request(values, task)
    check_stdout(values, [f"--{name}" for name in task.beside if values[name]])
    images, fixed = values["images"], values.get("fixed")
    sources = [source.kept() for source in as_sources(images, fixed)]
    groups = [sources] if task.many else [[source] for source in sources]
    check_many(request.naming, len(groups), len(request.seeds))
    several = not task.many and (len(sources) > 1 or io.is_folder(images[0]))
    runner = Runner(request, several=several, quiet=values["quiet"])
    one = partial(_job, work, as_fixed(fixed), values, request)
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
    check_inputs_kept(inputs, outputs)
    report = runner.dry(jobs) if values["dry_run"] else runner.real(jobs)
    if values["as_json"]:
        tell(json.dumps({"version": __version__, **report, "failed": runner.failed}, indent=2))
    return runner.summary(count)


def _job(
    work: Work, fixed: str | Source | None, values: Mapping[str, Any], request: Request, group: list[Source]
) -> Job:
    companions = {role.name: values[role.name] for role in work.task.roles if values[role.name] is not None}
    given = values["map_file"]
    maps = gathered(given) if work.task.many else {name: [text] for name, text in by_name("map", given).items()}
    inputs = inputs_of(work.task, group, fixed, companions, maps)
    return prepare(label(group), work, inputs, request)


def as_request(values: Mapping[str, Any], task: Task) -> Request:
    """Return what the options say together about how and where."""
    naming = as_naming(values["out"], task.template)
    return Request(
        seeds=as_seeds(values["seed"], values["count"]),
        naming=naming,
        threads=values["threads"],
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
