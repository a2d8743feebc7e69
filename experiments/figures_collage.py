"""Render docs/figures/collage.jpg.

    python experiments/figures_collage.py
"""

from __future__ import annotations

from sheets import FIGURES, load, sheet

import patchloom

GROUPS = (("mountains", "skyline", "flowers"), ("flowers", "spices", "galaxies"))
PLACES = {0: (-30, -60), 1: (40, -90), 2: (0, 110)}


def collage() -> None:
    """Three sources and their collage: side by side, with weights, and where places say."""
    rows = []
    for names in GROUPS:
        sources = [load(name) for name in names]
        row = list(zip(names, sources, strict=True))
        for label, options in (("collage", {}), ("--weights 1,1,3", {"weights": (1, 1, 3)}),
                               ("placed", {"places": PLACES})):
            row.append((label, patchloom.collage(sources, seed=1, **options).image))
        rows.append(row)
    sheet(rows, FIGURES / "collage.jpg", 0.9)


if __name__ == "__main__":
    collage()
