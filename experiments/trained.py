"""SinGANs for the tables and figures: each is trained once, in a process of its own, and kept outside of git.

A training that was stopped goes on from its last minute when the same command is given again.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tables import digest

import patchloom
from patchloom import GPNNParams, io
from patchloom.params import SinGANParams

EVERY = 60.0                                              # seconds between two checkpoints


def resident() -> int:
    """Bytes that this process holds now; where the system does not tell, the most it ever held."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else most_resident()


def most_resident() -> int:
    """Return the most bytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def apart(job: Callable[..., Any], *given: Any) -> Any:
    """Return what a job returns that runs in a new process, or its memory would be that of all before it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job, *given).result()


def generating_job(source: np.ndarray, params: GPNNParams) -> int:
    """Return the bytes that a picture by GPNN adds to a process."""
    patchloom.generate(source[:24, :24], seed=0, threads=1)          # whatever is done only once
    held = resident()
    patchloom.generate(source, params=params, seed=1, threads=1)
    return most_resident() - held


def training_job(source: np.ndarray, params: SinGANParams, seed: int, place: Path) -> None:
    """Train a model into PLACE.safetensors, on one thread; PLACE.json tells what it took."""
    from patchloom import singan

    tiny = singan.SinGANParams(min_size=11, iterations=1, channels=4, precision=params.precision)
    singan.train(source[:16, :16], params=tiny, seed=0, device="cpu", threads=1)    # whatever is done only once
    begun, before = place.with_suffix(".part.safetensors"), {"seconds": 0.0, "memory": 0, "parts": 0}
    told = place.with_suffix(".part.json")
    resume = None
    if begun.exists() and told.exists():
        resume, before = io.load_model(begun), json.loads(told.read_text("utf-8"))
    held, start, kept = resident(), time.process_time(), time.monotonic()

    def facts() -> dict[str, Any]:
        grown = max(before["memory"], most_resident() - held)
        seconds = before["seconds"] + time.process_time() - start
        return {"seconds": round(seconds, 2), "memory": grown, "parts": before["parts"] + 1}

    for step in singan.steps(source, params=params, seed=seed, device="cpu", threads=1, resume=resume):
        if step.last:
            io.save_model(place, step.model, force=True)
            place.with_suffix(".json").write_text(json.dumps(facts()), "utf-8")
        elif step.last_of_scale or time.monotonic() - kept > EVERY:
            io.save_model(begun, step.model, force=True)
            told.write_text(json.dumps(facts()), "utf-8")
            kept = time.monotonic()
    for file in (begun, told):
        file.unlink(missing_ok=True)


def trained(source: np.ndarray, params: SinGANParams, folder: Path, seed: int = 1) -> tuple[Any, dict[str, Any]]:
    """Return a model of a picture, and the seconds, bytes and parts that its training took; it is kept in a folder."""
    names = {name: str(value) for name, value in asdict(params).items()}
    place = folder / "models" / f"{digest('trained', patchloom.__version__, source, names, seed)}.safetensors"
    if not (place.exists() and place.with_suffix(".json").exists()):
        place.parent.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        apart(training_job, source, params, seed, place)
        print(f"trained {place.stem}: {time.perf_counter() - start:.0f} s", flush=True)
    return io.load_model(place), json.loads(place.with_suffix(".json").read_text("utf-8"))
