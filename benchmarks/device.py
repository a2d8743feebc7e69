"""What a new picture costs on a device, as a Markdown table: seconds, memory, and what the work cannot take less than.

    python benchmarks/device.py [--devices cpu auto] [--sizes 248x186 1024x1024 4096x4096] [--runs 3] [--image FILE]

``cpu`` is the compiled kernels, on all cores unless PATCHLOOM_THREADS says otherwise; ``torch`` is torch on the CPU.
Each size is made at the default settings and with completeness at all levels, the smallest one also exhaustively. The
first run is not timed: it loads what a device loads once. Results of all devices are compared to the byte with those
of the first. The floor is the time that the device itself takes, by its own measured speed, for the products of
exhaustive searches, for reading the patches that PatchMatch compares and the vote adds up, and for being told each of
torch's operations, one after the other, be it as small as can be. Small pictures cost little but that.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sizes import square
from torch.utils._python_dispatch import TorchDispatchMode

import patchloom
from patchloom import PRESETS, plans
from patchloom.device import exhaustive, kernels, sweeping
from patchloom.device.choosing import engine_on
from patchloom.resize import resize
from patchloom.types import Plan

SIDE = 4096                                               # of the matrices that tell how fast products are
COPIED = 1 << 28                                          # bytes whose copy tells how fast memory is
TOLD = 2000                                               # smallest operations that tell how long one takes


@dataclass(frozen=True)
class Speed:
    """What a device does at best.

    Attributes
    ----------
    products : float
        Multiply-adds a second, of the kind that exhaustive search has there.
    bytes : float
        Read or written a second.
    launch : float
        Seconds that an operation on one number takes, in a long row of them.
    """

    products: float
    bytes: float
    launch: float

    def __str__(self) -> str:
        amounts = f"{self.products:.3g} multiply-adds and {self.bytes:.3g} bytes a second"
        return f"{amounts}, {1e6 * self.launch:.1f} us an operation"

    def floor(self, counts: Counter[str]) -> float:
        """Return the seconds that what was counted takes at least."""
        products, read = counts["products"] / self.products, counts["bytes"] / self.bytes
        return products + read + counts["launches"] * self.launch


def source(image: Path | None, cols: int, rows: int) -> np.ndarray:
    """Return the picture at a size, uint8 (rows, cols, 3)."""
    picture = square(image, max(rows, cols))
    if rows == cols:
        return picture
    floats = picture.astype(np.float32) / np.float32(255)
    return np.rint(np.clip(resize(floats, (rows, cols)), 0, 1) * 255).astype(np.uint8)


def cases(image: Path | None, sizes: list[tuple[int, int]]) -> Iterator[tuple[str, Plan]]:
    """Yield what is made, and its plan."""
    complete = replace(PRESETS["default"], complete_levels=64)
    settings = {"default": PRESETS["default"], "complete at all levels": complete}
    for cols, rows in sizes:
        picture = source(image, cols, rows)
        for told, params in settings.items():
            methods = ("exact", "auto") if (cols, rows) == min(sizes) else ("auto",)
            for method in methods:
                name = f"{cols} x {rows}, {'exhaustive' if method == 'exact' else 'PatchMatch'}, {told}"
                yield name, plans.generate(picture, params=replace(params, method=method), seed=1)


def timed(work: Callable[[], Any], runs: int, wait: Callable[[], None]) -> float:
    """Return the median seconds of some runs, after one that does not count."""
    seconds = []
    for _ in range(runs + 1):
        wait()
        start = time.perf_counter()
        work()
        wait()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def speeds(device: torch.device) -> Speed:
    """Return what the device does at best, as measured."""
    double = exhaustive._product_for(device) is exhaustive._by_doubles
    side = SIDE if device.type != "cpu" else SIDE // 4
    matrix = torch.ones((side, side), dtype=torch.float64 if double else torch.float32, device=device)
    array = torch.ones(COPIED // 4, dtype=torch.float32, device=device)
    one, wait = torch.zeros(1, device=device), waiting(device)
    products, copy = timed(lambda: matrix @ matrix, 3, wait), timed(array.clone, 3, wait)
    launch = timed(lambda: [one.add_(1) for _ in range(TOLD)], 3, wait) / TOLD
    return Speed(side**3 / products, 2 * COPIED / copy, launch)


def waiting(device: torch.device | None) -> Callable[[], None]:
    """Return what waits until a device has done all that it was told."""
    if device is None or device.type == "cpu":
        return lambda: None
    return partial(torch.cuda.synchronize, device) if device.type == "cuda" else torch.mps.synchronize


class Launches(TorchDispatchMode):
    """Counts the operations that a device is told; those that only look at a tensor in another way are none."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count one, and do it."""
        name = func.overloadpacket.__name__
        self.counts["launches"] += not (func.is_view or name.startswith("empty") or name == "detach")
        return func(*args, **(kwargs or {}))


@contextmanager
def counted(counts: Counter[str]) -> Iterator[None]:
    """Count, within the block, operations, multiply-adds of exhaustive searches, bytes of patches compared or voted."""
    table, distance, vote = exhaustive._table, sweeping._Pair.distance, kernels.vote

    def count_table(queries: Any, keys: Any) -> Any:
        times = 1 if exhaustive._product_for(queries.device) is exhaustive._by_doubles else 4
        counts["products"] += times * len(queries) * len(keys) * queries.shape[1]
        return table(queries, keys)

    def count_distance(pair: Any, at: Any, place: Any) -> Any:
        counts["bytes"] += 2 * 2 * len(at) * pair.values
        return distance(pair, at, place)

    def count_vote(value: Any, index: Any, fold: Any, **given: Any) -> Any:
        counts["bytes"] += 4 * index[..., 0].numel() * fold.size * value.shape[2]
        return vote(value, index, fold, **given)

    try:
        exhaustive._table, sweeping._Pair.distance, kernels.vote = count_table, count_distance, count_vote
        with Launches(counts):
            yield
    finally:
        exhaustive._table, sweeping._Pair.distance, kernels.vote = table, distance, vote


def floor_of(plan: Plan, device: torch.device, speed: Speed) -> tuple[float, int]:
    """Return the seconds that a run takes at least, and its number of operations."""
    counts: Counter[str] = Counter()
    with counted(counts):
        patchloom.run(plan, device=device)
    return speed.floor(counts), counts["launches"]


def most_held(device: torch.device | None, plan: Plan) -> str:
    """Return the most memory of its own that a device held in a run, where it tells."""
    if device is None or device.type != "cuda":
        return "-"
    torch.cuda.reset_peak_memory_stats(device)
    patchloom.run(plan, device=device)
    return f"{torch.cuda.max_memory_allocated(device) / 1e9:.2f} GB"


def digest(result: patchloom.Result) -> str:
    """Return a hash of a result's pixels and field."""
    return hashlib.sha256(result.image.tobytes() + result.nnf.index.tobytes()).hexdigest()


def as_size(text: str) -> tuple[int, int]:
    """Return (columns, rows)."""
    cols, _, rows = text.partition("x")
    return int(cols), int(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", nargs="+", default=["cpu", "auto"])
    parser.add_argument("--sizes", nargs="+", type=as_size, default=[(248, 186), (1024, 1024), (4096, 4096)])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--image", type=Path)
    options = parser.parse_args()
    asked = {name: torch.device("cpu") if name == "torch" else name for name in options.devices}
    engines = {name: engine_on(device) for name, device in asked.items()}
    there = {name: getattr(engine, "device", None) for name, engine in engines.items()}
    speed = {name: speeds(device) for name, device in there.items() if device is not None}
    for name, engine in engines.items():
        print(f"{name}: {engine.name}{f': {speed[name]}' if name in speed else ''}\n")
    columns = "picture", "device", "seconds", "at least", "operations", "of its own memory", "same bytes"
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for case, plan in cases(options.image, options.sizes):
        first = ""
        for name, device in asked.items():
            made, wait = digest(patchloom.run(plan, device=device)), waiting(there[name])
            first = first or made
            seconds = timed(lambda plan=plan, device=device: patchloom.run(plan, device=device), options.runs, wait)
            least = "{:.3f} | {:,}".format(*floor_of(plan, there[name], speed[name])) if name in speed else "- | -"
            held, same = most_held(there[name], plan), "yes" if made == first else "NO"
            print(f"| {case} | {name} | {seconds:.3f} | {least} | {held} | {same} |", flush=True)


if __name__ == "__main__":
    main()
