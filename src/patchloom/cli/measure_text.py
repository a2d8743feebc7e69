"""What was measured, as tables and lines below them."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType

from .. import metrics
from .._version import __version__
from . import tables
from .measure_report import Report, as_csv, as_json, summary
from .tables import Table

SIGNS = {"lower": "↓", "higher": "↑", "near 1": "→1", "neither": ""}
"""What stands beside a metric's name, by `Metric.better`."""

_LEGEND = {"lower": "lower is better", "higher": "higher is better", "near 1": "near 1 is better"}
_NAMED = 3                                                # samples that a note names, and sources that a line does
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]\d+)?")
_PLACE = "\0"                                              # of a number; no note holds it


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
    parts = []
    if report.metrics:
        parts.append(draw(_of_one(report) if len(report.rows) == 1 else _of_many(report)))
    if report.sets:
        parts.append(draw(_of_sets(report)))
    below = [*_legend(report), *_errors(report), *_sources(report), *_notes(report), *_settings(report)]
    return "\n\n".join([*parts, end.join(below)])


def _known() -> dict[str, metrics.Metric]:
    return {metric.name: metric for metric in metrics.METRICS}


def folder_of(labels: Sequence[str]) -> str:
    """Return the folder that all paths have in common, with its separator; empty if there is none.

    Examples
    --------
    >>> folder_of(["out/a/1.png", "out/b/1.png"]), folder_of(["1.png", "out/1.png"])
    ('out/', '')
    """
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*labels, strict=False))
    shared = "".join(letters[0] for letters in alike)
    return shared[: max(shared.rfind(sign) for sign in {"/", os.sep}) + 1]


def _short(labels: Sequence[str]) -> list[str]:
    start = len(folder_of(labels))
    return [label[start:] for label in labels]


def _samples(report: Report) -> list[str]:
    return _short([row.sample for row in report.rows])


def _of_one(report: Report) -> Table:
    """Return a line for each metric of the only pair."""
    known, row = _known(), report.rows[0]
    rows = [
        [name, known[name].range, known[name].better, *tables.figures([row.values[name]])] for name in report.metrics
    ]
    names = f"{_samples(report)[0]} against {_short([row.source])[0]}"
    return Table(["metric", "range", "better", names], rows, text=3)


def _of_many(report: Report) -> Table:
    """Return a line for each pair and a column for each metric."""
    known = _known()
    sources = _short([row.source for row in report.rows])
    several = len(set(sources)) > 1
    names = [list(pair) if several else [pair[0]] for pair in zip(_samples(report), sources, strict=True)]
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
    names = _short([one.source for one in report.sets])
    rows = [[name, str(one.n), value] for name, one, value in zip(names, report.sets, values, strict=True)]
    return Table(["source", "samples", "pixel_diversity ↑"], rows)


def _legend(report: Report) -> list[str]:
    if len(report.rows) == 1:
        return []
    used = {_known()[name].better for name in report.metrics} | ({"higher"} if report.sets else set())
    told = [f"{SIGNS[better]} {meaning}" for better, meaning in _LEGEND.items() if better in used]
    return [", ".join(told)] if told else []


def _errors(report: Report) -> list[str]:
    """Return how sure the figures are that say so, as shares of them; the worst of all rows."""
    found: dict[str, list[str]] = {"the search": [], "random directions": []}
    most = "at most " * (len(report.rows) > 1)
    for name in report.metrics:
        pairs = zip(report.detail(name, "standard_error"), report.column(name), strict=True)
        shares = [error / value for error, value in pairs if error is not None and value]
        if shares:
            cause = "the search" if any(report.detail(name, "method")) else "random directions"
            found[cause].append(f"{name} {most}{100 * max(shares):.1f} %")
    return [f"standard error of {cause}: {', '.join(told)}" for cause, told in found.items() if told]


def _sources(report: Report) -> list[str]:
    """Return what NIQE says of the sources, which the samples' scores have to be read with."""
    beside = [
        (row.source, value) for row, value in zip(report.rows, report.detail("niqe", "source"), strict=True)
        if value is not None
    ]
    scores = dict(zip(_short([label for label, _ in beside]), (value for _, value in beside), strict=True))
    if not scores:
        return []
    shown = tables.figures(list(scores.values()))
    if len(scores) == 1:
        return [f"niqe of the source: {shown[0]}"]
    if len(scores) <= _NAMED:
        return ["niqe of the sources: " + ", ".join(map(" ".join, zip(scores, shown, strict=True)))]
    least, most, mean = tables.figures([min(scores.values()), max(scores.values()), statistics.fmean(scores.values())])
    return [f"niqe of the sources: {least} to {most}, mean {mean}; each stands in CSV and JSON"]


def _notes(report: Report) -> list[str]:
    """Return each sentence once, with the samples that it is about; those that differ in numbers alone are one."""
    names = _samples(report)
    about: dict[tuple[str, str], dict[str, list[list[str]]]] = {}
    for row, sample in zip(report.rows, names, strict=True):
        for name, sentences in row.notes.items():
            for sentence in sentences:
                shape = name, _NUMBER.sub(_PLACE, sentence)
                about.setdefault(shape, {}).setdefault(sample, []).append(_NUMBER.findall(sentence))
    lines = []
    for (name, words), found in about.items():
        numbers = [one for each in found.values() for one in each]
        lines.append(f"note on {name}{_whose(list(found), len(names))}: {_filled(words, numbers)}")
    named = zip(_short([one.source for one in report.sets]), report.sets, strict=True)
    return lines + [f"note on pixel_diversity ({source}): {one.note}" for source, one in named if one.note]


def _whose(samples: Sequence[str], rows: int) -> str:
    if rows == 1:
        return ""
    if len(samples) == rows:
        return " (all)"
    return f" ({', '.join(samples)})" if len(samples) <= _NAMED else f" ({len(samples)} of {rows})"


def _filled(shape: str, numbers: Sequence[Sequence[str]]) -> str:
    """Return a sentence with its numbers, or from which to which they are.

    Examples
    --------
    >>> _filled(f"{_PLACE} blocks: below {_PLACE}", [["2", "16"], ["4", "16"]])
    '2 to 4 blocks: below 16'
    """
    first, *rest = shape.split(_PLACE)
    for column, text in zip(zip(*numbers, strict=True), rest, strict=True):
        found = sorted(set(column), key=float)
        first += (found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}") + text
    return first


def _settings(report: Report) -> list[str]:
    told = report.settings
    facts = [
        f"patches {told['patch_size']} x {told['patch_size']}" * report.takes_patches,
        f"search {told['method']}" * report.searched, "both pictures brought to RGB" * told["rgb"],
        f"patchloom {__version__}",
    ]
    lines = [", ".join(filter(None, facts))]
    folders = [
        f"{what} in {folder}" for what, labels in (
            ("samples", [row.sample for row in report.rows]), ("sources", [row.source for row in report.rows]),
        ) if (folder := folder_of(labels))
    ]
    lines += [", ".join(folders)] if folders else []
    for what in ("niqe", "weights"):
        if told[what]:
            lines.append(f"{what} {told[what]['path']}, SHA-256 {told[what]['sha256']}")
    return lines
