"""Nearest-patch search against a matrix product, on one thread, as a Markdown table.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/search.py [--pairs GENERATED SOURCE ...]

For each pair: seconds of one exhaustive float32 search by matrix products (BLAS), of our exhaustive search on each
instruction set, and of PatchMatch from a random field with the default sweeps; and PatchMatch's mean distance as a
multiple of the exhaustive one. Without `--pairs`, new pictures of the shipped examples are searched in their sources.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import patchloom
from patchloom.kernels import native

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "pictures"


def load(path: Path) -> np.ndarray:
    """Return a file as float32 (H, W, 3) on [0, 1]."""
    return np.asarray(Image.open(path).convert("RGB"), np.float32) / np.float32(255)


def by_products(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Index of the nearest key patch of every query patch, by matrix products of 1024 rows, all in one table."""
    q, k = (np.ascontiguousarray(patchloom.extract(image, patch_size=7)).reshape(-1, 147) for image in (query, key))
    transposed, squares = np.ascontiguousarray(k.T), (k * k).sum(axis=1)
    table, found = np.empty((1024, len(k)), np.float32), []
    for start in range(0, len(q), 1024):
        part = q[start : start + 1024]
        scores = np.matmul(part, transposed, out=table[: len(part)])
        scores *= -2
        scores += squares
        found.append(scores.argmin(axis=1))
    return np.concatenate(found)


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the least seconds of some runs, and what the work gives."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", type=Path, default=[])
    options = parser.parse_args()
    pairs = [(str(a), load(a), load(b)) for a, b in zip(options.pairs[::2], options.pairs[1::2], strict=True)]
    for name in () if pairs else ("flowers", "mountains", "spices"):
        source = load(EXAMPLES / f"{name}.png")
        pairs.append((name, patchloom.generate(source, seed=1).image, source))
    sets = ("baseline", "avx2", "avx512")[: 1 + ("baseline", "avx2", "avx512").index(native.isa())]
    names = " | ".join(f"exhaustive, {isa}" for isa in sets)
    print(f"| pair | size | matrix products | {names} | PatchMatch | of the products | mean distance |")
    print("|---|---|---|" + "---|" * (len(sets) + 3))
    for name, query, key in pairs:
        products, _ = timed(lambda q=query, k=key: by_products(q, k), 2)

        def search(method: str, q: np.ndarray = query, k: np.ndarray = key) -> Any:
            return patchloom.nearest(q, k, patch_size=7, method=method, threads=1)

        cells = []
        for isa in sets:
            native.select_isa(isa)
            exact, field = timed(lambda s=search: s("exact"), 2)
            cells.append(f"{exact:.2f} s")
        match, found = timed(lambda s=search: s("patchmatch"), 3)
        ratio = found.distance.mean() / max(field.distance.mean(), 1e-12)
        size = f"{query.shape[1]} x {query.shape[0]}"
        told = " | ".join([name, size, f"{products:.2f} s", *cells, f"{match:.3f} s", f"1/{products / match:.0f}"])
        print(f"| {told} | {ratio:.3f} |", flush=True)


if __name__ == "__main__":
    main()
