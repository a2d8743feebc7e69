"""How many pictures `patchloom batch` makes in a second, as Markdown tables: by workers, by size, and what it adds.

    python benchmarks/batch.py [--size 128] [--count 200] [--workers 1 2] [--repetitions 3] [--cluster]
    python benchmarks/batch.py --sizes 64 128 256 512 1024 [--seconds 10]
    python benchmarks/batch.py --overheads [--count 2000]

The pictures are squares cut from the shipped examples, each from another place, brought to the size with Patchloom's
own resize. Whole commands are timed, from the start of the interpreter to its end, in turns; each makes one new picture
of every input, with one thread per worker. What the first made is compared with what the others made, byte for byte.
Core seconds are the processor time of a command and its workers: they tell on a busy machine too what a core can do.
`--cluster` adds a Dask cluster of as many worker processes on this machine, which is started before.

The first table takes a minute and a half per repetition on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from search import EXAMPLES, load

import patchloom
from patchloom import kernels
from patchloom.batch import local
from patchloom.batch.job import File, How, Job, Outcome
from patchloom.batch.scheduling import Ended
from patchloom.checks import available_cores
from patchloom.cli import group
from patchloom.resize import resize

PICTURES = ("flowers", "galaxies", "mountains", "skyline", "spices")
CUT = 96                                                  # px: the side of a square that is cut, enlarged beyond
ONE_THREAD = dict.fromkeys(("PATCHLOOM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def cut(number: int, size: int) -> np.ndarray:
    """Return one of the input pictures, uint8 (size, size, 3)."""
    picture = load(EXAMPLES / f"{PICTURES[number % len(PICTURES)]}.png")
    side = min(max(size, CUT), min(picture.shape[:2]))
    place = number // len(PICTURES)
    top, left = (place * step % (full - side + 1) for step, full in zip((7, 11), picture.shape[:2], strict=True))
    square = np.ascontiguousarray(picture[top : top + side, left : left + side])
    return np.rint(np.clip(resize(square, (size, size)), 0, 1) * 255).astype(np.uint8)


def make_inputs(folder: Path, size: int, count: int) -> Path:
    """Write the input pictures."""
    folder.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(cut(number, size)).save(folder / f"{number:05d}.png", compress_level=1)
    return folder


class Took(NamedTuple):
    """What a command took."""

    seconds: float
    core_seconds: float
    """Of its workers too, but not of a cluster's."""


def took(words: Sequence[str]) -> tuple[Took, bytes]:
    """Run a command; return what it took, and what it wrote."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, env={**os.environ, **ONE_THREAD})
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), done.stdout


def batch(inputs: Path, out: Path, *options: str) -> Took:
    """Make a new picture of every input."""
    words = [sys.executable, "-m", "patchloom", "batch", "generate", str(inputs), "--out", f"{out}/", "--json",
             "--quiet", *options]
    found, told = took(words)
    assert json.loads(told)["failed"] == 0, told
    return found


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a batch, the manifest's too."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def alone(inputs: Path) -> Took:
    """Return what the pictures take in one process, read and run but not written: the floor."""
    paths = sorted(inputs.iterdir())
    code = (
        "import sys, time, patchloom, numpy as np\nfrom PIL import Image\n"
        "load = lambda path: np.asarray(Image.open(path))\n"
        "patchloom.generate(load(sys.argv[1])[:24, :24], seed=0, threads=1)\n"
        "begin = time.perf_counter(), time.process_time()\n"
        "for path in sys.argv[1:]: patchloom.generate(load(path), seed=0, threads=1)\n"
        "print(time.perf_counter() - begin[0], time.process_time() - begin[1])"
    )
    _, told = took([sys.executable, "-c", code, *map(str, paths)])
    return Took(*map(float, told.split()))


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Return median, least and most."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}} to {high:{form}})"


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """Run a Dask cluster on this machine; give its scheduler's address."""
    file, quiet = folder / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun = [subprocess.Popen([*_dask("scheduler"), "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                               "--scheduler-file", str(file)], **quiet)]
    try:
        while not (file.exists() and file.read_text()):
            assert begun[0].poll() is None, "no scheduler"
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        begun += [
            subprocess.Popen([*_dask("worker"), address, "--nthreads", "1", "--nworkers", "1", "--no-dashboard",
                              "--local-directory", str(folder)], env={**os.environ, **ONE_THREAD}, **quiet)
            for _ in range(workers)
        ]
        yield address
    finally:
        for process in reversed(begun):
            process.terminate()
        for process in begun:
            process.wait()


def _dask(what: str) -> list[str]:
    return [sys.executable, "-m", "dask", what]


def print_workers(folder: Path, options: argparse.Namespace) -> None:
    """Print the first table: the same pictures by one worker and by more, in turns."""
    inputs = make_inputs(folder / "in", options.size, options.count)
    ways: dict[str, tuple[str, ...]] = {
        f"{number} worker{'s' * (number > 1)}": ("--workers", str(number)) for number in options.workers
    }
    most = max(options.workers)
    found: dict[str, list[Took]] = {}
    same: dict[str, bool] = {}
    with _maybe(options.cluster, lambda: cluster(most, folder)) as address:
        if address:
            ways[f"Dask, {most} worker processes"] = ("--scheduler", address)
        first: dict[str, str] = {}
        for repetition in range(options.repetitions):
            for way in list(ways)[:: 1 if repetition % 2 == 0 else -1]:
                out = folder / f"out{repetition}" / way.replace(" ", "_")
                found.setdefault(way, []).append(batch(inputs, out, *ways[way]))
                made = hashes(out)
                first = first or made
                same[way] = same.get(way, True) and made == first
    floor = alone(inputs)
    print(f"| {options.count} pictures of {options.size} px | seconds | core seconds | pictures a second | "
          "times one worker, by repetition | bytes |\n|---|---|---|---|---|---|")
    print(f"| runs alone, in one process | {floor.seconds:.1f} | {floor.core_seconds:.1f} | "
          f"{options.count / floor.seconds:.2f} | | |")
    one = [each.seconds for each in found[next(iter(ways))]]
    for way, each in found.items():
        seconds, cores = zip(*each, strict=True)
        ratios = spread([a / b for a, b in zip(one, seconds, strict=True)])
        equal = "the same, manifest too" if same[way] else "**others**"
        rate, busy = options.count / statistics.median(seconds), "" if "Dask" in way else spread(cores, ".1f")
        print(f"| {way} | {spread(seconds, '.1f')} | {busy} | {rate:.2f} | {ratios} | {equal} |")
    print(flush=True)


@contextmanager
def _maybe(wanted: bool, begin: Callable[[], Any]) -> Iterator[Any]:
    if not wanted:
        yield None
        return
    with begin() as found:
        yield found


def print_sizes(folder: Path, options: argparse.Namespace) -> None:
    """Print the second table: one worker and all, at growing sizes."""
    many = max(options.workers)
    tiny = make_inputs(folder / "one", 16, 1)
    start = min(batch(tiny, folder / f"start{at}").core_seconds for at in range(3))
    print(f"{start:.2f} core seconds to start and to end with one worker, not counted here.\n")
    print(f"| size | pictures | core seconds each: runs alone | in the batch | pictures an hour and core | megapixels "
          f"| {many} workers, pictures a second | times one worker |\n|---|---|---|---|---|---|---|---|")
    for size in options.sizes:
        probe = make_inputs(folder / f"probe{size}", size, 3)
        count = max(many * 2, round(options.seconds / (alone(probe).core_seconds / 3) / many) * many)
        inputs = make_inputs(folder / f"in{size}", size, count)
        rows: dict[str, list[Took]] = {"alone": [], "one": [], "all": []}
        for repetition in range(options.repetitions):
            rows["alone"].append(alone(inputs))
            for name, workers in (("one", 1), ("all", many)):
                out = folder / f"out{size}_{repetition}_{name}"
                rows[name].append(batch(inputs, out, "--workers", str(workers)))
        free = statistics.median(each.core_seconds for each in rows["alone"]) / count
        one = (statistics.median(each.core_seconds for each in rows["one"]) - start) / count
        rate = count / statistics.median(each.seconds for each in rows["all"])
        ratio = spread([a.seconds / b.seconds for a, b in zip(rows["one"], rows["all"], strict=True)])
        print(f"| {size} | {count} | {free:.3g} | {one:.3g} | {3600 / one:.0f} | {3600 / one * size**2 / 1e6:.3g} | "
              f"{rate:.3g} | {ratio} |", flush=True)
    print()


class Nobody:
    """A pool that answers at once: what is left is what hands out jobs and keeps the list."""

    window, budget, allotment = 64, None, None

    def __init__(self, *_: Any) -> None:
        self.tickets, self.ended = 0, []

    def __enter__(self) -> Nobody:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Job, how: How, earlier: Any) -> int:
        """Answer at once."""
        sources = tuple({"role": source.role, "name": source.path, "sha256": "0" * 64} for source in job.sources)
        made = (File(f"{job.folder}/{job.number}.png", "0" * 64, 1000),)
        self.tickets += 1
        self.ended.append(Ended(self.tickets, Outcome(job.number, job.key, job.task, job.seed, "made", made, sources)))
        return self.tickets

    def wait(self, seconds: float) -> list[Ended]:
        """Return what was handed out."""
        ended, self.ended = self.ended, []
        return ended

    def close(self) -> None:
        """Nothing is under way."""


def print_coordinator(folder: Path, count: int) -> None:
    """Print what the command itself takes, whoever does the work: by the number of jobs."""
    local.LocalPool = Nobody  # type: ignore[misc]
    words = ["batch", "generate", str(make_inputs(folder / "one", 16, 1)), "--quiet", "--count"]
    held, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with suppress(SystemExit):
        group.main([*words, str(count), "--out", str(folder / "many")])
    seconds, most = time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{count} jobs with workers that answer at once: {seconds / count * 1e3:.2f} core ms each of the command "
          f"itself, {(most - held) / 1024:.0f} MB for all of them")


def print_overheads(folder: Path, options: argparse.Namespace) -> None:
    """Print the third table: what a batch takes besides its pictures."""
    inputs, out = make_inputs(folder / "in", 16, options.count), folder / "out"
    workers = str(max(options.workers))
    rows = {
        "first run, 16 px": ("--workers", workers),
        "again: every result stands, the manifest is there": ("--workers", workers),
        "again without the manifest: every file is read and planned": ("--workers", workers),
        "`--dry-run`": ("--workers", workers, "--dry-run"),
    }
    print("| what | seconds | core seconds | core ms a job |\n|---|---|---|---|")
    for name, words in rows.items():
        if "without" in name:
            (out / "manifest.jsonl").unlink()
        each = batch(inputs, out, *words)
        print(f"| {name} | {each.seconds:.2f} | {each.core_seconds:.2f} | "
              f"{each.core_seconds / options.count * 1e3:.2f} |", flush=True)
    print()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=128, metavar="PX")
    parser.add_argument("--count", type=int, metavar="N", help="pictures (200; of --overheads 2000)")
    parser.add_argument("--workers", nargs="+", type=int, default=sorted({1, available_cores()}), metavar="N")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--cluster", action="store_true", help="a Dask cluster too")
    parser.add_argument("--sizes", nargs="+", type=int, metavar="PX")
    parser.add_argument("--seconds", type=float, default=10, help="of one worker's work for each of --sizes")
    parser.add_argument("--overheads", action="store_true")
    options = parser.parse_args()
    options.count = options.count or (2000 if options.overheads else 200)
    told = {"patchloom": patchloom.__version__, **kernels.info(), "numpy": np.__version__,
            "python": platform.python_version()}
    busy = f"load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else "load unknown"
    print(f"{available_cores()} cores, {busy}; {', '.join(f'{name} {value}' for name, value in told.items())}\n",
          flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if options.sizes:
            print_sizes(Path(folder), options)
        elif options.overheads:
            print_overheads(Path(folder), options)
            print_coordinator(Path(folder), 50 * options.count)
        else:
            print_workers(Path(folder), options)


if __name__ == "__main__":
    main()
