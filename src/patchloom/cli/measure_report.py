"""What was measured, as JSON and CSV."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._version import __version__
from .measure_work import Row, Spread
from .tables import csv_text, inert

# More details that have columns of their own in CSV, by metric: the detail, and its column.
_OWN = {"niqe": (("source", "niqe_of_source"), ("blocks", "niqe_blocks"))}


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
    left_out : sequence of (str, str)
        Metrics that were asked for with all others and not measured, and what they need.
    """

    settings: Mapping[str, Any]
    metrics: tuple[str, ...]
    rows: Sequence[Row]
    sets: Sequence[Spread] = ()
    failed: Sequence[Mapping[str, str]] = ()
    passed_over: Sequence[tuple[str, str]] = ()
    left_out: Sequence[tuple[str, str]] = ()

    @property
    def searched(self) -> bool:
        """Whether nearest patches were looked for."""
        return any("method" in details for row in self.rows for details in row.details.values())

    @property
    def takes_patches(self) -> bool:
        """Whether the patch size decides any figure."""
        return self.searched or "patch_swd" in self.metrics

    def column(self, name: str) -> list[float]:
        """Return a metric's values, one for each row."""
        return [row.values[name] for row in self.rows]

    def detail(self, name: str, what: str) -> list[Any]:
        """Return a metric's detail, one for each row; None where it has none."""
        return [row.details.get(name, {}).get(what) for row in self.rows]


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
             "notes": _notes(row)}
            for row in report.rows
        ],
        "sets": [
            {"source": one.source, "n": one.n, "pixel_diversity": one.value, "notes": [one.note] if one.note else []}
            for one in report.sets
        ],
        "summary": {name: summary(report.column(name)) for name in report.metrics},
        "failed": report.failed,
        "passed_over": [{"path": path, "reason": reason} for path, reason in report.passed_over],
        "left_out": [{"metric": name, "needs": need} for name, need in report.left_out],
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
    """Return the report with a line for each pair, which can be read alone.

    The diversity of a set stands in each line of it, and so does what decides all figures.
    """
    columns = {
        "source": [inert(row.source) for row in report.rows], "sample": [inert(row.sample) for row in report.rows]
    }
    for name in report.metrics:
        columns[name] = [_cell(value) for value in report.column(name)]
        for what, title in (("standard_error", f"{name}_standard_error"), *_OWN.get(name, ())):
            beside = report.detail(name, what)
            if any(value is not None for value in beside):
                columns[title] = ["" if value is None else _cell(value) for value in beside]
    if report.sets:
        spreads = {one.source: one.value for one in report.sets}
        columns["pixel_diversity"] = [_cell(spreads.get(row.source, math.nan)) for row in report.rows]
    columns["method"] = [_method(row) for row in report.rows]
    columns |= {name: [text] * len(report.rows) for name, text in _constants(report).items()}
    columns["notes"] = [
        inert("; ".join(_notes(row))) for row in report.rows
    ]
    return csv_text([list(columns), *zip(*columns.values(), strict=True)])


def _notes(row: Row) -> list[str]:
    return [f"{name}: {'; '.join(notes)}" for name, notes in row.notes.items()]


def _constants(report: Report) -> dict[str, str]:
    """Return what decides the figures of every line."""
    settings = report.settings
    hashes = {f"{what}_sha256": settings[what]["sha256"] for what in ("niqe", "weights") if settings[what]}
    return {
        "patch_size": str(settings["patch_size"]) * report.takes_patches, "rgb": "yes" if settings["rgb"] else "no",
        "version": __version__, **hashes,
    }


def _method(row: Row) -> str:
    """Return how nearest patches of a row were found, which ``auto`` leaves open; empty if none were looked for."""
    return " and ".join(sorted({details["method"] for details in row.details.values() if "method" in details}))


def _cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value if isinstance(value, int) else float(value))
