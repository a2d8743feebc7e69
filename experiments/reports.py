"""Figures of many pictures, and the files that tell them: JSON with everything, a Markdown table."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sheets import ROOT

import patchloom
from patchloom import kernels
from patchloom.checks import available_cores

DIGITS = 4                                                # of the figures that are kept
TITLES = {                                                # column's heading, and what figures are told in
    "coherence": ("coherence, 1e-4", 1e-4), "completeness": ("completeness, 1e-4", 1e-4),
    "bidirectional": ("bidirectional, 1e-4", 1e-4),
    "bidirectional_multiscale": ("bidirectional, several sizes, 1e-4", 1e-4),
    "patch_swd": ("patch SWD, 1e-3", 1e-3), "sharpness_ratio": ("sharpness", 1), "identity_share": ("identity", 1),
    "rigid_share": ("rigid", 1), "pixel_diversity": ("pixel diversity", 1),
    "training_seconds": ("seconds of training", 1), "seconds": ("seconds", 1), "megabytes": ("memory, MB", 1),
}
"""Metrics that are not here are called by their own names."""
ALONE = ("seconds", "training_seconds", "megabytes")
"""What is not compared pair by pair: what else the machine had to do is no matter of the setting."""


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.M) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


@cache
def commit() -> str:
    """Return the work tree's commit, with "+" where tracked files differ from it; empty outside git."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=10", "HEAD") + "+" * bool(git("status", "--porcelain", "-uno"))
    except (OSError, subprocess.CalledProcessError):
        return ""


def told_command(argv: Sequence[str] | None) -> str:
    """Return the command, without what only says where files go."""
    words = list(sys.argv[1:] if argv is None else argv)
    for place in ("--cache", "--out", "--figures", "--page"):
        while place in words:
            at = words.index(place)
            del words[at : at + 2]
    words = [os.path.relpath(word, ROOT) if Path(word).is_absolute() else word for word in words]
    script = Path(sys.argv[0]).name if argv is None else "TABLE"
    return " ".join(["python", f"experiments/{script}", *map(shlex.quote, words)])


def facts(argv: Sequence[str] | None) -> dict[str, Any]:
    """Return what a table has to say of how it was made."""
    versions = {"patchloom": patchloom.__version__, **kernels.info(), "numpy": np.__version__}
    return {
        "command": told_command(argv),
        "machine": {"processor": processor(), "cores": available_cores(), "system": platform.system()},
        "versions": {**versions, "python": platform.python_version()}, "commits": [commit()],
    }


def rounded(value: float, digits: int = DIGITS) -> float | None:
    """Return a figure with a few digits; None for nan, which JSON has not."""
    return None if math.isnan(value) else float(f"{value:.{digits}g}")


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return n, mean, median, standard deviation, quartiles and standard error of figures; nan ones are left out."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return {"n": 0}
    deviation = statistics.stdev(known) if len(known) > 1 else math.nan
    found = {
        "mean": statistics.fmean(known), "median": statistics.median(known), "standard_deviation": deviation,
        "standard_error": deviation / math.sqrt(len(known)),
    }
    quartiles = [rounded(float(value)) for value in np.quantile(known, (0.25, 0.75))]
    return {"n": len(known), **{name: rounded(value) for name, value in found.items()}, "quartiles": quartiles}


def difference(rows: Sequence[Any], base: Sequence[Any], name: str) -> dict[str, Any]:
    """Return the differences of a metric to another setting's, picture by picture and seed by seed.

    Files have no seed: they are compared with the mean of the other setting's seeds. `standard_error` is over all
    pairs; `standard_error_of_pictures` over the pictures' means, for those who ask what other pictures would give: the
    seeds of one picture are no independent witnesses of that.
    """
    of_base = {(row.picture, row.seed): row.values[name] for row in base if name in row.values}
    for picture in {row.picture for row in base}:
        several = [value for (of, _), value in of_base.items() if of == picture]
        of_base.setdefault((picture, 0), statistics.fmean(several or [math.nan]))
    pairs: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if name in row.values and (row.picture, row.seed) in of_base:
            pairs[row.picture].append(row.values[name] - of_base[row.picture, row.seed])
    told = spread([value for values in pairs.values() for value in values])
    means = spread([statistics.fmean(values) for values in pairs.values()])
    found = {name: told[name] for name in ("n", "mean", "standard_error") if name in told}
    return found | {"standard_error_of_pictures": means.get("standard_error")}


def summary(rows: Mapping[str, Sequence[Any]], base: str | None, names: Sequence[str]) -> dict[str, Any]:
    """Return for every setting its pictures, seeds, and of each metric the spread, the differences and all values."""
    found = {}
    for setting, some in rows.items():
        per_metric = {}
        for name in names:
            values = [row.values[name] for row in some if name in row.values]
            if values:
                per_metric[name] = spread(values) | {"values": [rounded(value, 3) for value in values]}
                if base is not None and setting != base and name not in ALONE:
                    per_metric[name]["difference"] = difference(some, rows[base], name)
        seeds, pictures = sorted({row.seed for row in some}), list(dict.fromkeys(row.picture for row in some))
        found[setting] = {"n": len(some), "seeds": seeds, "pictures": pictures, "metrics": per_metric}
    return found


def cell(told: Mapping[str, Any] | None, unit: float) -> str:
    """Return mean and standard error, and the difference to the default below, bold beyond two standard errors."""
    if not told or not told["n"]:
        return ""
    text = with_error(told["mean"], told["standard_error"], unit)
    change = told.get("difference")
    if change and change["n"]:
        below = with_error(change["mean"], change["standard_error"], unit, signed=True)
        beyond = change["standard_error"] and abs(change["mean"]) > 2 * change["standard_error"]
        text += f"<br>**{below}**" if beyond else f"<br>{below}"
    return text


def with_error(mean: float, error: float | None, unit: float, signed: bool = False) -> str:
    """Return a figure with its error, both to the error's first digit, or its second where the first is 1 or 2."""
    mean, sign = mean / unit, "+" if signed else ""
    if not error:
        return f"{mean:{sign}.3g}"
    error /= unit
    digits = math.floor(math.log10(error))
    places = max(0, (error < 3 * 10**digits) - digits)
    return f"{mean:{sign}.{places}f} ± {error:.{places}f}"


def markdown(table: Mapping[str, Any], settings: Sequence[str], names: Sequence[str]) -> str:
    """Return a Markdown table of some settings."""
    some = {setting: table["settings"][setting] for setting in settings}
    shown = [name for name in names if any(name in told["metrics"] for told in some.values())]
    heads = [TITLES.get(name, (name.replace("_", " "), 1)) for name in shown]
    lines = ["| | n | " + " | ".join(title for title, _ in heads) + " |", "|---|---|" + "---|" * len(shown)]
    for setting, told in some.items():
        cells = [cell(told["metrics"].get(name), unit) for name, (_, unit) in zip(shown, heads, strict=True)]
        lines.append(f"| {setting} | {told['n']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def told_of(table: Mapping[str, Any]) -> str:
    """Return a paragraph on how a table was made."""
    machine, versions = table["machine"], ", ".join(f"{name} {value}" for name, value in table["versions"].items())
    return (
        f"`{table['command']}`\n\n{machine['processor']}, {machine['cores']} cores; {versions};"
        f" commit {', '.join(table['commits']) or 'unknown'}.{table.get('note', '')}"
    )


def explained(table: Mapping[str, Any], base: str) -> str:
    """Return what the cells of a table with differences hold, and how they were measured."""
    by = "PatchMatch, the means corrected by an exhaustive search of some patches" if table["method"] != "exact" else (
        "exhaustive search")
    samples = min((len(told["seeds"]) for told in table["settings"].values() if len(told["seeds"]) > 1), default=0)
    diversity = f" pixel diversity is of {samples} samples of each picture," if samples else ""
    return (
        f"Mean and standard error over the pictures and seeds; below, the difference to {base}, picture by picture and"
        " seed by seed, with its standard error, bold beyond two of them. Distances are mean squared differences of"
        f" 7 x 7 patches, intensities on [0, 1], measured by {by}; patch SWD has {table['projections']} directions,"
        f"{diversity} seconds are the processor's on one thread, of a machine that had other work, and good to a third."
    )


def write(name: str, table: Mapping[str, Any], text: str, out: Path, page: Path | None = None) -> None:
    """Write NAME.json and NAME.md, and put the text between a page's marks `<!-- NAME -->` and `<!-- /NAME -->`."""
    out.mkdir(parents=True, exist_ok=True)
    whole = json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False)
    for inner in (r"\[[^\[\]{}]*\]", r"\{[^{}]*\}"):           # lists, and what holds no other, are one line each
        whole = re.sub(inner, lambda match: " ".join(match[0].split()), whole)
    (out / f"{name}.json").write_text(whole + "\n", "utf-8")
    (out / f"{name}.md").write_text(f"{text}\n", "utf-8")
    print(f"{out / name}.json, {name}.md")
    if page is not None:
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = page.read_text("utf-8").partition(start)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{page}: has no marks {start.strip()} and {end}; write them where the table goes")
        page.write_text(f"{before}{start}{text}\n{end}{after}", "utf-8")
