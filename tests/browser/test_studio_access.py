"""Barriers that axe-core finds in the page, in each of its states: none that is serious or critical."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from studio_page import PICTURES

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TASKS = ("retarget", "edit", "reshuffle", "inpaint", "extend", "analogy", "paint", "collage", "harmonise", "animate")

# What axe says, one line for each element that somebody would stumble over.
LOOK = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(
    ({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${help}; ${failureSummary}`));
}
"""


@pytest.fixture(name="barriers", scope="session")
def barriers_fixture():
    """Return ``barriers(studio)``: what axe-core finds in the page as it stands."""
    path = os.environ.get("PATCHLOOM_AXE")
    if not path:
        pytest.skip("not on this machine: axe-core")
    source = Path(path).read_text("utf-8")

    def look(studio):
        if not studio.page.evaluate("'axe' in window"):
            studio.page.evaluate(source)
        # Colours that still fade in would be judged half way.
        studio.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
        return studio.page.evaluate(LOOK)

    return look


@pytest.fixture(name="begin")
def begin_fixture(open_studio):
    """Return ``begin(**options)``: the page, which a test's own script may look into."""
    return lambda **options: open_studio(bypass_csp=True, reduced_motion="reduce", **options)


def test_a_barrier_is_found(barriers, begin):
    studio = begin()
    studio.page.evaluate("document.body.prepend(document.createElement('button'))")
    assert [one.split(":")[0] for one in barriers(studio)] == ["button-name"]


@pytest.mark.parametrize("looks", [{}, {"color_scheme": "dark"}, PHONE, {**PHONE, "color_scheme": "dark"}],
                         ids=["light", "dark", "phone", "dark phone"])
def test_from_the_empty_page_to_a_result(barriers, begin, looks):
    studio = begin(refused="status of 422", **looks)
    page = studio.page
    assert barriers(studio) == [], "empty"
    page.locator("#example-flowers").click()
    expect(page.locator("#source")).to_be_visible()
    page.locator("#more > summary").click()
    assert barriers(studio) == [], "a picture, and all parameters"
    studio.set("patch_size", 8)
    studio.run_button.click()
    expect(page.locator("#error-patch_size")).to_be_visible()
    assert barriers(studio) == [], "an error beside its field"
    studio.run(2, patch_size=7)
    assert barriers(studio) == [], "variations"
    for mode in ("compare", "beside", "tiles"):
        if mode == "compare":
            studio.done.first.click()
        page.locator(f"label:has(#mode-{mode})").click()
        expect(page.locator(f"#mode-{mode}")).to_be_checked()
        assert barriers(studio) == [], mode


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_task_with_its_tool(barriers, begin, scheme):
    studio = begin(color_scheme=scheme)
    for task in TASKS:
        studio.example_of(task)
        assert barriers(studio) == [], task


def test_while_it_runs_and_when_it_fails(barriers, begin, folder, make_picture):
    studio = begin(refused="status of 4")
    page = studio.page
    (folder / "notes.txt").write_text("no picture")
    studio.open(folder / "notes.txt")
    expect(page.locator("#alerts .notice")).to_be_visible()
    assert barriers(studio) == [], "a bad file"
    studio.open(PICTURES / "flowers.png")
    studio.opened("flowers.png")
    page.get_by_role("switch", name="Live").click()
    expect(page.get_by_alt_text("Live preview")).to_be_visible()
    assert barriers(studio) == [], "live"
    page.get_by_role("switch", name="Live").click()
    expect(studio.run_button).to_have_attribute("data-doing", "false")
    studio.set("count", 64)
    studio.run_button.click()
    page.locator("#cell-0 img[data-ready]").wait_for()
    assert barriers(studio) == [], "running"
    page.keyboard.press("Escape")
    expect(studio.run_button).to_have_attribute("data-doing", "false")
    assert barriers(studio) == [], "cancelled"
    page.locator("#shortcuts").click()
    expect(page.locator("#keys")).to_be_visible()
    assert barriers(studio) == [], "keys"


def test_the_interfaces_own_page(barriers, begin, studio):
    opened = begin()
    opened.page.goto(studio + "docs")
    expect(opened.page.get_by_text("/api/jobs").first).to_be_visible()
    assert barriers(opened) == []
