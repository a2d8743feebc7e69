"""What is handed out when: laws of the loop over jobs, with a pool that does them here, in any order."""

import itertools
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_functions import job, made
from patchloom.batch.job import File, How, failed
from patchloom.batch.scheduling import KILLED, OUT_OF_MEMORY, Ended, run
from patchloom.device import choosing
from patchloom.errors import Cancelled, DeviceMemoryError, PatchloomError

BUDGET, SHARE = 1000, 250
CROWDED = "device=cuda:0: ran out of memory; ask for a smaller size, or for the device cpu"
GONE = "device='cuda': torch sees it and cannot use it (CUDA error: unknown error); look at its driver"


class ScriptedPool:
    """Does jobs in a random order, as their templates say: a word for each try, the last for all that follow."""

    def __init__(self, seed=0, window=4, budget=BUDGET):
        self.window, self.budget, self.allotment = window, budget, None if budget is None else SHARE
        self.tries, self.allowed, self.held, self.most = Counter(), {}, {}, 0
        self._random, self._tickets = random.Random(seed), itertools.count()

    def submit(self, job, how, earlier):
        ticket = next(self._tickets)
        self.held[ticket] = job, how, earlier
        self.most = max(self.most, len(self.held))
        return ticket

    def wait(self, seconds):
        chosen = self._random.sample(sorted(self.held), self._random.randint(1, len(self.held)))
        return [Ended(ticket, self._done(*self.held.pop(ticket))) for ticket in chosen]

    def _done(self, job, how, earlier):
        words = job.out.split()
        word = words[min(self.tries[job.number], len(words) - 1)]
        self.tries[job.number] += 1
        self.allowed.setdefault(job.number, []).append(how.memory)
        if word.isdigit():
            enough = how.memory is None or how.memory >= int(word)
            return made(job, how) if enough else made(job, how, "needs", needs=int(word))
        if word == "killed":
            return None
        if word in ("made", "stands"):
            return made(job, how, word)
        error = {"full": OUT_OF_MEMORY, "crowded": CROWDED, "gone": GONE}.get(word, word)
        return failed(job, error, final=word == "final", last=word == "gone")


WORDS = st.sampled_from(["made", "stands", "fail", "final", "killed", "full", "1000", "600", "1001"])


SCRIPTS = st.lists(st.lists(WORDS, min_size=1, max_size=4), max_size=30)


class SuspectingPool(ScriptedPool):
    """Gives up whatever it holds with a job that kills its worker, as a cluster may whose last worker that was."""

    def wait(self, seconds):
        ended = super().wait(seconds)
        if any(one.outcome is None for one in ended):
            ended += [Ended(ticket, None) for ticket in self.held]
            self.held.clear()
        return ended


@given(st.integers(0, 99))
def test_nobody_is_given_up_with_a_job_that_kills(seed):
    """Jobs whose worker was killed are tried again one at a time, when no other is under way."""
    work = [job(number, ".", "killed" if number % 5 == 2 else "made") for number in range(20)]
    outcomes = []
    run(work, SuspectingPool(seed), how=How(), on_outcome=outcomes.append)
    assert {outcome.number for outcome in outcomes if not outcome.good} == {2, 7, 12, 17} and len(outcomes) == 20


@given(scripts=SCRIPTS, seed=st.integers(0, 99), retries=st.integers(0, 3))
def test_each_job_ends_once(scripts, seed, retries):
    """It is tried again no more often than allowed, and what is told is what became of it."""
    pool, told = ScriptedPool(seed), []
    batch = [job(number, "/", " ".join(words)) for number, words in enumerate(scripts)]
    summary = run(iter(batch), pool, how=How(), retries=retries, on_outcome=told.append)
    assert sorted(outcome.number for outcome in told) == list(range(len(scripts))) and not pool.held
    counts = Counter(outcome.state for outcome in told)
    assert (summary.made, summary.standing, summary.failed) == (counts["made"], counts["stands"], counts["failed"])
    assert summary.failures == tuple(outcome for outcome in told if not outcome.good)[:20]
    assert summary.total == len(scripts) and summary.tried_again <= retries * len(scripts)
    for outcome in told:
        tries = pool.tries[outcome.number]
        assert tries <= 1 + retries + 4                   # asking for memory is no try: at most once for each word
        assert outcome.good or outcome.final or tries > retries


def test_no_more_is_held_than_keeps_workers_busy():
    """Those that wait for memory keep none busy, and are held in numbers all the same."""
    pool = ScriptedPool(window=3)
    run((job(number, "/", "made") for number in range(50)), pool, how=How())
    assert pool.most == 3
    pool = ScriptedPool(window=3)
    run((job(number, "/", "600") for number in range(100)), pool, how=How())
    assert 3 < pool.most <= 3 * 8


@pytest.mark.parametrize(("script", "allowed"), [
    ("made", [250]), ("fail", [250, 250, 250]), ("final", [250]), ("killed", [250, 1000, 1000]),
    ("full", [250, 1000, 1000]), ("crowded", [250, 1000, 1000]),
    ("600", [250, 600]), ("300 600", [250, 300, 600]), ("600 fail", [250, 600, 600, 600]),
    ("1001", [250]), ("killed 1001", [250, 1000]), ("300 1000", [250, 300, 1000]),
    ("300 600 900", [250, 300, 600, 900]),
])
def test_memory_that_tries_are_allowed(script, allowed):
    pool = ScriptedPool()
    run([job(0, "/", script)], pool, how=How(), retries=2)
    assert pool.allowed[0] == allowed


def test_a_gpu_that_is_full_at_the_first_look_is_tried_alone(monkeypatch):
    """As one that fills up in the middle of a run."""
    torch = pytest.importorskip("torch", reason="not on this machine: torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(choosing, "_fault", lambda *_: RuntimeError("CUDA error: out of memory"))
    pool = ScriptedPool()

    def looked(job, how, earlier):
        pool.allowed.setdefault(job.number, []).append(how.memory)
        with pytest.raises(DeviceMemoryError, match="^device='cuda': .*; end what else runs there, or try c") as full:
            choosing.as_device("cuda")
        return failed(job, str(full.value))

    pool._done = looked
    run([job(0, "/", "")], pool, how=How(), retries=1)
    assert pool.allowed[0] == [SHARE, BUDGET]


def test_without_a_budget_nothing_is_said_of_memory():
    pool = ScriptedPool(budget=None)
    summary = run([job(0, "/", "5000"), job(1, "/", "killed")], pool, how=How(memory=7), retries=1)
    assert pool.allowed == {0: [None], 1: [None, None]} and summary.failures[0].error == KILLED


def test_earlier_entries_and_the_rest_of_how_go_along():
    pool, jobs = ScriptedPool(), [job(0, "/", "made"), job(1, "/", "made made")]
    entry, seen = {"width": 3}, []
    submit = pool.submit
    pool.submit = lambda *given: seen.append(given) or submit(*given)
    run(jobs, pool, how=How(threads=3, device="cuda", force=True), earlier={jobs[1].key: entry})
    assert [given[2] for given in seen] == [None, entry]
    assert seen[0][1] == How(threads=3, device="cuda", force=True, memory=SHARE)


@pytest.mark.parametrize("other", ["gone", "fail", "killed", "stands"])
@pytest.mark.parametrize("window", [1, 2, 5])
def test_devices_that_are_gone_for_good_end_the_batch(window, other):
    """Soon, in one line; what stands already, or fails in other ways, says nothing of a device."""
    pool, told = ScriptedPool(window=window), []
    line = f"^device=cuda: failed [0-9]+ times in a row, at last so: {re.escape(GONE)}; mend it, and give the same "
    with pytest.raises(PatchloomError, match=line + "command again: it goes on where it stopped$") as ended:
        run((job(number, "/", "gone" if number % 2 else other) for number in range(1000)), pool,
            how=How(device="cuda"), on_outcome=told.append)
    assert 3 + 2 * window <= int(str(ended.value).split()[2]) < 3 + 3 * window
    assert len(told) < 40 * window


def test_devices_that_fail_now_and_then_do_not():
    """However often; nor too few for that to be sure, nor one job that breaks every device."""
    words = ["gone gone", "made", "made", "gone made"] * 50
    summary = run([job(number, "/", word) for number, word in enumerate(words)], ScriptedPool(window=1), how=How())
    assert (summary.made, summary.failed) == (150, 50)
    assert run([job(number, "/", "gone") for number in range(2)], ScriptedPool(window=1), how=How()).failed == 2
    work = [job(0, "/", "gone"), job(1, "/", "made")]
    assert run(work, ScriptedPool(window=1), how=How(), retries=20).made == 1


def test_an_empty_batch():
    assert run([], ScriptedPool(), how=How()).total == 0


def test_a_cancel_is_asked_for_before_each_wait():
    told = []
    with pytest.raises(Cancelled):
        run((job(number, "/", "made") for number in itertools.count()), ScriptedPool(), how=How(),
            on_outcome=told.append, cancel=lambda: len(told) > 10)
    assert 10 < len(told) < 20


@pytest.mark.parametrize("force", [False, True])
def test_files_that_two_jobs_have_written(force):
    """Where what stands is replaced, only one of them can be told as made; else workers find what stands."""
    pool, ended = ScriptedPool(), []
    pool._done = lambda job, how, earlier: made(
        job, how, files=tuple(File(path, "", 0) for path in job.out.split())
    )
    outs = ("/o/a.png /o/a_n.png", "/o/b.png", "/o/c/../a_n.png", "/o/b.png /o/b.npz", "s3://o/b.png", "/o/b.jpg")
    work = [job(number, "/o", out) for number, out in enumerate(outs)]
    summary = run(work, pool, how=How(force=force), on_outcome=ended.append)
    assert (summary.made, summary.failed, summary.tried_again) == ((4, 2, 0) if force else (6, 0, 0))
    lost = {outcome.number: outcome.error for outcome in ended if outcome.state == "failed"}
    assert len({0, 2} & set(lost)) == len({1, 3} & set(lost)) == force
    assert all(": another result of this batch was written there, too; " in error for error in lost.values())
