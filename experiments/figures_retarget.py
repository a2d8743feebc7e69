"""Render docs/figures/retarget.jpg, and the masks that it and the example use.

    python experiments/figures_retarget.py
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from sheets import FIGURES, PICTURES, load

import patchloom

# Ellipses around two heaps of spices, and around a flower: left, top, right, bottom.
HEAPS = (94, 72, 152, 126), (160, 62, 222, 112)
FLOWER = ((110, 66, 156, 100),)
WIDE, NARROW = (168, 403), (168, 151)
GAP, LABEL = 6, 18


def mask(name: str, ellipses: tuple[tuple[int, int, int, int], ...]) -> Image.Image:
    """Draw a mask of white ellipses and keep it beside the pictures."""
    picture = Image.new("L", (252, 168), 0)
    draw = ImageDraw.Draw(picture)
    for ellipse in ellipses:
        draw.ellipse(ellipse, fill=255)
    (PICTURES / "tasks").mkdir(exist_ok=True)
    picture.save(PICTURES / "tasks" / f"{name}.png", optimize=True)
    return picture


def lit(picture: Image.Image, white: Image.Image) -> Image.Image:
    """Show a picture with all darkened that is not white in its mask."""
    pixels = np.asarray(picture)
    return Image.fromarray(np.where(np.asarray(white)[..., None] > 0, pixels, pixels // 3))


def retarget() -> None:
    """Wider and narrower, by resizing and by retargeting; with regions protected, and removed."""
    protect, remove = mask("retarget_protect", HEAPS), mask("retarget_remove", FLOWER)
    rows = []
    for name in ("mountains", "skyline"):
        source = load(name)
        rows.append([
            (name, source), ("resized", source.resize(WIDE[::-1], Image.Resampling.LANCZOS)),
            ("retargeted", patchloom.retarget(source, WIDE, seed=1).image),
            ("retargeted", patchloom.retarget(source, NARROW, seed=1).image),
        ])
    for name, role, white in (("spices", "protect", protect), ("flowers", "remove", remove)):
        source = load(name)
        rows.append([
            (f"{name}, to {role}", lit(source, white)),
            ("retargeted without", patchloom.retarget(source, WIDE, seed=1).image),
            (f"with {role}", patchloom.retarget(source, WIDE, seed=1, **{role: white}).image),
            (f"with {role}", patchloom.retarget(source, NARROW, seed=1, **{role: white}).image),
        ])
    save(rows)


def save(rows: list[list[tuple[str, Image.Image]]], scale: float = 0.8) -> None:
    """Lay out labelled pictures of unlike widths in rows."""
    widths = [int(picture.width * scale) for _, picture in rows[0]]
    height = int(rows[0][0][1].height * scale)
    size = sum(widths) + GAP * (len(widths) - 1), len(rows) * (height + GAP + LABEL) - GAP
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    for down, row in enumerate(rows):
        for right, (label, picture) in enumerate(row):
            left, top = sum(widths[:right]) + GAP * right, down * (height + GAP + LABEL)
            draw.text((left + 2, top + 3), label, fill="black")
            canvas.paste(picture.resize((widths[right], height), Image.Resampling.LANCZOS), (left, top + LABEL))
    canvas.save(FIGURES / "retarget.jpg", quality=90, subsampling=0, optimize=True)


if __name__ == "__main__":
    retarget()
