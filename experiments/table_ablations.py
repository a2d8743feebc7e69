"""What each number of the default settings does: one changed at a time, against the default.

    python experiments/table_ablations.py [--sources FOLDER] [--seeds 3] [--only key alpha ...] [--method patchmatch]

Each cell has the mean with its standard error, and below it the difference to the default, picture by picture and seed
by seed, with its standard error; beyond two of them it is bold. In about fifty settings some are so by chance alone.
`--base-seeds` gives the default more seeds than the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import charts
from reports import explained, markdown, summary, told_of, write
from tables import USUAL, Cache, Setting, how, options, run, sources

from patchloom import GPNNParams, with_patch_size

BASE = "default"
PLAIN = GPNNParams()


def changed(number: str, *values: float) -> list[tuple[str, GPNNParams]]:
    """Return settings of which one number is not the default's."""
    return [(f"{number} {value:g}", replace(PLAIN, **{number: value})) for value in values]


def everywhere(alpha: float) -> GPNNParams:
    """Return the default with completeness at all levels."""
    return replace(PLAIN, alpha=alpha, complete_levels=64)


GROUPS: dict[str, list[tuple[str, GPNNParams]]] = {
    "key": changed("sharp_levels", 0, 1, 64),
    "alpha": [*changed("alpha", math.inf, 0.1, 0.01, 0.005, 0.001, 0.0005), *changed("complete_levels", 3, 7),
              ("alpha 0.01 everywhere", everywhere(0.01)), ("alpha 0.002 everywhere", everywhere(0.002))],
    "coarsest": changed("coarsest", 10, 21, 28, 35),
    "iterations": [*changed("iterations", 1, 2, 5, 15), *changed("coarsest_iterations", 2, 10)],
    "fold": changed("fold", 0.3, 1.0, 1.7),
    "balance": changed("balance_levels", 0, 3, 64),
    "noise": changed("noise", 0.6, 0.75, 1.05),
    "stay": [*changed("stay", 0.2, 0.5), *changed("draws", 4), ("stay 1, one draw", replace(PLAIN, stay=1.0, draws=1))],
    "ratio": changed("ratio", 0.6, 0.85),
    "patch": [(f"patch_size {size}", with_patch_size(PLAIN, size)) for size in (5, 9, 11)],
    "tolerance": changed("tolerance", 0.0, 0.01, 0.05),
    "search": [*changed("sweeps", 2), *changed("cold_sweeps", 4), *changed("trials", 2, 8), *changed("looks", 0),
               *changed("repairs", 0, 12), ("method patchmatch", replace(PLAIN, method="patchmatch")),
               ("method exact", replace(PLAIN, method="exact"))],
}
"""What is changed, by part of the table."""
SHOWN = (*USUAL, "pixel_diversity", "seconds")
AXES = (("identity_share", "completeness", 1, 1e-4), ("rigid_share", "coherence", 1, 1e-4))


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table."""
    parser = options(__doc__, "ablations", 3)
    parser.add_argument("--only", nargs="+", default=list(GROUPS), choices=list(GROUPS), metavar="PART",
                        help="parts of the table: " + ", ".join(GROUPS))
    parser.add_argument("--base-seeds", type=int, default=0, help="seeds of the default, if more than --seeds")
    parser.add_argument("--slow-seeds", type=int, default=1, help="seeds of exhaustive search at every level")
    given = parser.parse_args(argv)
    cache, most = Cache(given.cache), given.seeds
    settings = [Setting(BASE, PLAIN)]
    settings += [Setting(name, params, seeds=min(most, given.slow_seeds) if params.method == "exact" else most)
                 for group in given.only for name, params in GROUPS[group]]
    given.seeds = max(given.seeds, given.base_seeds)
    pictures = sources(given.sources, given.longest, given.pictures)
    rows = run(settings, pictures, given, cache)
    groups = {group: [BASE, *(name for name, _ in GROUPS[group])] for group in given.only}
    table = how(argv, given, cache) | {"base": BASE, "groups": groups, "settings": summary(rows, BASE, SHOWN)}
    parts = [f"### {group}\n\n{markdown(table, names, SHOWN)}" for group, names in groups.items()]
    text = "\n\n".join([explained(table, "the default"), *parts, told_of(table)])
    write(given.name, table, text, given.out, given.page)
    chart = (given.figures or given.out) / f"{given.name}.svg"
    charts.draw(chart, charts.trade_offs, table, groups, AXES)


if __name__ == "__main__":
    main()
