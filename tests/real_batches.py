"""Batches of real pictures, for tests of the pools, and what workers do in them. Workers import this module."""

import json
import os
import resource
import signal
from pathlib import Path

from PIL import Image

from batch_functions import wait_for
from conftest import make_picture
from patchloom.batch import serving
from patchloom.batch import work as working
from patchloom.batch.job import How, Job, Source
from patchloom.batch.manifest import Manifest
from patchloom.batch.scheduling import KILLED, run
from patchloom.catalogue import TASKS, as_options, as_params

LARGE = {"large": ((1400, False), (1400, False)), "larger": ((4000, False), (4000, False))}
_ROOM = 32 << 20                                         # bytes, beside what a worker has taken by then


def pictures(folder, count, side=36):
    """Write pictures."""
    folder.mkdir()
    for number in range(count):
        Image.fromarray(make_picture(side, side, seed=number)).save(folder / f"{number:02}.png")


def batch(folder, out, seeds=1):
    """Return a job for each file of a folder and seed; those called ``large`` and ``larger`` become so."""
    task, found = TASKS["generate"], [(path, seed) for path in sorted(folder.iterdir()) for seed in range(seeds)]
    options, params = as_options(task, {}), as_params(task, numbers={"iterations": 3})
    return [
        Job(number, task.name, (Source(task.takes[0], str(path), path.name),), options, params, seed, str(out),
            f"{path.stem}_{seed}{{suffix}}", LARGE.get(path.stem))
        for number, (path, seed) in enumerate(found)
    ]


def do(pool, jobs, out, on_outcome=None, **more):
    """Do a batch as the command line does, with its list; return the outcomes and the summary."""
    outcomes = []
    with Manifest(str(out / "manifest.jsonl"), str(out)) as kept:

        def ended(outcome):
            outcomes.append(outcome)
            kept.add(outcome)
            if on_outcome is not None:
                on_outcome(outcome)

        return outcomes, run(jobs, pool, how=How(), earlier=kept.earlier, on_outcome=ended, **more)


def tree(folder):
    """Return the bytes of all files below a folder, by their names; nobody may be writing there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unhurried(job, how, earlier):
    """Work, with time to tidy up when it is dropped: a machine may stand still for longer than it has usually."""
    serving._GRACE = 60.0
    return working.work(job, how, earlier)


def cramped(job, how, earlier):
    """Work; pictures called ``large`` find hardly any memory, and the system ends those called ``unlucky``."""
    name = Path(job.label).stem
    if name == "unlucky":
        os.kill(os.getpid(), signal.SIGKILL)
    before = resource.getrlimit(resource.RLIMIT_AS)
    if name == "large":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _ROOM, before[1]))
    try:
        return working.work(job, how, earlier)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def cramped_at_last(job, how, earlier):
    """The same, but ``unlucky`` is so once what fails twice has been told: it could have its last try there, too."""
    listed = Path(job.folder) / "manifest.jsonl"
    if Path(job.label).stem == "unlucky":
        wait_for(lambda: all(f"{name}.png (" in listed.read_text() for name in ("dangling", "folder")))
    return cramped(job, how, earlier)


def together(job, how, earlier):
    """Work, once three processes have a job of the batch: else the first to be ready might do them all."""
    there = Path(f"{job.folder}.there")
    there.mkdir(exist_ok=True)
    (there / str(os.getpid())).touch()
    wait_for(lambda: len(list(there.iterdir())) >= 3, 60)
    return working.work(job, how, earlier)


def troubled(folder, *names):
    """Write pictures of which four are fit, and return what is told of the others, by name, in part.

    Besides three that cannot be read, those are in trouble that have one of the names for it.
    """
    pictures(folder, 4)
    whole = (folder / "00.png").read_bytes()
    (folder / "corrupt.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dangling.png").symlink_to(folder / "nowhere")
    (folder / "folder.png").mkdir()
    for name in names:
        (folder / f"{name}.png").write_bytes(whole)
    told = {"large": "ran out of memory", "larger": "MB: this run needs about 1.1 GB; allow more", "unlucky": KILLED}
    return {
        "corrupt": "corrupt.png (PNG, image file is truncated)", "dangling": "dangling.png (no such file or directory)",
        "folder": "folder.png (is a directory)", **{name: told[name] for name in names},
    }


def check_troubled(outcomes, summary, work, wrong, out):
    """What is fit is there, and what is not is told, each in its way, in the summary and in the list."""
    told = {Path(work[outcome.number].label).stem: outcome for outcome in outcomes}
    assert {name for name, outcome in told.items() if not outcome.good} == wrong.keys()
    assert all(text in told[name].error for name, text in wrong.items())
    assert {outcome.number for outcome in summary.failures} == {told[name].number for name in wrong}
    assert (summary.total - summary.failed, summary.failed) == (4, len(wrong))
    assert sorted(tree(out)) == ["00_0.png", "01_0.png", "02_0.png", "03_0.png", "manifest.jsonl"]
    listed = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert {entry["number"]: entry["error"] for entry in listed} == {one.number: one.error for one in outcomes}
