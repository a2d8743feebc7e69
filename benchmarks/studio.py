"""The studio under load: many clients at once, how soon a cancelled job frees the worker, and what small jobs take.

    python benchmarks/studio.py [--clients 20] [--seconds 60] [--cancels 5] [--megapixels 12]
                                [--tasks inpaint ...] [--json FILE]

The server is the real command in a process of its own; clients are threads here, on loopback. Each client has a
picture of its own and keeps three jobs in flight, of several tasks and seeds; every result is fetched, decoded and
compared with the pixels of the Python call, which is made before. A client that is told 429 waits as `Retry-After`
says.

Cancelling: a large job of each task runs and a tiny one waits behind it; measured is the time from sending the DELETE
to the event that the tiny one runs, at moments spread over the large one's first seconds.
"""

from __future__ import annotations

import argparse
import http.client
import io
import itertools
import json
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import patchloom
from patchloom import kernels
from patchloom.checks import available_cores
from patchloom.resize import resize

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "pictures"
IN_FLIGHT, SEEDS = 3, 4                                   # jobs of a client at once; seeds that it uses
TINY = 16                                                 # px: the job that waits for the worker
SOON = 0.1                                               # seconds: a job that ends within them is not large
PATIENCE = 120.0                                          # seconds after which an answer counts as lost

Files = dict[str, list[bytes]]


class Client:
    """One program that uses the studio."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, Any, bytes]:
        """Return status, headers and body of an answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def submit(self, body: bytes, refused: Callable[[float], None] = lambda _: None) -> dict[str, Any]:
        """Send a job; `refused` is told how long each 429 asked to wait, and waits."""
        while True:
            status, headers, told = self.ask("POST", "/api/jobs", body, "multipart/form-data; boundary=edge")
            if status == 202:
                return json.loads(told)
            if status != 429:
                raise RuntimeError(told.decode())
            refused(float(headers["Retry-After"]))

    def events(self, job: str) -> Iterator[tuple[str, dict[str, Any], float]]:
        """Yield kind, data and time of each event of a job."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", f"/api/jobs/{job}/events")
            kind = ""
            for line in connection.getresponse():
                name, _, text = line.decode().rstrip().partition(": ")
                if name == "event":
                    kind = text
                elif name == "data":
                    yield kind, json.loads(text), time.perf_counter()
        finally:
            connection.close()


def form(task: str, parameters: dict[str, Any], **files: bytes | list[bytes]) -> bytes:
    """Return the body of a job."""
    parts = [('name="task"', task.encode()), ('name="parameters"', json.dumps(parameters).encode())]
    for name, data in files.items():
        every = data if isinstance(data, list) else [data]
        parts += [(f'name="{name}"; filename="{name}.png"', one) for one in every]
    return b"".join(f"--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n"
                    for head, data in parts) + b"--edge--\r\n"


@contextmanager
def studio(*options: str) -> Iterator[tuple[int, int]]:
    """Run the command; gives port and process id."""
    command = [sys.executable, "-m", "patchloom", "studio", "--port", "0", "--no-browser", *options]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            while not (found := re.search(r":(\d+)/", _read(log))):
                if process.poll() is not None:
                    sys.exit(_read(log))
                time.sleep(0.05)
            yield int(found[1]), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            print(_read(log).partition("\n")[2], end="", file=sys.stderr)


def _read(log: Any) -> str:
    log.seek(0)
    return log.read()


def most_held(process: int) -> int | None:
    """Return the most bytes that a process ever held, where the system tells."""
    about = Path(f"/proc/{process}/status")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", about.read_text())[1]) if about.exists() else None


def picture(rows: int, cols: int, place: int = 0) -> np.ndarray:
    """Return a piece of a shipped picture: uint8 (rows, cols, 3), another for each place."""
    names = ("flowers", "mountains", "spices", "skyline", "galaxies")
    whole = np.asarray(Image.open(EXAMPLES / f"{names[place % 5]}.png").convert("RGB"))
    if rows > whole.shape[0] or cols > whole.shape[1]:
        large = resize(whole.astype(np.float32) / np.float32(255), (rows, cols))
        large += np.float32(0.02) * np.random.default_rng(place).standard_normal(large.shape, np.float32)
        return np.rint(np.clip(large, 0, 1) * 255).astype(np.uint8)
    top, left = 7 * place % (whole.shape[0] - rows + 1), 11 * place % (whole.shape[1] - cols + 1)
    return np.ascontiguousarray(whole[top : top + rows, left : left + cols])


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """Return a file of the pixels."""
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, kind, **({"quality": 95} if kind == "JPEG" else {"compress_level": 1}))
    return held.getvalue()


# Many at once.


@dataclass
class Counted:
    """What all clients together met."""

    done: int = 0
    lost: int = 0
    mixed: int = 0
    refused: int = 0
    waited: float = 0.0
    seconds: list[float] = field(default_factory=list)
    tasks: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def works(number: int) -> list[tuple[str, bytes, np.ndarray]]:
    """Return what a client asks for: task, body, and the pixels that it must get; none like another client's."""
    source = picture(48 + number, 72 + 2 * number, number)
    hole = np.zeros(source.shape[:2], np.uint8)
    hole[12:24, 20:36] = 255
    found, sent = [], encoded(source)
    for seed in range(1000 * number, 1000 * number + SEEDS):
        found += [
            ("generate", form("generate", {"seed": seed}, image=sent), patchloom.generate(source, seed=seed).image),
            ("inpaint", form("inpaint", {"seed": seed}, image=sent, hole=encoded(hole)),
             patchloom.inpaint(source, hole, seed=seed).image),
            ("extend", form("extend", {"seed": seed, "left": 8, "right": 16}, image=sent),
             patchloom.extend(source, left=8, right=16, seed=seed).image),
        ]
    return found


def one_client(port: int, works: list[tuple[str, bytes, np.ndarray]], until: float, counted: Counted) -> None:
    """Ask, follow and compare once, and again until the time is up."""
    client, dice = Client(port), random.Random(len(works[0][1]))

    def refused(seconds: float) -> None:
        with counted.lock:
            counted.refused += 1
            counted.waited += seconds
        time.sleep(seconds)

    for _ in itertools.takewhile(lambda turn: turn == 0 or time.perf_counter() < until, itertools.count()):
        batch = []
        for task, body, wanted in dice.sample(works, IN_FLIGHT):
            start = time.perf_counter()
            batch.append((task, wanted, start, client.submit(body, refused)))
        for task, wanted, start, job in batch:
            outcome = _outcome(client, job, wanted)
            with counted.lock:
                setattr(counted, outcome, getattr(counted, outcome) + 1)
                counted.tasks[task] += outcome == "done"
                counted.seconds.append(time.perf_counter() - start)


def _outcome(client: Client, job: dict[str, Any], wanted: np.ndarray) -> str:
    """Return ``done``, ``lost`` or ``mixed``."""
    try:
        kinds = Counter(kind for kind, _, _ in client.events(job["id"]))
        status, _, data = client.ask("GET", f"/api/jobs/{job['id']}/image")
    except OSError:
        return "lost"
    if kinds["result"] != 1 or kinds["done"] != 1 or status != 200:
        return "lost"
    return "done" if np.array_equal(np.asarray(Image.open(io.BytesIO(data))), wanted) else "mixed"


def load(clients: int, seconds: float, *options: str) -> dict[str, Any]:
    """Let clients at it, and tell what came of it."""
    given = [works(number) for number in range(clients)]
    with studio(*options) as (port, process):
        counted, start = Counted(), time.perf_counter()
        threads = [threading.Thread(target=one_client, args=(port, one, start + seconds, counted)) for one in given]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took, held = time.perf_counter() - start, most_held(process)
    spread = np.percentile(counted.seconds, [50, 95, 100]).round(3).tolist()
    return {
        "clients": clients, "seconds": round(took, 1), "done": counted.done, "lost": counted.lost,
        "mixed": counted.mixed, "refused": counted.refused, "waited": counted.waited,
        "jobs_per_second": round(counted.done / took, 1), "job_seconds": spread, "tasks": dict(counted.tasks),
        "most_held": held,
    }


# Cancelling.


def large_jobs(megapixels: float) -> dict[str, bytes]:
    """Return the body of a large job for each task."""
    rows = round((megapixels * 1e6 / 1.5) ** 0.5) // 8 * 8
    size = [rows, rows * 3 // 2]
    small = [size[0] * 3 // 4, size[1] * 3 // 4]
    pixels = picture(*size)
    other, part = encoded(picture(*size, 1), "JPEG"), encoded(picture(*small), "JPEG")
    mask = np.zeros(size, np.uint8)
    mask[rows // 4 : rows // 2, rows // 3 : rows] = 255
    image, hole = encoded(pixels, "JPEG"), encoded(mask)
    edited = pixels.copy()
    half, quarter = rows // 2, rows // 4
    edited[quarter : 2 * quarter, :half] = edited[half : half + quarter, half : 2 * half]
    return {
        "generate": form("generate", {}, image=image),
        "retarget": form("retarget", {"size": size}, image=part),
        "edit": form("edit", {}, image=image, edited=encoded(edited, "JPEG")),
        "reshuffle": form("reshuffle", {"moves": [{"box": [9, 9, quarter, quarter], "shift": [half, half]}]},
                          image=image),
        "inpaint": form("inpaint", {}, image=image, hole=hole),
        "extend": form("extend", {"right": size[1] - small[1]}, image=part),
        "analogy": form("analogy", {}, image=image, structure=other),
        "paint": form("paint", {}, image=image, painting=other),
        "collage": form("collage", {"size": size}, image=[part, other]),
        "tile": form("tile", {}, image=image),
        "harmonise": form("harmonise", {}, image=image, mask=hole),
        "animate": form("animate", {"frames": 4}, image=encoded(picture(rows // 2, rows * 3 // 4), "JPEG")),
    }


def cancels(port: int, times: int, megapixels: float, tasks: list[str]) -> dict[str, list[float]]:
    """Return the milliseconds from DELETE to the next job's run, by task; of all tasks if none is named."""
    client, found = Client(port), {}
    for number, (task, body) in enumerate(large_jobs(megapixels).items()):
        if tasks and task not in tasks:
            continue
        tiny = form("generate", {"seed": 1}, image=encoded(picture(TINY, TINY)))
        found[task], dice = [], random.Random(number)
        latest = 4.0                                      # seconds until it is cancelled
        while len(found[task]) < times:
            took = _cancel(client, body, tiny, dice.uniform(0.0, latest))
            if took is not None:
                found[task].append(took)
            elif latest < SOON:
                raise RuntimeError(f"{task}: done before it could be cancelled; ask for more --megapixels")
            else:
                latest /= 2
    return found


def _cancel(client: Client, body: bytes, tiny: bytes, after: float) -> float | None:
    """Return the milliseconds from DELETE, so many seconds into a job, to the next one's run; None if it was done."""
    long, next_ = client.submit(body), client.submit(tiny)
    events = client.events(next_["id"])
    seen = next(events)                                   # the stream is open before anything is cancelled
    while json.loads(client.ask("GET", f"/api/jobs/{long['id']}")[2])["state"] == "queued":
        time.sleep(0.02)
    time.sleep(after)
    start = time.perf_counter()
    state = json.loads(client.ask("DELETE", f"/api/jobs/{long['id']}")[2])["state"]
    while seen[1].get("state") != "running" and seen[0] != "result":
        seen = next(events)
    took = 1000 * (seen[2] - start)
    for _ in events:
        pass
    return took if state == "cancelled" else None


# Small jobs.


def small(port: int, runs: int) -> dict[str, list[float]]:
    """Return the milliseconds of requests, and of jobs from POST to their file."""
    client, found = Client(port), {}
    for side in (64, 160):
        body = form("generate", {"seed": 1}, image=encoded(picture(side, side)))
        names = [f"POST, {side} px", f"job of {side} px until its first step", f"job of {side} px until its file"]
        found |= {name: [] for name in names}
        for _ in range(runs + 1):
            start = time.perf_counter()
            job = client.submit(body)["id"]
            marks = [time.perf_counter()]
            steps = [when for kind, _, when in client.events(job) if kind == "step"]
            client.ask("GET", f"/api/jobs/{job}/image")
            marks += [steps[0] if steps else float("nan"), time.perf_counter()]
            for name, mark in zip(names, marks, strict=True):
                found[name].append(1000 * (mark - start))
    for path in ("/", "/api/tasks"):
        found[f"GET {path}"] = [_timed(lambda path=path: client.ask("GET", path)) for _ in range(10 * runs)]
    return {name: [one for one in times[1:] if one == one] for name, times in found.items()}


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def row(name: str, times: list[float]) -> str:
    """Return a line of a table."""
    return f"| {name} | {statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f}) | {len(times)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cancels", type=int, default=5, help="of each task")
    parser.add_argument("--megapixels", type=float, default=12, help="of the jobs that are cancelled")
    parser.add_argument("--tasks", nargs="+", default=[], help="that are cancelled; by default all")
    parser.add_argument("--runs", type=int, default=20, help="of small jobs")
    parser.add_argument("--json", type=Path, help="write the figures")
    options = parser.parse_args()
    machine = {"processor": _processor(), "cores": available_cores(), **kernels.info(),
               "python": platform.python_version(), "patchloom": patchloom.__version__}
    print(", ".join(f"{name} {value}" for name, value in machine.items()), "\n")
    told: dict[str, Any] = {"machine": machine}
    if options.clients:
        told["load"] = found = load(options.clients, options.seconds)
        print(_sentence(found), "\n", flush=True)
    with studio("--memory", "16GB") as (port, _):         # some tasks take more than is usual at 12 megapixels
        if options.runs:
            told["small"] = small(port, options.runs)
            print("| small | milliseconds (median, min to max) | times |\n|---|---|---|")
            print("\n".join(row(*one) for one in told["small"].items()), "\n", flush=True)
        if options.cancels:
            told["cancel"] = cancels(port, options.cancels, options.megapixels, options.tasks)
            print("| cancelled | milliseconds to the next job (median, min to max) | times |\n|---|---|---|")
            print("\n".join(row(*one) for one in told["cancel"].items()))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _sentence(found: dict[str, Any]) -> str:
    usual, slow, most = found["job_seconds"]
    return (
        f"{found['clients']} clients for {found['seconds']} s: {found['done']} results as they must be, "
        f"{found['lost']} lost, {found['mixed']} mixed up; {found['refused']} times 429; "
        f"{found['jobs_per_second']} jobs a second; from POST to file {usual} s (median), {slow} s (95 %), "
        f"{most} s (most); "
        f"the server held {(found['most_held'] or 0) / 1e6:.0f} MB at most"
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", about.read_text(), re.M) if about.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
