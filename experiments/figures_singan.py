"""Render docs/figures/singan_*.jpg from the shipped pictures: models are trained once and kept outside of git.

    python experiments/figures_singan.py [engines] [scales] [applications] [animation] [superres] [--cache FOLDER]

Training is on one thread of the CPU, as in table_engines.py, whose models are used where they are the same.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops
from sheets import FIGURES, PICTURES, ROOT, sheet
from tables import load
from trained import trained

import patchloom
from patchloom import singan
from patchloom.params import SinGANParams

LONGEST = 64                                              # of the pictures, as in table_engines.py
SMALL = 48                                                # of those for animation and super-resolution
HOW = {"device": "cpu", "threads": 1}
Row = list[tuple[str, Image.Image]]


def picture(name: str, longest: int = LONGEST) -> Image.Image:
    """Return a shipped picture, small."""
    return Image.fromarray(load(PICTURES / f"{name}.png", longest))


def companion(name: str, size: tuple[int, int]) -> Image.Image:
    """Return a painting, a composite or a mask, as small as a picture."""
    with Image.open(PICTURES / "tasks" / f"{name}.png") as opened:
        return opened.resize(size, Image.Resampling.LANCZOS)


def model_of(source: Image.Image, params: SinGANParams, cache: Path) -> tuple[singan.Model, float]:
    """Return a model of a picture, and the seconds that its training took."""
    model, told = trained(np.asarray(source), params, cache)
    return model, told["seconds"]


def shown(image: Any) -> Image.Image:
    """Return a result as a sheet takes it."""
    return Image.fromarray(np.asarray(image))


def timed(make: Callable[[], Any]) -> tuple[Image.Image, float]:
    """Return a picture and the seconds of one thread that it took."""
    start = time.process_time()
    made = make()
    return shown(made.image), time.process_time() - start


def engines(cache: Path) -> None:
    """Two new pictures by each engine, with the time that they took."""
    rows = []
    for name in sorted(path.stem for path in PICTURES.glob("*.png")):
        source = picture(name)
        model, seconds = model_of(source, singan.PRESETS["default"], cache)
        row = [(name, source)]
        for seed in (1, 2):
            made, took = timed(partial(patchloom.generate, source, seed=seed, threads=1))
            row.append((f"GPNN: {took:.2f} s", made))
        for seed in (1, 2):
            made, took = timed(partial(singan.sample, model, seed=seed, **HOW))
            row.append((f"SinGAN: {seconds:.0f} s, then {took:.2f} s", made))
        rows.append(row)
    sheet(rows, FIGURES / "singan_engines.jpg", 2.5, 80)


def scales(cache: Path) -> None:
    """What the number of scales in training does, and the scale at which noise enters."""
    params = singan.PRESETS["default"]
    source = picture("mountains")
    whole, _ = model_of(source, params, cache)
    rows: list[Row] = [[("mountains", source)] for _ in range(4)]
    for count in range(1, whole.count + 1):
        model = whole if count == whole.count else model_of(source, replace(params, scales=count), cache)[0]
        for seed in (1, 2):
            made = singan.sample(model, seed=seed, **HOW)
            rows[seed - 1].append((f"trained with {count} scale{'s' * (count > 1)}", shown(made.image)))
            made = singan.sample(whole, start_scale=count - 1, seed=seed, **HOW)
            rows[seed + 1].append((f"all scales, from scale {count - 1}", shown(made.image)))
    sheet(rows, FIGURES / "singan_scales.jpg", 2.75, 82)


def applications(cache: Path) -> None:
    """Paint to image, harmonisation and editing, each at two scales."""
    sheet([paint(cache), harmonise(cache), edit(cache)], FIGURES / "singan_applications.jpg", 3, 85)


def paint(cache: Path) -> Row:
    """A painting, what becomes of it, and the same with few colours and a scale trained anew for them."""
    source = picture("mountains")
    model, _ = model_of(source, singan.PRESETS["default"], cache)
    painting = companion("paint_mountains", source.size)
    row = [("paint: model's picture", source), ("painting", painting)]
    row += [(f"from scale {start}", shown(singan.paint(model, painting, start_scale=start, seed=1, **HOW).image))
            for start in (1, 2)]
    few = shown(singan.paint(model, painting, start_scale=2, quantise=True, seed=1, **HOW).image)
    return [*row, ("scale 2, quantised", few)]


def harmonise(cache: Path) -> Row:
    """A bowl of spices among mountains."""
    source = picture("mountains")
    model, _ = model_of(source, singan.PRESETS["default"], cache)
    composite, mask = (companion(f"harmonise_bowl{end}", source.size) for end in ("", "_mask"))
    row = [("harmonise: composite", composite), ("mask", mask.convert("RGB"))]
    near = {"dilate": 2, "feather": 3, "seed": 1, **HOW}      # as 7 and 10 are to the size that these are meant for
    return row + [
        (f"from scale {start}", shown(singan.harmonise(model, composite, mask, start_scale=start, **near).image))
        for start in range(model.count - 3, model.count)
    ]


def edit(cache: Path) -> Row:
    """Flowers that were copied and pasted."""
    source = picture("flowers")
    model, _ = model_of(source, singan.PRESETS["default"], cache)
    crude = companion("edit_flowers", source.size)
    row = [("edit: model's picture", source), ("crude edit", crude)]
    near = {"dilate": 5, "feather": 3, "seed": 1, **HOW}
    return row + [
        (f"from scale {start}", shown(singan.edit(model, crude, start_scale=start, **near).image))
        for start in range(model.count - 3, model.count)
    ]


def animation(cache: Path) -> None:
    """Frames of a loop, and what differs from the first."""
    source = picture("flowers", SMALL)
    model, _ = model_of(source, singan.PRESETS["animate"], cache)
    rows: list[Row] = []
    for alpha in (0.1, 0.2):
        made = [shown(frame) for frame in singan.animate(model, frames=40, alpha=alpha, seed=1, **HOW).frames]
        frames = [(f"alpha {alpha}: frame {at}", made[at]) for at in (0, 2, 5, 10, 20)]
        changed = [("difference to frame 0", ImageChops.difference(frame, made[0])) for _, frame in frames[1:]]
        rows += [frames, [("flowers", source), *changed]]
    sheet(rows, FIGURES / "singan_animation.jpg", 3.5, 85)


def superres(cache: Path) -> None:
    """Four times the size: a resized picture, ours, and what it was shrunk from."""
    rows: list[Row] = []
    for name in ("mountains",):
        source = picture(name, SMALL)
        model, _ = model_of(source, singan.PRESETS["superres"], cache)
        made = shown(singan.superres(model, factor=4, seed=1, **HOW).image)
        cubic = source.resize(made.size, Image.Resampling.BICUBIC)
        true = picture(name, 0).resize(made.size, Image.Resampling.LANCZOS)
        rows.append([("bicubic", cubic), ("singan superres", made), (f"{name}, what was made small", true)])
    sheet(rows, FIGURES / "singan_superres.jpg", 1.2, 88)


FIGURES_OF = {"engines": engines, "scales": scales, "applications": applications, "animation": animation,
              "superres": superres}


def main() -> None:
    """Draw the figures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES_OF, []], metavar="FIGURE", help=", ".join(FIGURES_OF))
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "tables", metavar="FOLDER", help="for the models")
    given = parser.parse_args()
    for name in given.figures or FIGURES_OF:
        FIGURES_OF[name](given.cache)


if __name__ == "__main__":
    main()
