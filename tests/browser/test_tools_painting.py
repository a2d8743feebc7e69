"""The laws of painting in the page: hard edges, no gaps, undo that leads back, files of just what was painted."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

# A page of the studio's origin has its modules; `bytes64` brings what they make over.
SETUP = """
async () => {
  const names = ["raster", "undo", "png", "flood", "mask"];
  const modules = await Promise.all(names.map((name) => import(`./static/tools/${name}.js`)));
  window.tools = Object.assign({}, ...modules);
  window.bytes64 = (bytes) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  window.file64 = async (blob) => bytes64(new Uint8Array(await blob.arrayBuffer()));
  window.mask = (width, height) => new tools.Raster(width, height, new Uint8Array(width * height));
}
"""
HEIGHT, WIDTH = 90, 130


@pytest.fixture
def page(studio, visit):
    """A page in which the tools' modules are at hand."""
    page = visit(studio)
    page.evaluate(SETUP)
    return page


def mask_of(page, script, *arguments):
    """Return the mask after ``script`` painted on ``raster``."""
    data = page.evaluate(
        f"([width, height, args]) => {{ const raster = mask(width, height); {script}; return bytes64(raster.data); }}",
        [WIDTH, HEIGHT, list(arguments)],
    )
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(HEIGHT, WIDTH)


def middles():
    """Return the (x, y) of the middle of each pixel."""
    return np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)


STROKES = [
    ((12.3, 20.1), (110.7, 71.9), 6.5),
    ((110.0, 15.5), (20.0, 15.5), 9.0),                    # level
    ((60.2, 80.0), (60.2, 8.0), 1.5),                      # upright
    ((5.0, 5.0), (5.0, 5.0), 12.0),                        # a dab that sticks out
    ((-30.0, 50.0), (200.0, 40.0), 4.0),                   # through the picture from beyond it
]


def test_a_fast_stroke_covers_all_that_its_brush_passed(page):
    """Exactly the pixels whose middles are within the brush's radius of its way, however far apart two moves are."""
    x, y = middles()
    for start, end, radius in STROKES:
        ends = [dict(zip("xy", point, strict=True)) for point in (start, end)]
        painted = mask_of(page, "raster.stroke(args[0], args[1], args[2], 1)", *ends, radius)
        along = np.subtract(end, start)
        part = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(along @ along, 1e-9), 0, 1)
        distance = np.hypot(x - start[0] - part * along[0], y - start[1] - part * along[1])
        sure = abs(distance - radius) > 1e-6
        assert set(np.unique(painted)) == {0, 1}, (start, end)
        assert (painted[sure] == (distance < radius)[sure]).all(), (start, end)


def test_the_smallest_brush_paints_the_pixel_that_it_is_on(page):
    painted = mask_of(page, "raster.stroke({ x: 7.9, y: 3.1 }, { x: 7.9, y: 3.1 }, 0.5, 1)")
    assert painted.sum() == 1
    assert painted[3, 7] == 1


def test_an_outline_is_filled_by_even_and_odd(page):
    """A star's middle, which its line goes around twice, stays free."""
    turns = np.pi * (0.5 + 0.8 * np.arange(5))
    points = np.stack([65 + 40 * np.cos(turns), 45 + 40 * np.sin(turns)], 1)
    line = [{"x": float(x), "y": float(y)} for x, y in points]
    painted = mask_of(page, "raster.polygon(args[0], 1)", line)
    x, y = middles()
    crossings = np.zeros((HEIGHT, WIDTH), int)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        at = ax + (y - ay) / (by - ay) * (bx - ax)
        crossings += ((ay <= y) != (by <= y)) & (at > x)
    assert (painted == crossings % 2).mean() > 0.9995      # but for middles that lie on the line
    assert painted[45, 65] == 0
    assert painted[40:50, 30:].any()


def test_undo_leads_back_and_redo_forth(page):
    """Whatever was painted: byte for byte, at every step, also with a step that was broken off."""
    found = page.evaluate("""() => {
      const raster = mask(300, 260);
      const undo = new tools.TileUndo(raster);
      let seed = 1;
      const random = (most) => { seed = (seed * 48271) % 2147483647; return (seed / 2147483647) * most; };
      const point = () => ({ x: random(340) - 20, y: random(300) - 20 });
      const states = [raster.data.slice()];
      for (let step = 0; step < 30; step += 1) {
        if (step % 7 === 6) raster.invert();
        else if (step % 5 === 4) raster.rectangle({ ...point(), width: random(90), height: random(90) }, step % 2);
        else for (let part = 0; part < 3; part += 1) raster.stroke(point(), point(), random(20), step % 2 ? 0 : 1);
        undo.commit();
        states.push(raster.data.slice());
      }
      const same = (state) => raster.data.every((value, index) => value === state[index]);
      raster.stroke(point(), point(), 9, 1);
      undo.cancel();
      const cancelled = same(states.at(-1));
      const back = [], forth = [];
      let at = states.length - 1;
      while (undo.canUndo) { undo.undo(); at -= 1; back.push(same(states[at])); }
      const first = same(states[0]);
      while (undo.canRedo) { undo.redo(); at += 1; forth.push(same(states[at])); }
      return { cancelled, back, forth, first, last: same(states.at(-1)) };
    }""")
    assert found["cancelled"]
    assert found["first"]
    assert found["last"]
    assert len(found["back"]) == len(found["forth"]) >= 25
    assert all(found["back"] + found["forth"])


def test_undo_keeps_to_its_budget(page):
    """The oldest steps go; the latest can always be taken back."""
    kept, small = page.evaluate("""() => {
      const count = (budget) => {
        const raster = mask(512, 512);
        const undo = new tools.TileUndo(raster, budget);
        for (let step = 0; step < 40; step += 1) {
          raster.stroke({ x: step, y: 3 * step }, { x: 500 - step, y: 256 }, 8, step % 2 ? 0 : 1);
          undo.commit();
        }
        let steps = 0;
        while (undo.canUndo) { undo.undo(); steps += 1; }
        return steps;
      };
      return [count(1e6), count(1)];
    }""")
    assert small == 1
    assert 2 <= kept < 40


def test_a_mask_s_file_is_black_and_white(page):
    """Of the picture's size, and read back as what was painted."""
    data, expected = page.evaluate("""async ([width, height]) => {
      const raster = mask(width, height);
      raster.stroke({ x: 20, y: 20 }, { x: 100, y: 60 }, 11, 1);
      const blob = await tools.encodeMask(raster);
      const again = await tools.readMask(await createImageBitmap(blob), width, height);
      if (!again.every((value, index) => value === raster.data[index])) throw new Error("read back otherwise");
      return [await file64(blob), bytes64(raster.data)];
    }""", [WIDTH, HEIGHT])
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert (image.mode, image.size) == ("L", (WIDTH, HEIGHT))
        pixels = np.asarray(image)
    assert (pixels == 255 * np.frombuffer(base64.b64decode(expected), np.uint8).reshape(HEIGHT, WIDTH)).all()


def test_colours_are_written_as_they_are(page):
    """Transparent ones too, whose colours a canvas would lose."""
    colours = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    for channels, mode in ((3, "RGB"), (4, "RGBA")):
        with Image.open(io.BytesIO(written(page, colours, channels))) as image:
            assert image.mode == mode
            assert (np.asarray(image) == colours[..., :channels]).all()


def written(page, colours, channels):
    """Return the file of colours that the page makes."""
    return base64.b64decode(page.evaluate("""async ([width, height, text, channels]) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const raster = new tools.Raster(width, height, new Uint32Array(bytes.buffer));
      return file64(await tools.encodeColours(raster, channels));
    }""", [WIDTH, HEIGHT, base64.b64encode(colours.tobytes()).decode(), channels]))


def test_filling_stops_where_colours_differ(page):
    """What touches only at a corner is another region."""
    data = page.evaluate("""() => {
      const wide = new tools.Raster(8, 6, new Uint32Array(48));
      wide.rectangle({ x: 3, y: 0, width: 1, height: 6 }, 0xff);
      wide.rectangle({ x: 3, y: 2, width: 1, height: 1 }, 0x08);
      wide.rectangle({ x: 4, y: 4, width: 4, height: 1 }, 0xff);
      tools.flood(wide, 0, 0, 7 << 16, 16);
      return [...wide.data];
    }""")
    filled = np.array(data).reshape(6, 8) == 7 << 16
    expected = np.ones((6, 8), bool)
    expected[:, 3] = False
    expected[2, 3] = True                                  # a gap in the wall, of nearly the same colour
    expected[4:, 4:] = False
    assert (filled == expected).all()


def test_a_mask_of_another_size_is_refused(page):
    """It says both sizes, as photographers write them."""
    for across, along in ((40, 30), (WIDTH + 1, HEIGHT)):
        said = page.evaluate("""async ([width, height, across, along]) => {
          const bitmap = await createImageBitmap(new ImageData(across, along));
          return tools.readMask(bitmap, width, height).then(() => "taken", (error) => error.message);
        }""", [WIDTH, HEIGHT, across, along])
        assert f"{across} × {along}" in said
        assert f"{WIDTH} × {HEIGHT}" in said


# Two fingers on the canvas that move apart, one of which stays a while; then one alone.
FINGERS = """
async (canvas) => {
  const box = canvas.getBoundingClientRect();
  const touch = (type, pointerId, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId, clientX: box.left + x, clientY: box.top + y, pointerType: "touch", bubbles: true,
  }));
  const zoom = () => parseInt(document.querySelector("[data-tool=percent]").textContent, 10);
  const before = zoom();
  touch("pointerdown", 1, 150, 150);
  touch("pointermove", 1, 160, 150);
  touch("pointerdown", 2, 250, 150);
  touch("pointermove", 2, 340, 150);
  touch("pointerup", 1, 160, 150);
  touch("pointermove", 2, 300, 220);
  touch("pointerup", 2, 300, 220);
  const undone = () => document.querySelector("[data-tool=undo]").getAttribute("aria-disabled");
  const after = [before, zoom(), undone()];
  touch("pointerdown", 3, 150, 150);
  touch("pointermove", 3, 200, 180);
  touch("pointerup", 3, 200, 180);
  return [...after, undone()];
}
"""


def test_two_fingers_zoom_and_one_paints(open_studio):
    """What the first finger had begun to paint before the second came is taken back."""
    studio = open_studio(viewport={"width": 400, "height": 760}, has_touch=True)
    studio.example_of("generate")
    studio.page.evaluate("document.getElementById('task-inpaint').click()")
    studio.part("mode-hole").wait_for()
    expect(studio.page.locator("[data-tool=percent]")).to_have_text(re.compile("[0-9]"))
    before, after, untouched, painted = studio.part("canvas").evaluate(FINGERS)
    assert after > 1.5 * before
    assert (untouched, painted) == ("true", "false")
