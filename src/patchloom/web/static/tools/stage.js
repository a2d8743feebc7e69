// The viewport in which a picture is worked on: where it lies, how large it is shown, and what is drawn anew.
// Painters draw in order; only the rectangle that changed is redrawn, and what stands still comes from a copy.

import { make } from "../dom.js";
import { button, toggle } from "./controls.js";
import { Gestures } from "./gestures.js";
import { union } from "./raster.js";

const MOST_SCALE = 64;
const MARGIN = 16;
// Outlines reach a little beyond what changed.
const SPILL = 4;

export class Stage {
  /** @param size {width, height} of the picture; `label` names the canvas for those who do not see it. */
  constructor(size, label) {
    this.size = size;
    this.bounds = { x: 0, y: 0, ...size };
    this.view = { scale: 1, x: 0, y: 0 };
    this.still = [];
    this.painters = [];
    this.handler = null;
    this.fitted = true;
    this.canvas = make("canvas", {
      class: "tool-canvas", tabIndex: 0, data: { tool: "canvas" }, role: "application", aria: { label },
    });
    this.over = make("div", { class: "tool-over" });
    const turn = () => this.gestures.setHand(!this.gestures.hand);
    this.hand = toggle("hand", "Move the view", "hand", turn, { keys: "H" });
    this.bar = this.#bar();
    this.element = make("div", { class: "tool-stage" }, this.canvas, this.over);
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.base = document.createElement("canvas");
    this.gestures = new Gestures(this);
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.element);
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.themed = () => this.invalidate();
    this.theme.addEventListener("change", this.themed);
    this.rooted = new MutationObserver(this.themed);
    this.rooted.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.listeners = new Set();
  }

  #bar() {
    this.percent = make("span", { class: "tool-percent", title: "Zoom", data: { tool: "percent" } });
    return make("div", { class: "tool-zoom", role: "group", aria: { label: "View" } },
      button("zoom-out", "Zoom out", "minus", () => this.zoom(1 / 1.4), { keys: "-" }), this.percent,
      button("zoom-in", "Zoom in", "plus", () => this.zoom(1.4), { keys: "+" }),
      button("fit", "Fit to the window", "fit", () => this.fit(), { keys: "0" }), this.hand);
  }

  /** Call `listener` whenever the view moved, to put elements at their places. */
  onView(listener) { this.listeners.add(listener); }

  toScreen(x, y) { return { x: x * this.view.scale + this.view.x, y: y * this.view.scale + this.view.y }; }
  toPicture(x, y) { return { x: (x - this.view.x) / this.view.scale, y: (y - this.view.y) / this.view.scale }; }

  #resize() {
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth || !clientHeight) return;
    const old = { width: this.width, height: this.height };
    this.ratio = window.devicePixelRatio || 1;
    this.width = clientWidth;
    this.height = clientHeight;
    for (const canvas of [this.canvas, this.base]) {
      canvas.width = Math.round(clientWidth * this.ratio);
      canvas.height = Math.round(clientHeight * this.ratio);
    }
    if (this.fitted || !old.width) this.fit();
    else this.move((clientWidth - old.width) / 2, (clientHeight - old.height) / 2);
    this.#draw();
  }

  /** Show everything there is. */
  fit() {
    if (!this.width) return;
    const { x, y, width, height } = this.bounds;
    const margin = Math.min(MARGIN, this.width / 12);
    const scale = Math.min((this.width - 2 * margin) / width, (this.height - 2 * margin) / height, 16);
    this.view = {
      scale, x: (this.width - width * scale) / 2 - x * scale, y: (this.height - height * scale) / 2 - y * scale,
    };
    this.fitted = true;
    this.#moved();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const least = Math.min(0.05, this.width / this.bounds.width / 4);
    const scale = Math.min(MOST_SCALE, Math.max(least, this.view.scale * factor));
    const at = this.toPicture(x, y);
    this.view = { scale, x: x - at.x * scale, y: y - at.y * scale };
    this.fitted = false;
    this.#moved();
  }

  /** Move what is shown, in pixels of the screen; some of it always stays in sight. */
  move(right, down) {
    this.view.x += right;
    this.view.y += down;
    this.fitted = false;
    this.#moved();
  }

  /** Move as little as brings a point of the picture into sight. */
  reveal(point) {
    const at = this.toScreen(point.x, point.y);
    const margin = Math.min(40, this.width / 8, this.height / 8);
    const off = (value, length) => Math.max(margin - value, 0) + Math.min(length - margin - value, 0);
    const [right, down] = [off(at.x, this.width), off(at.y, this.height)];
    if (right || down) this.move(right, down);
  }

  #moved() {
    const { bounds, view } = this;
    const kept = (start, length, room) => Math.min(room - 32, Math.max(32 - length, start));
    const at = this.toScreen(bounds.x, bounds.y);
    view.x += kept(at.x, bounds.width * view.scale, this.width) - at.x;
    view.y += kept(at.y, bounds.height * view.scale, this.height) - at.y;
    this.percent.textContent = `${Math.round(view.scale * 100)} %`;
    for (const listener of this.listeners) listener();
    this.invalidate();
  }

  /** Have everything drawn anew, also what stands still. */
  invalidate() {
    this.stale = true;
    this.redraw({ x: -Infinity, y: -Infinity, width: Infinity, height: Infinity });
  }

  /** Have a rectangle of the picture drawn anew; without one all that moves. */
  redraw(rectangle = null) {
    if (!this.width) return;
    const all = { x: 0, y: 0, width: this.width, height: this.height };
    let dirty = all;
    if (rectangle && Number.isFinite(rectangle.x)) {
      const at = this.toScreen(rectangle.x, rectangle.y);
      dirty = {
        x: at.x - SPILL, y: at.y - SPILL, width: rectangle.width * this.view.scale + 2 * SPILL,
        height: rectangle.height * this.view.scale + 2 * SPILL,
      };
    }
    this.dirty = union(this.dirty, dirty);
    this.frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const dirty = this.#device(this.dirty);
    this.dirty = null;
    if (!dirty) return;
    if (this.stale) this.#drawStill();
    const { context } = this;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(dirty.x, dirty.y, dirty.width, dirty.height);
    context.clip();
    const { x, y, width, height } = dirty;
    context.drawImage(this.base, x, y, width, height, x, y, width, height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const painter of this.painters) painter(context, this, dirty);
    this.gestures.draw(context);
    context.restore();
  }

  /** Cut a rectangle of the screen to the canvas, in its own pixels. */
  #device(rectangle) {
    if (!rectangle) return null;
    const x = Math.max(0, Math.floor(rectangle.x * this.ratio));
    const y = Math.max(0, Math.floor(rectangle.y * this.ratio));
    const right = Math.min(this.canvas.width, Math.ceil((rectangle.x + rectangle.width) * this.ratio));
    const bottom = Math.min(this.canvas.height, Math.ceil((rectangle.y + rectangle.height) * this.ratio));
    return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null;
  }

  #drawStill() {
    this.stale = false;
    const context = this.base.getContext("2d", { alpha: false });
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const style = getComputedStyle(this.element);
    // Lines are in the accent's colour, which tools.css gives to the layer above.
    this.colours = { text: style.color, stage: style.backgroundColor, accent: getComputedStyle(this.over).color };
    context.fillStyle = this.colours.stage;
    context.fillRect(0, 0, this.width, this.height);
    for (const painter of this.still) painter(context, this);
  }

  /** Draw a picture where it lies; far enough in, its pixels are squares. */
  picture(context, bitmap, x = 0, y = 0, width = bitmap.width, height = bitmap.height) {
    const at = this.toScreen(x, y);
    const { scale } = this.view;
    context.imageSmoothingEnabled = scale * this.ratio < 3;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, at.x, at.y, width * scale, height * scale);
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.rooted.disconnect();
    this.theme.removeEventListener("change", this.themed);
    this.gestures.close();
    this.element.remove();
  }
}
