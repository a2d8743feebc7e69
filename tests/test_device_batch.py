"""Batches on GPUs: workers whose device fails, and workers of a cluster that have none."""

import asyncio
import json
import logging
import os
import re
import threading
import time

import pytest

from batch_functions import (
    act,
    begun,
    done,
    gone,
    has_a_full_device,
    has_every_device,
    healed,
    jobs,
    wait_for,
    waits_only,
)
from command_line import FAST
from command_line import run as command
from dask_cluster import DaskCluster
from patchloom.batch import connecting, local, offering
from patchloom.batch.cluster import ClusterPool
from patchloom.batch.job import How
from patchloom.batch.local import LocalPool
from patchloom.batch.scheduling import run
from patchloom.errors import PatchloomError


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Who takes long to answer, or to end, on a busy machine has time for it."""
    monkeypatch.setattr(connecting, "_ANSWER", 60.0)
    monkeypatch.setattr(local, "_PATIENCE", 60.0)


def check_one_worker_broke(pool, folder):
    """Let the device of one of two workers fail early in a batch: one job fails once, and no other notices."""
    found, summary = done(pool, jobs(folder, "meet 2", "meet 2", "break once", *["make"] * 30))
    assert all(outcome.good for outcome in found.values()) and (summary.failed, summary.tried_again) == (0, 1)
    broken = str(begun(folder)[2][0])
    assert broken != found[2].worker
    return broken, found


def test_a_worker_whose_device_failed_is_replaced(tmp_path):
    with LocalPool(act, 2) as pool:
        broken, found = check_one_worker_broke(pool, tmp_path)
        assert len({outcome.worker for outcome in found.values()} - {broken}) == 2
    wait_for(lambda: not os.path.exists(f"/proc/{broken}"))                             # noqa: PTH110


def test_nobody_waits_for_a_worker_whose_device_is_stuck(tmp_path):
    """It is killed, and none is left once the pool is closed."""
    with LocalPool(act, 2) as pool:
        begin = time.monotonic()
        found, summary = done(pool, jobs(tmp_path, "break stuck once", *["make"] * 12))
        assert time.monotonic() - begin < 120             # and not the 240 s that it takes to end by itself
    assert all(outcome.good for outcome in found.values()) and summary.tried_again == 1
    assert not any(os.path.exists(f"/proc/{pid}") for pids in begun(tmp_path).values() for pid in pids)   # noqa: PTH110


def test_it_is_told_of_if_every_try_ends_so(tmp_path):
    with LocalPool(act, 2) as pool:
        found, summary = done(pool, jobs(tmp_path, "break", *["make"] * 5))
    assert found[0].error == "device=cuda:0: failed" and len(set(begun(tmp_path)[0])) == 2 and summary.failed == 1


def test_a_device_that_is_gone_for_good_ends_the_batch(tmp_path):
    """Before each job has had two workers of its own."""
    told = "^device=cpu: failed [0-9]+ times in a row, at last so: device=cuda:0: failed; mend it, and give the same "
    with LocalPool(act, 2) as pool, pytest.raises(PatchloomError, match=told):
        done(pool, jobs(tmp_path, *["break"] * 20))
    assert len({pid for pids in begun(tmp_path).values() for pid in pids}) < 12


def test_the_command_tells_of_a_device_that_is_gone(photo, folder, monkeypatch):
    """What was made stays."""
    monkeypatch.setattr("patchloom.batch.work.work", gone)
    given = ("batch", "generate", photo, "--count", 40, "--workers", 1, "--out", "out/", "--json", *FAST)
    done = command(*given, code=1)
    told = json.loads(done.stdout)
    assert re.search(r"^error: device=cpu: failed \d+ times in a row, at last so: device='cuda': is gone; mend it, and "
                     "give the same command again: it goes on where it stopped$", done.stderr, re.MULTILINE)
    assert told["made"] == 2 and told["made"] + told["failed"] < 10 and "is gone" in told["error"]
    assert len(list((folder / "out").glob("*.png"))) == 2


def test_a_clusters_worker_whose_device_failed_starts_anew(tmp_path):
    with DaskCluster(tmp_path) as cluster:
        cluster.start(2, nanny=True)
        with ClusterPool(act, cluster.address, 60) as pool:
            check_one_worker_broke(pool, tmp_path)
            (tmp_path / "later").mkdir()
            done(pool, jobs(tmp_path / "later", "meet 2", "meet 2"))                    # both are there again


@pytest.mark.parametrize("trouble", ["none", "fails", "waits"])
def test_workers_of_one_process_all_leave_when_its_device_failed(tmp_path, monkeypatch, trouble):
    """Also where they cannot take leave of the scheduler; none hands its jobs on for ever."""
    distributed = pytest.importorskip("distributed")
    calls = []

    async def close_gracefully(worker, restart):
        calls.append(worker)
        if trouble == "fails":
            raise OSError("nobody answers")
        await asyncio.sleep(60)

    monkeypatch.setattr(offering, "_leaving", threading.Event())
    monkeypatch.setattr(offering, "_GRACE", 0.5 if trouble == "waits" else 10.0)
    if trouble != "none":
        monkeypatch.setattr(distributed.Worker, "close_gracefully", close_gracefully)
    alike = {"threads_per_worker": 1, "processes": False, "dashboard_address": "127.0.0.1:0", "protocol": "tcp"}
    # No limit: these workers are this very process, which may have used more than a small one for earlier tests.
    with (distributed.LocalCluster(n_workers=2, memory_limit=0, **alike) as cluster,
          ClusterPool(act, cluster.scheduler_address, 60) as pool):
        pool._cluster._patience = 4
        end = time.monotonic() + 60
        workers = list(cluster.workers.values())
        with healed(), pytest.raises(PatchloomError, match="has no workers, after 4 s; "):
            run(jobs(tmp_path, "break once", *["make"] * 6), pool, how=How(), cancel=lambda: time.monotonic() > end)
        wait_for(lambda: all(worker.status.name == "closed" for worker in workers))
    assert len(calls) == len(set(calls)) == (0 if trouble == "none" else 2)


def test_workers_without_the_device_are_passed_over(tmp_path, caplog, monkeypatch):
    """Also those that have had jobs of a batch on processors; and where none has it, that is told."""
    distributed = pytest.importorskip("distributed")
    with DaskCluster(tmp_path) as cluster:
        cluster.start(2)
        with ClusterPool(act, cluster.address, 60) as pool:
            wait_for(lambda: pool.wait(0.01) == [] and len(pool._cluster.workers) == 2)
        told = "has no workers with the device cuda:7, after 2 s; "
        with monkeypatch.context() as patched, pytest.raises(PatchloomError, match=told):
            waits_only(patched, 2)
            ClusterPool(act, cluster.address, 60, "cuda:7")
        with distributed.Client(cluster.address, timeout=60, set_as_default=False) as client:
            able = next(iter(client.scheduler_info()["workers"]))
            pid = client.run(os.getpid, workers=[able])[able]
            client.run(has_every_device, workers=[able])
        monkeypatch.setattr(logging.getLogger("patchloom"), "disabled", False)          # some libraries disable others'
        caplog.clear()
        with caplog.at_level(logging.WARNING, "patchloom"), ClusterPool(act, cluster.address, 60, "cuda:7") as pool:
            cluster.add()
            outcomes = []
            run(jobs(tmp_path, *["make"] * 12), pool, how=How(device="cuda:7"), on_outcome=outcomes.append)
            wait_for(lambda: pool.wait(0.01) == [] and len(pool._cluster._refused) == 2)
            assert list(pool._cluster.workers) == [able]
    assert {outcome.worker for outcome in outcomes} == {str(pid)} and len(outcomes) == 12
    lines = [line for line in caplog.messages if "gets no jobs: device='cuda:7': " in line]
    assert len(lines) == 2, caplog.text
    assert all(line.startswith("worker=tcp://127.0.0.1:") for line in lines)


def test_a_worker_whose_device_is_full_is_asked_again(tmp_path, caplog, monkeypatch):
    """It has the device, and others may leave that."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(connecting, "_SILENT", 1.0)
    monkeypatch.setattr(logging.getLogger("patchloom"), "disabled", False)              # some libraries disable others'
    with DaskCluster(tmp_path) as cluster:
        cluster.start(1)
        with distributed.Client(cluster.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
            client.run(has_a_full_device)
        with caplog.at_level(logging.WARNING, "patchloom"), ClusterPool(act, cluster.address, 60, "cuda:7") as pool:
            assert len(pool._cluster.workers) == 1
    told = [line for line in caplog.messages if ": gets no jobs for 1 s: device='cuda:7': ran out of memory" in line]
    assert len(told) == 2
