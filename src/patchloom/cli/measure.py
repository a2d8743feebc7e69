"""``patchloom measure``: metrics of generated pictures against their sources."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from .. import io, kernels
from .._version import __version__
from ..errors import ParameterError, PatchloomError, explain
from ..metrics import NiqeModel
from ..metrics.inception import VARIABLE
from ..params import METHODS, numbers
from . import measure_list, measure_text
from .exits import check_open, say, tell
from .inputs import Source
from .jobs import Request
from .measure_niqe import as_pristine, fitted
from .measure_pairs import Pair, Paired, as_pairs
from .measure_report import Report
from .measure_setup import as_names, as_setup, shared, told
from .measure_time import announcement
from .measure_work import Row, Setup, Spread, diversity, measured, shape_of
from .options import THREADS, choice, number_option, whole
from .output import Naming, check_distinct
from .processes import spread
from .progress import Progress
from .running import Runner

FORMATS = ("table", "json", "csv")
SUFFIXES = (".json", ".csv", ".md", ".txt")
OF_MEASURING = ("paths", "names", "weights", "mask", "out", "as_csv", "form", "jobs", "threads")
"""Options that a fit alone has no use for."""

WITH_LIST = ("show_list", "form", "as_json", "as_csv", "quiet")
"""Options that go with a list."""

SET_METRIC = measure_list.SET_METRIC

PATCH_SIZE = number_option("patch_size", numbers()["patch_size"], Setup.patch_size)

EXAMPLES = """\b
Examples:
  patchloom measure photo.jpg photo_5.png photo_6.png
  patchloom measure sources/ results/ --out results.csv --out results.md
  patchloom measure photo.jpg results/ --metrics coherence,sharpness_ratio --json
  patchloom measure --fit-niqe photographs/ --niqe pristine.npz
  patchloom measure sources/ results/ --niqe pristine.npz --weights inception.pth
  patchloom measure --list
"""


def _measure(**values: Any) -> int:
    """Measure generated pictures against the pictures they were made from.

    SOURCE is a picture, and every SAMPLE is measured against it; or it is a folder, and each
    picture of the SAMPLEs belongs to the source whose name it has or begins with: flowers.png,
    flowers_7.png and flowers_tile_7.png all belong to flowers.jpg. A SAMPLE is a picture or a
    folder of them, by any generator.

    Searches are exhaustive unless --method says otherwise. Pictures of different kinds (grey and
    RGB, with and without alpha) are measured with --rgb alone.
    """
    if values["quiet"]:
        warnings.simplefilter("ignore")
    form = _format(values)
    if values["show_list"]:
        _check_alone("--list")
        check_open("--list")
        tell(measure_list.listed(form, _width()))
        return 0
    pristine = None if values["fit_niqe"] is None else as_pristine(
        values["fit_niqe"], values["niqe"], force=values["force"])
    if pristine is not None and not any(values[name] for name in OF_MEASURING):
        model = _fit(pristine, values)
        if values["as_json"]:
            tell(json.dumps({"version": __version__, "niqe": told(values["niqe"], model)}, indent=2))
        return 0
    source, samples = _arguments(values)
    if _is_told(form, values):
        check_open("the report")
    paired = as_pairs(source, samples)
    names, left_out = as_names(values, paired.most)
    outputs = [Path(text) for text in values["out"]]
    _check_outputs(outputs, paired, values)
    if not io.is_folder(source):
        shape_of(paired.pairs[0].source, "source")        # of all pairs: its error is not told with each
    setup, settings = as_setup(values, names, None if pristine is None else partial(_fit, pristine, values))
    for line in () if values["quiet"] else _beforehand(paired, left_out):
        say(line)
    pairs = paired.pairs
    jobs, threads = shared(values, len(pairs))
    runner = Runner(Request(range(1), Naming(Path(), ""), threads, None, values["force"]), several=len(pairs) > 1,
                    quiet=values["quiet"])
    rows, failed = _rows(pairs, replace(setup, threads=threads), jobs, runner)
    spreads = _spreads(pairs, rows, setup) if SET_METRIC in names else []
    report = Report(settings, setup.metrics, [rows[at] for at in sorted(rows)], spreads, failed, paired.passed_over,
                    left_out)
    _deliver(report, form, outputs, values)
    return runner.summary(len(pairs))


measure = click.Command(
    "measure",
    callback=_measure,
    help=_measure.__doc__,
    short_help="Metrics of results against their sources.",
    epilog=EXAMPLES,
    params=[
        click.Argument(["paths"], nargs=-1, metavar="SOURCE SAMPLE..."),
        click.Option(["--metrics", "names"], metavar="LIST", multiple=True,
                     help="Which, by their names with commas between, or all; may be repeated. What a metric needs"
                          " has to be given.  [default: those that --list calls usual]"),
        click.Option(["--list", "show_list"], is_flag=True, help="Tell about every metric, and measure nothing."),
        PATCH_SIZE,
        click.Option(["--method"], type=choice("method", METHODS), default="exact", metavar=f"[{'|'.join(METHODS)}]",
                     help="How nearest patches are found. patchmatch searches many times faster and tells its error;"
                          " patch_swd searches nothing, and takes as long with either.  [default: exact]"),
        click.Option(["--rgb"], is_flag=True,
                     help="Measure all pictures as RGB: grey is repeated, palettes are expanded, alpha is left out."),
        click.Option(["--niqe"], metavar="FILE", help="Pristine parameters for niqe, .npz or .mat.  [default: none]"),
        click.Option(["--fit-niqe"], metavar="FOLDER",
                     help="First fit pristine parameters to the pictures of a folder, and write them to the file that"
                          " --niqe names.  [default: none]"),
        click.Option(["--weights"], metavar="FILE",
                     help=f"Weights of Inception-V3 for sifid64 and sifid192.  [default: {VARIABLE}, or none]"),
        click.Option(["--mask"], metavar="PATH",
                     help="White where a sample is new, for seam. A file, a folder with one of the source's name, or"
                          " a template.  [default: none]"),
        click.Option(["--jobs"], type=whole("jobs", 1, 1024),
                     help="Pairs measured at once, each in a process of its own; the figures are the same for any"
                          " number.  [default: as many as cores, at most as pairs; 1 to 1024]"),
        click.Option(["--threads"], type=THREADS,
                     help="Threads of each process; the figures are the same for any number.  [default: the cores,"
                          " shared by the processes; 0 to 1024, 0 means all]"),
        click.Option(["--format", "form"], type=choice("format", FORMATS), metavar=f"[{'|'.join(FORMATS)}]",
                     help="Of what is told on standard output.  [default: table]"),
        click.Option(["--json", "as_json"], is_flag=True, help="The same as --format json."),
        click.Option(["--csv", "as_csv"], is_flag=True, help="The same as --format csv."),
        click.Option(["--out"], metavar="FILE", multiple=True,
                     help=f"Write the report also to a file, which its suffix decides: {', '.join(SUFFIXES)}; may be"
                          " repeated.  [default: none]"),
        click.Option(["--force"], is_flag=True, help="Overwrite files that exist, but no input."),
        click.Option(["--quiet"], is_flag=True,
                     help="Say nothing but errors; with --out, no table on standard output either."),
    ],
)


def _format(values: Mapping[str, Any]) -> str:
    """Return what standard output is to hold."""
    asked = {name: True for name in (values["form"], "json" * values["as_json"], "csv" * values["as_csv"]) if name}
    if len(asked) > 1:
        raise ParameterError(
            explain("format", " and ".join(asked), "standard output holds one", "write the other with --out FILE")
        )
    return next(iter(asked), "table")


def _check_alone(option: str) -> None:
    """Refuse what an option that measures nothing would ignore."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name not in WITH_LIST:
            raise ParameterError(
                explain(option, f"with {parameter.opts[0] if parameter.opts[0] != 'paths' else 'pictures'}",
                        "tells about every metric, and measures nothing", "leave one of them out")
            )


def _beforehand(paired: Paired, left_out: Sequence[tuple[str, str]]) -> list[str]:
    """Return what is said before the work starts: what will be missing."""
    metrics = ", ".join(f"{name} ({need})" for name, need in left_out)
    return [f"{path} is passed over: {reason}" for path, reason in paired.passed_over] + (
        [f"left out: {metrics}"] if metrics else [])


def _arguments(values: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    context = click.get_current_context()
    paths: tuple[str, ...] = values["paths"]
    if len(paths) < 2:
        raise click.UsageError(f"Missing argument '{'SAMPLE...' if paths else 'SOURCE'}'", context)
    return paths[0], paths[1:]


def _fit(pictures: Sequence[Source], values: Mapping[str, Any]) -> NiqeModel:
    return fitted(pictures, values["niqe"], rgb=values["rgb"], force=values["force"], quiet=values["quiet"])


def _check_outputs(outputs: Sequence[Path], paired: Paired, values: Mapping[str, Any]) -> None:
    """Refuse what could not be written, before the work for it starts."""
    for path in outputs:
        io.check_writable(path, force=values["force"], suffixes=SUFFIXES)
    check_distinct(outputs)
    read = [source.path for pair in paired.pairs for source in (pair.source, pair.sample)]
    read += [Path(values[name]) for name in ("niqe", "weights", "mask") if values[name]]
    io.check_inputs_kept(read, outputs)


def _rows(
    pairs: Sequence[Pair], setup: Setup, jobs: int, runner: Runner
) -> tuple[dict[int, Row], list[dict[str, str]]]:
    """Return what was measured, by the pair's number, and what could not be."""
    rows: dict[int, Row] = {}
    errors: dict[int, str] = {}
    kernels.warn_if_slow()
    for line in () if runner.quiet else announcement(pairs, setup, jobs * setup.threads):
        say(line)
    with Progress(len(pairs), quiet=runner.quiet) as progress, closing(
        spread(partial(measured, setup), pairs, jobs)
    ) as outcomes:
        for at, outcome in outcomes:
            pair = pairs[at]
            row = runner.attempt(pair.label, partial(_given, outcome))
            if row is None:
                errors[at] = runner.failed[-1]["error"]
            else:
                rows[at] = row
                progress.piece(f"measured {pair.label}", 1.0, f"{pair.label} against {pair.source.label}"
                                                              f"  {row.seconds:.1f} s")
    return rows, [
        {"source": pairs[at].source.label, "sample": pairs[at].label, "error": errors[at]} for at in sorted(errors)
    ]


def _given(outcome: Any) -> Any:
    if isinstance(outcome, PatchloomError):
        raise outcome
    return outcome


def _spreads(pairs: Sequence[Pair], rows: Mapping[int, Row], setup: Setup) -> list[Spread]:
    """Return what is measured of several samples of a source together."""
    groups = [list(group) for _, group in groupby(sorted(rows), key=lambda at: pairs[at].source)]
    return [
        diversity([pairs[at] for at in group], [rows[at] for at in group], setup) for group in groups if len(group) > 1
    ]


def _deliver(report: Report, form: str, outputs: Sequence[Path], values: Mapping[str, Any]) -> None:
    """Write the report to files and to standard output."""
    for path in outputs:
        text = measure_text.WRITERS[path.suffix.lower()](report) + "\n"
        io.place(path, text.encode("utf-8", "backslashreplace"), force=values["force"])
        if not values["quiet"]:
            say(f"{io.shown(path)}  {len(report.rows)} rows")
    if form != "table":
        tell(measure_text.WRITERS["." + form](report))
    elif report.rows and _is_told(form, values):
        tell(measure_text.as_text(report, _width()))


def _is_told(form: str, values: Mapping[str, Any]) -> bool:
    """Return whether anything goes to standard output."""
    return form != "table" or not (values["out"] and values["quiet"])


def _width() -> int | None:
    """Return the columns of the terminal that standard output is, if it is one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
