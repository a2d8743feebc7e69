"""An order is looked at only as long as somebody waits for the answer, and what it takes is known before."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from patchloom import Move, estimate, plans
from patchloom.cancelling import check
from patchloom.catalogue import TASKS, Pictures, as_options, as_params
from patchloom.errors import Cancelled, MemoryBudgetError
from patchloom.web.jobs import Studio
from patchloom.web.limits import Limits
from patchloom.web.orders import Order
from patchloom.web.planning import Planner, _least
from patchloom.web.problems import Closing, TimeLimitError, problem_of

SOON = 60.0


@pytest.fixture(name="clock")
def clock_fixture():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture(name="studio")
def studio_fixture(clock):
    """A studio whose time passes when a test says so."""
    studio = Studio(Limits(seconds=60), threads=1, clock=clock)
    studio.start()
    yield studio
    studio.close()


@pytest.fixture(name="order")
def order_fixture(make_picture):
    """Return a function that makes orders of a small picture."""

    def ordered(task="generate", *, count=1, images=None, given=None, **more):
        task = TASKS[task] if isinstance(task, str) else task
        pictures = Pictures(images or (Image.fromarray(make_picture(24, 30)),), {}, {}, {})
        return Order(task, pictures, as_options(task, given or {}), as_params(task), range(7, 7 + count), [],
                     stem="lake", suffixes=(".png",), **more)

    return ordered


def endless(begun):
    """A task whose plan looks for a cancel and does nothing else."""
    def plan(*_):
        begun.release()
        while True:
            check()

    return dataclasses.replace(TASKS["generate"], plan=plan)


@contextmanager
def leaving(*clients):
    """Let all clients have left after the block, however that ends: a pool of threads waits for their endless plans."""
    try:
        yield
    finally:
        for left in clients:
            left.set()


@pytest.mark.parametrize(("why", "error", "status", "code"), [
    ("left", Cancelled, 409, "cancelled"), ("closed", Closing, 503, "unavailable"),
    ("late", TimeLimitError, 422, "time")])
def test_a_plan_ends_when_nobody_waits_for_it(studio, clock, order, why, error, status, code):
    """The client has left, the studio closes, or it takes as long as no job may."""
    begun, left = threading.Semaphore(0), threading.Event()
    with ThreadPoolExecutor(1) as pool, leaving(left):
        asked = pool.submit(studio.submit, order(endless(begun)), left.is_set)
        assert begun.acquire(timeout=SOON)
        if why == "left":
            left.set()
        elif why == "closed":
            studio.close()
        else:
            clock.now += 61
        raised = asked.exception(SOON)
    assert type(raised) is error
    assert (problem_of(raised).status, problem_of(raised).code) == (status, code)
    assert studio.idle and studio.held == 0 and studio._entering == 0


def test_an_order_that_is_planned_while_the_studio_closes_is_not_taken(studio, order, monkeypatch):
    """It would never be made."""
    plan = Planner.plan

    def last(planner, asked):
        found = plan(planner, asked)
        with studio._lock:                                # all that `close` does first
            studio._closing = True
        return found

    monkeypatch.setattr(Planner, "plan", last)
    with pytest.raises(Closing, match="queue=closed"):
        studio.submit(order())
    assert studio.idle


def test_large_plans_are_made_one_at_a_time_and_hold_up_no_small_ones(studio, order, make_picture):
    """Two of them would take twice the memory; who waits for his turn may leave too."""
    large = (make_picture(300, 400),)
    studio._planner._limits = dataclasses.replace(studio.limits, memory=8 * _least(order(images=large)))
    begun, left = threading.Semaphore(0), [threading.Event() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool, leaving(*left):
        asked = [pool.submit(studio.submit, order(endless(begun), images=large), one.is_set) for one in left]
        assert begun.acquire(timeout=SOON)
        assert not begun.acquire(timeout=0.1)
        assert studio.submit(order()).order.task.name == "generate"
        for one in left:
            one.set()
        assert [type(one.exception(SOON)) for one in asked] == [Cancelled, Cancelled]


def test_memory_is_judged_before_the_plan(order, make_picture):
    """A plan may be as large as its run."""
    begun = threading.Semaphore(0)
    task = dataclasses.replace(endless(begun), many=True)
    asked = order(task, images=(make_picture(100, 10), make_picture(10, 100)))
    studio = Studio(Limits(memory=100_000), threads=1)
    with pytest.raises(MemoryBudgetError, match=r"memory=100000 bytes: this run needs [0-9]+ bytes at least"):
        studio.submit(asked)
    assert not begun.acquire(blocking=False)
    assert _least(asked) > estimate.least_memory((100, 10), (100, 110), 1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_run_never_needs_less_than_the_least(make_picture, order, channels):
    """Whatever the task does to its pictures."""
    image = make_picture(60, 80, channels)
    image = Image.fromarray(image[..., 0] if channels == 1 else image)
    hole = np.zeros((60, 80), np.bool_)
    hole[20:30, 20:30] = True
    for name, plan, size, images in (
        ("generate", plans.generate(image, size=(90, 70)), [90, 70], (image,)),
        ("tile", plans.tile(image), None, (image,)),
        ("retarget", plans.retarget(image, size=(30, 90)), [30, 90], (image,)),
        ("inpaint", plans.inpaint(image, hole, size=(40, 40)), None, (image, image.resize((40, 40)))),
        ("reshuffle", plans.reshuffle(image, [Move((9, 9), box=(3, 3, 20, 20))], size=(30, 40)), [30, 40], (image,)),
        ("collage", plans.collage([image, image], (50, 100)), [50, 100], (image, image)),
        ("extend", plans.extend(image, right=20), None, (image,)), ("animate", plans.animate(image), None, (image,)),
    ):
        given = {} if size is None else {"size": size}
        assert 0 < _least(order(name, images=images, given=given)) < estimate.peak_memory(plan), name


# What jobs hold

def ended(studio, job):
    """Wait until the worker has done all."""
    with studio._changed:
        assert studio._changed.wait_for(lambda: studio.idle, SOON)
    assert job.state == "done", job.error


def test_colour_profiles_are_counted(studio, order):
    """As long as files are made with them."""
    icc = bytes(200_000)
    job, plain = (studio.submit(order(icc=one, map_iccs={"n": one, "m": None})) for one in (icc, None))
    assert job.held == plain.held + 2 * len(icc)
    ended(studio, job)
    ended(studio, plain)
    assert job.held == plain.held + 2 * len(icc)


def test_what_results_say_is_counted_and_held_once(studio, order):
    """Hundreds of moves are tens of kilobytes."""
    moves = [{"box": [2, 2, 8, 8], "shift": [1 + index % 8, 9]} for index in range(200)]
    job = studio.submit(order("reshuffle", given={"moves": moves}, count=3))
    ended(studio, job)
    first, *more = job.results
    said = sum(map(len, first.texts.values()))
    assert said > 7000 and first.held - more[0].held > said - 100
    for made in more:
        assert all(made.texts[name] is text for name, text in first.texts.items() if name != "patchloom:seed")
        assert made.texts["patchloom:seed"] == str(made.seed)
    assert job.held >= sum(made.held for made in job.results) + 8 * said - 100
    assert sum(made.held for made in job.results) <= job.expected


def test_what_is_held_is_the_sum_of_all_jobs(studio, order):
    """Whatever has happened to them: it is not added up anew each time."""
    jobs = [studio.submit(order(count=2)) for _ in range(4)]
    studio.cancel(jobs[3].id)
    ended(studio, jobs[2])
    assert studio.held == sum(job.held for job in jobs) > 0
    studio._shelf.make_room(0, jobs[2].held + jobs[1].held)
    assert studio.held == sum(job.held for job in jobs if studio.job(job.id) is job) > 0
    studio._shelf.make_room(1, 0)
    assert studio.held == 0
