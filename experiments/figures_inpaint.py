"""Render docs/figures/inpaint.jpg and extend.jpg, and the mask and the painted picture that they and the examples use.

    python experiments/figures_inpaint.py
"""

from __future__ import annotations

from PIL import Image, ImageDraw
from sheets import FIGURES, PICTURES, load, sheet

import patchloom

BLOOM, BASKET = (108, 70, 154, 112), (108, 62, 162, 112)
RED, WHITE = "#c83c28", "#f0f0f0"


def ellipse(picture: Image.Image, box: tuple[int, int, int, int], colour: str) -> Image.Image:
    """Return a picture with an ellipse painted into it."""
    painted = picture.copy()
    ImageDraw.Draw(painted).ellipse(box, fill=colour)
    return painted


def inpaint() -> None:
    """Remove a bloom, in three ways; and two colours that are painted into a hole."""
    flowers, spices = load("flowers"), load("spices")
    hole = ellipse(Image.new("L", flowers.size), BLOOM, "white")
    red, white = (ellipse(spices, BASKET, colour) for colour in (RED, WHITE))
    (PICTURES / "tasks").mkdir(exist_ok=True)
    hole.save(PICTURES / "tasks" / "inpaint_hole.png", optimize=True)
    red.save(PICTURES / "tasks" / "inpaint_painted.png", optimize=True)
    removed = [(f"seed {seed}", patchloom.inpaint(flowers, hole, seed=seed).image) for seed in (1, 2)]
    followed = [patchloom.inpaint(*both, fill="source", seed=1).image for both in ((red, RED), (white, WHITE))]
    rows = [
        [("picture", flowers), ("hole", ellipse(flowers, BLOOM, "white")), *removed],
        [("painted red", red), ("filled", followed[0]), ("painted white", white), ("filled", followed[1])],
    ]
    sheet(rows, FIGURES / "inpaint.jpg", 0.8)


def extend() -> None:
    """Pictures made wider: where they lie in the result, and the result."""
    rows = []
    for name, left, right in (("mountains", 60, 120), ("skyline", 120, 60), ("flowers", 90, 90)):
        picture = load(name)
        place = Image.new("RGB", (picture.width + left + right, picture.height), "white")
        place.paste(picture, (left, 0))
        made = patchloom.extend(picture, left=left, right=right, seed=1).image
        rows.append([("picture", place), (f"{left} px to the left, {right} to the right", made)])
    sheet(rows, FIGURES / "extend.jpg", 0.95)


if __name__ == "__main__":
    inpaint()
    extend()
