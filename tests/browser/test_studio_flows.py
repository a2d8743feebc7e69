"""From a picture to variations and back: what people do in the studio whatever the task is."""

import json
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from command_line import run
from patchloom import io
from studio_page import PICTURES, read

FLOWERS = PICTURES / "flowers.png"


def test_upload_to_variations_to_compare_to_download(open_studio, folder):
    """And the file that is saved tells how it was made, so that the command line makes the same."""
    studio = open_studio()
    studio.open(FLOWERS)
    studio.opened("flowers.png")
    studio.run(4, seed=11)
    assert studio.seeds() == [11, 12, 13, 14]
    shown = [studio.pixels_of(image) for image in studio.done.locator("img").all()]
    assert len({one.tobytes() for one in shown}) == 4
    studio.done.nth(2).click()
    page = studio.page
    expect(page.get_by_role("heading", name="Seed 13")).to_be_visible()
    assert (studio.pixels_of(page.get_by_alt_text("After: seed 13")) == shown[2]).all()
    assert (studio.pixels_of(page.get_by_alt_text("Before", exact=True)) == read(FLOWERS)).all()
    kept = studio.saved(page.locator("#download"), folder)
    assert kept.name == "flowers_generate_13.png"
    assert io.read_metadata(str(kept))["patchloom:seed"] == "13"
    assert (read(kept) == shown[2]).all()
    run("rerun", kept, "--source", FLOWERS, "--out", "again.png")
    assert (read("again.png") == shown[2]).all()


def test_the_line_between_before_and_after(open_studio):
    """It follows the mouse and the arrow keys; what lies on its left is the picture before."""
    studio = open_studio()
    studio.example_of("generate")
    studio.run(2, seed=3)
    studio.done.first.click()
    page = studio.page
    root, slider = page.locator(".compared"), page.get_by_role("slider", name="Before and after")
    box = root.bounding_box()
    for share in (0.8, 0.25):
        studio.drag((box["x"] + box["width"] / 2, box["y"] + 40), (box["x"] + box["width"] * share, box["y"] + 60))
        assert float(slider.input_value()) == pytest.approx(100 * share, abs=1)
    before = float(slider.input_value())
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > before
    expect(page.locator("#viewer-title")).to_have_text(re.compile("^Seed 3"))      # an arrow there turns no page
    shown = [page.locator("#viewer").screenshot()]
    for key in ("Home", "End"):
        page.keyboard.press(key)
        shown.append(page.locator("#viewer").screenshot())
    assert len(set(shown)) == 3
    page.locator("#viewer-next").click()
    expect(page.locator("#viewer-title")).to_have_text(re.compile("^Seed 4"))
    page.keyboard.press("Escape")
    expect(studio.done.nth(1)).to_be_focused()


def test_dropped_and_pasted_pictures_are_opened(open_studio, folder, make_picture):
    studio = open_studio()
    page = studio.page
    for number, way in enumerate((studio.drop, studio.paste, studio.drop)):
        path = folder / f"{way.__name__}_{number}.png"
        Image.fromarray(make_picture(40 + number, 50, seed=number)).save(path)
        way(path)
        studio.opened(path.name)
        expect(page.locator("#drop-hint")).to_be_hidden()
        expect(page.locator("#source .dims")).to_have_text(f"50 × {40 + number}")


def test_a_deep_picture_is_shown_and_kept_deep(open_studio, folder, make_picture):
    """A browser shows no TIFF: the server helps, and what comes back has the depth of the file."""
    deep = make_picture(40, 56).astype(np.uint16) * 257
    io.write("deep.tif", deep)
    studio = open_studio()
    studio.open(folder / "deep.tif")
    studio.opened("deep.tif")
    studio.run(1, seed=3)
    assert studio.pixels_of(studio.done.locator("img")).shape == (40, 56, 3)
    studio.done.click()
    kept = studio.saved(studio.page.locator("#download"), folder)
    found = io.read(str(kept)).pixels
    assert (found.dtype, found.shape) == (np.uint16, (40, 56, 3))


def test_use_as_input_more_like_this_and_rerun(open_studio):
    studio = open_studio()
    studio.example_of("generate")
    studio.run(2, seed=7)
    page = studio.page
    made = studio.pixels_of(studio.done.first.locator("img"))
    studio.done.first.click()
    with studio.sending():
        page.locator("#rerun").click()
    studio.finished(1)
    expect(page.get_by_text("Seed 7 was made again: the same to the last bit.")).to_be_visible()
    assert (studio.pixels_of(studio.done.locator("img")) == made).all()
    studio.done.click()
    with studio.sending():
        page.locator("#more-like-this").click()
    studio.finished(4)
    assert studio.seeds() == [8, 9, 10, 11]
    studio.done.first.click()
    page.locator("#use-as-input").click()
    studio.opened("flowers_generate_8.png")
    studio.run(1, seed=1)
    studio.done.click()
    kept = studio.page.locator("#viewer img").last
    assert studio.pixels_of(kept).shape == made.shape


def test_the_history_leads_back(open_studio):
    """To a run's picture, task and settings: run again, they give the same."""
    studio = open_studio()
    page = studio.page
    studio.example_of("generate")
    studio.run(2, seed=5, alpha=0.01)
    first = studio.pixels_of(studio.done.first.locator("img"))
    studio.example_of("inpaint")
    studio.run(1)
    past = page.locator("#history-list button")
    expect(past).to_have_count(2)
    past.first.click()
    expect(page.locator("#task-generate")).to_have_attribute("aria-current", "true")
    assert studio.seeds() == [5, 6]
    assert [page.locator(f"#p-{name}").input_value() for name in ("seed", "alpha", "count")] == ["5", "0.01", "2"]
    studio.run(2)
    expect(past).to_have_count(3)
    assert studio.seeds() == [5, 6]
    assert (studio.pixels_of(studio.done.first.locator("img")) == first).all()


def test_each_run_has_another_seed_unless_it_is_kept(open_studio):
    studio = open_studio()
    studio.example_of("generate")
    seen = []
    for _ in range(2):
        studio.run(1)
        seen += studio.seeds()
    assert len(set(seen)) == 2
    studio.page.locator("#seed-lock").click()
    studio.run(1)
    assert studio.seeds() == seen[-1:]


# Runs before every page: once sides are noted, the full size is asked for when the small one has been seen.
AFTERWARDS = """
const send = window.fetch;
window.fetch = async (path, options) => {
  if (path === "api/jobs" && options.body.get("image").name === "flowers.png")
    while (window.sides && !sides.some((side) => side <= 160)) await new Promise((done) => setTimeout(done, 20));
  return send(path, options);
};
"""

# The longer sides of what the live mode shows from now on.
SIDES = """
window.sides = [];
document.addEventListener("load", ({ target }) => {
  if (target.alt === "Live preview") sides.push(Math.max(target.naturalWidth, target.naturalHeight));
}, true);
"""


def test_live_mode_follows_a_slider_and_ends_at_full_size(open_studio):
    studio = open_studio(script=AFTERWARDS)
    page = studio.page
    studio.example_of("generate")
    page.get_by_role("switch", name="Live").click()
    expect(page.get_by_alt_text("Live preview")).to_be_visible()
    page.locator("#more > summary").click()
    page.locator("#p-patch_size-slider").focus()
    page.evaluate(SIDES)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    small = page.get_by_alt_text("Live preview")
    expect(small).to_be_visible()
    page.wait_for_function("() => sides.some((side) => side <= 160)")        # the full size may have come since
    expect(studio.done.locator("img[src^='blob:']")).to_have_count(1)
    studio.finished(1)
    expect(page.locator("#alerts")).to_have_text("")
    expect(studio.done.locator("img")).to_have_js_property("naturalWidth", 252)
    page.get_by_role("switch", name="Live").click()
    expect(small).to_be_hidden()


def chunk(name, data):
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(side=50_000):
    """A PNG of few bytes that says it has 2500 million pixels, and holds a part of them."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(
        b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")


BAD = {
    "notes.txt": (b"no picture", "is not a picture"),
    "empty.png": (b"", "is empty"),
    "text.png": (b"no picture", "text.png"),
    "truncated.png": (FLOWERS.read_bytes()[:9000], "truncated.png"),
    "bomb.png": (bomb(), "pixels"),
}


def test_a_bad_file_is_refused_in_plain_words(open_studio, folder):
    """And the picture that was there is still worked on."""
    studio = open_studio(refused="status of 4")
    studio.open(FLOWERS)
    studio.opened("flowers.png")
    alert = studio.page.locator("#alerts .notice")
    for name, (data, message) in BAD.items():
        (folder / name).write_bytes(data)
        studio.open(folder / name)
        expect(alert).to_contain_text(message)
        assert "Traceback" not in alert.inner_text()
        assert len(alert.inner_text().splitlines()) == 1
        studio.opened("flowers.png")
        if name != "bomb.png":
            alert.get_by_role("button", name="Dismiss").click()
    studio.run(1)
    expect(alert).to_have_count(0)                        # of what was wrong before, nothing is said any more


def test_an_error_stands_beside_its_field(open_studio):
    studio = open_studio(refused="status of 422")
    page = studio.page
    studio.example_of("generate")
    studio.set("count", 1)
    studio.set("patch_size", 8)
    studio.run_button.click()
    field = page.locator("#p-patch_size")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("#error-patch_size")).to_have_text(re.compile("odd"))
    described = field.get_attribute("aria-describedby").split()
    assert "error-patch_size" in described
    assert page.locator("#alerts").inner_text() == ""
    studio.run(patch_size=5)
    expect(page.locator("#error-patch_size")).to_be_hidden()
    assert json.loads(page.evaluate("fetch('api/tasks').then((answer) => answer.text())"))["limits"]["count"] == 64
    studio.set("count", 65)
    studio.run_button.click()
    expect(page.locator("#error-count")).to_have_text(re.compile("64"))


def test_what_is_missing_is_said_before_anything_is_sent(open_studio):
    studio = open_studio()
    page = studio.page
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    studio.run_button.click()
    expect(page.locator("#alerts")).to_contain_text("Open a picture first")
    studio.open(FLOWERS)
    studio.opened("flowers.png")
    studio.task("inpaint")
    studio.run_button.click()
    expect(page.locator("#alerts")).to_contain_text("Paint over what is to be removed")
    assert "POST" not in sent
