"""Jobs on a real Dask cluster: workers and schedulers that are killed, memory, and who may work at all."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import distributed
import pytest

from batch_functions import act, begun, done, jobs, pause, wait_for, waits_only
from dask_cluster import DaskCluster, kill
from patchloom.batch import connecting, offering
from patchloom.batch import work as working
from patchloom.batch.cluster import ClusterPool
from patchloom.batch.job import How
from patchloom.batch.local import LocalPool
from patchloom.batch.scheduling import KILLED, run
from patchloom.errors import Cancelled, MissingExtraError, ParameterError, PatchloomError
from real_batches import batch, check_troubled, cramped_at_last, do, pictures, together, tree, troubled


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Who takes long to answer on a busy machine is not passed over for a minute."""
    monkeypatch.setattr(connecting, "_ANSWER", 60.0)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three workers that offer 750 MB each; a job that kills two is given up."""
    folder = tmp_path_factory.mktemp("cluster")
    with DaskCluster(folder, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1") as found:
        yield found.start(3, memory="1GB", nanny=True)


@pytest.fixture
def pool(cluster):
    """What hands it jobs."""
    with ClusterPool(act, cluster.address, 60) as found:
        yield found


def test_workers_share_the_jobs(pool, tmp_path):
    """Three jobs that wait for each other end only where all are under way. A worker is asked when it comes."""
    found, summary = done(pool, jobs(tmp_path, "meet 3", "meet 3", "meet 3", "stands", "earlier", "raise", "fail once"),
                          earlier={job.key: {"width": 7} for job in jobs(tmp_path, *["earlier"] * 5)})
    assert [found[number].state for number in range(7)] == ["made", "made", "made", "stands", "made", "failed", "made"]
    assert len({found[number].worker for number in range(3)}) == 3
    assert found[4].error == "{'width': 7}" and found[5].error == "ZeroDivisionError: a bug in two lines"
    assert (summary.made, summary.standing, summary.failed, summary.tried_again) == (5, 1, 1, 1)


def test_a_killed_worker_takes_only_its_own_job(pool, tmp_path):
    found, summary = done(pool, jobs(tmp_path, "kill", *["make"] * 8, "kill once"))
    assert found[0].error == KILLED and len(begun(tmp_path)[0]) >= 4        # two workers in each of two tries
    assert all(found[number].good for number in range(1, 10)) and summary.failed == 1


def test_jobs_share_a_workers_memory(pool, tmp_path):
    found, _ = done(pool, jobs(tmp_path, "make", "needs 750000000", "needs 750000001"))
    assert [found[number].height for number in range(2)] == [750_000_000, 750_000_000]
    assert found[2].error == "memory=750.0 MB: this run needs about 750.0 MB; allow more or ask for a smaller size"


def test_one_bad_picture_is_one_failure(cluster, tmp_path):
    """Files that cannot be read, and jobs that run out of memory: by the estimate, and by force."""
    wrong = troubled(tmp_path / "in", "larger", "unlucky")
    work = batch(tmp_path / "in", tmp_path / "out")
    with ClusterPool(cramped_at_last, cluster.address, 60) as pool:
        outcomes, summary = do(pool, work, tmp_path / "out")
    check_troubled(outcomes, summary, work, wrong, tmp_path / "out")


def test_results_come_after_a_fetch_was_cancelled_before_it_began(pool, tmp_path):
    """On a busy machine: Dask's client would have joined that one ever after, and the batch would not have ended."""
    client = pool._cluster.client

    async def cancelled():
        fetching = asyncio.ensure_future(client.gather([future], errors="skip", asynchronous=True))
        while client._gather_future is None:
            assert not fetching.done()
            await asyncio.sleep(0)
        fetching.cancel()

    future = client.submit(int, 5, pure=False)
    assert future.result(60) == 5
    client.sync(cancelled)
    until = time.monotonic() + 60
    found, _ = done(pool, jobs(tmp_path, "make"), cancel=lambda: time.monotonic() > until)
    assert found[0].good and client._gather_future is None


def test_a_cancel_drops_jobs_in_their_middle(pool, tmp_path):
    """The cluster stays, and is free."""
    with pytest.raises(Cancelled):
        run(jobs(tmp_path, *["long"] * 5), pool, how=How(), cancel=lambda: len(begun(tmp_path)) > 1)
    pool.close()
    wait_for(lambda: len(list(tmp_path.glob("*.dropped"))) == len(begun(tmp_path)))


# A cluster of which parts are lost

def after(number, strike):
    """Return what is called with each outcome, and calls `strike` after so many."""
    count = itertools.count(1)
    return lambda _: next(count) == number and strike()


@pytest.mark.parametrize("victim", ["worker", "scheduler"])
def test_every_result_is_there_once_whoever_is_killed(tmp_path, victim):
    """One of three workers, or the scheduler, which is started anew. All bytes are the serial run's."""
    pictures(tmp_path / "in", 5)
    serial, parallel = tmp_path / "serial", tmp_path / "parallel"
    with LocalPool(working.work, 1, 10**9) as pool:
        assert do(pool, batch(tmp_path / "in", serial, seeds=4), serial)[1].made == 20
    with DaskCluster(tmp_path) as cluster:
        cluster.start(3)
        strike = cluster.restart if victim == "scheduler" else lambda: kill(cluster.workers[0])
        with ClusterPool(together, cluster.address, 60) as pool:
            outcomes, summary = do(pool, batch(tmp_path / "in", parallel, seeds=4), parallel, after(6, strike))
    assert (summary.total, summary.failed, len(outcomes)) == (20, 0, 20)
    assert len({outcome.worker for outcome in outcomes}) > 1
    found = tree(parallel)
    whole = {name: data for name, data in found.items() if not name.startswith(".patchloom-")}   # whoever is killed
    assert whole == tree(serial) and len(whole) == 21                                    # leaves at most one half
    assert len(found) <= 21 + 3


def test_a_scheduler_that_stays_away_ends_the_run(tmp_path):
    """The next one goes on where it stopped."""
    pictures(tmp_path / "in", 3)
    out = tmp_path / "out"
    with DaskCluster(tmp_path) as cluster:
        cluster.start(2)

        def strike():
            pool._cluster._patience = 2                   # it had more time to come than it has to come back
            kill(cluster.scheduler)

        told = f"^scheduler={cluster.address}: does not answer, after 2 s; start it, and give the same command again: "
        with pytest.raises(PatchloomError, match=told), ClusterPool(working.work, cluster.address, 60) as pool:
            do(pool, batch(tmp_path / "in", out, seeds=4), out, after(4, strike))
    there = len(list(out.glob("*.png")))                  # now that no worker is left that may add one
    assert 4 <= there < 12
    with LocalPool(working.work, 2, 10**9) as pool:
        summary = do(pool, batch(tmp_path / "in", out, seeds=4), out)[1]
    assert (summary.standing, summary.total, summary.failed) == (there, 12, 0)


def test_who_is_connected_and_does_not_answer(tmp_path, monkeypatch):
    """A stopped worker is passed over; a stopped scheduler is waited for like one that is gone."""
    with DaskCluster(tmp_path) as cluster:
        cluster.start(1)
        with ClusterPool(act, cluster.address, 60) as pool:
            stopped = cluster.add()
            wait_for(lambda: len(pool._cluster.client.scheduler_info(n_workers=-1)["workers"]) == 2)
            os.kill(stopped.pid, signal.SIGSTOP)
            monkeypatch.setattr(connecting, "_ANSWER", 1.0)
            assert all(one.good for one in done(pool, jobs(tmp_path, *["make"] * 3))[0].values())
            wait_for(lambda: pool.wait(0.01) == [] and pool._cluster._silent)
            os.kill(cluster.scheduler.pid, signal.SIGSTOP)
            pool._cluster._patience = 2
            with pytest.raises(PatchloomError, match="does not answer, after 2 s; start it, and give the same"):
                run(jobs(tmp_path, "long"), pool, how=How())


@pytest.mark.parametrize(("address", "setting", "reason"), [
    ("tls://127.0.0.1:9", {}, "there are no certificates"),
    ("tls://127.0.0.1:9", {f"DASK_DISTRIBUTED__COMM__TLS__{name}": "none.pem" for name in ("CA_FILE", "CLIENT__CERT")},
     "[Errno 2] No such file or directory"),
    ("tcp://127.0.0.1:9", {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}, "encryption is required"),
])
def test_tls_that_is_not_set_up(tmp_path, address, setting, reason):
    """One line and the end: nothing is left that waits for an answer."""
    pictures(tmp_path / "in", 1)
    words = ["-m", "patchloom", "batch", "generate", "in", "--out", "out", "--scheduler", address, "--patience", "20"]
    ended = subprocess.run([sys.executable, *words], cwd=tmp_path, env={**os.environ, **setting}, capture_output=True,
                           text=True, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr
    assert ended.stderr.startswith(f"error: scheduler={address}: cannot be connected to ({reason})")


def test_what_no_worker_can_take_any_more(tmp_path):
    """It is told of the job, and not waited for."""
    with DaskCluster(tmp_path) as cluster:
        cluster.start(1, memory="1GB")
        large = cluster.add(memory="2GB")
        with ClusterPool(act, cluster.address, 60) as pool:
            wait_for(lambda: pool.wait(0.01) == [] and len(pool._cluster.workers) == 2)
            assert (pool.budget, pool.allotment, pool.window) == (1_500_000_000, 750_000_000, 3)
            pool._patience = 1
            outcomes = []
            run(jobs(tmp_path, "needs 1400000000 long", "make"), pool, how=How(), on_outcome=outcomes.append,
                cancel=lambda: kill(large) if len(begun(tmp_path).get(0, ())) == 2 else None)
    errors = {outcome.number: outcome.error for outcome in outcomes}
    assert errors == {0: "memory=750.0 MB: this run needs about 1.4 GB; allow more or ask for a smaller size", 1: ""}


# Who may work

def test_a_cluster_of_full_workers_ends_the_run(tmp_path, monkeypatch):
    """Dask pauses such, and would have the batch wait for ever."""
    told = ": has workers, but Dask has paused them, as their memory is nearly full, after 2 s; start them anew, "
    with DaskCluster(tmp_path, DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE="0.001") as cluster:
        cluster.start(1)
        with distributed.Client(cluster.address, timeout=60, set_as_default=False) as client:
            wait_for(lambda: any(rests for _, _, rests in client.run_on_scheduler(offering.workers, "cpu").values()))
        waits_only(monkeypatch, 2)
        with pytest.raises(PatchloomError, match=told):
            ClusterPool(act, cluster.address, 60)


def test_what_waits_at_a_full_worker_goes_to_another(tmp_path, monkeypatch):
    """Dask leaves it there; what that worker has begun, it ends."""
    monkeypatch.setattr(connecting, "_RESTS", 1.0)
    with DaskCluster(tmp_path, DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE="False") as cluster:
        cluster.start(2)
        with (ClusterPool(act, cluster.address, 60) as pool,
              distributed.Client(cluster.address, timeout=60, set_as_default=False) as client):
            wait_for(lambda: pool.wait(0.01) == [] and len(pool._cluster.workers) == 2)

            def pause_the_fuller():
                held = {one: len(keys) for one, keys in client.processing().items()}
                if sorted(held.values()) == [1, 2] and len(begun(tmp_path)) == 2:
                    [fuller] = [one for one, number in held.items() if number == 2]
                    client.run(pause, workers=[fuller])
                    (tmp_path / "go").touch()

            until = time.monotonic() + 60
            found, _ = done(pool, jobs(tmp_path, "until go", "until go", "make"),
                            cancel=lambda: pause_the_fuller() or time.monotonic() > until)
    assert all(found[number].good for number in range(3)) and found[0].worker != found[1].worker


def test_a_paused_worker_rests_once_it_has_ended_what_it_began():
    def worker(address, status, *executing):
        return SimpleNamespace(nthreads=2, resources={offering.BYTES: 7.0}, executing=executing, address=address,
                               status=SimpleNamespace(name=status))

    class Task:                                           # equal to itself only
        def __init__(self, processing_on=None, state="processing"):
            self.processing_on, self.state = processing_on, state

    busy = Task()
    there = {one.address: one for one in (worker("a", "running"), worker("b", "paused", busy), worker("c", "paused"))}
    busy.processing_on = there["b"]
    tasks = {"s-busy": busy, "s-behind": Task(there["b"]), "s-waits": Task(there["c"]), "s-fine": Task(there["a"]),
             "s-none": Task(state="no-worker"), "s-done": Task(state="memory"), "other": Task(there["c"])}
    scheduler = SimpleNamespace(workers=there, tasks=tasks)
    found = offering.workers("cpu", scheduler)
    assert found == {"a": (2, 7, False), "b": (2, 7, False), "c": (2, 7, True)}
    assert offering.stranded(scheduler, "s-", True, []) == {"s-none"}
    assert offering.stranded(scheduler, "s-", False, ["b", "c"]) == {"s-behind", "s-waits"}


def test_a_worker_that_comes_late_has_its_share(tmp_path):
    with DaskCluster(tmp_path) as cluster:
        cluster.start(1)
        with ClusterPool(act, cluster.address, 60) as pool:
            cluster.add()
            found, _ = done(pool, jobs(tmp_path, "meet 2", "meet 2"))
    assert found[0].worker != found[1].worker


def test_a_worker_or_scheduler_of_another_version_is_told_before_the_first_job(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(connecting, "__version__", "99.0")
    told = "scheduler=tcp://.*: has Patchloom .*; install Patchloom 99.0, as here, wherever the cluster runs"
    with pytest.raises(PatchloomError, match=told):
        ClusterPool(act, cluster.address, 60)
    with DaskCluster(tmp_path) as other:
        (tmp_path / "sitecustomize.py").write_text(HIDDEN)
        other.start(0).add(PYTHONPATH=str(tmp_path))
        monkeypatch.undo()
        with pytest.raises(PatchloomError, match="worker=tcp://.*: has no Patchloom; install Patchloom "):
            ClusterPool(act, other.address, 60)


HIDDEN = """
from importlib import metadata
found = metadata.version

def version(name):
    if name == "patchloom":
        raise metadata.PackageNotFoundError(name)
    return found(name)

metadata.version = version
"""


def test_a_machine_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    remedy = "^scheduler=tcp://a:1: needs Dask distributed, which is not installed; pip install 'patchloom\\[batch\\]'$"
    with pytest.raises(MissingExtraError, match=remedy):
        ClusterPool(act, "tcp://a:1")


@pytest.mark.parametrize("address", ["", "nowhere", "carrier-pigeon://a:1", "tcp://127.0.0.1"])
def test_an_address_that_is_none(address):
    with pytest.raises(ParameterError, match=f"^scheduler='{address}': is no address .*; try tcp://HOST:8786$"):
        ClusterPool(act, address, 1)


def test_nobody_there(tmp_path, monkeypatch):
    with DaskCluster(tmp_path) as cluster:
        told = f"^scheduler={cluster.address}: does not answer, after 0.5 s; start it, and give"
        with pytest.raises(PatchloomError, match=told):
            ClusterPool(act, cluster.address, 0.5)
        wait_for(cluster.start(0).answers)
        waits_only(monkeypatch, 2)
        with pytest.raises(PatchloomError, match=": has no workers, after 2 s; start one, and give the same"):
            ClusterPool(act, cluster.address, 60)
