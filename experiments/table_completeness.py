"""Does a finite alpha help or hurt when the first guess is noise? The official settings at several alphas.

    python experiments/table_completeness.py [--sources FOLDER] [--longest 120] [--seeds 7] [--coarsest-iterations 1]

By exhaustive search and by PatchMatch at every level. Below each mean stands the difference to alpha inf of the same
search, picture by picture and seed by seed. Contrast is the standard deviation against the source's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import charts
from reports import explained, markdown, summary, told_of, write
from tables import USUAL, Cache, Setting, how, options, run, sources

from patchloom import PRESETS

METHODS = ("exact", "patchmatch")
ALPHAS = (math.inf, 0.05, 0.01, 0.005, 0.001)
SHOWN = (*USUAL, "contrast")
AXES = (("contrast", "completeness", 1, 1e-4),)


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table."""
    parser = options(__doc__, "completeness", 7)
    parser.add_argument("--coarsest-iterations", type=int, default=1)
    given = parser.parse_args(argv)
    official = replace(PRESETS["official"], coarsest_iterations=given.coarsest_iterations)
    groups = {method: [f"{method}: alpha {alpha:g}" for alpha in ALPHAS] for method in METHODS}
    settings = [
        Setting(name, replace(official, method=method, alpha=alpha))
        for method, names in groups.items() for name, alpha in zip(names, ALPHAS, strict=True)
    ]
    cache = Cache(given.cache)
    rows = run(settings, sources(given.sources, given.longest, given.pictures), given, cache, SHOWN)
    table = how(argv, given, cache) | {"groups": groups, "settings": {}}
    for names in groups.values():
        table["settings"] |= summary({name: rows[name] for name in names}, names[0], SHOWN)
    text = [explained(table, "alpha inf of the same search"), markdown(table, list(rows), SHOWN), told_of(table)]
    write(given.name, table, "\n\n".join(text), given.out, given.page)
    chart = (given.figures or given.out) / f"{given.name}.svg"
    charts.draw(chart, charts.trade_offs, table, groups, AXES)


if __name__ == "__main__":
    main()
