"""Which metrics there are, and which of them are measured."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from .. import metrics
from .._version import __version__
from ..errors import ParameterError, explain
from ..metrics import Metric
from ..metrics.inception import VARIABLE
from .tables import Table, csv_text, drawn, width_of

OPTIONS: Mapping[str, str] = MappingProxyType(
    {"niqe": "--niqe FILE", "weights": "--weights FILE", "mask": "--mask PATH"}
)
"""What gives a metric what it needs, by `Metric.needs`."""

_REMEDIES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "niqe": ("needs a model of pristine pictures", "pass --niqe FILE, which --fit-niqe FOLDER makes"),
    "weights": ("needs the weights of Inception-V3", f"pass --weights FILE, or set {VARIABLE}"),
    "mask": ("needs a mask of what is new", "pass --mask PATH"),
})

SET_METRIC = "pixel_diversity"
"""The one metric of all samples of a source together."""

SEVERAL = "two samples of a source or more"
"""What it needs."""

ALL = "all"

_SET = {
    "name": SET_METRIC, "usual": "yes", "range": "0 and more", "better": "higher",
    "needs": SEVERAL,
    "help": "How much pixels vary from sample to sample, relative to how they vary in the source.",
}


def chosen(asked: Sequence[str], given: Collection[str]) -> list[str]:
    """Return the names of the metrics to measure, in the order of tables.

    Parameters
    ----------
    asked : sequence of str
        Names; of ``all`` among them, and of the usual ones where there are none, those that need no more than is given.
    given : collection of str
        Of `Metric.needs`.

    Raises
    ------
    ParameterError
        If a name is unknown, a metric lacks what it needs, or nothing needs what was given.
    """
    known = {metric.name: metric for metric in metrics.METRICS}
    for name in asked:
        if name not in (*known, SET_METRIC, ALL):
            raise ParameterError(
                explain("metrics", repr(name), f"must be among {', '.join((*known, SET_METRIC))}, or all",
                        "patchloom measure --list tells about each")
            )
        if name in known and known[name].needs and known[name].needs not in given:
            raise ParameterError(explain("metrics", name, *_REMEDIES[known[name].needs]))
    if not asked or ALL in asked:
        fitting = [metric for metric in metrics.METRICS if not metric.needs or metric.needs in given]
        asked = [*asked, *(metric.name for metric in fitting if metric.usual or ALL in asked), SET_METRIC]
    return [name for name in (*known, SET_METRIC) if name in asked]


def check_set(asked: Sequence[str], samples: int) -> None:
    """Refuse to measure of several samples what has only one.

    Parameters
    ----------
    asked : sequence of str
        Names, as the command line has them.
    samples : int
        The most of any source.

    Raises
    ------
    ParameterError
        If that was asked for by its name.
    """
    if SET_METRIC in asked and samples < 2:
        raise ParameterError(explain("metrics", SET_METRIC, f"needs {SEVERAL}", "pass more, or leave it out"))


def left_out(asked: Sequence[str], names: Sequence[str], samples: int) -> list[tuple[str, str]]:
    """Return the metrics that ``all`` does not mean for want of something, and what that is.

    Parameters
    ----------
    asked : sequence of str
        Names, as the command line has them.
    names : sequence of str
        Of `chosen`.
    samples : int
        The most of any source.
    """
    if ALL not in asked:
        return []
    found = [(metric.name, OPTIONS[metric.needs]) for metric in metrics.METRICS if metric.name not in names]
    return found + ([(SET_METRIC, SEVERAL)] if samples < 2 else [])


def check_needed(names: Sequence[str], given: Mapping[str, str]) -> None:
    """Refuse what would be ignored: given for metrics that are not measured.

    Raises
    ------
    ParameterError
        It names them.
    """
    for need, text in given.items():
        users = [metric.name for metric in metrics.METRICS if metric.needs == need]
        if not set(users) & set(names):
            raise ParameterError(
                explain(need, text, f"is only for {' and '.join(users)}, which --metrics leaves out",
                        f"add {users[0]} to --metrics, or leave --{need} out")
            )


def _entry(metric: Metric) -> dict[str, str]:
    needs = OPTIONS[metric.needs] if metric.needs else ""
    return {
        "name": metric.name, "usual": "yes" if metric.usual else "no", "range": metric.range, "better": metric.better,
        "needs": needs, "help": metric.help,
    }


def listed(form: str, width: int | None = None) -> str:
    """Return what there is to know about every metric, as a table, JSON or CSV.

    Parameters
    ----------
    form : {"table", "json", "csv"}
        Of the result.
    width : int, optional
        Of the terminal that shows a table.
    """
    entries = [*map(_entry, metrics.METRICS), _SET]
    if form == "json":
        return json.dumps({"version": __version__, "metrics": entries}, indent=2)
    header = list(entries[0])
    lines = [list(entry.values()) for entry in entries]
    if form == "csv":
        return csv_text([header, *lines])
    table = Table(header, lines, text=len(header))
    return drawn(table, width) if width is None or width_of(table) <= width else "\n".join(_narrow(entries, width))


def _narrow(entries: Sequence[Mapping[str, str]], width: int) -> Iterator[str]:
    """Yield what a terminal too narrow for the table shows: names on lines of their own, help below."""
    for one in entries:
        better = "" if one["better"] == "neither" else f", {one['better']} is better"
        yield one["name"]
        facts = f"{one['range']}{better}" + ("" if one["usual"] == "yes" else "; not usual") + (
            f"; needs {one['needs']}" if one["needs"] else "")
        for text in (facts, one["help"]):
            yield from textwrap.wrap(text, max(width, 20), initial_indent="  ", subsequent_indent="  ")
