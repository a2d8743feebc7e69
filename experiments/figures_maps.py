"""Render docs/figures/maps.jpg, and the normal map of the shipped spices that it and the example use.

    python experiments/figures_maps.py
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from sheets import FIGURES, PICTURES, load, sheet

import patchloom


def normals(picture: Image.Image, strength: float = 4.0) -> Image.Image:
    """Return a normal map that takes brightness for height."""
    height = np.asarray(picture.convert("L"), np.float64) / 255
    down, right = np.gradient(height)
    normal = np.dstack([-strength * right, strength * down, np.ones_like(height)])
    normal /= np.sqrt((normal**2).sum(axis=2, keepdims=True))
    return Image.fromarray(np.floor((normal + 1) / 2 * 255 + 0.5).astype(np.uint8))


def maps() -> None:
    """A picture and its map, and two results with theirs."""
    source = load("spices")
    normal = normals(source)
    (PICTURES / "tasks").mkdir(exist_ok=True)
    normal.save(PICTURES / "tasks" / "maps_normal.png", optimize=True)
    rows = [[("picture", source), ("normal map", normal)]]
    for seed in (1, 2):
        result = patchloom.generate(source, maps={"normal": normal}, tile="xy", seed=seed)
        rows.append([(f"seed {seed}, tiles", result.image), ("its normal map", result.maps["normal"])])
    sheet([rows[0] + rows[1], rows[0] + rows[2]], FIGURES / "maps.jpg", 0.8)


if __name__ == "__main__":
    maps()
