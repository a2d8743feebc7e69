"""Render docs/figures/tile.jpg: pictures repeated as they are, made tileable, and new ones that tile.

    python experiments/figures_tile.py
"""

from __future__ import annotations

from PIL import Image
from sheets import FIGURES, load, sheet

import patchloom


def twice(picture: Image.Image) -> Image.Image:
    """Return a picture repeated two times in both directions."""
    return patchloom.repeated(picture, 2)


def tile() -> None:
    """For each picture: it repeated, what `tile` makes of it, and what `generate` does."""
    rows = []
    for name, seed in (("spices", 1), ("flowers", 1), ("mountains", 1)):
        source = load(name)
        changed = patchloom.tile(source, seed=seed).image
        new = patchloom.generate(source, tile="xy", seed=seed).image
        rows.append([
            (f"{name}, 2 x 2 as it is", twice(source)), ("tile", twice(changed)), ("generate --tile xy", twice(new)),
        ])
    sheet(rows, FIGURES / "tile.jpg", 0.6)


if __name__ == "__main__":
    tile()
