"""What was measured, as JSON, CSV and tables."""

from __future__ import annotations

import csv
import io as streams
import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from .. import metrics
from .._version import __version__
from . import tables
from .measure_work import Row, Spread
from .tables import Table

SIGNS = {"lower": "↓", "higher": "↑", "near 1": "→1", "neither": ""}
"""What stands beside a metric's name, by `Metric.better`."""

_LEGEND = {"lower": "lower is better", "higher": "higher is better", "near 1": "near 1 is better"}
_NAMED = 3                                                # samples that a note names


@dataclass(frozen=True)
class Report:
    """What one command line measured.

    Attributes
    ----------
    settings : mapping
        What decides the figures besides the files; fit for JSON.
    metrics : tuple of str
        Measured for each row.
    rows : sequence of Row
        In the order of the pairs.
    sets : sequence of Spread
        Of each source with several samples.
    failed : sequence of mapping
        What could not be measured, and why.
    passed_over : sequence of (str, str)
        Files without a partner, and why.
    """

    settings: Mapping[str, Any]
    metrics: tuple[str, ...]
    rows: Sequence[Row]
    sets: Sequence[Spread] = ()
    failed: Sequence[Mapping[str, str]] = ()
    passed_over: Sequence[tuple[str, str]] = ()

    def column(self, name: str) -> list[float]:
        """Return a metric's values, one for each row."""
        return [row.values[name] for row in self.rows]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return how many values are numbers, and what is in their middle and at their ends."""
    found = [value for value in values if math.isfinite(value)]
    if not found:
        return {"n": 0, **dict.fromkeys(("mean", "median", "min", "max", "deviation"), math.nan)}
    return {
        "n": len(found), "mean": statistics.fmean(found), "median": statistics.median(found), "min": min(found),
        "max": max(found), "deviation": statistics.stdev(found) if len(found) > 1 else math.nan,
    }


def as_json(report: Report) -> str:
    """Return the report as one strict JSON object: what is no number is null."""
    told = {
        "version": __version__,
        "settings": report.settings,
        "rows": [
            {"source": row.source, "sample": row.sample, "values": row.values, "details": row.details,
             "notes": [f"{name}: {note}" for name, note in row.notes.items()]}
            for row in report.rows
        ],
        "sets": [
            {"source": one.source, "n": one.n, "pixel_diversity": one.value, "notes": [one.note] if one.note else []}
            for one in report.sets
        ],
        "summary": {name: summary(report.column(name)) for name in report.metrics},
        "failed": report.failed,
        "passed_over": [{"path": path, "reason": reason} for path, reason in report.passed_over],
    }
    return json.dumps(strict(told), indent=2, allow_nan=False)


def strict(value: Any) -> Any:
    """Return a value as JSON has it: NumPy's numbers and arrays as Python's, null for what is no number."""
    if isinstance(value, Mapping):
        return {str(key): strict(entry) for key, entry in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return strict(value.tolist())
    if isinstance(value, (list, tuple)):
        return [strict(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_csv(report: Report) -> str:
    """Return the report with a line for each pair; the diversity of a set stands in each line of it."""
    spreads = {one.source: one for one in report.sets}
    header = ["source", "sample", *report.metrics, *(["pixel_diversity"] if spreads else []), "notes"]
    lines = []
    for row in report.rows:
        spread = spreads.get(row.source)
        notes = "; ".join(f"{name}: {note}" for name, note in row.notes.items())
        diversity = [] if not spreads else [_cell(spread.value if spread else math.nan)]
        values = [_cell(row.values[name]) for name in report.metrics]
        lines.append([_inert(row.source), _inert(row.sample), *values, *diversity, _inert(notes)])
    return csv_text([header, *lines])


def csv_text(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as CSV, without the last line's end."""
    file = streams.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue().removesuffix("\n")


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))


def _inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def as_text(report: Report, width: int | None = None) -> str:
    """Return the report as text, for a terminal if it has a width."""
    return _laid_out(report, lambda table: tables.drawn(table, width))


def as_markdown(report: Report) -> str:
    """Return the report as Markdown."""
    return _laid_out(report, lambda table: "\n".join(tables.markdown(table)), "\n\n")


WRITERS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {".json": as_json, ".csv": as_csv, ".md": as_markdown, ".txt": as_text}
)
"""Suffix -> what a report's file of it holds, but for the last line's end."""


def _laid_out(report: Report, draw: Callable[[Table], str], end: str = "\n") -> str:
    parts = [draw(_of_one(report) if len(report.rows) == 1 else _of_many(report))]
    if report.sets:
        parts.append(draw(_of_sets(report)))
    below = end.join([*_legend(report), *_notes(report), *_settings(report)])
    return "\n\n".join([*parts, below])


def _known() -> dict[str, metrics.Metric]:
    return {metric.name: metric for metric in metrics.METRICS}


def _of_one(report: Report) -> Table:
    """Return a line for each metric of the only pair."""
    known, row = _known(), report.rows[0]
    rows = [
        [name, known[name].range, known[name].better, *tables.figures([row.values[name]])] for name in report.metrics
    ]
    return Table(["metric", "range", "better", f"{row.sample} against {row.source}"], rows, text=3)


def _of_many(report: Report) -> Table:
    """Return a line for each pair and a column for each metric."""
    known = _known()
    several = len({row.source for row in report.rows}) > 1
    names = [[row.sample, row.source] if several else [row.sample] for row in report.rows]
    columns, feet = [], []
    for name in report.metrics:
        values = report.column(name)
        found = summary(values)
        foot = [found[key] for key in ("mean", "median", "deviation")]
        columns.append(tables.figures(values, foot))
        feet.append(tables.figures(foot, values))
    header = ["sample", "source"] if several else ["sample"]
    return Table(
        [*header, *(f"{name} {SIGNS[known[name].better]}".rstrip() for name in report.metrics)],
        [[*label, *(column[at] for column in columns)] for at, label in enumerate(names)],
        [[title, *[""] * several, *(foot[at] for foot in feet)]
         for at, title in enumerate(("mean", "median", "deviation"))],
        text=len(header),
    )


def _of_sets(report: Report) -> Table:
    values = tables.figures([one.value for one in report.sets])
    rows = [[one.source, str(one.n), value] for one, value in zip(report.sets, values, strict=True)]
    return Table(["source", "samples", "pixel_diversity ↑"], rows)


def _legend(report: Report) -> list[str]:
    if len(report.rows) == 1:
        return []
    used = {_known()[name].better for name in report.metrics} | ({"higher"} if report.sets else set())
    told = [f"{SIGNS[better]} {meaning}" for better, meaning in _LEGEND.items() if better in used]
    return [", ".join(told)] if told else []


def _notes(report: Report) -> list[str]:
    """Return each note once, with the samples that it is about."""
    about: dict[tuple[str, str], list[str]] = {}
    for row in report.rows:
        for name, note in row.notes.items():
            about.setdefault((name, note), []).append(row.sample)
    lines = []
    for (name, note), samples in about.items():
        more = f" and {len(samples) - _NAMED} more" if len(samples) > _NAMED else ""
        whose = "" if len(report.rows) == 1 else f" ({', '.join(samples[:_NAMED])}{more})"
        lines.append(f"note on {name}{whose}: {note}")
    return lines + [f"note on pixel_diversity ({one.source}): {one.note}" for one in report.sets if one.note]


def _settings(report: Report) -> list[str]:
    told = report.settings
    lines = [f"patches {told['patch_size']} x {told['patch_size']}, search {told['method']}"
             + (", both pictures brought to RGB" if told["rgb"] else "") + f", patchloom {__version__}"]
    for what in ("niqe", "weights"):
        if told[what]:
            lines.append(f"{what} {told[what]['path']}, SHA-256 {told[what]['sha256']}")
    return lines
