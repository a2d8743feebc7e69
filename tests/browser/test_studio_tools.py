"""Each task with its tool: what is painted, dragged and dropped in the picture is what is made."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import expect

from patchloom import io
from studio_page import PICTURES, read

FLOWERS, SPICES = PICTURES / "flowers.png", PICTURES / "spices.png"
WHOLE = (0, 0, 252, 168)


@pytest.fixture(name="begin")
def begin_fixture(open_studio):
    """Return ``begin(task, path)``: the page with a picture and a task."""

    def start(task, path=FLOWERS):
        studio = open_studio()
        studio.task(task)
        studio.open(path)
        studio.opened(path.name)
        return studio

    return start


def made(studio, index=0):
    """The pixels of a variation."""
    return studio.pixels_of(studio.done.nth(index).locator("img"))


def blocks(pixels, side=16):
    """Means of squares."""
    rows, columns = (length // side for length in pixels.shape[:2])
    return pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, 3).mean(axis=(1, 3))


def scale_of(studio, width):
    """Pixels of the window for one of the picture, from where the frame's edges are."""
    edges = [studio.part(f"handle-{side}").bounding_box() for side in ("left", "right")]
    return (edges[1]["x"] - edges[0]["x"]) / width


def test_a_painted_hole_is_filled_and_nothing_else_changes(begin, folder):
    studio = begin("inpaint")
    studio.drag(studio.at(110, 80, WHOLE), studio.at(150, 80, WHOLE))
    mask = read(studio.saved(studio.part("save"), folder))[..., 0] > 127
    assert mask.shape == (168, 252)
    assert mask[80, 112:148].all()
    assert 40 * 8 < mask.sum() < 60 * 20
    studio.run(2)
    source = read(FLOWERS)
    for index in range(2):
        new = made(studio, index)
        assert (new[~mask] == source[~mask]).all()
        assert (new[mask] != source[mask]).any(axis=1).mean() > 0.5


def test_masks_are_drawn_undone_inverted_saved_and_loaded(begin, folder):
    studio = begin("inpaint")

    def mask():
        path = studio.saved(studio.part("save"), folder)
        found = read(path)[..., 0] > 127
        path.rename(folder / "kept.png")
        return found

    def two(left, top, right, bottom):
        studio.drag(studio.at(left, top, WHOLE), studio.at(right, bottom, WHOLE))

    studio.part("rectangle").click()
    two(20.5, 30.5, 79.5, 69.5)
    box = np.zeros((168, 252), bool)
    box[30:70, 20:80] = True
    assert (mask() == box).all()
    studio.part("eraser").click()
    two(20, 50, 80, 50)
    erased = mask()
    assert not erased[50, 20:80].any()
    assert (erased <= box).all()
    keys = studio.page.keyboard
    for key, wanted in (("Control+z", box), ("Control+Shift+z", erased), ("i", ~erased), ("Control+z", erased)):
        keys.press(key)
        assert (mask() == wanted).all(), key
    studio.part("clear").click()
    expect(studio.part("status")).to_be_visible()
    Image.fromarray(np.uint8(box) * 255).save(folder / "box.png")
    with studio.page.expect_file_chooser() as chooser:
        studio.part("load").click()
    chooser.value.set_files(folder / "box.png")
    expect(studio.part("undo")).to_have_attribute("aria-disabled", "false")
    assert (mask() == box).all()
    before = studio.part("percent").inner_text()          # zoomed in, the brush paints finer; sizes have keys
    studio.part("canvas").focus()
    for key in ("+", "+", "b", "[", "["):
        keys.press(key)
    assert studio.part("percent").inner_text() != before
    keys.press("0")
    expect(studio.part("percent")).to_have_text(before)
    two(150, 100, 180, 100)
    assert 30 < mask().sum() - box.sum() < 30 * 14


def test_retarget_by_dragging_the_frame(begin):
    studio = begin("retarget")
    scale = scale_of(studio, 252)
    studio.drag_by(studio.part("handle-right"), 100 * scale, 0)
    expect(studio.part("number-width")).to_have_value("352")
    expect(studio.page.locator("#p-size")).to_have_value("352")
    studio.drag_by(studio.part("handle-top-left"), 20 * scale_of(studio, 352), 30 * scale_of(studio, 352))
    expect(studio.part("number-height")).to_have_value("138")
    studio.part("handle-bottom").press("ArrowUp")
    expect(studio.part("number-height")).to_have_value("137")
    studio.run(1)
    assert made(studio).shape == (137, 332, 3)
    studio.show("picture")
    studio.set("size", 300)                                # and what is typed moves the frame
    expect(studio.part("number-width")).to_have_value("300")


def test_extend_by_dragging_outwards(begin):
    studio = begin("extend")
    scale = scale_of(studio, 252)
    studio.drag_by(studio.part("handle-right"), 40 * scale, 0)
    scale = scale_of(studio, 292)
    studio.drag_by(studio.part("handle-top"), 0, -25 * scale)
    expect(studio.part("number-right")).to_have_value("40")
    expect(studio.part("number-top")).to_have_value("25")
    studio.run(2)
    for index in range(2):
        new = made(studio, index)
        assert new.shape == (193, 292, 3)
        assert (new[25:, :252] == read(FLOWERS)).all()


def test_reshuffle_by_dragging_a_piece(begin, folder):
    studio = begin("reshuffle")
    studio.drag(studio.at(100.5, 68.5, WHOLE), studio.at(153.5, 109.5, WHOLE))
    studio.drag(studio.at(120, 90, WHOLE), studio.at(160, 50, WHOLE))
    expect(studio.part("piece-1")).to_have_accessible_name(re.compile("goes 40 px right, 40 px up"))
    studio.run(1)
    studio.done.click()
    kept = studio.saved(studio.page.locator("#download"), folder)
    assert '"box": [68, 100, 42, 54], "shift": [-40, 40]' in re.sub(
        r"\s+", " ", io.read_metadata(str(kept))["patchloom:options"])
    piece = np.s_[78:100, 110:144]                         # its middle, well inside
    there = np.s_[38:60, 150:184]
    source, new = read(FLOWERS).astype(int), read(kept).astype(int)
    assert abs(new[there] - source[piece]).mean() < 4
    assert abs(source[there] - source[piece]).mean() > 20


def test_collage_of_dropped_pictures(begin, folder):
    studio = begin("collage")
    studio.drop(SPICES, PICTURES / "skyline.png")
    expect(studio.part("place-3")).to_be_visible()
    studio.part("number-width").fill("400")
    studio.part("number-width").press("Enter")
    room = 400 * 0.06
    bounds = (-room, -room, 400 + 2 * room, 168 + 2 * room)
    studio.drag(studio.at(60, 84, bounds), studio.at(20, 100, bounds))
    expect(studio.page.locator("#p-places, [data-field=places]").first).to_contain_text("3")
    studio.run(1)
    assert made(studio).shape == (168, 400, 3)
    studio.done.click()
    kept = studio.saved(studio.page.locator("#download"), folder)
    about = io.read_metadata(str(kept))
    assert [name in about["patchloom:sources"] for name in ("flowers.png", "spices.png", "skyline.png")] == [True] * 3
    assert '"places"' in about["patchloom:options"]


def test_analogy_with_a_dropped_structure(begin):
    studio = begin("analogy", SPICES)
    studio.run_button.click()
    expect(studio.page.locator("#alerts")).to_contain_text("Choose the structure")
    studio.drop(FLOWERS, on='[data-tool="canvas"]')
    expect(studio.part("second")).to_contain_text("flowers.png")
    studio.run(1)
    assert made(studio).shape == (168, 252, 3)
    expect(studio.page.locator("#source .name")).to_have_text("spices.png")


def test_an_edit_is_mended_and_what_is_far_stays(begin):
    studio = begin("edit")
    studio.run_button.click()
    expect(studio.page.locator("#alerts")).to_contain_text("Paint over something")
    studio.part("colour").fill("#f0f0f0")
    studio.part("rectangle").click()
    studio.drag(studio.at(20, 120, WHOLE), studio.at(50, 150, WHOLE))
    studio.run(1)
    new, source = made(studio), read(FLOWERS)
    assert (new[125:145, 25:45] != source[125:145, 25:45]).any()
    assert (new[:60, 120:] == source[:60, 120:]).all()


def test_a_painting_becomes_a_picture(begin, folder):
    studio = begin("paint", PICTURES / "mountains.png")
    studio.part("start-picture").click()
    studio.part("swatch").nth(1).click()
    studio.drag(studio.at(30, 30, WHOLE), studio.at(200, 40, WHOLE))
    painting = read(studio.saved(studio.part("save"), folder))
    assert len(np.unique(painting.reshape(-1, 3), axis=0)) < 30
    studio.run(1)
    new = made(studio)
    assert new.shape == painting.shape
    assert len(np.unique(new.reshape(-1, 3), axis=0)) > 1000


def test_harmonise_within_an_outline(begin):
    studio = begin("harmonise")
    studio.part("lasso").click()
    corners = [(90, 60), (150, 60), (150, 110), (90, 110)]
    studio.drag(*(studio.at(*corner, WHOLE) for corner in (*corners, corners[0])))
    studio.run(1)
    new, source = made(studio), read(FLOWERS)
    assert (new[65:105, 95:145] != source[65:105, 95:145]).any()
    assert (new[:30] == source[:30]).all()


def test_an_animation_moves_where_it_was_painted(begin, folder, make_picture):
    Image.fromarray(make_picture(60, 90)).save(folder / "small.png")
    studio = begin("animate", folder / "small.png")
    studio.part("rectangle").click()
    whole = (0, 0, 90, 60)
    studio.drag(studio.at(30, 20, whole), studio.at(70, 50, whole))
    studio.run(1)
    studio.done.click()
    kept = studio.saved(studio.page.locator("#download"), folder)
    with Image.open(kept) as movie:
        frames = np.stack([np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(movie)])
    assert kept.suffix == ".webp"
    assert len(frames) > 3
    change = abs(frames - frames[0]).max(axis=(0, 3))     # outside only the file's compression shows
    assert change[20:50, 30:70].mean() > 2 * change[:10].mean()


def test_a_tile_is_seen_repeated_and_panned(begin):
    studio = begin("tile", SPICES)
    studio.run(1)
    new = made(studio).astype(int)
    inside = np.median([abs(new[:, at] - new[:, at + 1]).mean() for at in range(0, 250, 5)])
    assert abs(new[:, 0] - new[:, -1]).mean() < 2 * inside
    studio.done.click()
    studio.page.get_by_role("radio", name="Tiles").check(force=True)
    canvas = studio.part("tile-canvas")
    expect(canvas).to_be_visible()

    def shot():
        return read(BytesIO(canvas.screenshot())).astype(int)

    bounds = (0, 0, 3 * new.shape[1], 3 * new.shape[0])
    box = canvas.bounding_box()
    corners = [studio.at(column * new.shape[1], row * new.shape[0], bounds, "tile-canvas")
               for column, row in ((0, 0), (1, 1), (2, 2))]
    places = [(round(y - box["y"]), round(x - box["x"])) for x, y in corners]
    side = places[1][0] - places[0][0] - 2
    first, *others = [shot()[row:row + side, column:column + side] for row, column in places]
    for other in others:                                  # tiles begin within a pixel of the window
        assert abs(blocks(first) - blocks(other)).mean() < 4
    assert first.std() > 10
    before = shot()
    studio.drag((box["x"] + 200, box["y"] + 150), (box["x"] + 260, box["y"] + 190))
    assert abs(shot()[140:240, 160:360] - before[100:200, 100:300]).mean() < 1
    studio.part("tile-edges").check()
    assert abs(shot() - before).mean() > 0
    studio.part("tile-count").select_option("5")
    expect(studio.part("percent")).not_to_have_text("")
