"""Jobs on workers of this machine: retries, memory, workers that are killed, and a batch that ends in its middle."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from batch_functions import act, begun, done, job, jobs, killed, wait_for
from patchloom.batch import work as working
from patchloom.batch.job import How
from patchloom.batch.local import LocalPool
from patchloom.batch.scheduling import KILLED, run
from patchloom.errors import Cancelled, MissingExtraError, ParameterError
from real_batches import batch, check_troubled, cramped, do, pictures, tree, troubled

TESTS = Path(__file__).parent


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def pool():
    """Two workers that share 1000 bytes."""
    with LocalPool(act, 2, 1000) as found:
        yield found


def test_workers_share_the_jobs(pool, tmp_path):
    """Two jobs that wait for each other end only where both are under way; none is done here."""
    found, summary = done(pool, jobs(tmp_path, "meet 2", "meet 2", "make", "stands", "earlier"),
                          earlier={job(4, tmp_path, "earlier").key: {"width": 7}})
    assert [found[number].state for number in range(5)] == ["made", "made", "made", "stands", "made"]
    assert found[0].worker != found[1].worker and str(os.getpid()) not in {one.worker for one in found.values()}
    assert found[4].error == "{'width': 7}" and found[2].error == ""
    assert (summary.made, summary.standing, summary.failed, summary.tried_again) == (4, 1, 0, 0)


def test_no_more_jobs_are_held_than_workers_need(pool, tmp_path):
    """Jobs are read as they are handed out: a batch may have millions."""
    read, ended = [], []

    def source():
        for number in range(40):
            read.append(number)
            yield job(number, tmp_path)

    def ends(outcome):
        ended.append(outcome)
        assert len(read) - len(ended) <= pool.window

    assert run(source(), pool, how=How(), on_outcome=ends).made == len(ended) == 40


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_failures_are_tried_again_and_stop_nobody(pool, tmp_path, retries):
    found, summary = done(pool, jobs(tmp_path, "fail", "fail once", "final", "make", "raise"), retries=retries)
    assert [len(begun(tmp_path)[number]) for number in range(5)] == [1 + retries, 1 + min(retries, 1), 1, 1, 1]
    assert found[0].error == "fail" and found[2].error == "final"
    assert found[4].error == "ZeroDivisionError: a bug in two lines"
    assert found[1].good == (retries > 0) and found[3].good
    assert summary.failed == 3 + (retries == 0) and summary.tried_again == retries + min(retries, 1)
    assert {outcome.number for outcome in summary.failures} == {n for n, one in found.items() if not one.good}


@pytest.mark.parametrize("retries", [0, 1])
def test_a_killed_worker_takes_only_its_own_job(pool, tmp_path, retries):
    """The kernel ends whoever takes too much memory, and says nothing."""
    work = jobs(tmp_path, "kill", *["make"] * 6, "kill once")
    found, summary = done(pool, work, retries=retries)
    assert found[0].error == KILLED and len(begun(tmp_path)[0]) == len(set(begun(tmp_path)[0])) == 1 + retries
    assert all(len(begun(tmp_path)[number]) == 1 and found[number].good for number in range(1, 7))
    assert found[7].good == (retries == 1)
    assert summary.failed == 2 - retries


@pytest.mark.parametrize("below", ["", "a[1]{{b}}/{width}x{height}/"])
def test_what_a_killed_worker_left_half_done_goes(tmp_path, below):
    """At the end of the batch; what somebody has written to since stays."""
    folder = tmp_path / below.format(width=3, height=4)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f".patchloom-{'0' * 16}-{letter * 16}.tmp" for letter in "ab"]
    for name in names:
        (folder / name).touch()
    os.utime(folder / names[1], (2**32, 2**32))
    work = job(0, tmp_path, f"{below}x{{suffix}}")
    with LocalPool(killed, 1) as pool:
        assert not done(pool, [work], retries=0)[0][0].good
    assert [path.name for path in folder.glob(".patchloom*")] == names[1:]


def test_a_worker_that_dies_with_nothing_to_do(pool, tmp_path):
    (outcome,) = done(pool, jobs(tmp_path, "make"))[0].values()
    os.kill(int(outcome.worker), signal.SIGKILL)
    wait_for(lambda: not alive(int(outcome.worker)))
    found, _ = done(pool, jobs(tmp_path, *["make"] * 8), retries=1)
    assert all(one.good for one in found.values())


def test_a_job_gets_the_memory_that_it_needs(pool, tmp_path):
    """First its share; then what it asks for; never more than there is."""
    found, summary = done(pool, jobs(tmp_path, "make", "needs 501", "needs 1000", "needs 1001", "needs 500"))
    assert [found[number].height for number in (0, 1, 2, 4)] == [500, 501, 1000, 500]
    assert found[3].error == "memory=1000 bytes: this run needs about 1001 bytes; allow more or ask for a smaller size"
    assert len(begun(tmp_path)[3]) == 1 and summary.failed == 1 and summary.tried_again == 0


def test_what_ran_out_of_memory_is_tried_with_all(pool, tmp_path):
    found, _ = done(pool, jobs(tmp_path, "full once", "kill once", "fail once", "full"))
    assert [found[number].height for number in range(3)] == [1000, 1000, 500]
    assert found[3].error == "ran out of memory"


def test_jobs_never_take_more_than_there_is(tmp_path):
    """Of three workers two are kept idle while one job has nearly all; jobs of a share are there together."""
    now, most = {}, []
    with LocalPool(act, 3, 900) as pool:
        submit, wait = pool.submit, pool.wait

        def watched(job, how, earlier):
            ticket = submit(job, how, earlier)
            now[ticket] = how.memory
            return ticket

        def waited(seconds):
            most.append(sum(now[ticket] for ticket in pool._running))
            assert most[-1] <= 900
            return wait(seconds)

        pool.submit, pool.wait = watched, waited
        found, _ = done(pool, jobs(tmp_path, *["make", "needs 800", "needs 400", "meet 3"] * 4))
    assert all(outcome.good for outcome in found.values()) and max(most) == 900


def test_without_a_budget_there_is_no_limit(tmp_path):
    with LocalPool(act, 1) as pool:
        found, _ = done(pool, jobs(tmp_path, "needs 1000000", "full once", "kill once"))
        assert pool.budget is None and [outcome.height for outcome in found.values()] == [0, 0, 0]


def test_a_cancel_ends_jobs_in_their_middle(tmp_path):
    """They are told, so that nothing is left half done; then the processes are gone."""
    told = "^cancelled: the batch was asked to stop; the same command goes on where it stopped$"
    with pytest.raises(Cancelled, match=told), LocalPool(act, 2) as pool:
        run(jobs(tmp_path, "long", "long", "make"), pool, how=How(), cancel=lambda: len(begun(tmp_path)) == 2)
    assert {path.name for path in tmp_path.glob("*.dropped")} == {"0.dropped", "1.dropped"}
    assert not any(alive(pid) for pids in begun(tmp_path).values() for pid in pids)


def test_workers_stay(tmp_path):
    """Whatever they keep. loky would put others in their places, and warn of that: here warnings are errors."""
    with LocalPool(act, 1) as pool:
        found, _ = done(pool, jobs(tmp_path, "make", *["keep 400000000"] * 2, *["make"] * 3))
    assert all(outcome.good for outcome in found.values()) and len({one.worker for one in found.values()}) == 1


@pytest.mark.parametrize("workers", [0, 1025, 1.5, "two"])
def test_a_number_of_workers_that_is_none(workers):
    with pytest.raises(ParameterError, match=f"^workers={workers!r}: must be a whole number, 1 to 1024$"):
        LocalPool(act, workers)


def test_a_machine_without_loky(monkeypatch):
    monkeypatch.setitem(sys.modules, "loky", None)
    remedy = "^workers of this machine need loky, which is not installed; pip install 'patchloom\\[batch\\]'$"
    with pytest.raises(MissingExtraError, match=remedy):
        LocalPool(act, 1)


# Real pictures

def test_one_bad_picture_is_one_failure(tmp_path):
    """Files that cannot be read, and jobs that run out of memory: by the estimate, in fact, and by force."""
    wrong = troubled(tmp_path / "in", "large", "larger", "unlucky")
    work = batch(tmp_path / "in", tmp_path / "out")
    with LocalPool(cramped, 2, 800_000_000) as pool:
        outcomes, summary = do(pool, work, tmp_path / "out")
    check_troubled(outcomes, summary, work, wrong, tmp_path / "out")


def test_any_number_of_workers_makes_the_same_bytes(tmp_path):
    """The list too; and a second run makes nothing."""
    pictures(tmp_path / "in", 4)
    for workers in (1, 3):
        out = tmp_path / str(workers)
        with LocalPool(working.work, workers, 10**9) as pool:
            assert do(pool, batch(tmp_path / "in", out, seeds=2), out)[1].made == 8
            before = tree(out)
            assert do(pool, batch(tmp_path / "in", out, seeds=2), out)[1].standing == 8 and tree(out) == before
    assert len(before) == 9 and tree(tmp_path / "1") == before


KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from batch_functions import act
from real_batches import batch, do, unhurried
from patchloom.batch.local import LocalPool

def ended(outcome):
    if len(list(out.glob("*.png"))) > 3:
        workers = [*pool._free, *(executor for _, executor in pool._running.values())]
        print(*[pid for executor in workers for pid in executor._processes], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

out = Path("out").resolve()
with LocalPool(unhurried, 2, 10**9) as pool:
    do(pool, batch(out.parent / "in", out, seeds=3), out, ended)
"""


def test_a_killed_run_goes_on_where_it_stopped(folder):
    """Its workers end with it, and leave nothing half written; the next run makes only what is not there."""
    pictures(folder / "in", 4)
    with LocalPool(working.work, 2, 10**9) as pool:
        do(pool, batch(folder / "in", folder / "whole", seeds=3), folder / "whole")
    done = subprocess.run([sys.executable, "-c", KILLED_RUN], env={**os.environ, "PYTHONPATH": str(TESTS)},
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert done.returncode == -signal.SIGKILL
    workers = [int(pid) for pid in done.stdout.split()]
    assert len(workers) == 2
    wait_for(lambda: not any(alive(pid) for pid in workers))
    left = tree(folder / "out")
    assert 4 < len(left) < 13 and not any(name.endswith(".tmp") for name in left)
    with LocalPool(working.work, 2, 10**9) as pool:
        _, summary = do(pool, batch(folder / "in", folder / "out", seeds=3), folder / "out")
    assert summary.standing == sum(name.endswith(".png") for name in left) and summary.total == 12
    assert tree(folder / "out") == tree(folder / "whole")
