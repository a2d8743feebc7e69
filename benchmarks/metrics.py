"""Coherence and completeness against a search by matrix products, on one thread, as a Markdown table.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/metrics.py [--pairs GENERATED SOURCE ...] [--runs 3]

For each pair: processor seconds of one exhaustive float32 search by matrix products (BLAS) that finds the nearest
distances both ways at once; of our exhaustive search both ways; of PatchMatch with its correction both ways; and how
far each mean lies from the one by products, with the standard error that PatchMatch states in brackets. Without
`--pairs`, new pictures of the shipped examples are measured.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

import patchloom
from patchloom import metrics

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "pictures"
TILE = 1024


def load(path: Path) -> np.ndarray:
    """Return a file as uint8 (H, W, 3)."""
    return np.asarray(Image.open(path).convert("RGB"))


def by_products(generated: np.ndarray, source: np.ndarray) -> tuple[float, float]:
    """Mean distance to the nearest patch both ways, from tiles of one table of products that is never kept."""
    both = []
    for image in (generated, source):
        image = image.astype(np.float32) / np.float32(255)
        both.append(np.ascontiguousarray(patchloom.extract(image, patch_size=7)).reshape(-1, 147))
    middle = both[1].mean(axis=0)
    q, k = (patches - middle for patches in both)          # smaller numbers, smaller errors
    k_square, q_square, across = (k * k).sum(axis=1), (q * q).sum(axis=1), np.ascontiguousarray(-2 * k.T)
    least_q, least_k = np.full(len(q), np.inf, np.float32), np.full(len(k), np.inf, np.float32)
    for y in range(0, len(q), TILE):
        rows = slice(y, y + TILE)
        for x in range(0, len(k), TILE):
            cols = slice(x, x + TILE)
            table = q[rows] @ across[:, cols]
            table += k_square[cols]
            table += q_square[rows, None]
            np.minimum(least_q[rows], table.min(axis=1), out=least_q[rows])
            np.minimum(least_k[cols], table.min(axis=0), out=least_k[cols])
    return tuple(float(np.maximum(least, 0).mean(dtype=np.float64)) / 147 for least in (least_q, least_k))


def ours(generated: np.ndarray, source: np.ndarray, method: str) -> list[Any]:
    """Return the estimates of coherence and of completeness."""
    pair = metrics.compare(generated, source, method=method, threads=1)
    return [pair.mean(forward=forward) for forward in (True, False)]


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the median of the processor's seconds of some runs, and what the work gives."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return median(seconds), result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", type=Path, default=[])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    pairs = [(str(a), load(a), load(b)) for a, b in zip(options.pairs[::2], options.pairs[1::2], strict=True)]
    for name in () if pairs else ("flowers", "mountains", "spices"):
        source = load(EXAMPLES / f"{name}.png")
        pairs.append((name, patchloom.generate(source, seed=1).image, source))
    print("| pair | size | matrix products | exhaustive | of the products | off | PatchMatch | of the products "
          "| coherence off (stated) | completeness off (stated) | uncorrected |")
    print("|---" * 11 + "|")
    for name, generated, source in pairs:
        products, true = timed(lambda g=generated, s=source: by_products(g, s), 1)
        exact, means = timed(lambda g=generated, s=source: ours(g, s, "exact"), 1)
        match, found = timed(lambda g=generated, s=source: ours(g, s, "patchmatch"), options.runs)
        off = max(abs(mean.mean / real - 1) for mean, real in zip(means, true, strict=True))
        told = [f"{mean.mean / real.mean - 1:+.2%} ({mean.standard_error / mean.mean:.2%})"
                for mean, real in zip(found, means, strict=True)]
        own = ", ".join(f"{mean.excess:+.1%}" for mean in found)
        print(f"| {name} | {source.shape[1]} x {source.shape[0]} | {products:.2f} s | {exact:.2f} s "
              f"| 1/{products / exact:.1f} | {off:.1e} | {match:.3f} s | 1/{products / match:.0f} "
              f"| {' | '.join(told)} | {own} |", flush=True)


if __name__ == "__main__":
    main()
