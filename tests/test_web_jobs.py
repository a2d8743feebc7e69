"""The studio's worker: its queue, limits, cancels, results and those who follow it; no server, no sleeping."""

import asyncio
import base64
import contextlib
import dataclasses
import io as bytes_io
import logging
import threading
from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageCms

import patchloom
from command_line import run
from patchloom import Move, catalogue, estimate, io, plans
from patchloom.cancelling import bands, cancelled_by, check
from patchloom.catalogue import TASKS, Pictures, as_options, as_params
from patchloom.errors import Cancelled, DeviceError, ImageError, MemoryBudgetError, ParameterError, PatchloomError
from patchloom.types import Step
from patchloom.web import jobs, keeping
from patchloom.web.files import metadata
from patchloom.web.job import BESIDES, Job, Seen
from patchloom.web.jobs import Studio
from patchloom.web.keeping import GONE
from patchloom.web.limits import Limits
from patchloom.web.orders import Order
from patchloom.web.planning import Planned
from patchloom.web.previews import INTERVAL, Viewer, data_url
from patchloom.web.problems import QueueFull, problem_of
from patchloom.web.results import FORMATS

SOON = 60.0                                               # seconds after which something that must happen has not


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self):
        return self.now


class Turnstile(threading.Event):
    """Lets one through each time that it is set."""

    def wait(self, timeout=None):
        passed = super().wait(timeout)
        if passed:
            self.clear()
        return passed


class Gate:
    """A task whose runs begin when told, and then wait: for a cancel, an error, or to be let through."""

    def __init__(self):
        self.begun, self.let, self.error = threading.Semaphore(0), threading.Event(), None

    def run(self, plan, options, *, cancel, **how):
        self.begun.release()
        while not self.let.wait(0.002):
            check()
            if self.error is not None:
                raise self.error
        return patchloom.tasks.run(plan, cancel=cancel, **how)

    @property
    def task(self):
        task = TASKS["generate"]
        return dataclasses.replace(task, delivery=dataclasses.replace(task.delivery, run=self.run))

    def wait(self):
        assert self.begun.acquire(timeout=SOON)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_studio(clock):
    """Return a function that starts a studio with such limits; all are closed in the end."""
    opened = []

    def opened_studio(**limits):
        studio = Studio(Limits(**limits), threads=1, clock=clock)
        studio.start()
        opened.append(studio)
        return studio

    yield opened_studio
    for studio in opened:
        studio.close()


@pytest.fixture
def logged(monkeypatch):
    """Return the records that the studio logs, whatever other tests have done to loggers."""
    records, logger = [], logging.Logger("studio")
    logger.addFilter(lambda record: records.append(record) or False)
    monkeypatch.setattr(jobs, "log", logger)
    return records


@pytest.fixture
def gate():
    found = Gate()
    yield found
    found.let.set()


@pytest.fixture
def order(make_picture):
    """Return a function that makes orders of a small picture."""

    def ordered(task="generate", *, count=1, seed=7, images=None, companions=None, maps=None, given=None, **more):
        task = TASKS[task] if isinstance(task, str) else task
        images = (Image.fromarray(make_picture(24, 30)),) if images is None else images
        pictures = Pictures(images, companions or {}, maps or {}, {})
        sources = [{"role": task.takes[-1], "name": "lake.png", "sha256": "0" * 64}]
        suffixes = (".webp",) if task.delivery.moving else (".png", ".tif")
        given_maps = {"map_suffixes": dict.fromkeys(pictures.maps, suffixes[0])}
        return Order(task, pictures, as_options(task, given or {}), as_params(task), range(seed, seed + count),
                     sources, **{"stem": "lake", "suffixes": suffixes, **given_maps, **more})

    return ordered


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_an_idle_studio_keeps_nothing_of_a_gpu(device, order, gate, monkeypatch):
    """Once its queue is empty, and not between jobs; on processors it does not even ask."""
    calls, let = [], threading.Semaphore(0)
    monkeypatch.setattr(jobs, "let_go", lambda: (calls.append(device), let.release()))
    studio = Studio(threads=1, device=device)
    studio.start()
    made = [studio.submit(order(gate.task)) for _ in range(3)]
    gate.let.set()
    for job in made:
        ended(job)
    assert device == "cpu" or let.acquire(timeout=SOON)
    studio.close()
    assert calls == ["auto"] * (device == "auto")


def ended(job):
    """Wait until a job has ended, and return what it told on the way."""
    async def follow():
        return [event async for event in job.follow()]

    return asyncio.run(asyncio.wait_for(follow(), SOON))


def kinds(events):
    return [event.kind for event in events if event.kind != "step"]


def until(studio, condition):
    """Wait for the worker to come to something."""
    with studio._changed:
        assert studio._changed.wait_for(condition, SOON)


def test_results_are_what_the_python_call_makes_one_for_each_seed(open_studio, order):
    studio, asked = open_studio(), order(count=3)
    job = studio.submit(asked)
    events = ended(job)
    assert events[0].kind == "state"                      # and perhaps once more, when it begins
    assert [kind for kind in kinds(events) if kind != "state"] == ["result", "result", "result", "done"]
    assert [made.seed for made in job.results] == [7, 8, 9]
    for made, seed in zip(job.results, (7, 8, 9), strict=True):
        result = patchloom.generate(asked.pictures.image, seed=seed, params=asked.params)
        assert made.result.image.mode == "RGB"
        assert np.array_equal(np.asarray(made.result.image), np.asarray(result.image))
        assert made.sha256_of_pixels == catalogue.pixel_hash(result.image)
    assert [event.data for event in events if event.kind == "result"] == events[-1].data["results"]


def test_tasks_with_companions_moves_and_frames_make_what_python_makes(open_studio, order, make_picture):
    studio, image = open_studio(), Image.fromarray(make_picture(32, 32))
    hole = Image.fromarray(np.pad(np.full((8, 8), 255, np.uint8), 12))
    moves = [{"box": [2, 2, 8, 8], "shift": [16, 16]}]
    for asked, made in (
        (order("inpaint", images=(image,), companions={"hole": hole}), patchloom.inpaint(image, hole, seed=7)),
        (order("reshuffle", images=(image,), given={"moves": moves}),
         patchloom.reshuffle(image, [Move(box=(2, 2, 8, 8), shift=(16, 16))], seed=7)),
        (order("animate", images=(image,), given={"frames": 4}), patchloom.animate(image, frames=4, seed=7)),
        (order("tile", images=(image,)), patchloom.tile(image, seed=7)),
    ):
        job = studio.submit(asked)
        ended(job)
        assert job.error is None and job.results[0].sha256_of_pixels == catalogue.pixel_hash(
            *(made.frames or (made.image,))
        )


def test_a_snapshot_tells_how_a_job_is(open_studio, order, gate):
    studio = open_studio()
    first, second = studio.submit(order(gate.task)), studio.submit(order(count=2))
    gate.wait()
    assert first.snapshot() == {
        "id": first.id, "task": "generate", "state": "running", "position": 0, "seeds": [7], "progress": 0.0,
        "results": [], "error": None,
    }
    assert (second.snapshot()["state"], second.snapshot()["position"], second.snapshot()["seeds"]) == (
        "queued", 1, [7, 8]
    )
    gate.let.set()
    ended(second)
    told = second.snapshot()
    assert (told["state"], told["position"], told["progress"]) == ("done", 0, 1.0)
    assert told["results"][1] == {
        "index": 1, "seed": 8, "width": 30, "height": 24, "bytes": second.results[1].held, "type": "image/png",
        "seconds": 0.0, "sha256_of_pixels": second.results[1].sha256_of_pixels, "maps": [],
        "formats": ["png", "jpeg", "webp", "tiff", "bmp"],
    }


def test_ids_are_long_and_never_the_same(open_studio, order):
    studio = open_studio()
    names = {studio.submit(order()).id for _ in range(5)}
    assert len(names) == 5 and min(map(len, names)) >= 22   # 128 bits
    assert studio.job("nothing") is None and studio.cancel("nothing") is None


def test_a_full_queue_says_when_to_come_again(open_studio, order, gate):
    studio = open_studio(queue=2)
    running = studio.submit(order(gate.task))
    gate.wait()
    waiting = [studio.submit(order()) for _ in range(2)]
    with pytest.raises(QueueFull, match=r"queue=full: 2 jobs wait; try again in 1 s") as caught:
        studio.submit(order())
    assert caught.value.retry_after == 1 and problem_of(caught.value).status == 429
    running.seconds = 12.3                                # as if the run were long
    with pytest.raises(QueueFull) as caught:
        studio.submit(order())
    assert caught.value.retry_after == 13
    running.advance(0.5, None)
    with pytest.raises(QueueFull) as caught:
        studio.submit(order())
    assert caught.value.retry_after == 7
    studio.cancel(waiting[0].id)
    assert studio.submit(order()).position == 2


def test_an_order_that_is_planned_has_its_place_and_gives_it_back_if_it_fails(open_studio, order):
    studio, planning, planned = open_studio(queue=1), threading.Event(), threading.Event()

    def plan(*given):
        planning.set()
        assert planned.wait(SOON)
        raise ImageError("image=x: is wrong")

    slow = order(dataclasses.replace(TASKS["generate"], plan=plan))
    found = []

    def submit():
        with pytest.raises(ImageError):
            studio.submit(slow)
        found.append(studio.submit(order()))

    thread = threading.Thread(target=submit)
    thread.start()
    assert planning.wait(SOON)
    with pytest.raises(QueueFull):
        studio.submit(order())
    planned.set()
    thread.join(SOON)
    assert ended(found[0])[-1].kind == "done"


def test_cancelling_a_waiting_job_frees_its_place_at_once(open_studio, order, gate):
    studio = open_studio()
    studio.submit(order(gate.task))
    gate.wait()
    first, second = studio.submit(order()), studio.submit(order())
    before = studio.held
    assert studio.cancel(first.id) is first
    assert (first.state, first.position, second.position) == ("cancelled", 0, 1)
    assert studio.held == before - 24 * 30 * 4 - 4096
    assert ended(first) == [("state", first.snapshot()), ("cancelled", first.snapshot())]
    assert studio.cancel(first.id).state == "cancelled"   # once more does nothing


def test_cancelling_a_running_job_frees_the_worker_and_keeps_what_is_done(open_studio, order, gate):
    studio, gate.let = open_studio(), Turnstile()
    job = studio.submit(order(gate.task, count=3))
    gate.wait()
    gate.let.set()
    gate.wait()                                           # the second of three
    after = studio.submit(order())
    studio.cancel(job.id)
    assert job.state == "cancelled"
    assert ended(after)[-1].kind == "done"
    assert len(job.results) == 1 and studio.files.image(job, job.results[0]).data
    until(studio, lambda: studio.idle)


def test_a_real_run_stops_within_a_look(open_studio, order, make_picture, clock):
    studio, looks = open_studio(), []
    task, begun, cancelled = TASKS["generate"], threading.Event(), threading.Event()

    def run(plan, options, *, cancel, **how):
        def asked():
            assert not looks or cancelled.wait(SOON)
            looks.append(cancel())
            begun.set()
            return looks[-1]

        return patchloom.tasks.run(plan, cancel=asked, **how)

    slow = dataclasses.replace(task, delivery=dataclasses.replace(task.delivery, run=run))
    job = studio.submit(order(slow, count=64, images=(make_picture(200, 200),)))
    assert begun.wait(SOON)
    studio.cancel(job.id)
    cancelled.set()
    until(studio, lambda: studio.idle)
    assert looks == [False, True]


def test_a_job_that_is_cancelled_before_it_begins_is_no_failure(open_studio, order, monkeypatch, logged):
    studio, start = open_studio(), Job.start

    def cancelled_at_once(job):
        start(job)
        studio.cancel(job.id)

    monkeypatch.setattr(Job, "start", cancelled_at_once)
    job = studio.submit(order())
    assert ended(job)[-1].kind == "cancelled"
    until(studio, lambda: studio.idle)
    assert not logged and not job.results


def test_a_plan_is_cancelled_too(open_studio, order):
    studio, begun, plans_made = open_studio(), threading.Event(), []

    def plan(pictures, options, params, seed):
        plans_made.append(seed)
        if len(plans_made) > 1:                           # the first is of the check, and of result 0
            begun.set()
            while True:
                check()
        return plans.generate(pictures.image, params=params, seed=seed)

    job = studio.submit(order(dataclasses.replace(TASKS["generate"], plan=plan), count=2))
    assert begun.wait(SOON)
    studio.cancel(job.id)
    until(studio, lambda: studio.idle)


def test_a_plan_is_handed_to_an_idle_worker_and_waits_for_none(open_studio, order, gate):
    planned, task = [], gate.task

    def plan(*parts):
        planned.append(parts[-1])
        return TASKS["generate"].plan(*parts)

    studio, task = open_studio(), dataclasses.replace(task, plan=plan)
    first = studio.submit(order(task, count=2, seed=10))
    gate.wait()
    second = studio.submit(order(task, seed=20))
    assert planned == [10, 20] and first.plan is None and second.plan is None
    gate.let.set()
    assert ended(first)[-1].kind == ended(second)[-1].kind == "done"
    assert planned == [10, 20, 11, 20]


def test_a_job_that_is_cancelled_lets_go_of_its_plan(order):
    studio = Studio(threads=1)                            # whose worker has not come yet
    job = studio.submit(order())
    assert job.plan is not None
    studio.cancel(job.id)
    assert job.plan is None


def test_a_job_that_takes_too_long_fails(open_studio, order, gate, clock):
    studio = open_studio(seconds=60)
    job = studio.submit(order(gate.task))
    gate.wait()
    clock.now += 61
    assert ended(job)[-1].kind == "failed"
    assert job.error.as_dict() == {
        "status": 422, "code": "time", "field": None,
        "message": "seconds=60: no job may take longer; ask for fewer results or smaller ones",
    }
    gate.let.set()
    assert ended(studio.submit(order()))[-1].kind == "done"


@pytest.mark.parametrize(
    ("error", "status", "code", "field"),
    [
        (MemoryBudgetError("memory=1 MB: this run needs 2 MB"), 422, "memory", "memory"),
        (DeviceError("device=cuda:0: failed (CUDA error: an illegal access)"), 500, "device", "device"),
        (ParameterError("size=9 x 9: too small"), 422, "parameter", "size"),
        (MemoryError(), 422, "memory", None),
        (ZeroDivisionError("secret path /home/me"), 500, "internal", None),
    ],
)
def test_what_goes_wrong_is_the_jobs_error_and_the_worker_lives_on(
    open_studio, order, gate, logged, error, status, code, field
):
    studio = open_studio()
    gate.error = error
    job = studio.submit(order(gate.task))
    assert ended(job)[-1].kind == "failed"
    told = job.snapshot()["error"]
    assert (told["status"], told["code"], told["field"]) == (status, code, field)
    assert "secret" not in told["message"]
    assert [record.exc_info is not None for record in logged] == ([True] if code == "internal" else [])
    assert ended(studio.submit(order()))[-1].kind == "done"


def test_what_cannot_be_is_refused_before_it_waits(open_studio, order, make_picture):
    studio = open_studio(pixels=1000, count=4)
    with pytest.raises(ParameterError, match=r"count=5: must be 1 to 4"):
        studio.submit(order(count=5))
    with pytest.raises(ParameterError, match=r"size=100 x 30: a result has at most 0.001 megapixels"):
        studio.submit(order(given={"size": [30, 100]}))
    with pytest.raises(ParameterError, match=r"size=50 x 24"):
        studio.submit(order("extend", given={"right": 20}))      # a size that only the plan tells
    with pytest.raises(MemoryBudgetError, match=r"memory=100000 bytes"):
        open_studio(memory=100_000).submit(order())
    told = r"count=60: that takes about [0-9]+ bytes, and the studio keeps 875000 bytes; ask for fewer"
    with pytest.raises(MemoryBudgetError, match=told):
        open_studio(held=1_000_000).submit(order(count=60))
    assert studio.idle and studio.held == 0


def test_pictures_that_wait_are_counted(open_studio, order, gate):
    studio = open_studio(held=150_000)
    studio.submit(order(gate.task))
    gate.wait()
    with pytest.raises(QueueFull, match=r"its pictures take all the room"):
        for _ in range(10):
            studio.submit(order())
    assert studio.held <= 150_000


def test_finished_jobs_go_when_room_is_needed_the_oldest_first(open_studio, order):
    studio = open_studio(held=200_000)
    jobs = []
    for _ in range(8):
        jobs.append(studio.submit(order()))
        ended(jobs[-1])
        until(studio, lambda: studio.idle)
        assert studio.held <= 200_000 - studio.files.most
    found = [studio.job(job.id) for job in jobs]
    gone = found.count(GONE)
    assert 0 < gone < 8 and found == [GONE] * gone + jobs[gone:]
    assert studio.held == sum(job.held for job in jobs[gone:])


def test_finished_jobs_go_when_there_are_too_many(open_studio, order, gate, monkeypatch):
    monkeypatch.setattr(keeping, "_MOST", 3)
    studio = open_studio()
    studio.submit(order(gate.task))
    gate.wait()
    jobs = [studio.submit(order()) for _ in range(5)]
    for job in jobs:
        studio.cancel(job.id)
    assert [studio.job(job.id) for job in jobs] == [GONE, GONE, *jobs[2:]]


def test_finished_jobs_expire(open_studio, order, clock, monkeypatch):
    monkeypatch.setattr(keeping, "_IDS_KEPT", 2)
    studio, jobs = open_studio(kept=900), []
    for _ in range(3):
        jobs.append(studio.submit(order()))
        ended(jobs[-1])
        until(studio, lambda: studio.idle)
        clock.now += 10
    studio.files.image(jobs[0], jobs[0].results[0])
    clock.now += 900 - 30 - 1
    assert studio.job(jobs[0].id) is jobs[0]
    clock.now += 1
    assert studio.job(jobs[0].id) is GONE and studio.cancel(jobs[0].id) is GONE
    assert studio.job(jobs[1].id) is jobs[1] and not studio.files._kept
    clock.now += 20
    assert [studio.job(job.id) for job in jobs] == [None, GONE, GONE]      # ids are not kept for ever either
    assert studio.held == 0


def test_the_worker_lets_results_expire_by_itself(order):
    studio = Studio(Limits(kept=0.05), threads=1)
    studio.start()
    try:
        job = studio.submit(order())
        until(studio, lambda: job.finished)
        for _ in range(6000):
            if not studio.held:
                break
            threading.Event().wait(0.01)
        assert studio.held == 0 and studio.job(job.id) is GONE
    finally:
        studio.close()


def test_a_finished_job_lets_go_of_its_pictures(open_studio, order):
    studio = open_studio()
    job = studio.submit(order(count=2))
    waited = job.held
    ended(job)
    assert job.order.pictures.images == () and BESIDES < job.pictures < waited
    assert job.held == job.pictures + sum(made.held for made in job.results)
    assert sum(made.held for made in job.results) <= job.expected


@pytest.mark.parametrize(("task", "mode"), [
    *product(["generate", "inpaint"], ["RGB", "L", "P", "RGBA", "1", "uint16", "float32"]),
    *product(["animate"], ["RGB", "L", "P", "RGBA", "1"]),
])
def test_results_are_never_larger_than_was_expected(open_studio, order, make_picture, task, mode):
    pixels = make_picture(24, 30)
    image = (pixels.astype(mode) / 300).astype(mode) if "t" in mode else Image.fromarray(pixels).convert(mode)
    hole = {"hole": Image.fromarray(np.pad(np.full((6, 6), 255, np.uint8), ((9, 9), (12, 12))))}
    asked = order(task, images=(image,), companions=hole if task == "inpaint" else {},
                  maps={"height": pixels[..., 0]}, given={"frames": 4} if task == "animate" else {})
    job = open_studio().submit(asked)
    ended(job)
    assert job.results and job.results[0].held <= job.expected < 2 * job.results[0].held


def test_closing_ends_everything(order, gate):
    studio = Studio(Limits(), threads=1)
    studio.start()
    running, waiting = studio.submit(order(gate.task)), studio.submit(order())
    gate.wait()
    studio.close()
    assert (running.state, waiting.state) == ("cancelled", "cancelled")
    assert threading.active_count() == len([thread for thread in threading.enumerate() if "studio" not in thread.name])
    with pytest.raises(QueueFull, match=r"queue=closed"):
        studio.submit(order())


def test_followers_hear_every_result_once_and_the_end_last(open_studio, order, gate):
    studio, own = open_studio(), Gate()
    before = studio.submit(order(gate.task))
    gate.wait()
    job = studio.submit(order(own.task, count=4))

    async def follow(heard):
        async for event in job.follow():
            heard.append(event)

    async def main():
        heard = [[] for _ in range(6)]
        following = [asyncio.ensure_future(follow(one)) for one in heard]
        until = asyncio.get_running_loop().time() + SOON
        for state, let in (("queued", gate.let), ("running", own.let)):       # nobody is to miss either
            while not all(one and one[-1].data.get("state") == state for one in heard):
                assert asyncio.get_running_loop().time() < until
                await asyncio.sleep(0)
            let.set()
        await asyncio.wait_for(asyncio.gather(*following), SOON)
        return heard

    for heard in asyncio.run(main()):
        assert [event.data["index"] for event in heard if event.kind == "result"] == [0, 1, 2, 3]
        assert heard[0].kind == "state" and heard[0].data["state"] == "queued"
        assert [event.data["state"] for event in heard if event.kind == "state"] == ["queued", "running"]
        assert [event.kind for event in heard].count("done") == 1 and heard[-1].kind == "done"
    assert not job.followers and before.finished
    assert kinds(ended(job)) == ["state", "result", "result", "result", "result", "done"]      # again, from the start


def test_a_slow_follower_hears_the_latest_step_only(order):
    job, seen = Job(order(count=2), threading.RLock(), Planned(1.0, 0, 0)), Seen()
    job.start()
    assert kinds(job.changes(seen)) == ["state"] and job.changes(seen) == []
    for number in range(1000):
        job.advance(number / 2000, {"index": 0, "number": number})
    (heard,) = job.changes(seen)
    assert heard == ("step", {"index": 0, "number": 999, "progress": 0.4995}) and job.changes(seen) == []
    job.advance(0.1, None)
    assert job.changes(seen) == [] and job.progress == 0.4995    # never backwards


def test_steps_of_a_result_that_is_done_are_not_told(order, open_studio):
    made = open_studio()
    done = made.submit(order(count=2))
    ended(done)
    job, seen = Job(order(count=2), threading.RLock(), Planned(1.0, 0, 0)), Seen()
    job.start()
    job.changes(seen)
    job.advance(0.2, {"index": 0})
    job.add(done.results[0])
    assert [event.kind for event in job.changes(seen)] == ["result"]
    job.advance(0.7, {"index": 1})
    assert [event.kind for event in job.changes(seen)] == ["step"]
    job.end("done")
    job.advance(0.8, {"index": 1})
    assert [event.kind for event in job.changes(seen)] == ["done"] and job.changes(seen) == []


def test_a_follower_whose_event_loop_is_gone_is_forgotten(open_studio, order, gate):
    studio = open_studio()
    job = studio.submit(order(gate.task))
    gate.wait()
    loop = asyncio.new_event_loop()
    following = job.follow()
    loop.run_until_complete(following.__anext__())
    assert job.followers
    loop.close()
    gate.let.set()
    until(studio, lambda: studio.idle)
    assert job.state == "done" and not job.followers


def test_who_stops_following_is_forgotten(open_studio, order, gate):
    job = open_studio().submit(order(gate.task))

    async def leave():
        following = job.follow()
        await following.__anext__()
        assert job.followers
        await following.aclose()

    asyncio.run(leave())
    assert not job.followers


def test_silence_is_told(open_studio, order, gate):
    job = open_studio().submit(order(gate.task))
    gate.wait()

    async def listen():
        following = job.follow(silence=0.001)
        heard = [(await following.__anext__()).kind for _ in range(4)]
        gate.let.set()
        return heard, [event.kind async for event in following if event.kind not in ("step", "silence")]

    assert asyncio.run(asyncio.wait_for(listen(), SOON)) == (
        ["state", "silence", "silence", "silence"], ["result", "done"]
    )


def test_previews_are_small_come_now_and_then_and_only_for_followers(order, clock, make_picture):
    asked = order(images=(Image.fromarray(make_picture(100, 1200)),))
    job, plan, seen = Job(asked, threading.RLock(), Planned(1.0, 0, 0)), asked.plan(7), Seen()
    job.start()
    job.changes(seen)

    def step(level=0):
        return Step(level, 0, 1.0, "exact", False, lambda: (plan.source[level], None))

    on_step = Viewer(job, 1, clock).on_step(0, plan)
    on_step(step())
    assert job.changes(seen) == [] and job.progress > 0
    job._followers.append(lambda: None)
    on_step(step())
    (heard,) = job.changes(seen)
    assert heard.kind == "step" and (heard.data["level"], heard.data["levels"]) == (len(plan.sizes), len(plan.sizes))
    assert (heard.data["width"], heard.data["height"]) == (1200, 100) and heard.data["seed"] == 7
    head, data = heard.data["preview"].split(",")
    assert head == "data:image/jpeg;base64"
    shown = Image.open(bytes_io.BytesIO(base64.b64decode(data)))
    assert shown.size == (384, 32)
    whole = np.asarray(Image.fromarray(make_picture(100, 1200)).resize((384, 32), Image.Resampling.LANCZOS), float)
    assert np.abs(np.asarray(shown, float) - whole).mean() < 8
    clock.now += INTERVAL / 2
    on_step(step())
    assert job.changes(seen) == []                        # too soon
    clock.now += INTERVAL
    on_step(step(len(plan.sizes) - 1))
    (heard,) = job.changes(seen)
    assert heard.data["level"] == 1 and heard.data["height"] == plan.sizes[-1][0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_previews_show_pictures_of_every_mode_as_they_are(order, make_picture, mode):
    pixels = make_picture(24, 30)
    if mode in ("I;16", "F"):
        grey = pixels[..., 0]
        image = Image.fromarray(grey.astype(np.uint16) * 257 if mode == "I;16" else grey.astype(np.float32) / 255)
    else:
        image = Image.fromarray(pixels).convert(mode)
    asked = order(images=(image,))
    plan = asked.plan(7)
    head, data = data_url(plan.source[0], plan).split(",")
    assert head == f"data:image/{'png' if mode in ('LA', 'RGBA') else 'jpeg'};base64"
    shown = np.asarray(Image.open(bytes_io.BytesIO(base64.b64decode(data))).convert("RGB"), float)
    expected = pixels[..., :1].repeat(3, 2) if mode in ("I;16", "F") else np.asarray(image.convert("RGB"))
    assert np.abs(shown - expected).mean() < 16


def test_progress_rises_to_one(make_picture):
    for plan in (plans.generate(make_picture(40, 40), seed=1), plans.animate(make_picture(24, 24), frames=4, seed=1)):
        told, share = [], estimate.progress(plan)
        patchloom.tasks.run(plan, on_step=lambda step, share=share, told=told: told.append(share(step)))
        assert told == sorted(told) and 0 < told[0] < 0.5 and told[-1] == 1.0


def test_files_carry_what_made_them_and_the_profile(open_studio, order):
    studio = open_studio()
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    job = studio.submit(order(count=2, icc=icc))
    ended(job)
    made = job.results[1]
    file = studio.files.image(job, made)
    assert (file.type, file.name) == ("image/png", "lake_generate_8.png")
    assert studio.files.image(job, made) is file          # encoded once
    read = Image.open(bytes_io.BytesIO(file.data))
    assert np.array_equal(np.asarray(read), np.asarray(made.result.image)) and read.info["icc_profile"] == icc
    assert read.info["patchloom:seed"] == "8" and read.info["patchloom:task"] == "generate"
    told = metadata(made)
    assert (told["task"], told["seed"], told["version"]) == ("generate", 8, patchloom.__version__)
    assert told["sources"][0]["name"] == "lake.png" and told["parameters"]["patch_size"] == 7
    other = studio.files.image(job, made, ".jpg")
    assert (other.type, other.name, other.data[:2]) == ("image/jpeg", "lake_generate_8.jpg", b"\xff\xd8")
    with pytest.raises(patchloom.errors.InputError):
        studio.files.image(job, made, ".exr")


def test_a_pictures_file_can_be_made_again_by_the_command_line(open_studio, order, make_picture, tmp_path):
    picture = tmp_path / "lake.png"
    io.write(picture, make_picture(24, 30))
    read = io.read(picture)
    studio = open_studio()
    sources = [{"role": "image", "name": read.name, "sha256": read.sha256}]
    job = studio.submit(dataclasses.replace(order(images=(read.pixels,)), sources=sources))
    ended(job)
    made = tmp_path / "made.png"
    made.write_bytes(studio.files.image(job, job.results[0]).data)
    run("rerun", made, "--out", tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == made.read_bytes()


def test_maps_fields_and_previews_are_files_too(open_studio, order, make_picture, tmp_path):
    studio, height = open_studio(), make_picture(24, 30)[..., 0].astype(np.uint16) * 257
    asked = order(maps={"height": height}, map_suffixes={"height": ".png"}, map_iccs={"height": None})
    image = asked.pictures.image
    job = studio.submit(asked)
    ended(job)
    made = job.results[0]
    assert made.entry()["maps"] == ["height"]
    file = studio.files.map(job, made, "height")
    assert (file.type, file.name) == ("image/png", "lake_generate_7_height.png")
    assert np.array_equal(io.read(None, data=file.data).pixels, made.result.maps["height"])
    field = studio.files.field(job, made)
    assert field.name == "lake_generate_7.npz"
    (tmp_path / "field.npz").write_bytes(field.data)
    again = patchloom.apply(io.load_field(tmp_path / "field.npz"), image)
    assert np.array_equal(np.asarray(again), np.asarray(made.result.image))
    io.save_field(tmp_path / "same.npz", made.result.transform, metadata=made.texts)
    assert (tmp_path / "same.npz").read_bytes() == field.data
    preview = studio.files.preview(job, made, 15)
    assert preview.type == "image/png" and Image.open(bytes_io.BytesIO(preview.data)).size == (15, 12)


def test_files_of_loops(open_studio, order, make_picture):
    studio = open_studio()
    moving = {"frames": 4, "motion": 20}
    job = studio.submit(order("animate", maps={"height": make_picture(24, 30)[..., 0]}, given=moving))
    ended(job)
    made = job.results[0]
    assert made.entry()["type"] == "image/webp"
    file = studio.files.image(job, made)
    assert file.name == "lake_animate_7.webp" and len(io.decode_frames(file.data)) == 4
    assert studio.files.image(job, made, ".gif").data[:3] == b"GIF"
    followed = studio.files.map(job, made, "height")
    assert followed.name == "lake_animate_7_height.webp" and len(io.decode_frames(followed.data)) == 4
    assert Image.open(bytes_io.BytesIO(studio.files.preview(job, made).data)).size == (30, 24)


def test_the_formats_of_a_result_are_those_that_can_be_made(open_studio, order, make_picture):
    studio, pixels = open_studio(), make_picture(24, 30)
    cases = [(task, Image.fromarray(pixels).convert(mode), {})
             for task in ("generate", "animate") for mode in ("L", "LA", "RGB", "RGBA")]
    cases += [("generate", pixels.astype(np.uint16) * 257, {}),
              ("generate", (pixels / np.float32(255)).astype(np.float32), {"suffixes": (".tif",)})]
    for task, image, more in cases:
        given = {"frames": 4} if task == "animate" else {}
        job = studio.submit(order(task, images=(image,), given=given, **more))
        ended(job)
        made, able = job.results[0], []
        for name, suffix in FORMATS.items():
            with contextlib.suppress(PatchloomError):
                studio.files.image(job, made, suffix)
                able.append(name)
        assert made.entry()["formats"] == able


def test_a_result_of_a_pair_becomes_a_file_that_holds_it(open_studio, order, make_picture):
    """An edit of floats that was painted with 8 bits has 8 bits, which EXR, the source's kind, does not hold."""
    studio, pixels = open_studio(), make_picture(24, 30)
    edited = pixels.copy()
    edited[4:10, 4:10] = pixels[12:18, 12:18]
    images = (pixels / np.float32(255), Image.fromarray(edited))
    for suffixes in ((".png", ".exr"), (".exr", ".png")):
        job = studio.submit(order("edit", images=images, suffixes=suffixes))
        ended(job)
        file = studio.files.image(job, job.results[0])
        assert (file.type, job.results[0].entry()["type"]) == ("image/png", "image/png")
        assert io.read("made.png", data=file.data).pixels.mode == "RGB"


def test_encoded_files_are_kept_under_a_cap(open_studio, order):
    studio = open_studio(held=64_000 * 8)
    job = studio.submit(order(count=2))
    ended(job)
    files = [studio.files.image(job, made, suffix) for made in job.results for suffix in (".bmp", ".tif", ".png")]
    assert studio.files._bytes == sum(len(file.data) for file in studio.files._kept.values()) <= studio.files.most
    small = Studio(Limits(held=8000), threads=1).files
    assert small.image(job, job.results[0]).data == files[2].data and not small._kept


@pytest.mark.parametrize("kind", ["bool", "uint8", "uint16", "float16", "float32"])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4, 6])
def test_pictures_of_every_depth_are_shown_at_eight_bits(make_picture, kind, channels):
    pixels = make_picture(20, 30, max(channels, 1))
    pixels = pixels[..., 0] if channels == 0 else pixels
    top = {"bool": 1, "uint8": 255, "uint16": 65535}.get(kind, 1.0)
    given = pixels > 128 if kind == "bool" else (pixels / 255 * top).astype(kind)
    shown = Image.open(bytes_io.BytesIO(io.encode_preview(given)))
    assert shown.size == (30, 20)
    assert shown.mode == {0: "L", 1: "L", 2: "LA", 3: "RGB", 4: "RGBA", 6: "RGB"}[channels]
    expected = np.where(pixels > 128, 255, 0) if kind == "bool" else pixels
    expected = expected[..., 0] if channels == 1 else expected[..., :3] if channels == 6 else expected
    assert np.abs(np.asarray(shown, int) - expected).max() <= 1


def test_bright_floats_are_shown_from_their_least_to_nearly_their_greatest():
    bright = np.linspace(0, 40, 400, dtype=np.float32).reshape(20, 20)
    bright[-1, -1] = 1e6                                  # the sun
    shown = np.asarray(Image.open(bytes_io.BytesIO(io.encode_preview(bright))))
    assert shown[0, 0] == 0 and shown[-1, -1] == 255 and 120 < shown[10, 0] < 135


def test_previews_never_grow_and_keep_their_shape(make_picture):
    assert Image.open(bytes_io.BytesIO(io.encode_preview(make_picture(20, 30), 500))).size == (30, 20)
    assert Image.open(bytes_io.BytesIO(io.encode_preview(make_picture(2, 1000), 100))).size == (100, 1)


def test_a_cancel_is_looked_for_in_passes_over_large_pictures(make_picture):
    assert [(rows.start, rows.stop) for rows in bands(5, 1 << 19)] == [(0, 2), (2, 4), (4, 5)]
    assert list(bands(0, 10)) == [] and list(bands(2, 1 << 30)) == [slice(0, 1), slice(1, 2)]
    with cancelled_by(lambda: True), pytest.raises(Cancelled):
        patchloom.checks.as_image(make_picture())
