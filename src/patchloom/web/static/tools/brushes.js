// Painting on a raster with a brush, an eraser, a rectangle and a line that is drawn around things: what masks and
// colours have in common, with the keys that go with it.

import { make } from "../dom.js";
import { button, fileButton, toggle } from "./controls.js";
import { corners, drawLine } from "./overlay.js";
import { union } from "./raster.js";
import { UndoButtons } from "./undobuttons.js";

const TOOLS = {
  brush: ["Brush", "brush", "B"],
  eraser: ["Eraser", "eraser", "E"],
  rectangle: ["Rectangle", "rectangle", "R"],
  lasso: ["Outline", "lasso", "L"],
};

/** The rectangle that a drawn line needs. */
export function around(points) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export class Brushes {
  /**
   * @param raster what is painted on; `undo` its TileUndo; `ink()` the value that is painted, `bare` what the eraser
   * leaves: a value or an array; `changed()` hears of every finished step.
   */
  constructor({ stage, raster, undo, ink, bare, changed, more = {} }) {
    Object.assign(this, { stage, raster, undo, ink, bare, changed, more });
    this.crosshair = true;
    this.cursor = "crosshair";
    this.most = Math.max(8, Math.round(Math.min(raster.width, raster.height) / 2));
    this.size = Math.max(3, Math.round(Math.min(raster.width, raster.height) / 12));
    this.ring = make("div", { class: "tool-ring", hidden: true });
    stage.over.append(this.ring);
    stage.onView(() => this.hover(this.over));
    this.points = null;
    this.buttons = {};
  }

  /** Return the controls: further tools, what stands beside them, and what comes at the end. */
  bar({ tools = {}, beside = null, end = [] } = {}) {
    this.names = { ...TOOLS, ...tools };
    for (const [name, [text, sign, keys]] of Object.entries(this.names)) {
      this.buttons[name] = toggle(name, text, sign, () => this.choose(name), { keys });
    }
    this.slider = make("input", {
      type: "range", min: 0, max: 100, step: 1, class: "tool-size", data: { tool: "size" },
      aria: { label: "Brush size" }, on: { input: () => this.resize(this.most ** (this.slider.value / 100)) },
    });
    this.told = make("span", { class: "tool-percent" });
    const size = make("div", { class: "tool-sizes", title: "Brush size ([ and ])" }, this.slider, this.told);
    this.steps = new UndoButtons(this.undo, (way) => this.step(way));
    const group = { class: "tool-group", role: "group", aria: { label: "Tools" } };
    const element = make("div", { class: "tool-bar" }, make("div", group, Object.values(this.buttons)), beside, size,
      make("div", { class: "tool-group" }, this.steps.elements, end));
    this.choose("brush");
    this.resize(this.size);
    this.steps.refresh();
    return element;
  }

  choose(name) {
    this.cancel();
    this.tool = name;
    for (const [key, element] of Object.entries(this.buttons)) {
      element.setAttribute("aria-pressed", String(key === name));
    }
    this.stage.gestures.setHand(false);
    this.more.chosen?.(name);
    this.hover(this.over);
  }

  resize(size) {
    this.size = Math.min(this.most, Math.max(1, Math.round(size)));
    this.slider.value = Math.round((100 * Math.log(this.size)) / Math.log(this.most));
    this.told.textContent = `${this.size} px`;
    this.slider.setAttribute("aria-valuetext", `${this.size} pixels`);
    this.hover(this.over);
  }

  step(way) {
    this.cancel();
    const rectangle = this.undo[way]();
    if (!rectangle) return;
    this.stage.redraw(rectangle);
    this.steps.refresh();
    this.changed();
  }

  /** Write to the raster as one step. */
  apply(write) {
    const rectangle = write(this.raster);
    if (rectangle) this.stage.redraw(rectangle);
    this.undo.commit();
    this.steps.refresh();
    this.changed();
  }

  get paints() { return this.tool === "brush" || this.tool === "eraser"; }

  /** How far an arrow key goes. */
  stride() { return Math.max(1, Math.round(this.size / 4)); }

  down(point, event) {
    const erase = this.tool === "eraser" || event.button === 2 || event.altKey;
    this.value = erase ? this.bare : this.ink();
    this.other = this.more.tools?.[this.tool];
    if (this.other) this.other.down(point, event);
    else if (this.paints) {
      this.#paint(event.shiftKey && this.end && event.pointerType ? this.end : point, point);
    } else this.points = [point];
  }

  move(point) {
    if (this.other) this.other.move?.(point);
    else if (this.points) this.#outline(point);
    else if (this.paints && this.end && this.value !== undefined) this.#paint(this.end, point);
  }

  #paint(from, to) {
    this.end = to;
    const rectangle = this.raster.stroke(from, to, this.size / 2, this.value);
    if (rectangle) this.stage.redraw(rectangle);
  }

  #outline(point) {
    const before = around(this.points);
    this.points = this.tool === "lasso" ? [...this.points, point] : [this.points[0], point];
    this.stage.redraw(union(before, around(this.points)));
  }

  up(point) {
    if (this.other) this.other.up?.(point);
    else if (this.points) {
      this.move(point);
      const { points, value } = this;
      const shown = around(points);
      this.points = null;
      this.stage.redraw(shown);
      if (this.tool === "lasso") this.apply((raster) => raster.polygon(points, value));
      else this.apply((raster) => raster.rectangle(whole(shown), value));
    } else if (this.value !== undefined && this.paints) {
      this.undo.commit();
      this.steps.refresh();
      this.changed();
    }
    this.value = undefined;
    this.other = null;
  }

  cancel() {
    this.other?.cancel?.();
    this.other = null;
    if (this.points) this.stage.redraw(around(this.points));
    this.points = null;
    this.value = undefined;
    const rectangle = this.undo.cancel();
    if (rectangle) this.stage.redraw(rectangle);
  }

  hover(point) {
    this.over = point;
    this.ring.hidden = !point || !this.paints || !this.active || this.stage.gestures.hand;
    if (this.ring.hidden) return;
    const { x, y } = this.stage.toScreen(point.x, point.y);
    const width = Math.max(2, this.size * this.stage.view.scale);
    Object.assign(this.ring.style, {
      width: `${width}px`, height: `${width}px`, transform: `translate(${x - width / 2}px, ${y - width / 2}px)`,
    });
  }

  arrow(right, down, event) { return this.more.tools?.[this.tool]?.arrow?.(right, down, event) ?? false; }

  /** What Enter does before it lowers the pen. */
  confirm() { return this.more.tools?.[this.tool]?.confirm?.() ?? false; }

  /** Draw what is about to be filled. */
  draw(context) {
    if (!this.points) return;
    drawLine(context, this.stage, this.tool === "lasso" ? this.points : corners(whole(around(this.points))), true);
  }

  key(event) {
    const key = event.key.toLowerCase();
    const name = Object.keys(this.names).find((one) => this.names[one][2].toLowerCase() === key);
    if (name) this.choose(name);
    else if (key === "[") this.resize(Math.min(this.size - 1, this.size / 1.25));
    else if (key === "]") this.resize(Math.max(this.size + 1, this.size * 1.25));
    else return false;
    return true;
  }

  enter() {
    this.active = true;
    this.stage.handler = this;
    this.stage.gestures.refresh();
  }

  leave() {
    this.cancel();
    this.more.chosen?.(null);
    this.active = false;
    this.hover(null);
  }
}

/** A rectangle of whole pixels: those that the drawn one reaches. */
export function whole({ x, y, width, height }) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  return { x: left, y: top, width: Math.floor(x + width) + 1 - left, height: Math.floor(y + height) + 1 - top };
}

/** The buttons that open and save a file of what is painted. */
export function fileButtons(load, save, what) {
  return [
    fileButton("load", `Open ${what}`, "load", ([file]) => load(file)),
    button("save", `Save ${what} as PNG`, "save", save),
  ];
}
