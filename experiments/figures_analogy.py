"""Render docs/figures/analogy.jpg and paint.jpg, and the drawing and the paintings that go with them.

    python experiments/figures_analogy.py
"""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter
from sheets import FIGURES, PICTURES, load, sheet

import patchloom
from patchloom import PRESETS

SIZE = (252, 168)
TASKS = PICTURES / "tasks"

# Colours are the source's own, picked by eye; points are (x, y).
MOUNTAINS = (
    "#7ba7dc", [
        ("#a9c4e6", [(0, 60), (90, 70), (252, 40), (252, 100), (0, 100)]),
        ("#8e98ab", [(0, 100), (60, 40), (100, 84), (160, 26), (252, 96), (252, 130), (0, 130)]),
        ("#e4ebf4", [(44, 58), (60, 40), (76, 58), (60, 64)]),
        ("#e4ebf4", [(138, 48), (160, 26), (184, 46), (160, 58)]),
        ("#2b2f2c", [(0, 120), (80, 104), (170, 118), (252, 106), (252, 138), (0, 138)]),
        ("#5c7390", [(0, 136), (252, 136), (252, 168), (0, 168)]),
    ],
)
FLOWERS = (
    "#0d160e", [
        ("#1d3320", [(0, 40), (70, 20), (120, 90), (60, 168), (0, 168)]),
        ("#1d3320", [(160, 0), (252, 0), (252, 60), (190, 70)]),
        ("#5a8fd6", [(26, 60), (56, 50), (74, 74), (56, 98), (28, 90)]),
        ("#5a8fd6", [(140, 84), (176, 72), (196, 100), (172, 124), (142, 116)]),
        ("#5a8fd6", [(196, 22), (220, 16), (232, 34), (214, 48), (196, 40)]),
        ("#5a8fd6", [(92, 128), (112, 122), (122, 140), (106, 154), (92, 146)]),
    ],
)


def drawing() -> Image.Image:
    """A digit drawn with a thick brush."""
    paper = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(paper)
    for box, start, end in (((76, 10, 176, 88), 150, 400), ((70, 78, 182, 160), -80, 180)):
        draw.arc(box, start, end, fill="black", width=26)
    return kept(paper.filter(ImageFilter.GaussianBlur(1)), "analogy_drawing")


def painting(shapes: tuple[str, list[tuple[str, list[tuple[int, int]]]]], name: str) -> Image.Image:
    """Flat shapes one over the other."""
    background, polygons = shapes
    canvas = Image.new("RGB", SIZE, background)
    draw = ImageDraw.Draw(canvas)
    for colour, points in polygons:
        draw.polygon(points, fill=colour)
    return kept(canvas, f"paint_{name}")


def kept(picture: Image.Image, name: str) -> Image.Image:
    """Save an input of the examples."""
    TASKS.mkdir(exist_ok=True)
    picture.save(TASKS / f"{name}.png", optimize=True)
    return picture


def analogies() -> None:
    """One row for each preset."""
    rows = []
    for preset, name, structure in (
        ("analogy", "galaxies", load("flowers")), ("style", "spices", load("skyline")),
        ("sketch", "mountains", drawing()),
    ):
        source = load(name)
        made = [
            (f"{preset}, seed {seed}", patchloom.analogy(source, structure, params=PRESETS[preset], seed=seed).image)
            for seed in (1, 2)
        ]
        rows.append([("source", source), ("structure", structure), *made])
    sheet(rows, FIGURES / "analogy.jpg", 0.9)


def paintings() -> None:
    """Two paintings, and two results of each."""
    rows = []
    for name, shapes in (("mountains", MOUNTAINS), ("flowers", FLOWERS)):
        source, painted = load(name), painting(shapes, name)
        made = [patchloom.paint(source, painted, colours="channels", seed=seed).image for seed in (1, 2)]
        rows.append([("source", source), ("painting", painted), ("seed 1", made[0]), ("seed 2", made[1])])
    sheet(rows, FIGURES / "paint.jpg", 0.9)


if __name__ == "__main__":
    analogies()
    paintings()
