"""Seconds, memory and quality of a new picture at growing sizes, beside one exhaustive search by matrix products.

    python experiments/table_speed.py [--sizes 128 256 512 1024 2048] [--sources FOLDER] [--pictures NAME]
        [--seeds 3] [--threads 2]

The measuring is that of benchmarks/sizes.py, which also tells where the time goes: every cell in a process of its own,
seeds 1 to `--seeds`, on one thread and on `--threads`. The picture is the middle square of one source, enlarged; the
shipped flowers, which are taken unless told, get a little grain with that.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import charts
from reports import facts, rounded, spread, told_of, write
from sheets import PICTURES, ROOT
from tables import FILES, common_options

from patchloom.checks import available_cores

sys.path.append(str(ROOT / "benchmarks"))
import sizes


def picture(folder: Path, name: str | None) -> Path:
    """Return the named or the first picture of a folder."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in FILES and name in (None, path.stem)]
    if not paths:
        raise SystemExit(f"{folder}: has no picture {name or ''}; pass the name of a .png or .jpg file")
    return paths[0]


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, metavar="FOLDER", help="source pictures; unless told the flowers")
    parser.add_argument("--pictures", metavar="NAME", help="which one, without suffix; by default the first")
    parser.add_argument("--sizes", nargs="+", type=int, default=[128, 256, 512, 1024, 2048], metavar="PX")
    parser.add_argument("--seeds", type=int, default=3, help="runs per cell, each with a seed of its own")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="that a cell's runs may take")
    parser.add_argument("--threads", type=int, default=min(2, available_cores()), help="of the second line of a size")
    common_options(parser, "speed")
    given = parser.parse_args(argv)
    image = picture(given.sources or PICTURES, given.pictures) if given.sources or given.pictures else None
    cells = []
    with sizes.pictures(image) as path_of:
        for cell in sizes.size_cells(path_of, given.sizes, given.seeds, given.limit, given.threads):
            cells.append(cell)
            print(sizes.size_line(cell), flush=True)
    said = "\n".join([sizes.SIZES_HEAD, *map(sizes.size_line, cells)])
    explained = textwrap.fill(" ".join(sizes.sizes_note(cells, given.limit).split()), 120, break_on_hyphens=False)
    table = facts(argv) | {"picture": image.name if image else "flowers.png with grain", "cells": [
        {
            "size": cell["size"], "threads": cell["threads"], "n": len(cell["seconds"]),
            "seeds": list(range(1, len(cell["seconds"]) + 1)),
            "seconds": spread(cell["seconds"]) | {"values": [rounded(value) for value in cell["seconds"]]},
            "memory": cell["grown"], "predicted_memory": cell["predicted"], "same_bytes": cell["same"],
            "products_seconds": rounded(cell["products"]), "share_of_a_core": rounded(cell["got"]),
            **(dict(zip(("coherence", "sharpness", "by_patchmatch_of_exhaustive"), map(rounded, cell["quality"]),
                        strict=True)) if cell["quality"] else {}),
        }
        for cell in cells
    ]}
    write(given.name, table, f"{said}\n\n{explained}\n\n{told_of(table)}", given.out, given.page)
    charts.draw((given.figures or given.out) / f"{given.name}.svg", charts.growth, cells)


if __name__ == "__main__":
    main()
