"""Render the figure of docs/study.md: a study of the shipped pictures, in a browser.

    pip install ".[test]"                            # Playwright; the browser is the system's Chromium
    python experiments/figures_study.py              # writes docs/figures/study.jpg
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sheets import FIGURES, PICTURES, load

import patchloom
from patchloom import study
from patchloom.study.building import place

GAP = 12
SHARE = 0.72                                              # of the screen's pixels that the figure keeps


def page_of(folder: Path) -> Path:
    """Build the page: each shipped picture, and a new one made from it."""
    names = sorted(path.stem for path in PICTURES.glob("*.png"))
    for name in names:
        patchloom.generate(load(name), seed=1).image.save(folder / f"{name}_1.png")
    built = study.build(
        [PICTURES / f"{name}.png" for name in names], [folder / f"{name}_1.png" for name in names],
        setups=study.as_setups("paired"), practice=1, title="Can you tell them apart?",
    )
    place(folder / "study.html", built)
    return folder / "study.html"


def shot(page: Page) -> Image.Image:
    """Return what the window shows."""
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def main() -> None:
    """Take three windows: the first page, a pair, and feedback on a narrow screen."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium on this machine: install it first")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless=new", "--no-sandbox"])
        url = page_of(Path(folder)).as_uri() + "#participant=p07"
        shots = []
        for size in ((900, 600), (360, 600)):
            page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
            page.goto(url)
            page.get_by_role("button", name="I agree, begin").wait_for()
            if not shots:
                shots.append(shot(page))
            for _ in range(2):                            # the first page, then the instructions
                page.keyboard.press("Space")
            page.locator(".choices button:enabled").first.wait_for()
            if len(shots) == 2:
                page.keyboard.press("KeyF")
                page.locator(".feedback").wait_for()
            shots.append(shot(page))
        browser.close()
    width = sum(one.width + GAP for one in shots) - GAP
    sheet = Image.new("RGB", (width, shots[0].height), "white")
    left = 0
    for one in shots:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    small = sheet.resize((round(sheet.width * SHARE), round(sheet.height * SHARE)), Image.Resampling.LANCZOS)
    small.save(FIGURES / "study.jpg", quality=88, subsampling=0, optimize=True)


if __name__ == "__main__":
    main()
