"""The studio's page as somebody uses it: what tests click, drag, read and save there."""

import base64
import io as streams
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

PICTURES = Path(__file__).parents[1] / "examples" / "pictures"
WINDOW = {"width": 1280, "height": 800}
# Of tools/stage.js: what is left free around a picture that fits the window.
MARGIN = 16

# Files that somebody drops or pastes, made in the page as the browser makes them.
TRANSFER = """
(files) => {
  const transfer = new DataTransfer();
  for (const [name, data] of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/png" }));
  }
  return transfer;
}
"""
PASTE = """
(data) => document.body.dispatchEvent(
  new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
"""


class StudioPage:
    """A page that is open: by ``page`` tests reach what has no name here."""

    def __init__(self, page):
        self.page = page
        self.results = page.locator("#grid .cell")
        self.done = page.locator("#grid .cell[data-state=done]")
        self.run_button = page.locator("#run")
        page.locator("#example-list button").first.wait_for()

    def part(self, name):
        """Return a part of the tool in use, by its data-tool; of one with several modes, the part that is seen."""
        return self.page.locator(f'[data-tool="{name}"]:visible')

    def open(self, path):
        """Choose a file by the browser's own window."""
        button = self.page.locator("#pick:visible, #open:visible").first
        with self.page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files(path)

    def drop(self, *paths, on="#work"):
        """Drop PNG files on a part of the page, dragged there from elsewhere."""
        given = {"dataTransfer": self._transfer(paths)}
        self.page.dispatch_event(on, "dragenter", given)
        expect(self.page.locator("#drop-hint")).to_be_visible()
        self.page.dispatch_event(on, "dragover", given)
        self.page.dispatch_event(on, "drop", given)

    def paste(self, *paths):
        """Paste PNG files."""
        self.page.evaluate(PASTE, self._transfer(paths))

    def _transfer(self, paths):
        files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
        return self.page.evaluate_handle(TRANSFER, files)

    def opened(self, name):
        """Wait until a picture is worked on."""
        expect(self.page.locator("#source .name")).to_have_text(name)
        expect(self.page.locator("#tool > *").first).to_be_visible()

    def show(self, view):
        """Look at the picture, at the variations, or at both."""
        self.page.locator(f"label:has(#view-{view})").click()

    def example(self, name):
        """Begin with an example."""
        if not (button := self.page.locator(f"#example-{name}")).is_visible():
            self.page.locator("#examples").click()
        before = self.page.evaluate_handle("document.querySelector('#source .name')")
        button.click()
        self.page.wait_for_function("""(before) => !before?.isConnected && document.querySelector('#source .name')""",
                                    arg=before)
        expect(self.page.locator("#tool > *").first).to_be_visible()

    def example_of(self, task):
        """Begin with the first example of a task; returns its name."""
        names = self.page.evaluate("fetch('api/examples').then((answer) => answer.json())")
        name = next(one["name"] for one in names if one["task"] == task)
        self.example(name)
        return name

    def task(self, name):
        """Choose what to do."""
        self.page.locator(f"#task-{name}").click()
        expect(self.page.locator(f"#task-{name}")).to_have_attribute("aria-current", "true")
        if self.page.locator("#source").is_visible():
            expect(self.page.locator(f"#tool [data-task={name}], #tool img")).to_be_visible()

    def set(self, name, value):
        """Type a parameter's value."""
        field = self.page.locator(f"#p-{name}")
        if not field.is_visible():
            self.page.locator("#more > summary").click()
        field.fill(str(value))

    def run(self, count=None, **values):
        """Press Run, and wait for all variations; with ``count``, of so many."""
        for name, value in (values if count is None else {"count": count, **values}).items():
            self.set(name, value)
        with self.sending():
            self.run_button.click()
        self.finished(count)

    def sending(self):
        """Wait, at the end of a ``with`` block, until a job that was sent there has been answered."""
        return self.page.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith("/api/jobs"))

    def finished(self, count=None):
        """Wait until what runs is done."""
        expect(self.run_button).to_have_attribute("data-doing", "false")
        expect(self.done).to_have_count(self.results.count() if count is None else count)
        expect(self.page.locator("#grid img[src^='blob:']")).to_have_count(self.results.count())

    def seeds(self):
        """Return the seeds in the grid, in order."""
        return [int(text.removeprefix("Seed ")) for text in self.results.locator(".seed").all_text_contents()]

    def saved(self, button, path):
        """Press what downloads a file, and return its path: with the name that the page gave it, under ``path``."""
        with self.page.expect_download() as download:
            button.click()
        kept = path / download.value.suggested_filename
        download.value.save_as(kept)
        return kept

    def pixels_of(self, image):
        """Return the pixels of an img as the browser shows them: (rows, cols, 3)."""
        expect(image).to_have_attribute("src", re.compile("."))
        data = image.evaluate("""async (image) => {
          await image.decode();
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          canvas.getContext("2d").drawImage(image, 0, 0);
          const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
          return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
        }""")
        return read(streams.BytesIO(base64.b64decode(data)))

    def at(self, column, row, bounds, canvas="canvas"):
        """Return where a point lies in the window, while the stage shows all of (left, top, width, height)."""
        left, top, width, height = bounds
        # It is told once the stage knows its size, a frame after it is seen.
        expect(self.page.locator("[data-tool=percent]").last).to_have_text(re.compile("[0-9]"))
        box = self.part(canvas).bounding_box()
        margin = min(MARGIN, box["width"] / 12)
        scale = min((box["width"] - 2 * margin) / width, (box["height"] - 2 * margin) / height, 16)
        return (
            box["x"] + (box["width"] - width * scale) / 2 + (column - left) * scale,
            box["y"] + (box["height"] - height * scale) / 2 + (row - top) * scale,
        )

    def drag(self, start, *points):
        """Drag the mouse from a point of the window through others."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        for point in points:
            mouse.move(*point, steps=4)
        mouse.up()

    def drag_by(self, element, right, down):
        """Drag an element by so many pixels of the window."""
        box = element.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.drag(middle, (middle[0] + right, middle[1] + down))


def read(path):
    """Return a file's pixels: uint8 (rows, cols, 3)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
