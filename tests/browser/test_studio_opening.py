"""Tools and what is opened: nothing typed is replaced, and nothing of another picture stays."""

import re

import numpy as np
import pytest
from PIL import Image, ImageCms
from playwright.sync_api import expect

from studio_page import PICTURES

FLOWERS, SPICES = PICTURES / "flowers.png", PICTURES / "spices.png"
WHOLE = (0, 0, 252, 168)


# What the page sends with a run is noted: the parameters, and each file's field and name.
NOTED = """
const send = window.fetch;
window.fetch = (path, options) => {
  if (path === "api/jobs" && options.body) {
    const entries = [...options.body];
    window.noted?.({
      parameters: JSON.parse(options.body.get("parameters")),
      files: entries.filter(([, value]) => value instanceof File).map(([field, file]) => [field, file.name]),
    });
  }
  return send(path, options);
};
"""


@pytest.fixture(name="begin")
def begin_fixture(open_studio):
    """Return ``begin(task, path)``: the page with a picture and a task."""

    def start(task, path=FLOWERS, **options):
        studio = open_studio(script=NOTED, **options)
        studio.task(task)
        studio.open(path)
        studio.opened(path.name)
        return studio

    return start


def sent(studio):
    """Press Run; return the parameters that are sent, and the fields and names of the files."""
    found = studio.page.evaluate("""() => new Promise((done, fail) => {
      window.noted = done;
      setTimeout(() => fail(new Error("nothing was sent")), 60_000);
      document.getElementById("run").click();
    })""")
    return found["parameters"], [tuple(one) for one in found["files"]]


def test_what_is_typed_of_a_frame_is_sent_as_it_is(begin):
    studio = begin("retarget", refused="422")
    studio.set("size", 2)
    assert sent(studio)[0]["size"] == [168, 2]
    expect(studio.page.locator("#error-size")).to_be_visible()
    studio.task("extend")
    studio.set("size", 100)                                # narrower than the picture: that cannot be drawn
    assert sent(studio)[0]["size"] == [168, 100]
    expect(studio.page.locator("#error-size")).to_be_visible()
    studio.set("size", 300)
    expect(studio.part("number-left")).to_have_value("24")
    studio.set("left", -5)
    expect(studio.page.locator("#error-left")).to_be_visible()
    studio.set("left", 12)
    expect(studio.part("number-left")).to_have_value("12")


def pieces(studio, name):
    """What the tool lists: pieces or pictures, by their titles."""
    return [one.get_attribute("title") for one in studio.page.locator(f"[data-tool^={name}-]").all()]


def test_a_collage_opened_twice_and_put_in_another_order_comes_back_as_it_was(open_studio):
    studio = open_studio(script=NOTED)
    button = studio.page.locator(".example").filter(has=studio.page.get_by_text("Collage", exact=True))
    button.evaluate("(button) => [1, 2].forEach(() => button.click())")
    studio.part("place-3").wait_for()
    own = pieces(studio, "place")
    assert own == ["mountains.png", "skyline.png", "flowers.png"]
    studio.part("forward").click()
    for name, value in (("count", 1), ("size", 96), ("size-height", 64)):
        studio.set(name, value)
    files = sent(studio)[1]
    assert files == [("image", own[1]), ("image", own[0]), ("image", own[2])]
    studio.finished(1)
    studio.show("picture")
    studio.part("backward").click()
    assert pieces(studio, "place") == own
    studio.page.locator(".past").click()
    expect(studio.page.locator("#view-results")).to_be_checked()
    studio.show("picture")
    expect(studio.part("place-1")).to_have_attribute("title", own[1])
    assert sent(studio)[1] == files


def test_a_piece_with_an_outline_comes_back_and_is_cleared(begin):
    studio = begin("reshuffle")
    studio.part("lasso").click()
    studio.drag(*(studio.at(x, y, WHOLE) for x, y in ((80, 100), (100, 90), (110, 120), (82, 118))))
    studio.drag(studio.at(96, 106, WHOLE), studio.at(136, 90, WHOLE))
    studio.set("count", 1)
    parameters, files = sent(studio)
    assert parameters["shift"][1] == 40
    assert files[1:] == [("object", "flowers_object.png")]
    studio.finished(1)
    studio.show("picture")
    outlined = pieces(studio, "piece")
    studio.part("clear").click()
    assert pieces(studio, "piece") == []
    studio.page.locator(".past").click()
    expect(studio.page.locator("#view-results")).to_be_checked()
    studio.show("picture")
    expect(studio.part("piece-1")).to_have_attribute("title", outlined[0])
    again, files = sent(studio)
    assert again["shift"] == parameters["shift"]
    assert files[1:] == [("object", "flowers_object.png")]
    studio.finished(1)
    studio.show("picture")
    studio.page.locator("[data-field=shift] .reset").click()
    assert pieces(studio, "piece") == []


def test_a_mask_does_not_go_over_to_a_result_that_is_worked_on(open_studio):
    studio = open_studio()
    studio.example_of("inpaint")
    studio.run(1)
    studio.done.click()
    studio.page.locator("#use-as-input").click()
    expect(studio.page.locator("#source .name")).to_have_text(re.compile("_inpaint_"))
    studio.run_button.click()
    expect(studio.page.locator("#alerts")).to_contain_text("Paint over what is to be removed")


def wide_profile():
    """A colour profile that changes every colour: that of screens with red and green swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    end = 132 + 12 * int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[at : at + 4]): at for at in range(132, end, 12)}
    red, green = (slice(tags[name] + 4, tags[name] + 12) for name in (b"rXYZ", b"gXYZ"))
    profile[red], profile[green] = profile[green], profile[red]
    return bytes(profile)


def test_an_edit_has_the_numbers_of_the_file_where_nothing_was_painted(begin, folder):
    pixels = np.asarray(Image.open(FLOWERS).convert("RGB"))
    alpha = np.random.default_rng(0).integers(0, 256, (*pixels.shape[:2], 1), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "wide.png", icc_profile=wide_profile())
    Image.fromarray(pixels).save(folder / "wide.jpg", icc_profile=wide_profile())
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(folder / "soft.png")
    studio = begin("edit", folder / "wide.png")
    for name in ("wide.png", "wide.jpg", "soft.png"):
        if name != "wide.png":
            studio.open(folder / name)
            studio.opened(name)
        studio.drag(studio.at(110, 80, WHOLE), studio.at(150, 80, WHOLE))
        saved = studio.saved(studio.part("save"), folder)
        with Image.open(folder / name) as file, Image.open(saved) as edited:
            assert edited.mode == file.mode
            differs = (np.asarray(edited) != np.asarray(file)).any(axis=2)
        assert differs[80, 112:148].all()
        assert differs.mean() < 0.05


def test_a_structure_that_was_dropped_takes_the_hint_away(begin):
    studio = begin("analogy")
    studio.drop(SPICES, on="[data-tool=root]")
    expect(studio.part("second")).to_have_text(re.compile("spices.png"))
    expect(studio.page.locator("#drop-hint")).to_be_hidden()
    expect(studio.page.locator("#source .name")).to_have_text("flowers.png")


def test_a_result_that_the_server_forgot_can_be_made_again(open_studio):
    studio = open_studio(refused="410")
    page = studio.page
    studio.example_of("generate")
    studio.run(2)
    page.evaluate("""async () => {
      const { state } = await import("./static/state.js");
      Object.assign(state.run.cells[1], { blob: null, url: null });
    }""")
    page.route("**/image?*", lambda route: route.fulfill(
        status=410, json={"error": {"status": 410, "code": "expired", "message": "gone", "field": None}}))
    seed = studio.seeds()[1]
    studio.done.nth(1).click()
    again = page.get_by_role("button", name="Make it again")
    again.wait_for()
    page.unroute_all()
    again.click()
    studio.finished(1)
    assert studio.seeds() == [seed]


def test_animations_stand_still_until_they_are_to_move(open_studio):
    studio = open_studio(reduced_motion="reduce")
    page = studio.page
    studio.example_of("animate")
    for name, value in (("size", 60), ("size-height", 40), ("frames", 4)):
        studio.set(name, value)
    studio.run(1)
    moving = page.evaluate("import('./static/state.js').then(({ state }) => state.run.cells[0].url)")
    images = page.locator("#grid img, #history img")
    for image in images.all():
        expect(image).to_have_attribute("src", re.compile("^blob:"))
        expect(image).not_to_have_attribute("src", moving)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    for image in images.all():
        expect(image).to_have_attribute("src", moving)
