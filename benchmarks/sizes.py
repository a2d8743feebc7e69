"""What a new picture costs at growing sizes, as a Markdown table, and where the time and the threads go.

    python benchmarks/sizes.py [--sizes 128 256 512 1024 2048 4096] [--runs 3] [--image FILE]
    python benchmarks/sizes.py --threads-check 512 [--repetitions 5]
    python benchmarks/sizes.py --profile 1024

The picture is the middle square of a shipped example (or of FILE), brought to each size with Patchloom's own resize;
an example also gets a little grain, always the same, so that enlarged ones are not smooth. Every cell runs in a process
of its own, with BLAS on one thread. Without `--sizes`, `--threads-check` and `--profile` print their own tables only.

Allow a quarter of an hour for all six sizes on two cores, and two minutes for 128 to 512.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from search import EXAMPLES, by_products, load, timed

import patchloom
from patchloom import NNF, PRESETS, estimate, kernels, plans
from patchloom.checks import available_cores
from patchloom.resize import resize

SIZES = (128, 256, 512, 1024, 2048, 4096)
PATCH = PRESETS["default"].patch_size
GRAIN = 0.02                                              # standard deviation, intensities on [0, 1]
EXACT, WHOLE, CROP = 256, 2048, 1024                      # px: searched exhaustively; in whole; what is searched beyond
SWEEPS = 16                                               # of PatchMatch, where it judges
CHECK_SECONDS = 4.0                                       # of one thread's work per process and repetition
COPIED = 256 << 20                                        # bytes of the array whose copy tells the memory's speed


def square(image: Path | None, size: int) -> np.ndarray:
    """Return the source picture at a size, uint8 (size, size, 3)."""
    picture = load(image or EXAMPLES / "flowers.png")
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    picture = resize(np.ascontiguousarray(picture[top : top + side, left : left + side]), (size, size))
    if image is None:
        picture = picture + np.float32(GRAIN) * np.random.default_rng(0).standard_normal(picture.shape, np.float32)
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def floats(picture: np.ndarray) -> np.ndarray:
    """Return a uint8 picture on [0, 1]."""
    return picture.astype(np.float32) / np.float32(255)


# What runs in processes of its own: plain values in, plain values out.


def picture_job(image: str | None, size: int, path: str) -> None:
    """Save the source picture; in a process of its own, or its memory would count in the cells' (see `cell_job`)."""
    np.save(path, square(Path(image) if image else None, size))


def resident() -> int:
    """Bytes that this process holds now; where the system does not tell, the most it ever held."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else most_resident()


def most_resident() -> int:
    """Return the most bytes that this process ever held; Linux counts from what the process that started it held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def cell_job(path: str, threads: int, runs: int, limit: float, judge: bool) -> dict[str, Any]:
    """Time some runs; measure the first one's memory, and the pictures' quality if told."""
    source = np.load(path)
    patchloom.generate(source[:24, :24], seed=0, threads=threads)                    # whatever is done only once
    held, grown = resident(), 0
    seconds: list[float] = []
    hashes, qualities, used = [], [], 0.0
    while len(seconds) < runs and sum(seconds) + statistics.fmean(seconds or [0]) <= limit:
        start, before = time.perf_counter(), time.process_time()
        result = patchloom.generate(source, seed=len(seconds) + 1, threads=threads)
        seconds.append(time.perf_counter() - start)
        used += time.process_time() - before
        grown = grown or most_resident() - held
        hashes.append(hashlib.sha256(result.image.tobytes()).hexdigest())
        if judge:
            qualities.append(quality(floats(source), floats(result.image), result.nnf))
    predicted = estimate.peak_memory(plans.generate(source, seed=1))
    told = {"seconds": seconds, "hashes": hashes, "grown": grown, "predicted": predicted, "got": used / sum(seconds)}
    return told | {"quality": np.mean(qualities, axis=0).tolist() if judge else None}


def quality(source: np.ndarray, made: np.ndarray, nnf: NNF) -> tuple[float, float, float]:
    """Coherence, sharpness, and what coherence by PatchMatch is of the exhaustive one (1 where only the former is)."""
    size, query, init = len(source), made, nnf
    if size > WHOLE:
        start = (size - CROP) // 2
        query = np.ascontiguousarray(made[start : start + CROP, start : start + CROP])
        here = slice(start, start + CROP - PATCH + 1)
        init = NNF(np.ascontiguousarray(nnf.index[here, here]), np.ascontiguousarray(nnf.distance[here, here]), PATCH)
    matched = patchloom.nearest(
        query, source, patch_size=PATCH, init=init, method="patchmatch", sweeps=SWEEPS, seed=1
    ).distance.mean(dtype=np.float64)
    coherence = matched
    if size <= EXACT:
        coherence = patchloom.nearest(query, source, patch_size=PATCH, method="exact").distance.mean(dtype=np.float64)
    return float(coherence), gradient(made) / gradient(source), float(matched / max(coherence, 1e-12))


def gradient(image: np.ndarray) -> float:
    """Mean absolute difference of neighbouring pixels."""
    return float(sum(np.abs(np.diff(image, axis=axis)).mean(dtype=np.float64) for axis in (0, 1)))


def products_job(path: str) -> tuple[float, float]:
    """Seconds of one exhaustive search by matrix products, the lesser of two, and the share of a core that they got."""
    source = np.load(path)
    made = patchloom.generate(source, seed=1).image
    start, before = time.perf_counter(), time.process_time()
    seconds, _ = timed(lambda: by_products(floats(made), floats(source)), 2)
    return seconds, (time.process_time() - before) / (time.perf_counter() - start)


def worker_job(path: str, threads: int, count: int) -> None:
    """Make some pictures once told to, tell the seconds, and stay busy until ended from outside."""
    source = np.load(path)
    patchloom.generate(source[:128, :128], seed=0, threads=threads)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    for seed in range(1, count + 1):
        patchloom.generate(source, seed=seed, threads=threads)
    print(time.perf_counter() - start, flush=True)
    for _ in range(10 * count):
        patchloom.generate(source, seed=1, threads=threads)


class Watched:
    """A kernel with a clock: calls, seconds, what it worked on, and bytes that it cannot but move."""

    def __init__(self, name: str, kernel: Callable[..., Any]) -> None:
        self.name, self.kernel, self.signature = name, kernel, inspect.signature(kernel)
        self.calls, self.seconds, self.aside = 0, 0.0, 0.0
        self.counts: dict[str, float] = defaultdict(float)
        self.unit, self.bytes = "", 0.0

    def __call__(self, *args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        result = self.kernel(*args, **options)
        end = time.perf_counter()
        self.calls, self.seconds = self.calls + 1, self.seconds + end - start
        self.note(self.signature.bind(*args, **options).arguments, result)
        self.aside += time.perf_counter() - end
        return result

    def note(self, given: dict[str, Any], result: Any) -> None:
        """Count what a call worked on."""
        if self.name == "sweep":
            every, at = math.prod(given["index"].shape[:2]), given.get("at")
            some = every if at is None else len(at)
            key = "calls on some" if some < every else "calls on all"
            self.unit = "entries"
            for name, number in (("entries", some), (key, 1), ("all entries", every)):
                self.counts[name] += number
            self.counts["candidates"] += some * (4 * len(given["jumps"]) + len(given["radii"]) + given.get("looks", 0))
        elif self.name == "exact":
            patch = given["patch"] - 1
            self.unit = "pairs"
            self.counts["pairs"] += math.prod(n - patch for name in ("query", "key") for n in given[name].shape[:2])
        elif self.name == "rank":                         # in no order that a copy could be compared with
            self.unit = "patches"
            self.counts["patches"] += math.prod(given["sums"].shape[:2])
        elif self.name == "vote":
            touched, pixels = given.get("touched"), math.prod(result.shape[:2])
            share = 1.0 if touched is None else np.count_nonzero(touched) / touched.size
            self.unit = "pixels"
            self.counts["pixels"] += pixels * share
            self.counts["all pixels"] += pixels
            # what is voted, once each; and the picture before, which is copied first
            copied = 0 if touched is None else touched.nbytes + 2 * result.nbytes
            self.bytes += share * (given["index"].nbytes + given["value"].nbytes + result.nbytes) + copied
            lanes = 4 if result.shape[2] == 3 else result.shape[2]
            self.counts["gathered bytes"] += pixels * share * given["fold"].size * lanes * 4
        else:
            self.unit = "values"
            self.counts["values"] += sum(array.size for array in arrays([result])) or given["image"].size
            self.bytes += sum(array.nbytes for array in arrays([*given.values(), result]))


def arrays(values: Any) -> Iterator[np.ndarray]:
    """Yield the arrays among some values, also those within tuples."""
    for value in values:
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from arrays(value)


def copy_speed() -> float:
    """Bytes that a copy of a large array moves per second, read and written."""
    array, other = np.ones(COPIED // 4, np.float32), np.ones(COPIED // 4, np.float32)
    return 2 * COPIED / timed(lambda: np.copyto(other, array), 7)[0]


def profile_job(path: str) -> dict[str, Any]:
    """Run once on one thread with a clock at every kernel."""
    source, home = np.load(path), sys.modules[kernels.exact.__module__]
    patchloom.generate(source[:24, :24], seed=0, threads=1)
    names = [name for name in kernels.__all__ if name not in ("info", "warn_if_slow")]
    watched = [Watched(name, getattr(home, name)) for name in names]
    for kernel in watched:
        setattr(home, kernel.name, kernel)
    start, before = time.perf_counter(), time.process_time()
    result = patchloom.generate(source, seed=1, threads=1)
    seconds, got = time.perf_counter() - start, time.process_time() - before
    got, seconds = got / seconds, seconds - sum(kernel.aside for kernel in watched)
    facts = ("name", "calls", "seconds", "unit", "bytes", "counts")
    rows = [{fact: getattr(kernel, fact) for fact in facts} for kernel in watched if kernel.calls]
    return {"seconds": seconds, "got": got, "rows": rows, "copy": copy_speed(), "iterations": result.iterations}


JOBS = {job.__name__: job for job in (picture_job, cell_job, products_job, worker_job, profile_job)}


# What runs in the first process, which itself stays small.


def command(job: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Return what starts a job, for `subprocess`."""
    told = json.dumps({"job": job.__name__, "options": options})
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {"args": [sys.executable, __file__, "--job", told], "env": environment, "text": True}


def apart(job: Callable[..., Any], **options: Any) -> Any:
    """Return what a job gives in a fresh process."""
    return json.loads(subprocess.run(**command(job, **options), stdout=subprocess.PIPE, check=True).stdout)


@contextmanager
def pictures(image: Path | None) -> Iterator[Callable[[int], str]]:
    """Give a function from sizes to the files of the source picture, while the block lasts."""
    with tempfile.TemporaryDirectory() as folder:

        def path_of(size: int) -> str:
            path = Path(folder) / f"{size}.npy"
            if not path.exists():
                apart(picture_job, image=str(image) if image else None, size=size, path=str(path))
            return str(path)

        yield path_of


def spread(values: list[float]) -> str:
    """Return the median with the least and the most."""
    middle, low, high = (f"{value:.3g}" for value in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})" if len(values) > 1 else middle


def note(text: str) -> None:
    """Print a paragraph."""
    print(f"{textwrap.fill(' '.join(text.split()), 120, break_on_hyphens=False)}\n", flush=True)


def size_cells(
    path_of: Callable[[int], str], sizes: list[int], runs: int, limit: float, most_threads: int
) -> Iterator[dict[str, Any]]:
    """Give the first table cell by cell: what `cell_job` gives, and what one search by matrix products would take."""
    per_pair = got = math.nan
    sizes = sorted(set(sizes))
    for size in sizes:
        if size <= EXACT or math.isnan(per_pair):
            reference = min(size, EXACT)
            taken, got = apart(products_job, path=path_of(reference))
            per_pair = taken / (reference - PATCH + 1) ** 4
        hashes: list[str] = []
        for threads in sorted({1, most_threads}):
            cell = apart(cell_job, path=path_of(size), threads=threads, runs=runs, limit=limit, judge=threads == 1)
            hashes = hashes or cell["hashes"]
            same = all(a == b for a, b in zip(hashes, cell["hashes"], strict=False))
            yield cell | {
                "size": size, "threads": threads, "median": statistics.median(cell["seconds"]), "same": same,
                "per_pair": per_pair, "products": (size - PATCH + 1) ** 4 * per_pair, "products_got": got,
            }


SIZES_HEAD = (
    "| size | threads | seconds (median, min to max) | runs | ns per pixel | memory, MB | predicted, MB | ratio "
    "| coherence | sharpness | matrix products | of the products |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def size_line(cell: dict[str, Any]) -> str:
    """Return a cell's line of the first table."""
    size, middle, products = cell["size"], cell["median"], cell["products"]
    row = [str(size), str(cell["threads"]), spread(cell["seconds"]), str(len(cell["seconds"]))]
    row += [f"{middle / size**2 * 1e9:.0f}", f"{cell['grown'] / 1e6:.1f}", f"{cell['predicted'] / 1e6:.1f}"]
    row += [f"{cell['predicted'] / max(cell['grown'], 1):.2f}"]
    if cell["threads"] == 1:
        computed = "" if size <= EXACT else " (computed)"
        row += [f"{cell['quality'][0]:.3g}", f"{cell['quality'][1]:.3f}", f"{products:.3g} s{computed}"]
        row += [f"1/{products / middle:.{0 if products / middle > 20 else 1}f}"]
    else:
        row += ["the same bytes" if cell["same"] else "OTHER BYTES", "", "", ""]
    return f"| {' | '.join(row)} |"


def sizes_note(cells: list[dict[str, Any]], limit: float) -> str:
    """Return what has to be said of the first table."""
    alone = [cell for cell in cells if cell["threads"] == 1]
    by_match = [f"{cell['quality'][2]:.3f} at {cell['size']}" for cell in alone if cell["size"] <= EXACT]
    checked = f" (here {', '.join(by_match)})" if by_match else ""
    return f"""
        Seconds are of whole `generate` calls on uint8 pictures, seeds 1, 2, ...; no further run begins if a cell's runs
        would take more than {limit:g} s. Memory is the most that the first run adds to what the process holds after
        import and loading; predicted is `estimate.peak_memory`, the ratio predicted / measured. Coherence is the mean
        over the result's patches of the mean squared difference to the nearest source patch: exhaustive up to {EXACT}
        px; beyond, by PatchMatch from the field that made the picture ({SWEEPS} sweeps), a little more than the
        exhaustive one{checked}; of the whole picture up to {WHOLE} px, beyond of the middle {CROP} x {CROP} px (in the
        whole source). Sharpness is the result's mean absolute gradient over the source's. Both are means of the runs.
        Matrix products: one exhaustive float32 search of that size, on one thread like the row that is given as a part
        of it; timed in this run up to {EXACT} px (the lesser of two), computed beyond as pairs x
        {cells[-1]["per_pair"] * 1e9:.2f} ns, which is what the largest one timed took. The runs on one thread had
        {min(cell["got"] for cell in alone):.0%} of a core or more, the products
        {min(cell["products_got"] for cell in cells):.0%}: much less than 100% means that others kept the machine busy.
    """


def print_sizes(path_of: Callable[[int], str], sizes: list[int], runs: int, limit: float) -> None:
    """Print the first table."""
    print(SIZES_HEAD)
    cells = []
    for cell in size_cells(path_of, sizes, runs, limit, available_cores()):
        cells.append(cell)
        print(size_line(cell), flush=True)
    print()
    note(sizes_note(cells, limit))


def rate(path: str, threads: int, processes: int, count: int) -> float:
    """Pictures per second of some processes that are busy at the same time."""
    started = [
        subprocess.Popen(
            **command(worker_job, path=path, threads=threads, count=count), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    try:
        for process in started:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("a process ended before its work")
        for process in started:
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(count / float(process.stdout.readline()) for process in started)
    finally:
        for process in started:
            process.kill()
            process.communicate()


def print_threads(path_of: Callable[[int], str], size: int, repetitions: int) -> None:
    """Print the second table: two threads against two processes."""
    path = path_of(size)
    alone = apart(cell_job, path=path, threads=1, runs=1, limit=math.inf, judge=False)["seconds"][0]
    count = max(1, round(CHECK_SECONDS / alone))
    rates: dict[str, list[float]] = {"one process, two threads": [], "two processes, one thread each": []}
    ways = {"one process, two threads": (2, 1), "two processes, one thread each": (1, 2)}
    for repetition in range(repetitions):
        for way in list(ways)[:: 1 if repetition % 2 == 0 else -1]:
            rates[way].append(rate(path, *ways[way], count))
    ratios = [a / b for a, b in zip(*rates.values(), strict=True)]
    print(f"| {size} x {size}, {count} pictures per process | pictures per second (median, min to max) |\n|---|---|")
    for way, found in rates.items():
        print(f"| {way} | {spread(found)} |")
    print(f"| ratio, by repetition | {spread(ratios)} |")
    print()
    note(f"""
        {repetitions} repetitions, the two ways in turns, each first every other time. Every process makes the same
        pictures (seeds 1 to {count}), and stays busy until the other is done too.
        {'' if available_cores() > 1 else 'ONE CORE ONLY.'}
    """)


def print_profile(path_of: Callable[[int], str], size: int) -> None:
    """Print the third table: where one run's time goes."""
    told = apart(profile_job, path=path_of(size))
    total, copy = told["seconds"], told["copy"]
    print("| kernel | calls | seconds | share | ns per output pixel | worked on | ns each | MB moved | GB/s "
          "| of a copy's speed |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    rows = sorted(told["rows"], key=lambda row: -row["seconds"])
    rest = total - sum(row["seconds"] for row in rows)
    for row in [*rows, {"name": "the rest: NumPy and Python", "seconds": rest}, {"name": "all", "seconds": total}]:
        seconds, moved = row["seconds"], row.get("bytes", 0)
        work = row["counts"][row["unit"]] if "counts" in row else 0
        cells = [row["name"], str(row.get("calls", "")), f"{seconds:.3f}", f"{seconds / total:.1%}"]
        cells += [f"{seconds / size**2 * 1e9:.1f}"]
        cells += [f"{work / 1e6:.2f} M {row['unit']}", f"{seconds / work * 1e9:.2f}"] if work else ["", ""]
        speed = [f"{moved / 1e6:.1f}", f"{moved / seconds / 1e9:.2f}", f"{moved / copy / seconds:.0%}"]
        print(f"| {' | '.join([*cells, *(speed if moved else ['', '', ''])])} |")
    counts = {row["name"]: defaultdict(float, row["counts"]) for row in rows}
    text = f"""{size} x {size}, one run on one thread, seed 1, which had {told["got"]:.0%} of a core; iterations by
        level, finest first: {", ".join(map(str, told["iterations"]))}."""
    if "sweep" in counts:
        sweeps = counts["sweep"]
        entries, every = sweeps["entries"], sweeps["all entries"]
        text += f""" The sweeps ({sweeps["calls on all"]:.0f} of all entries, {sweeps["calls on some"]:.0f} of some)
            looked at {entries / 1e6:.2f} M entries: {entries / size**2:.2f} per output pixel, {entries / every:.1%} of
            what sweeps of all would have, each with at most {sweeps["candidates"] / entries:.1f} candidates on
            average."""
    if "vote" in counts:
        vote, took = counts["vote"], next(row["seconds"] for row in rows if row["name"] == "vote")
        text += f""" The votes computed {vote["pixels"] / vote["all pixels"]:.1%} of their pixels, and gathered
            {vote["gathered bytes"] / 1e6:.0f} MB from patches for them ({vote["gathered bytes"] / took / 1e9:.1f} GB/s,
            nearly all of it from the caches)."""
    print()
    note(text)
    note(f"""
        MB moved: every array read or written once, as if the caches kept it from then on (the vote: for its share of
        the pixels, and the copy of the picture before); GB/s: that by the seconds. A copy of {COPIED >> 20} MiB (NumPy,
        one thread) moves {copy / 1e9:.1f} GB/s, read and written. Near 100% of the copy's speed a kernel waits for
        memory; far below, for its own arithmetic. Arrays that fit the caches may go beyond.
    """)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, metavar="PX")
    parser.add_argument("--runs", type=int, default=3, help="runs per cell")
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS", help="that a cell's runs may take")
    parser.add_argument("--image", type=Path, metavar="FILE", help="a picture of your own")
    parser.add_argument("--threads-check", type=int, metavar="SIZE", help="two threads against two processes")
    parser.add_argument("--repetitions", type=int, default=5, help="of --threads-check")
    parser.add_argument("--profile", type=int, metavar="SIZE", help="where one run's time goes")
    parser.add_argument("--job", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        result = JOBS[options.job["job"]](**options.job["options"])
        print(json.dumps(result))
        return
    told = {**kernels.info(), "numpy": np.__version__, "python": platform.python_version()}
    name = options.image.name if options.image else "flowers.png"
    print(f"{name}; {available_cores()} cores; {', '.join(f'{k} {v}' for k, v in told.items())}\n", flush=True)
    with pictures(options.image) as path_of:
        if options.sizes or not (options.threads_check or options.profile):
            print_sizes(path_of, options.sizes or list(SIZES), options.runs, options.limit)
        if options.threads_check:
            print_threads(path_of, options.threads_check, options.repetitions)
        if options.profile:
            print_profile(path_of, options.profile)


if __name__ == "__main__":
    main()
