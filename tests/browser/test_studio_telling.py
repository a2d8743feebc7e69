"""What newcomers stumbled over: runs that outlive their page, numbers that freeze it, files that it cannot make."""

import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from patchloom import io
from studio_page import StudioPage

STATE = "(id) => fetch(`api/jobs/${id}`).then((answer) => answer.json()).then(({ state }) => state)"


def accepted(studio, work):
    """Do what sends a run; return its id."""
    with studio.page.expect_response(lambda answer: answer.url.endswith("/api/jobs")) as answer:
        work()
    return answer.value.json()["id"]


def test_a_page_that_is_loaded_again_takes_its_run_along(open_studio):
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    studio.set("count", 16)
    studio.set("size", 1200)
    studio.set("size-height", 1200)
    job = accepted(studio, studio.run_button.click)
    expect(page.locator("#run-hint")).to_have_text(re.compile("Waiting|of 16 done"))      # it knows its job
    page.reload()
    page.wait_for_selector("#example-list button")
    page.wait_for_function(f"async (id) => (await ({STATE})(id)) === 'cancelled'", arg=job)


def test_a_number_that_cannot_be_is_refused_before_it_is_sent(open_studio):
    studio = open_studio()
    page = studio.page
    studio.example("flowers")
    for name, typed, words in (
        ("count", 50_000_000, "Must be a whole number, 1 to 64"), ("count", 2.5, "Must be a whole number, 1 to 64"),
        ("patch_size", 1, "Must be a whole number, 3 to 31"), ("seed", -1, "Must be a whole number, 0 to 90071992"),
    ):
        studio.set(name, typed)
        error = page.locator(f"#error-{name}")
        expect(error).to_contain_text(words)
        studio.run_button.click()
        expect(page.locator(".notice")).to_contain_text("Correct the field")
        expect(studio.results).to_have_count(0)
        studio.set(name, "")
        expect(error).to_be_hidden()


def test_only_formats_that_can_hold_a_result_are_offered(open_studio, tmp_path):
    pixels = np.random.default_rng(3).integers(0, 65535, (48, 64, 3), dtype=np.uint16)
    io.write(tmp_path / "deep.png", pixels)
    studio = open_studio(refused="status of 422")
    studio.open(tmp_path / "deep.png")
    studio.run(1)
    studio.done.first.click()
    options = studio.page.locator("#format option")
    assert options.evaluate_all("(all) => all.map(({ value }) => value)") == ["png", "tiff", "field"]
    studio.page.route("**/image?*tiff*", lambda route: route.fulfill(status=422, json={"error": {
        "status": 422, "code": "file", "message": "format=.tif (too large): could not be encoded", "field": "format"}}))
    studio.page.locator("#format").select_option("tiff")
    studio.page.locator("#download").click()
    expect(studio.page.locator("#error-format")).to_have_text("Could not be encoded")
    expect(studio.page.locator(".notice")).to_have_count(0)


def test_a_studio_that_is_stopped_says_so_and_not_only_cancelled(start_studio, visit):
    url, stop = start_studio()
    studio = StudioPage(visit(url, offline=True))
    studio.example("flowers")
    for name, value in (("count", 64), ("size", 500), ("size-height", 500)):
        studio.set(name, value)
    studio.run_button.click()
    studio.done.first.wait_for()
    stop()
    expect(studio.page.locator(".notice")).to_have_text(re.compile(r"The studio was stopped; \d+ of 64 variations w"))
    expect(studio.page.locator("#offline")).to_be_visible()


def test_maps_are_named_by_their_files_and_say_what_is_wrong_with_them(open_studio, tmp_path):
    studio = open_studio(refused="status of 422")
    page = studio.page
    studio.example("flowers")
    width, height = page.locator("#source img").evaluate("(one) => [one.naturalWidth, one.naturalHeight]")
    names = ["Bricks_2K_NormalGL", "other_normal", "Wood_Displacement", "x_Gloss", "rock-ao", "Stone051_Curvature"]
    for name in (*names, "small_bump"):
        image = Image.new("L", (9, 9) if name == "small_bump" else (width, height), 99)
        image.save(tmp_path / f"{name}.png")
    page.locator("#more > summary").click()
    add = page.locator("#map-file")
    add.set_input_files([tmp_path / f"{name}.png" for name in (*names, "small_bump")])
    rows = page.locator(".maps li")
    expect(rows).to_have_count(6)
    assert rows.locator("input").evaluate_all("(all) => all.map(({ value }) => value)") == [
        "normal", "normal2", "height", "gloss", "occlusion", "curvature"]
    expect(rows.nth(3)).to_contain_text("x_Gloss.png")
    expect(page.locator("#error-maps")).to_have_text(
        f"small_bump.png is 9 × 9; a map must be {width} × {height}, as the picture is")
    for typed, words in (("Height", "Another map is called height"), (" ", "A map needs a name")):
        rows.nth(1).locator("input").fill(typed)
        rows.nth(1).locator("input").press("Enter")
        expect(rows.nth(1).locator(".error")).to_contain_text(words)
        expect(rows.nth(1).locator("input")).to_have_value("normal2")
    rows.nth(1).locator("input").fill("Lacquer")
    rows.nth(1).locator("input").press("Enter")
    expect(rows.nth(1).get_by_role("button", name="Remove the map lacquer")).to_be_visible()
    page.route("**/api/jobs", lambda route: route.fulfill(status=422, json={"error": {
        "status": 422, "code": "image", "message": "map gloss=9 x 9: must be larger", "field": "map.gloss"}}))
    studio.run_button.click()
    expect(rows.nth(3).locator(".error")).to_have_text("Must be larger")
    page.locator("#open-file").set_input_files(tmp_path / "small_bump.png")
    expect(page.locator(".notice.info")).to_contain_text("Left out, being of another size: normal, lacquer, height")
    expect(rows).to_have_count(0)


def test_the_focus_and_the_top_of_the_page_stay_in_sight(open_studio):
    studio = open_studio(viewport={"width": 640, "height": 400})
    page = studio.page
    example = page.locator("#example-list button", has_text="Inpaint").last
    example.scroll_into_view_if_needed()
    example.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tool canvas").first).to_be_visible()
    assert page.evaluate("[scrollY, document.activeElement.matches('main, main *')]") == [0, True]
    assert page.locator("#rail").bounding_box()["y"] >= 0
    page.locator("#tool canvas").first.focus()
    page.keyboard.press("Control+Enter")
    studio.finished()
    expect(studio.results.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-close")).to_be_focused()


def test_what_cannot_be_opened_is_named_with_the_reason(start_studio, visit, tmp_path):
    frames = [Image.new("RGB", (40, 30), (shade, 90, 9)) for shade in (0, 200)]
    for suffix in ("gif", "png", "webp"):
        frames[0].save(tmp_path / f"moves.{suffix}", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    frames[0].save(tmp_path / "deep.tif")
    Image.new("RGB", (400, 300)).save(tmp_path / "large.png")
    url, stop = start_studio("--max-pixels", "0.1")
    studio = StudioPage(visit(url, offline=True))
    notice, pick = studio.page.locator(".notice"), studio.page.locator("#pick-file")
    for name, words in (
        ("moves.gif", "Must be a single picture"), ("moves.png", "Must be a single picture"),
        ("moves.webp", "Must be a single picture"), ("large.png", "at most 0.1 million pixels"),
    ):
        pick.set_input_files(tmp_path / name)
        expect(notice.last).to_contain_text(name)
        expect(notice.last).to_contain_text(words)
    pick.set_input_files(tmp_path / "still.gif")
    studio.opened("still.gif")
    expect(notice).to_have_count(0)
    stop()
    studio.page.locator("#open-file").set_input_files(tmp_path / "deep.tif")
    expect(notice).to_contain_text("deep.tif was not opened: the studio does not answer")
