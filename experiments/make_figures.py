"""Render every figure of README and docs from the shipped example pictures.

    python experiments/make_figures.py            # writes docs/figures/*.jpg

The same command gives the same pictures on any machine: each comes from a seed.
"""

from __future__ import annotations

from dataclasses import replace

from PIL import Image
from sheets import FIGURES, PICTURES, load, sheet

import patchloom
from patchloom import PRESETS, GPNNParams, with_diversity


def make(source: Image.Image, params: GPNNParams, seed: int) -> Image.Image:
    """Return one new picture."""
    return patchloom.generate(source, params=params, seed=seed).image


def variations() -> None:
    """README's first picture: a source and eight variations."""
    source = load("flowers")
    cells = [("source", source)] + [(f"seed {seed}", make(source, PRESETS["default"], seed)) for seed in range(1, 9)]
    sheet([cells[:3], cells[3:6], cells[6:]], FIGURES / "variations.jpg")


def examples() -> None:
    """All shipped pictures with three variations each."""
    rows = []
    for name in sorted(path.stem for path in PICTURES.glob("*.png")):
        source = load(name)
        rows.append([(name, source)] + [(f"seed {s}", make(source, PRESETS["default"], s)) for s in (1, 2, 3)])
    sheet(rows, FIGURES / "examples.jpg", 0.8)


def diversity() -> None:
    """What `--diversity` trades."""
    rows = []
    for name in ("galaxies", "skyline"):
        source = load(name)
        for word in ("low", "medium", "high"):
            params = with_diversity(PRESETS["default"], word)
            rows.append([(name, source)] + [(f"{word}, seed {s}", make(source, params, s)) for s in (1, 2, 3)])
    sheet(rows, FIGURES / "diversity.jpg", 0.8)


def levels() -> None:
    """What `--coarsest` and `--start-level` do, as SinGAN's figures show for its scales."""
    rows = []
    for name in ("flowers", "mountains"):
        source = load(name)
        plain = replace(PRESETS["default"], draws=1)       # the same noise throughout
        sizes = [(f"coarsest {c}", replace(plain, coarsest=c)) for c in (10, 14, 21, 28, 40)]
        starts = [(f"start level {n}", replace(plain, start_level=n, noise=0.6)) for n in (0, 1, 2, 3, 4)]
        for cells in (sizes, starts):
            rows.append([(name, source)] + [(label, make(source, params, 1)) for label, params in cells])
    sheet(rows, FIGURES / "levels.jpg", 0.8)


if __name__ == "__main__":
    for figure in (variations, examples, diversity, levels):
        figure()
