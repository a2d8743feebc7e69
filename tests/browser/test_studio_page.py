"""The page as a whole: by keyboard, on a phone, behind a proxy, with many visitors, and when the server goes away."""

import json
import re
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from patchloom import io
from studio_page import PICTURES, StudioPage, read
from studio_proxy import proxy

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}

# A job as a program sends it: 202 and its id, and then what its stream says of it last.
SUBMIT = """
async ([parameters, side]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = canvas.getContext("2d");
  for (let at = 0; at < 400; at += 1) {
    context.fillStyle = `hsl(${(at * 137) % 360} 60% ${20 + (at * 7) % 60}%)`;
    context.fillRect((at * 71) % side, (at * 113) % side, side / 6, side / 9);
  }
  const body = new FormData();
  body.append("task", "generate");
  body.append("parameters", JSON.stringify(parameters));
  body.append("image", await new Promise((done) => canvas.toBlob(done)), "photo.png");
  const answer = await fetch("api/jobs", { method: "POST", body });
  return [answer.status, await answer.json()];
}
"""
ENDED = """
(id) => new Promise((done, fail) => {
  const source = new EventSource(`api/jobs/${id}/events`);
  source.onerror = () => source.readyState === EventSource.CLOSED && fail(new Error(`${id}: no stream of events`));
  for (const name of ["done", "failed", "cancelled"])
    source.addEventListener(name, (event) => { source.close(); done(JSON.parse(event.data)); });
})
"""
RUNS = "(id) => fetch(`api/jobs/${id}`).then((answer) => answer.json()).then(({ state }) => state === 'running')"
# Whether what has the focus, a part of it or what stands for it is marked.
OUTLINED = """
() => {
  const { activeElement: own } = document;
  const marked = (element, part) => {
    const style = getComputedStyle(element, part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const beside = own.parentElement.querySelectorAll("#divider ~ *, #divider ~ * *");
  const near = [own, ...own.querySelectorAll("*"), ...beside];
  return near.some((element) => marked(element, null) || marked(element, "::before"));
}
"""
SCROLLS = "() => document.documentElement.scrollWidth - innerWidth"


def focus_by_keys(page, selector, most=120):
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate(OUTLINED), f"{selector}: no focus to be seen"
            return
    pytest.fail(f"{selector}: not reached with Tab")


def test_from_an_example_to_a_download_without_a_mouse(open_studio, folder):
    studio = open_studio()
    page, keys = studio.page, studio.page.keyboard
    focus_by_keys(page, "#example-flowers")
    keys.press("Enter")
    expect(page.locator("#source .name")).to_have_text("flowers.png")
    focus_by_keys(page, "#p-count")
    keys.type("2")
    focus_by_keys(page, "#p-seed")
    keys.type("21")
    with studio.sending():
        keys.press("Control+Enter")
    studio.finished(2)
    focus_by_keys(page, "#cell-0")
    keys.press("ArrowRight")
    expect(page.locator("#cell-1")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#viewer-title")).to_have_text(re.compile("^Seed 22"))
    focus_by_keys(page, "#divider")
    before = page.locator("#divider").input_value()
    keys.press("ArrowLeft")
    assert page.locator("#divider").input_value() != before
    focus_by_keys(page, "#download")
    with page.expect_download() as download:
        keys.press("Enter")
    download.value.save_as(folder / "kept.png")
    assert io.read_metadata("kept.png")["patchloom:seed"] == "22"
    keys.press("Escape")
    expect(page.locator("#cell-1")).to_be_focused()


def test_a_hole_is_painted_and_filled_without_a_mouse(open_studio):
    studio = open_studio()
    page, keys = studio.page, studio.page.keyboard
    focus_by_keys(page, "#example-flowers")
    keys.press("Enter")
    expect(page.locator("#source .name")).to_have_text("flowers.png")
    focus_by_keys(page, "#task-inpaint")
    keys.press("Enter")
    focus_by_keys(page, '[data-tool="canvas"]')
    keys.press("ArrowRight")
    keys.press("Enter")                                    # the pen goes down in the middle
    for _ in range(6):
        keys.press("ArrowRight")
    keys.press("Enter")
    expect(studio.part("undo")).to_have_attribute("aria-disabled", "false")
    focus_by_keys(page, "#p-count")
    keys.type("1")
    with studio.sending():
        keys.press("Control+Enter")
    studio.finished(1)
    changed = (studio.pixels_of(studio.done.locator("img")) != read(PICTURES / "flowers.png")).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert 60 < rows.min() <= 84 <= rows.max() < 110
    assert 100 < columns.min() <= 126 <= columns.max() < 200


def test_cancel_is_at_once_and_the_worker_takes_the_next_job(open_studio, folder, make_picture):
    Image.fromarray(make_picture(1200, 1600)).save(folder / "large.png")
    studio = open_studio()
    page = studio.page
    studio.open(folder / "large.png")
    studio.opened("large.png")
    studio.set("count", 20)                               # minutes
    for press in (lambda: page.keyboard.press("Escape"), studio.run_button.click):
        studio.run_button.click()
        expect(studio.run_button).to_have_text(re.compile("Cancel"))
        page.locator("#cell-0 img[data-ready]").wait_for()             # the first preview is there
        press()
        expect(studio.run_button).to_have_text(re.compile("Run"))
        expect(studio.results.first).to_have_attribute("data-state", "cancelled")
    job = page.evaluate(SUBMIT, [{"seed": 1}, 64])[1]
    began = time.monotonic()
    assert page.evaluate(ENDED, job["id"])["state"] == "done"          # the large one would take far longer
    assert time.monotonic() - began < 60
    expect(studio.results.first).to_have_attribute("data-state", "cancelled")
    studio.example("flowers")
    studio.run(1)


def test_twenty_visitors_at_once_each_get_their_own(studio, visit):
    """Each a seed of their own, sent before anybody's is done; every result has the bytes that its seed has."""
    pages = [visit(studio) for _ in range(4)]
    for page in pages:
        page.locator("body[data-ready]").wait_for()
    sent = []
    for seed in range(20):
        page = pages[seed % 4]
        status, job = page.evaluate(SUBMIT, [{"seed": seed}, 96])
        assert (status, job["seeds"]) == (202, [seed])
        sent.append((page, job["id"]))
    found = {}
    for seed, (page, name) in enumerate(sent):
        ended = page.evaluate(ENDED, name)
        assert (ended["id"], ended["state"], [one["seed"] for one in ended["results"]]) == (name, "done", [seed])
        found[seed] = ended["results"][0]["sha256_of_pixels"]
    assert len(set(found.values())) == 20
    again = [pages[0].evaluate(SUBMIT, [{"seed": seed}, 96])[1]["id"] for seed in (3, 17)]
    for seed, name in zip((3, 17), again, strict=True):
        assert pages[0].evaluate(ENDED, name)["results"][0]["sha256_of_pixels"] == found[seed]


def test_twenty_jobs_from_one_page_are_all_shown(open_studio):
    """The grid of a run with many seeds, while previews of each come in."""
    studio = open_studio()
    studio.example("flowers")
    studio.run(20, seed=100)
    assert studio.seeds() == list(range(100, 120))
    sources = {image.get_attribute("src") for image in studio.done.locator("img").all()}
    assert len(sources) == 20


def test_a_full_queue_is_told_in_plain_words(start_studio, visit):
    url, stop = start_studio("--queue", 1)
    page = StudioPage(visit(url, refused="status of 429"))
    page.example("flowers")
    jobs = []
    for _ in range(3):
        jobs.append(page.page.evaluate(SUBMIT, [{"count": 40, "seed": 1, "size": [700, 700]}, 400]))
        page.page.wait_for_function(RUNS, arg=jobs[0][1]["id"])        # the first has left the queue
    assert [status for status, _ in jobs] == [202, 202, 429]
    page.run_button.click()
    told = re.compile(r"Too many runs are waiting. Try again in \d+ seconds?\.")
    expect(page.page.locator("#alerts")).to_contain_text(told)
    for _, job in jobs[:2]:
        page.page.evaluate("(id) => fetch(`api/jobs/${id}`, { method: 'DELETE' })", job["id"])
    page.run(1)
    stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_the_button(open_studio, scheme):
    studio = open_studio(color_scheme=scheme)
    page = studio.page

    def brightness():
        shot = page.locator("#panel").evaluate("(panel) => getComputedStyle(panel).backgroundColor")
        return sum(map(float, re.findall(r"[\d.]+", shot)[:3]))

    page.locator("body").click(position={"x": 5, "y": 400})
    own = brightness()
    assert (own > 600) == (scheme == "light")
    seen = [own]
    for _ in range(2):
        page.locator("#theme").click()
        seen.append(brightness())
    assert min(seen) < 200 < 600 < max(seen)
    chosen = page.locator("#theme").get_attribute("aria-label")
    page.reload()
    expect(page.locator("#theme")).to_have_attribute("aria-label", chosen)
    assert brightness() == seen[-1]


def test_on_a_phone_everything_is_reached_and_nothing_scrolls_sideways(open_studio, folder):
    studio = open_studio(**PHONE)
    page = studio.page
    assert page.evaluate(SCROLLS) <= 0
    tap(page.locator("#example-flowers"))
    expect(page.locator("#source .name")).to_have_text("flowers.png")
    assert page.evaluate(SCROLLS) <= 0
    tap(page.locator("#task-inpaint"))
    canvas = studio.part("canvas")
    expect(canvas).to_be_visible()
    touch(page, canvas)
    expect(studio.part("undo")).to_have_attribute("aria-disabled", "false")
    assert page.evaluate(SCROLLS) <= 0
    studio.set("count", 2)
    with studio.sending():
        tap(studio.run_button)
    studio.finished(2)
    assert page.evaluate(SCROLLS) <= 0
    studio.done.first.scroll_into_view_if_needed()
    tap(studio.done.first)
    expect(page.locator("#viewer-title")).to_be_visible()
    assert page.evaluate(SCROLLS) <= 0
    kept = studio.saved(page.locator("#download"), folder)
    assert read(kept).shape == (168, 252, 3)
    small = page.evaluate("""() => [...document.querySelectorAll("button, a, input, select, summary")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden, .skip") &&
        !one.matches(".visually-hidden, .skip, label input"))
      .map((one) => [one.getBoundingClientRect(), one.id || one.className])
      .filter(([box]) => box.width > 0 && (box.width < 24 || box.height < 16)).map(([, name]) => name)""")
    assert small == []


def tap(part):
    """Tap until it counts: on a busy machine a tap may take so long that the browser takes it for a long press."""
    for _ in range(3):
        part.evaluate("""(one) => { window.tapped = new Promise((done) => {
          one.addEventListener("click", () => done(true), { once: true }); }); }""")
        part.tap()
        if part.page.evaluate("""() => Promise.race([window.tapped,
          new Promise((done) => { setTimeout(() => done(false), 20_000); })])"""):
            return
    raise AssertionError(f"{part}: three taps, and no click")


def touch(page, canvas):
    """Draw with a finger across the middle of an element."""
    box = canvas.bounding_box()
    fingers = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2
    for kind, share in (("touchStart", 0.4), ("touchMove", 0.5), ("touchMove", 0.6), ("touchEnd", None)):
        points = [] if share is None else [{"x": box["x"] + box["width"] * share, "y": y}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_behind_a_proxy_under_a_path(start_studio, visit, folder):
    """Addresses are relative, events are not held back, and what the browser calls the studio is let in."""
    with proxy("/pictures") as front:
        name = f"127.0.0.1:{front.server_port}"
        url, stop = start_studio("--root-path", "/pictures", "--allow-host", name)
        front.behind = int(re.search(r":(\d+)/", url)[1])
        page = StudioPage(visit(f"http://{name}/pictures/"))
        page.example("flowers")
        page.run(2, seed=4)
        page.done.first.click()
        kept = page.saved(page.page.locator("#download"), folder)
        assert kept.name == "flowers_generate_4.png"
        page.page.goto(f"http://{name}/pictures/docs")
        expect(page.page.get_by_text("/api/jobs").first).to_be_visible()
        stop()


def test_a_server_that_goes_away_and_comes_back(start_studio, port, visit, folder):
    """What was made is still there, the page says what has happened, and goes on by itself."""
    url, stop = start_studio(port=port)
    studio = StudioPage(visit(url, offline=True))
    page = studio.page
    studio.example("flowers")
    studio.run(2, seed=8)
    offline = page.locator("#offline")
    expect(offline).to_be_hidden()
    stop()
    studio.run_button.click()
    expect(offline).to_be_visible()
    expect(offline).to_contain_text("patchloom studio")
    expect(studio.run_button).to_be_disabled()
    expect(studio.done).to_have_count(2)
    studio.done.first.click()
    kept = studio.saved(page.locator("#download"), folder)
    assert io.read_metadata(str(kept))["patchloom:seed"] == "8"
    page.keyboard.press("Escape")
    again, stop = start_studio(port=port)
    assert again == url
    expect(offline).to_be_hidden()
    studio.run(1, seed=9)
    stop()


def test_the_interfaces_own_page(studio, visit):
    page = visit(studio)
    page.goto(studio + "docs")
    described = json.loads(page.evaluate("fetch('openapi.json').then((answer) => answer.text())"))
    for path in described["paths"]:
        expect(page.get_by_text(path, exact=False).first).to_be_attached()
