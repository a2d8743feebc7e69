"""Filling a hole, against two other packages, as a Markdown table.

    pip install pypatchmatch patchmatch-cython scikit-image
    python benchmarks/inpaint.py [--runs 5] [--at ROW COLUMN] [--slow] [--sheet FILE.png]

The picture is scikit-image's astronaut, 512 x 512, with a hole of 102 x 102 pixels that is overwritten with grey first.
All run on one thread in this process: neither of the others has more. Seconds are those of whole calls, median and
spread after a warm-up; coherence is the mean squared difference of the patches that touch the hole to the nearest patch
of the known region, by our exhaustive search, mean and spread over the seeds; "changed outside" counts pixels.
Both others have patches of 7 x 7 here, as ours; patchmatch-cython's default of 5 x 5 is a row of its own,
and so is pypatchmatch's of 31 x 31 with `--slow`.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

import numpy as np
from PIL import Image

import patchloom
from patchloom import kernels
from patchloom.regions import clear_patches

SIDE, PATCH = 102, 7

Fill = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def fillers(slow: bool) -> dict[str, Fill]:
    """Return what fills holes, by name; with what takes ten seconds a picture if `slow`."""
    try:
        import patchmatch
        import patchmatch_cython
    except ImportError as error:
        sys.exit(f"{error.name} is missing: pip install pypatchmatch patchmatch-cython scikit-image")

    def by_library(radius: int) -> Fill:
        def fill(image: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
            patchmatch.set_random_seed(seed)
            return patchmatch.inpaint(image, hole, patch_size=radius)

        return fill

    def by_cython(side: int) -> Fill:
        return lambda image, hole, seed: patchmatch_cython.inpaint_pyramid(image, hole, patch_size=side, seed=seed)

    def by_us(image: np.ndarray, hole: np.ndarray, seed: int) -> np.ndarray:
        return patchloom.inpaint(image, hole, seed=seed, threads=1).image

    return {
        f"patchloom {patchloom.__version__}": by_us,
        f"pypatchmatch {version('pypatchmatch')}, patch 7": by_library(3),
        **({f"pypatchmatch {version('pypatchmatch')}, patch 31": by_library(15)} if slow else {}),
        f"patchmatch-cython {version('patchmatch-cython')}, patch 7": by_cython(PATCH),
        f"patchmatch-cython {version('patchmatch-cython')}, patch 5": by_cython(5),
    }


def coherence(made: np.ndarray, image: np.ndarray, hole: np.ndarray) -> float:
    """Mean squared difference of the patches that touch the hole to the nearest one of the known region."""
    clear = clear_patches(hole, PATCH)
    rows, cols = (np.flatnonzero((~clear).any(axis=axis)) for axis in (1, 0))
    part = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    pixels = np.s_[rows[0] : rows[-1] + PATCH, cols[0] : cols[-1] + PATCH]
    scale = np.float32(1 / 255)
    found = patchloom.nearest(
        made[pixels] * scale, image * scale, patch_size=PATCH, valid=clear, active=~clear[part], method="exact",
        init=patchloom.NNF(np.zeros((*clear[part].shape, 2), np.int32), np.zeros(clear[part].shape, np.float32), PATCH),
    )
    return float(found.distance[~clear[part]].mean())


@dataclass
class Measured:
    """What was measured of one way to fill: seconds and coherence of each run, pixels changed outside, last result."""

    seconds: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    changed: int = 0
    made: np.ndarray | None = None

    def row(self, name: str) -> str:
        """Return a line of the table."""
        seconds, near = self.seconds, self.distances
        return (
            f"| {name} | {statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f}) "
            f"| {statistics.mean(near):.2e} ({min(near):.2e} to {max(near):.2e}) | {self.changed} |"
        )


def measure(ways: dict[str, Fill], image: np.ndarray, hole: np.ndarray, runs: int) -> dict[str, Measured]:
    """Run all ways in turn, so that whatever else the machine does meets all of them."""
    found = {name: Measured() for name in ways}
    for seed in range(runs + 1):
        for name, fill in ways.items():
            start = time.perf_counter()
            made = fill(image, hole, seed)
            seconds = time.perf_counter() - start
            if seed:                                      # the first run warms up
                one = found[name]
                one.seconds.append(seconds)
                one.distances.append(coherence(made, image, hole))
                one.changed = max(one.changed, int(((made != image).any(axis=2) & ~hole).sum()))
                one.made = made
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--at", type=int, nargs=2, default=(60, 170), metavar=("ROW", "COLUMN"),
                        help="the hole's corner")
    parser.add_argument("--slow", action="store_true", help="pypatchmatch's default patch of 31 x 31 too")
    parser.add_argument("--sheet", help="write the results side by side")
    options = parser.parse_args()
    ways = fillers(options.slow)
    from skimage import data

    image = data.astronaut()
    hole = np.zeros(image.shape[:2], np.bool_)
    top, left = options.at
    hole[top : top + SIDE, left : left + SIDE] = True
    image[hole] = 128
    told = {**kernels.info(), "numpy": np.__version__, "python": platform.python_version()}
    print(f"hole at row {top}, column {left}; {', '.join(f'{k} {v}' for k, v in told.items())}\n")
    print("| package | seconds (median, min to max) | coherence (mean, min to max) | changed outside |")
    print("|---|---|---|---|")
    found = measure(ways, image, hole, options.runs)
    for name, one in found.items():
        print(one.row(name))
    if options.sheet:
        Image.fromarray(np.concatenate([image, *(one.made for one in found.values())], axis=1)).save(options.sheet)


if __name__ == "__main__":
    main()
