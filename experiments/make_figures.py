"""Render every figure of README and docs from the shipped example pictures.

    python experiments/make_figures.py            # writes docs/figures/*.jpg

The same command gives the same pictures on any machine: each comes from a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw

import patchloom
from patchloom import PRESETS, GPNNParams, with_diversity

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "examples" / "pictures"
FIGURES = ROOT / "docs" / "figures"
GAP, LABEL = 6, 18


def load(name: str) -> Image.Image:
    """Return a shipped picture."""
    return Image.open(PICTURES / f"{name}.png")


def make(source: Image.Image, params: GPNNParams, seed: int) -> Image.Image:
    """Return one new picture."""
    return patchloom.generate(source, params=params, seed=seed).image


def sheet(rows: Sequence[Sequence[tuple[str, Image.Image]]], path: Path, scale: float = 1.0) -> None:
    """Lay out labelled pictures in rows and save them."""
    width, height = (int(side * scale) for side in rows[0][0][1].size)
    columns = max(len(row) for row in rows)
    canvas = Image.new("RGB", (columns * (width + GAP) - GAP, len(rows) * (height + GAP + LABEL) - GAP), "white")
    draw = ImageDraw.Draw(canvas)
    for down, row in enumerate(rows):
        for right, (label, picture) in enumerate(row):
            corner = right * (width + GAP), down * (height + GAP + LABEL)
            draw.text((corner[0] + 2, corner[1] + 3), label, fill="black")
            canvas.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (corner[0], corner[1] + LABEL))
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(path, quality=90, subsampling=0, optimize=True)


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
