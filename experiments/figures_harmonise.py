"""Render docs/figures/harmonise.jpg, and the composites that it, the docs and the example start from.

    python experiments/figures_harmonise.py
"""

from __future__ import annotations

from PIL import Image, ImageDraw
from sheets import FIGURES, PICTURES, load, sheet

import patchloom

Corners = list[tuple[int, int]]

BOWL = [(161, 101), (162, 80), (175, 71), (205, 65), (217, 90), (217, 107), (205, 117), (185, 116), (170, 108)]
FLOWER = [(112, 88), (122, 75), (135, 73), (146, 79), (151, 92), (147, 97), (137, 91), (122, 93)]


def composite(below: str, above: str, corners: Corners, at: tuple[int, int], scale: float = 1.0) -> tuple[
    Image.Image, Image.Image
]:
    """Return a picture with a piece of another in it, and its mask."""
    picture, other = load(below), load(above)
    cut = Image.new("L", other.size)
    ImageDraw.Draw(cut).polygon(corners, fill=255)
    box = cut.getbbox() or (0, 0, *other.size)
    size = round((box[2] - box[0]) * scale), round((box[3] - box[1]) * scale)
    piece = other.crop(box).resize(size, Image.Resampling.LANCZOS)
    shape = cut.crop(box).resize(size, Image.Resampling.NEAREST)
    mask = Image.new("L", picture.size)
    mask.paste(shape, at)
    picture.paste(piece, at, shape)
    return picture, mask


def harmonise() -> None:
    """Composites, what becomes of them, and what the two options do."""
    pairs = {
        "bowl": composite("mountains", "spices", BOWL, (150, 84), 1.4),
        "flower": composite("spices", "flowers", FLOWER, (86, 82), 1.7),
    }
    (PICTURES / "tasks").mkdir(exist_ok=True)
    rows = []
    for name, (picture, mask) in pairs.items():
        picture.save(PICTURES / "tasks" / f"harmonise_{name}.png", optimize=True)
        mask.save(PICTURES / "tasks" / f"harmonise_{name}_mask.png", optimize=True)
        row = [("composite", picture), ("its mask", mask)]
        for label, options in (("harmonise", {}), ("--texture 2.5", {"texture": 2.5}),
                               ("--strength 0.4 --texture 0", {"strength": 0.4, "texture": 0})):
            row.append((label, patchloom.harmonise(picture, mask, seed=1, **options).image))
        rows.append(row)
    sheet(rows, FIGURES / "harmonise.jpg")


if __name__ == "__main__":
    harmonise()
