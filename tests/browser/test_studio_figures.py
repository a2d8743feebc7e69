"""The pictures of the studio in docs/: made here, of what people see after they have opened an example and run it."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

FIGURES = Path(__file__).parents[2] / "docs" / "figures" / "studio"
WINDOW = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
MOST_BYTES = 150_000
# Means of squares of a window's pixels: how far off they may be on average. Fonts differ from machine to machine.
SQUARE, APART = 45, 12.0

TASKS = ("generate", "retarget", "edit", "reshuffle", "inpaint", "extend", "analogy", "paint", "collage", "tile",
         "harmonise", "animate")


@pytest.fixture(name="figure")
def figure_fixture(request):
    """Return ``figure(studio, name)``: the window looks as in docs/figures/studio, or is written there."""

    def check(studio, name):
        path = FIGURES / f"{name}.webp"
        studio.page.mouse.move(0, 0)
        studio.page.evaluate("scrollTo(0, 0); document.activeElement.blur(); document.fonts.ready")
        studio.page.evaluate("Promise.all([...document.images].map((one) => one.src && one.decode().catch(() => {})))")
        with Image.open(BytesIO(studio.page.screenshot(animations="disabled"))) as image:
            shown = image.convert("RGB")
        if request.config.getoption("--update-screenshots"):
            path.parent.mkdir(exist_ok=True)
            for quality in (82, 74, 66):                  # fine textures take more bytes
                shown.save(path, quality=quality, method=6)
                if path.stat().st_size <= MOST_BYTES:
                    break
        assert path.stat().st_size <= MOST_BYTES
        with Image.open(path) as image:
            kept = image.convert("RGB")
        assert kept.size == shown.size
        apart = abs(squares(kept) - squares(shown)).mean()
        assert apart < APART, f"{path}: the page looks otherwise; see it, then pytest --update-screenshots {__file__}"

    return check


def squares(image):
    """What is left of a picture that is looked at from far."""
    return np.asarray(image.resize((image.width // SQUARE, image.height // SQUARE), Image.Resampling.BOX), float)


@pytest.mark.parametrize("task", TASKS)
def test_each_task_with_its_example(open_studio, figure, task):
    studio = open_studio(viewport=WINDOW)
    studio.example_of(task)
    studio.run(seed=1)
    studio.show("both" if task not in ("generate", "tile") else "results")
    expect(studio.page.locator("#alerts")).to_have_text("")
    figure(studio, task)
    if task == "tile":
        studio.done.first.click()
        studio.page.locator("label:has(#mode-tiles)").click()
        expect(studio.part("tile-canvas")).to_be_visible()
        figure(studio, "tiles")


def test_before_and_after(open_studio, figure):
    studio = open_studio(viewport=WINDOW)
    studio.example_of("inpaint")
    studio.run(seed=1)
    studio.done.first.click()
    expect(studio.page.locator("#divider")).to_be_attached()
    figure(studio, "compare")


def test_in_the_dark(open_studio, figure):
    studio = open_studio(viewport=WINDOW, color_scheme="dark")
    studio.example_of("generate")
    studio.run(seed=1)
    figure(studio, "dark")


def test_on_a_narrow_screen(open_studio, figure):
    studio = open_studio(**PHONE)
    studio.example_of("generate")
    studio.run(4, seed=1)
    figure(studio, "narrow")
