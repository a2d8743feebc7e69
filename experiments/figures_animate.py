"""Render docs/figures/animate.jpg and the mask it uses, and measure loops: the table of docs/tasks/animate.md.

    python experiments/figures_animate.py            # the figure, and examples/pictures/tasks/animate_mask.png
    python experiments/figures_animate.py measure    # the table, on one thread
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image
from sheets import FIGURES, PICTURES, load, sheet

import patchloom
from patchloom import plans
from patchloom.motion import displaced, frame_guess
from patchloom.resize import resize
from patchloom.tasks.filming import frame_plan

SHORE = 128                                               # row of mountains.png where its lake begins
Frames = npt.NDArray[np.float32]


def lake() -> Image.Image:
    """Return the mask of the lake in mountains.png."""
    mask = np.zeros(load("mountains").size[::-1], np.uint8)
    mask[SHORE:] = 255
    return Image.fromarray(mask)


def difference(one: Image.Image, other: Image.Image) -> Image.Image:
    """Return three times the absolute difference."""
    pixels = np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)) * 3
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def over_time(frames: Sequence[Image.Image], row: int) -> Image.Image:
    """Return a row of all frames, one below the other, two loops of them."""
    lines = np.stack([np.asarray(frame)[row] for frame in (*frames, *frames)])
    return Image.fromarray(lines).resize(frames[0].size, Image.Resampling.NEAREST)


def animate() -> None:
    """Every sixth frame, a difference of neighbours, and a row over time."""
    lake().save(PICTURES / "tasks" / "animate_mask.png", optimize=True)
    rows = []
    for name, options, row in (
        ("flowers", {}, 84), ("galaxies", {}, 84), ("mountains", {"mask": lake(), "motion": 3}, 145),
    ):
        frames = patchloom.animate(load(name), seed=1, **options).frames
        cells = [(f"{name}, frame {number}", frames[number]) for number in (0, 6, 12, 18)]
        rows.append([*cells, ("3 x |frame 1 - frame 0|", difference(frames[1], frames[0])),
                     (f"row {row} over two loops", over_time(frames, row))])
    sheet(rows, FIGURES / "animate.jpg", 0.8)


def flicker(frames: Frames) -> tuple[float, float, float]:
    """Return bend (mean |2 f_t - f_t-1 - f_t+1| by mean step), largest and closing step by their median."""
    after, before = np.roll(frames, -1, axis=0), np.roll(frames, 1, axis=0)
    step = np.abs(after - frames).mean(axis=(1, 2, 3))
    bend = np.abs(2 * frames - before - after).mean() / step.mean()
    return float(bend), float(step.max() / np.median(step)), float(step[-1] / np.median(step))


def coherence(frames: Frames, source: Frames) -> float:
    """Return the mean distance of every fourth frame's patches to the source's nearest."""
    found = [patchloom.nearest(np.ascontiguousarray(f), source, patch_size=7, threads=1) for f in frames[::4]]
    return float(np.mean([nnf.distance.mean() for nnf in found]))


def measure() -> None:
    """Print a row for each picture and way of making frames; three seeds."""
    print("| picture | frames | seconds a frame | bend | largest step | closing step | coherence |")
    print("|---|---|---|---|---|---|---|")
    for name in ("flowers", "galaxies", "mountains", "skyline", "spices"):
        source = np.asarray(load(name).convert("RGB"), np.float32) / 255
        found: dict[str, list[tuple[float, ...]]] = {}
        for seed in (1, 2, 3):
            plan = plans.animate(source, motion=2, seed=seed)
            start = time.perf_counter()
            loop = np.stack(patchloom.run(plan, threads=1).frames)
            seconds = (time.perf_counter() - start) / len(loop)
            found.setdefault("animate", []).append((seconds, *flicker(loop), coherence(loop, source)))
            alone = [patchloom.run(replace(frame_plan(plan, n), drift=None), threads=1).image for n in range(24)]
            found.setdefault("each alone", []).append((0.0, *flicker(np.stack(alone)), coherence(alone, source)))
            size = plan.sizes[0]
            plain = np.stack([
                displaced(source, resize(part, size) * np.float32(min(size))) for part in plan.drift
            ])
            found.setdefault("displaced only", []).append((0.0, *flicker(plain), coherence(plain, source)))
            others = [frame_guess(plans.animate(source, motion=2, seed=100 * seed + n), n) for n in range(24)]
            mixed = np.stack([patchloom.run(replace(plan, guess=g, drift=None), threads=1).image for g in others])
            found.setdefault("independent", []).append((0.0, *flicker(mixed), coherence(mixed, source)))
        for way, rows in found.items():
            mean = np.mean(rows, axis=0)
            told = [f"{mean[0]:.2f}" if mean[0] else "", *(f"{value:.2f}" for value in mean[1:4]), f"{mean[4]:.1e}"]
            print("| " + " | ".join([name, way, *told]) + " |", flush=True)


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else animate()
