"""Which metrics there are, and which of them are measured."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from .. import metrics
from .._version import __version__
from ..errors import ParameterError, explain
from ..metrics import Metric
from .measure_report import csv_text
from .tables import Table, drawn

OPTIONS: Mapping[str, str] = MappingProxyType(
    {"niqe": "--niqe FILE", "weights": "--weights FILE", "mask": "--mask PATH"}
)
"""What gives a metric what it needs, by `Metric.needs`."""

SET_METRIC = "pixel_diversity"
"""The one metric of all samples of a source together."""

ALL = "all"

_SET = {
    "name": SET_METRIC, "usual": "yes", "range": "0 and more", "better": "higher",
    "needs": "two samples of a source or more",
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
            option = OPTIONS[known[name].needs]
            raise ParameterError(explain("metrics", name, f"needs what {option} gives", f"pass {option}"))
    if not asked or ALL in asked:
        fitting = [metric for metric in metrics.METRICS if not metric.needs or metric.needs in given]
        asked = [*asked, *(metric.name for metric in fitting if metric.usual or ALL in asked), SET_METRIC]
    return [name for name in (*known, SET_METRIC) if name in asked]


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
    return drawn(Table(header, lines, text=len(header)), width)
