"""What workers do in tests of the pools: a job's template says what is to happen. Workers import this module."""

import atexit
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

from patchloom import cancelling
from patchloom.batch import connecting, offering, serving
from patchloom.batch.job import How, Job, Outcome, Source, failed
from patchloom.batch.scheduling import run
from patchloom.batch.work import work
from patchloom.errors import DeviceMemoryError
from patchloom.params import PRESETS

_kept, _broken = [], []


def job(number, folder, out="make"):
    """Return a job that `act` understands: words in `out` say what is to happen."""
    source = Source("source", f"/pictures/{number}.png")
    return Job(number, "generate", (source,), {"tile": ""}, PRESETS["default"], number, str(folder), out)


def jobs(folder, *outs):
    """Return a job for each."""
    return [job(number, folder, out) for number, out in enumerate(outs)]


def made(job, how, state="made", **more):
    """Return an outcome whose height is what the job was allowed, in bytes."""
    worker = str(os.getpid())
    return Outcome(job.number, job.key, job.task, job.seed, state, height=how.memory or 0, worker=worker, **more)


def begun(folder):
    """Return of each job that began, by number, the processes that did it, one for each time."""
    found = sorted(Path(folder).glob("*.begun"))
    return {int(path.stem): [int(line) for line in path.read_text().split()] for path in found}


def wait_for(ready, seconds=60):
    """Wait until `ready` returns true."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("it never came")
        time.sleep(0.005)


def act(job, how, earlier):
    """Do what the job says, and leave a line about it in its folder.

    ``fail``, ``final``, ``full``, ``kill`` or ``raise``: end in this way, with ``once`` only the first time;
    ``break``: fail as if a GPU had failed, and have all later jobs of this process fail so, too, which with ``stuck``
    takes 240 s to end by itself; ``needs N``: ask for so many bytes; ``keep N``: hold so many for longer than the job;
    ``meet N``: wait until the first N jobs have begun; ``until NAME``: wait for a file in the folder; ``long``: go on
    until it is cancelled; ``earlier``: say what came of an earlier run; ``stands``: find it standing.
    """
    folder, (name, *more) = Path(job.folder), job.out.split()
    with (folder / f"{job.number}.begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if "once" not in more or len(begun(folder)[job.number]) == 1:
        if name == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "break":
            _broken.append(job)
            if "stuck" in more:
                atexit.register(time.sleep, 240)
        if name == "raise":
            raise ZeroDivisionError("a bug\nin two lines")
        if name in ("fail", "final", "full"):
            return failed(job, "ran out of memory" if name == "full" else name, final=name == "final")
    if _broken:
        return failed(job, "device=cuda:0: failed", last=True)
    if name == "needs" and how.memory is not None and how.memory < int(more[0]):
        return made(job, how, "needs", needs=int(more[0]))
    if name == "keep":
        _kept.append(b"x" * int(more[0]))
        time.sleep(1.01)                                  # loky looks once a second
    if name == "meet":
        wait_for(lambda: set(range(int(more[0]))) <= begun(folder).keys())
    if name == "until":
        wait_for((folder / more[0]).exists)
    if "long" in (name, *more):
        serving._GRACE = 60.0                             # a machine may stand still for longer than it has usually
        try:
            wait_for(cancelling.check, seconds=600)
        finally:
            (folder / f"{job.number}.dropped").touch()
    return made(job, how, "stands" if name == "stands" else "made", error=str(earlier) if name == "earlier" else "")


def waits_only(monkeypatch, seconds):
    """Have pools wait so long for workers, once they are connected, however long that and their answers take."""
    met = connecting.Cluster._met

    def once_met(cluster):
        client = met(cluster)
        cluster._patience = seconds
        return client

    monkeypatch.setattr(connecting.Cluster, "_met", once_met)
    monkeypatch.setattr(connecting.Cluster, "_time", lambda cluster: 60.0)


def has_a_full_device():
    """Have the device of this process be full the first two times that somebody asks."""
    left = [1, 2]

    def as_device(device):
        if left:
            left.pop()
            raise DeviceMemoryError("device='cuda:7': ran out of memory")

    offering.as_device = as_device


@contextmanager
def healed():
    """Let this process's device be whole again after the block."""
    try:
        yield
    finally:
        _broken.clear()


def has_every_device():
    """Have this process say that it has any device."""
    offering.as_device = lambda device: None


async def pause(dask_worker):
    """Have a worker of Dask's be as one whose memory is nearly full."""
    dask_worker.status = type(dask_worker.status).paused


def killed(job, how, earlier):
    """Be killed, whatever the job says."""
    os.kill(os.getpid(), signal.SIGKILL)


def gone(job, how, earlier):
    """Do what `patchloom.batch.work.work` does, on a device that is gone after the first two jobs."""
    return work(job, how, earlier) if job.number < 2 else failed(job, "device='cuda': is gone", last=True)


def done(pool, work, **more):
    """Return what became of jobs, by number, and the summary."""
    outcomes = []
    summary = run(work, pool, how=How(), on_outcome=outcomes.append, **more)
    assert sorted(outcome.number for outcome in outcomes) == list(range(len(outcomes)))
    assert summary.total == len(outcomes) and summary.made == sum(outcome.state == "made" for outcome in outcomes)
    return {outcome.number: outcome for outcome in outcomes}, summary
