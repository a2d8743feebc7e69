// A picture repeated, as a tile is: to look for seams.

import { make } from "../dom.js";
import { Panel } from "./panel.js";

const COUNTS = [2, 3, 4, 5, 8];

/** Show a picture many times over, 3 x 3 to begin with; `close()` takes it away, and its bitmap with it. */
export function openTileView(host, bitmap) {
  const { width, height } = bitmap;
  const panel = new Panel({ name: "tiles", title: "Repeated" }, host, { bitmap, width, height });
  const { stage } = panel;
  stage.canvas.dataset.tool = "tile-canvas";
  let count = 3;
  stage.still.length = 0;
  stage.still.push((context) => drawTiles(context, stage, bitmap, count, edges.checked));

  const number = make("select", { data: { tool: "tile-count" }, on: { change: () => repeat(Number(number.value)) } },
    ...COUNTS.map((one) => make("option", { value: one, selected: one === count }, `${one} × ${one}`)));
  const mark = () => stage.invalidate();
  const edges = make("input", { type: "checkbox", data: { tool: "tile-edges" }, on: { change: mark } });
  function repeat(times) {
    count = times;
    stage.bounds = { x: 0, y: 0, width: times * width, height: times * height };
    stage.fit();
  }
  panel.add({
    name: "tiles", title: "Repeated", sign: "columns",
    hint: "Drag to look around; the arrow keys do the same, + and - zoom.",
    bar: make("div", { class: "tool-bar" },
      make("label", { class: "tool-field" }, make("span", {}, "Repeat"), number),
      make("label", { class: "tool-check" }, edges, "Mark the edges")),
    enter: () => stage.gestures.setHand(true),
  });
  repeat(count);
  stage.gestures.setHand(true);
  return {
    close() {
      panel.close();
      bitmap.close();
    },
  };
}

/** Tiles meet at whole pixels of the screen, so that the drawing itself makes no seams. */
function drawTiles(context, stage, bitmap, count, edges) {
  const { view, ratio } = stage;
  const line = (index, length, offset) => Math.round((index * length * view.scale + offset) * ratio);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = view.scale * ratio < 3;
  context.imageSmoothingQuality = "high";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      const [x, y] = [line(column, bitmap.width, view.x), line(row, bitmap.height, view.y)];
      const [right, bottom] = [line(column + 1, bitmap.width, view.x), line(row + 1, bitmap.height, view.y)];
      if (right < 0 || bottom < 0 || x > context.canvas.width || y > context.canvas.height) continue;
      context.drawImage(bitmap, x, y, right - x, bottom - y);
      if (!edges) continue;
      context.lineWidth = 1;
      for (const colour of ["#000", "#fff"]) {
        context.strokeStyle = colour;
        context.setLineDash(colour === "#fff" ? [4, 4] : []);
        context.strokeRect(x + 0.5, y + 0.5, right - x, bottom - y);
      }
    }
  }
  context.restore();
}
