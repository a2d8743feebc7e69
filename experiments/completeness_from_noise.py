"""Does a finite alpha help or hurt when the first guess is noise?

    python experiments/completeness_from_noise.py [FOLDER] [--width 160] [--seeds 3]

Runs the official settings on each picture of the folder (the shipped ones by default), shrunk to `--width`, with
several alphas, by exhaustive search and by PatchMatch, and prints a Markdown table of means with standard errors:
coherence and completeness (exhaustive, mean squared difference), sharpness ratio (mean gradient against the source's),
identity share (patches found within 2 px of where they are), contrast (standard deviation against the source's); and
the differences to alpha = inf, picture by picture, of completeness and contrast.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import patchloom
from patchloom import PRESETS

MEASURES = ("coherence", "completeness", "sharpness", "identity", "contrast")


def gradient(picture: np.ndarray) -> float:
    """Mean length of the grey value's gradient."""
    grey = picture.mean(axis=2)
    return float(np.hypot(np.diff(grey, axis=0)[:, :-1], np.diff(grey, axis=1)[:-1]).mean())


def measure(source: np.ndarray, made: np.ndarray) -> tuple[float, ...]:
    """All of `MEASURES` for one picture against its source."""
    there = patchloom.nearest(made, source, patch_size=7, method="exact")
    back = patchloom.nearest(source, made, patch_size=7, method="exact")
    moved = np.abs(there.index - np.indices(there.distance.shape).transpose(1, 2, 0)).max(axis=2)
    return (
        float(there.distance.mean()),
        float(back.distance.mean()),
        gradient(made) / gradient(source),
        float((moved <= 2).mean()),
        float(made.std() / source.std()),
    )


def main() -> None:
    """Run the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=Path(__file__).resolve().parent.parent / "examples" / "pictures")
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--coarse-iterations", type=int, default=1)
    options = parser.parse_args()
    pictures = []
    for path in sorted(p for p in Path(options.folder).iterdir() if p.suffix in (".png", ".jpg")):
        image = Image.open(path).convert("RGB")
        size = options.width, round(image.height * options.width / image.width)
        pictures.append(np.asarray(image.resize(size, Image.Resampling.LANCZOS), np.float32) / np.float32(255))
    print("| search | alpha |", " | ".join(MEASURES), "| completeness, paired | contrast, paired |")
    print("|---|---|" + "---|" * (len(MEASURES) + 2))
    for method in ("exact", "patchmatch"):
        for alpha in (math.inf, 0.05, 0.01, 0.005, 0.001):
            params = replace(
                PRESETS["official"], method=method, alpha=alpha, coarsest_iterations=options.coarse_iterations
            )
            rows = [
                measure(picture, patchloom.generate(picture, params=params, seed=seed).image)
                for picture in pictures
                for seed in range(1, options.seeds + 1)
            ]
            if math.isinf(alpha):
                without = np.array(rows)
            pairs = (np.array(rows) - without)[:, [MEASURES.index("completeness"), MEASURES.index("contrast")]]
            table = np.concatenate([rows, pairs], axis=1)
            mean, error = table.mean(axis=0), table.std(axis=0, ddof=1) / math.sqrt(len(rows))
            cells = " | ".join(f"{m:.3g} ± {e:.1g}" for m, e in zip(mean, error, strict=True))
            print(f"| {method} | {alpha:g} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
