"""What the page shows and says is what the engine takes and makes."""

import io as streams
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from patchloom import io
from patchloom.io import headers
from studio_page import PICTURES

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'
EXACT = """async () => {
  const { state } = await import("./static/state.js");
  const { exactPixels } = await import("./static/tools/exact.js");
  return [...new Uint8Array((await exactPixels(state.picture)).buffer)];
}"""


def exif(orientation):
    """Exif data that tell only which way up a picture is."""
    return b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


def png_text(chunk, name, text):
    """A PNG with a text before its pixels."""
    def add(data, orientation):
        body = name + text(orientation)
        return data[:33] + headers.png_chunk(chunk, body) + data[33:]

    return "PNG", add


def raw_profile(orientation):
    """Exif data as some programs write them into a PNG: as hexadecimal digits, packed."""
    data = exif(orientation)
    return b"\0\0" + zlib.compress(b"\nexif\n%8d\n%s\n" % (len(data), data.hex().encode()))


def packed_xmp(orientation):
    """An international text, packed."""
    return b"\0\1\0\0\0" + zlib.compress(XMP % orientation)


def jpeg_xmp(data, orientation):
    """A JPEG with XMP alone."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + XMP % orientation
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def saved(image, form, **options):
    """The bytes of a file."""
    file = streams.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


FILES = {
    "webp with Exif": ("WEBP", None, lambda orientation: {"lossless": True, "exif": exif(orientation)}),
    "webp with XMP": ("WEBP", None, lambda orientation: {"lossless": True, "xmp": XMP % orientation}),
    "png with XMP": (*png_text(b"iTXt", b"XML:com.adobe.xmp", lambda which: bytes(5) + XMP % which), None),
    "png with packed XMP": (*png_text(b"iTXt", b"XML:com.adobe.xmp", packed_xmp), None),
    "png with a raw profile": (*png_text(b"zTXt", b"Raw profile type exif", raw_profile), None),
    "png with eXIf": ("PNG", None, lambda orientation: {"exif": exif(orientation)}),
    "jpeg with XMP": ("JPEG", jpeg_xmp, None),
    "jpeg with Exif": ("JPEG", None, lambda orientation: {"exif": exif(orientation)}),
}


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_picture_lies_in_the_page_as_the_engine_takes_it(open_studio, tmp_path, orientation):
    across, down = np.meshgrid(np.linspace(0, 250, 40), np.linspace(0, 250, 24))
    image = Image.fromarray(np.stack([across, down, 0 * down], axis=2).astype(np.uint8))
    studio = open_studio()
    for name, (form, change, options) in FILES.items():
        data = saved(image, form, **(options(orientation) if options else {"quality": 98} if form == "JPEG" else {}))
        path = tmp_path / f"{name}.{form.lower()}"
        path.write_bytes(change(data, orientation) if change else data)
        taken = np.asarray(io.read(path).pixels)
        assert (taken[0, 0, 0] > 100) == (orientation == 3), name      # it is turned
        studio.open(path)
        studio.opened(path.name)
        shown = studio.pixels_of(studio.page.locator("#source img"))
        assert shown.shape == taken.shape, name
        assert np.abs(shown.astype(int) - taken).max() < 12, name
        exact = np.array(studio.page.evaluate(EXACT), np.uint8).reshape(*taken.shape[:2], 4)
        assert np.array_equal(exact[..., :3], taken), name


def test_what_is_painted_and_what_comes_of_it_is_named_after_the_picture(open_studio, tmp_path):
    studio = open_studio()
    studio.task("edit")
    studio.open(PICTURES / "flowers.png")
    studio.opened("flowers.png")
    whole = (0, 0, 252, 168)
    studio.drag(studio.at(110, 80, whole), studio.at(150, 80, whole))
    studio.run(1)
    names = "import('./static/state.js').then(({ state }) => state.run.files.map(([, , name]) => name))"
    assert studio.page.evaluate(names) == ["flowers.png", "flowers_edited.png"]
    studio.done.click()
    saved = studio.saved(studio.page.locator("#download"), tmp_path)
    assert saved.name == f"flowers_edit_{studio.seeds()[0]}.png"


def test_an_animation_is_not_offered_as_a_picture_to_work_on(open_studio):
    studio = open_studio()
    studio.example_of("animate")
    studio.run(**{"size": 60, "size-height": 40, "frames": 4})
    studio.done.click()
    expect(studio.page.locator("#rerun")).to_be_visible()
    expect(studio.page.locator("#use-as-input")).to_have_count(0)


def test_what_has_no_field_is_called_as_the_page_calls_it(open_studio):
    studio = open_studio()
    for message, told in (
        ("edited=9 x 9 pixels: must be 8 x 8", "Edited picture (9 x 9 pixels): must be 8 x 8"),
        ("source=2 channels: must be 1", "Picture (2 channels): must be 1"),
        ("painting=colours: must be grey", "Painting (colours): must be grey"),
    ):
        studio.page.evaluate(
            "(message) => import('./static/report.js').then(({ report }) => report({ status: 422, message }))", message)
        expect(studio.page.locator(".notice p").last).to_have_text(told)


def test_what_cannot_be_edited_is_told_when_it_is_opened(open_studio, tmp_path):
    """And grey of any file is edited in grey."""
    colours = np.random.default_rng(0).random((24, 40, 3), np.float32)
    colours[0, 0] = 1
    cmyk = Image.fromarray((255 * colours).astype(np.uint8)).convert("CMYK")
    cmyk.save(tmp_path / "ink.jpg")
    cmyk.save(tmp_path / "ink.tif")
    io.write(tmp_path / "bright.exr", 3 * colours)
    io.write(tmp_path / "grey.tif", (65535 * colours[..., 0]).astype(np.uint16))
    Image.fromarray((255 * colours[..., 0]).astype(np.uint8)).save(tmp_path / "grey.bmp")
    studio = open_studio()
    told = studio.page.locator("[data-tool=status]")
    for task, name, words in (
        ("edit", "ink.jpg", "4 colour channels; Edit takes RGB or grey"), ("edit", "ink.tif", "4 colour channels"),
        ("edit", "bright.exr", "from 0 to 3; Edit takes 0 to 1"), ("paint", "bright.exr", "Paint roughly"),
        ("paint", "ink.tif", "4 colour channels; Paint takes"),
    ):
        studio.task(task)
        studio.open(tmp_path / name)
        studio.opened(name)
        expect(told).to_contain_text(words)
    studio.run_button.click()
    expect(studio.page.locator(".notice")).to_contain_text("Convert it first")
    studio.task("edit")
    for name in ("grey.tif", "grey.bmp"):
        studio.open(tmp_path / name)
        studio.opened(name)
        studio.drag(studio.at(12, 10, (0, 0, 40, 24)), studio.at(18, 10, (0, 0, 40, 24)))
        studio.run(1)
        assert studio.page.evaluate("import('./static/state.js').then(({ state }) => state.run.state)") == "done"
