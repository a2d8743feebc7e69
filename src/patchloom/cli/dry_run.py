"""What a run would do: its levels, its time and memory, and the names of its results."""

from __future__ import annotations

from typing import Any

from .. import estimate
from ..search.matching import choose
from ..types import Blend, Plan
from .inputs import load
from .jobs import Job, Request


def dry_run(job: Job, request: Request) -> tuple[list[str], dict[str, Any]]:
    """Return the lines and the JSON entry for one input.

    Raises
    ------
    PatchloomError
        If the run itself would not start.
    """
    plan = job.work.plan(load(job.inputs), job.targets[0].seed)
    needed = estimate.check_memory(plan, request.memory)
    levels = [level_entry(plan, level) for level in reversed(range(len(plan.sizes)))]
    here = request.device == "cpu"                        # how fast anything else is nobody knows
    seconds = round(estimate.seconds(plan, request.threads) * len(job.targets), 2) if here else None
    entry = {
        "source": job.label,
        "covered": None if plan.blend is None else round(plan.blend.covered, 6),
        "levels": levels,
        "threads": request.threads,
        "device": request.device,
        "estimated_seconds": seconds,
        "estimated_bytes": needed,
        "outputs": [{"path": target.label, "seed": target.seed} for target in job.targets],
    }
    return _lines(job, plan, entry), entry


def level_entry(plan: Plan, level: int) -> dict[str, Any]:
    """Return what a run does at a level."""
    query, key = estimate.grids(plan, level)
    return {
        "width": plan.sizes[level][1],
        "height": plan.sizes[level][0],
        "patches": query[0] * query[1],
        "source_patches": key[0] * key[1],
        "method": choose(plan.params.method, query, key),
        "iterations": plan.most_iterations(level),
    }


def _lines(job: Job, plan: Plan, entry: dict[str, Any]) -> list[str]:
    pictures, first = len(job.targets), job.targets[0].seed
    new = "" if plan.blend is None else f" ({share(plan.blend)} new)"
    seeds = f"seed {first}" if pictures == 1 else f"seeds {first} to {first + pictures - 1}"
    sizes = f"{_size(plan.source[0].shape[:2])} -> {_size(plan.sizes[0])}{new}"
    lines = [
        f"{job.label}: {sizes}, {_many(pictures, 'picture')}, {seeds}",
        f"  {'level':>5}  {'size':>13}  {'patches':>10}  {'in source':>10}  {'search':<10}  iterations",
    ]
    for number, level in enumerate(entry["levels"], 1):
        size = _size((level["height"], level["width"]))
        lines.append(
            f"  {number:>5}  {size:>13}  {level['patches']:>10}  {level['source_patches']:>10}  {level['method']:<10}"
            f"  up to {level['iterations']}"
        )
    seconds, memory = entry["estimated_seconds"], f"about {estimate.amount(entry['estimated_bytes'])} of memory"
    if seconds is None:
        lines.append(f"  on {entry['device']}, {memory} besides its own; how long that takes is not estimated")
    else:
        lines.append(f"  {_seconds(seconds)} with {_many(entry['threads'], 'thread')}, {memory}")
    return lines + [f"  would write {path}" for target in job.targets for path in target.paths or (target.label,)]


def share(blend: Blend) -> str:
    """Return how much of a result is new, in per cent to three figures."""
    return f"{100 * blend.covered:.3g} %"


def _size(size: tuple[int, ...]) -> str:
    return f"{size[1]} x {size[0]}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _seconds(seconds: float) -> str:
    return "under 0.1 s" if seconds < 0.1 else f"up to about {seconds:.1f} s"
