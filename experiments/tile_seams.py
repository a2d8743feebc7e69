"""How well `patchloom.tile` closes the seams of pictures: the figures of docs/tasks/tile.md.

    python experiments/tile_seams.py PICTURE...

For each picture, rows and columns, the worst of four seeds: the mean step across the seam relative to the
95th percentile of those inside; the nearest-source distance of patches across the seam relative to that of the
other patches that hold a changed pixel; the share of pixels that are as they were.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from PIL import Image

import patchloom
from patchloom import metrics
from patchloom.checks import as_image
from patchloom.plans.tile import band, band_width

LONGEST, PATCH, SEEDS = 256, 7, 4
Array = Any


def load(path: str) -> Array:
    """Return a picture of at most LONGEST pixels."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB") if opened.mode == "P" else opened.copy()
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def distances(made: Array, source: Array, changed: Array, axis: int) -> float:
    """Return the mean distance of patches across the seam over that of the others that hold a changed pixel."""
    half = changed.shape[axis] // 2
    near = [slice(None), slice(None)]
    near[axis] = slice(max(half - 40, 0), half + 40)
    query, mask = (np.ascontiguousarray(np.roll(array, half, axis)[tuple(near)]) for array in (made, changed))
    found = patchloom.nearest(query, source, patch_size=PATCH, method="exact").distance
    touches = np.lib.stride_tricks.sliding_window_view(mask, (PATCH, PATCH)).any(axis=(2, 3))
    first, seam = np.arange(found.shape[axis]), half - near[axis].start
    across = np.expand_dims((first < seam) & (first + PATCH > seam), 1 - axis) & touches
    return float(found[across].mean() / found[touches & ~across].mean())


def measure(path: str) -> None:
    """Print one picture's line."""
    picture = load(path)
    size = picture.shape[:2]
    changed = band(size, (True, True), band_width(size, (True, True), 0.8))
    steps, ratios, same = [], [], []
    for seed in range(SEEDS):
        made = patchloom.tile(picture, seed=seed).image
        images = [as_image(array)[0] for array in (made, picture)]
        steps.append([metrics.tile_seam(made, picture, axes=axis) for axis in "yx"])
        ratios.append([distances(images[0], images[1], changed, axis) for axis in (0, 1)])
        same.append((made == picture).reshape(*size, -1).all(axis=2).mean())
    (rows, cols), (down, right) = np.max(steps, axis=0), np.max(ratios, axis=0)
    print(f"{path}: step {rows:.2f} {cols:.2f}, distance {down:.2f} {right:.2f}, untouched {min(same):.3f}", flush=True)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        measure(argument)
