"""Ours at each preset and diversity beside published samples of any model, on any folder of sources.

    python experiments/table_published.py --sources FOLDER --published FOLDER [--published-name GPNN] [--jpeg 85]
        [--seeds 5] [--slow-seeds 1] [--niqe FILE] [--weights FILE]

Published samples are files named as their sources, one each. Samples that were published as JPEG files have lost
coherence by that: `--jpeg` adds rows of ours that went through a file of the same quality. `--slow-seeds` is for the
presets that search exhaustively. NIQE and SIFID join when their files are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import charts
from reports import explained, markdown, summary, told_of, write
from tables import Cache, Setting, hash_of, how, options, run, sources

from patchloom import PRESETS, io, metrics, with_diversity

BASE = "default"
ASIDE = ("bidirectional_multiscale", "nnfdist", "seam", "tile_seam", "tile_coherence")
"""Metrics that are not measured unless asked for: dear, the same as coherence, or of other tasks."""
SLOW = ("official", "paper")
DOTS = (
    ("coherence", 1e-4), ("completeness", 1e-4), ("patch_swd", 1e-3), ("sharpness_ratio", 1), ("identity_share", 1),
    ("rigid_share", 1), ("nnfdiv", 1), ("pixel_diversity", 1),
)


def ours(presets: Sequence[str], slow_seeds: int) -> list[Setting]:
    """Return the default, also at the other diversities (medium is the default itself), and the slow presets."""
    found = [Setting(BASE, PRESETS[BASE])]
    found += [Setting(f"{BASE}, diversity {word}", with_diversity(PRESETS[BASE], word)) for word in ("low", "high")]
    return found + [Setting(name, PRESETS[name], seeds=slow_seeds) for name in presets]


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table."""
    parser = options(__doc__, "published", 5)
    parser.add_argument("--published", type=Path, action="append", default=[], metavar="FOLDER", help="samples")
    parser.add_argument("--published-name", action="append", default=[], metavar="NAME", help="whose they are")
    parser.add_argument("--presets", nargs="*", default=list(SLOW), choices=SLOW,
                        help="besides the default")
    parser.add_argument("--slow-seeds", type=int, default=1, help=f"seeds of {' and '.join(SLOW)}")
    parser.add_argument("--jpeg", type=int, default=0, choices=range(101), metavar="QUALITY",
                        help="add rows that went through a JPEG file of this quality")
    parser.add_argument("--niqe", type=Path, metavar="FILE", help="pristine parameters")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="Inception's weights")
    parser.add_argument("--metrics", nargs="+", metavar="NAME", help="by default all but " + ", ".join(ASIDE))
    parser.set_defaults(projections=256)
    given = parser.parse_args(argv)
    names = [*given.published_name, *(str(folder) for folder in given.published[len(given.published_name):])]
    if len(names) != len(given.published):
        parser.error("more --published-name than --published")
    loaded = {"niqe": io.load_niqe, "weights": metrics.load_inception}
    needs = {name: load(getattr(given, name)) for name, load in loaded.items() if getattr(given, name)}
    cache, settings = Cache(given.cache), ours(given.presets, given.slow_seeds)
    if given.jpeg:
        settings += [Setting(f"{s.name}, JPEG {given.jpeg}", s.params, jpeg=given.jpeg, seeds=s.seeds)
                     for s in settings]
    settings += [Setting(f"published, {name}", folder=folder)
                 for name, folder in zip(names, given.published, strict=True)]
    wanted = given.metrics or [m.name for m in metrics.METRICS if m.name not in ASIDE]
    metric_names = [m.name for m in metrics.METRICS if m.name in wanted and (not m.needs or m.needs in needs)]
    rows = run(settings, sources(given.sources, given.longest, given.pictures), given, cache, metric_names, needs)
    shown = [*metric_names, "pixel_diversity", "seconds"]
    table = how(argv, given, cache) | {"base": BASE, "settings": summary(rows, BASE, shown)}
    table["files"] = {name: hash_of(value) for name, value in needs.items()}
    mark(table, settings)
    text = [explained(table, "the default"), markdown(table, list(rows), shown), told_of(table)]
    write(given.name, table, "\n\n".join(text), given.out, given.page)
    charts.draw((given.figures or given.out) / f"{given.name}.svg", charts.dots, table, DOTS, BASE)


def mark(table: Mapping[str, Any], settings: Sequence[Setting]) -> None:
    """Say which settings are files'."""
    for setting in settings:
        table["settings"][setting.name]["files"] = setting.folder is not None


if __name__ == "__main__":
    main()
