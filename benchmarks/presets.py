"""Speed and quality of the presets side by side, as a Markdown table.

    python benchmarks/presets.py [PICTURE] [--runs 5] [--presets default official]

Times are medians of whole `generate` calls in process, after a warm-up, with the spread; quality is the mean over the
same runs' seeds: coherence (result to source) and completeness (source to result), exhaustive mean squared differences,
and identity share (patches found within 2 px of where they were).
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image

import patchloom
from patchloom import PRESETS, kernels
from patchloom.checks import available_cores


def quality(source: np.ndarray, made: np.ndarray) -> tuple[float, float, float]:
    """Coherence, completeness and identity share."""
    there = patchloom.nearest(made, source, patch_size=7, method="exact")
    back = patchloom.nearest(source, made, patch_size=7, method="exact")
    moved = np.abs(there.index - np.indices(there.distance.shape).transpose(1, 2, 0)).max(axis=2)
    return float(there.distance.mean()), float(back.distance.mean()), float((moved <= 2).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    examples = Path(__file__).resolve().parent.parent / "examples" / "pictures"
    parser.add_argument("picture", nargs="?", default=examples / "flowers.png")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=["default", "official"], choices=list(PRESETS))
    options = parser.parse_args()
    source = np.asarray(Image.open(options.picture).convert("RGB"), np.float32) / np.float32(255)
    told = {**kernels.info(), "numpy": np.__version__, "python": platform.python_version()}
    print(f"{source.shape[1]} x {source.shape[0]} pixels; {', '.join(f'{k} {v}' for k, v in told.items())}\n")
    print("| preset | threads | seconds (median, min to max) | coherence | completeness | identity share |")
    print("|---|---|---|---|---|---|")
    for name in options.presets:
        for threads in sorted({1, available_cores()}):
            patchloom.generate(source, params=PRESETS[name], seed=0, threads=threads)
            seconds, rows = [], []
            for seed in range(1, options.runs + 1):
                start = time.perf_counter()
                made = patchloom.generate(source, params=PRESETS[name], seed=seed, threads=threads).image
                seconds.append(time.perf_counter() - start)
                rows.append(quality(source, made))
            spread = f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
            coherence, completeness, identity = np.mean(rows, axis=0)
            told = f"{coherence:.2g} | {completeness:.2g} | {identity:.2f}"
            print(f"| {name} | {threads} | {spread} | {told} |", flush=True)


if __name__ == "__main__":
    main()
