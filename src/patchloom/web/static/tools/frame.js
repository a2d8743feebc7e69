// The frame of the result: dragged to another size (retarget), or outwards (extend).

import { make } from "../dom.js";
import { button, changed, numberField } from "./controls.js";
import { drawFrame } from "./framedrawing.js";
import { Handles } from "./handles.js";
import { remembered } from "./memory.js";
import { StateUndo } from "./undo.js";
import { UndoButtons } from "./undobuttons.js";

// Sides shorter than this hold no patches to speak of; the server knows the exact bound.
const LEAST = 16;
const MOST_SIDE = 16384;
const NONE = { top: 0, right: 0, bottom: 0, left: 0 };
const SIDES = Object.keys(NONE);
// Room beside the picture to drag into, as a share of it.
const ROOM = 0.2;

/** A frame is four margins: how far it reaches beyond the picture at each side; negative where it cuts some off. */
export class Frame {
  #asked = null; // what the form says of the frame; it goes to the server as it is, whether it can be drawn or not

  constructor(panel, { task, picture, context }) {
    Object.assign(this, { panel, picture, stage: panel.stage });
    this.outwards = task.name === "extend";
    this.most = context.limits?.pixels ?? Infinity;
    this.kept = remembered(picture, `frame ${task.name}`, () => ({ margins: NONE, steps: new StateUndo(NONE) }));
    const bar = this.#bar();
    this.handles = new Handles(this.stage, {
      frame: () => this.#rectangle(), drag: (...moved) => this.#drag(...moved), end: () => this.#finished(),
      told: (name, length) => this.#told(name, length),
    });
    panel.add({
      name: "frame", title: "Frame", sign: "rectangle", bar,
      hint: this.outwards ? "Drag an edge or a corner outwards; what is new is filled in."
        : "Drag an edge or a corner to the size that the result should have.",
      keys: this.outwards ? "" : "With Shift a corner keeps the shape.",
      draw: (canvas, stage, dirty, active) => { if (active) drawFrame(canvas, stage, picture, this.#rectangle()); },
      undo: () => this.#step("undo"), redo: () => this.#step("redo"),
      enter: () => this.#enter(), leave: () => this.#leave(),
    });
    this.#show();
  }

  #bar() {
    this.inputs = {};
    const fields = (this.outwards ? SIDES : ["width", "height"]).map((name) => {
      const { input, element } = numberField(`number-${name}`, name[0].toUpperCase() + name.slice(1), {
        low: this.outwards ? 0 : LEAST, high: MOST_SIDE, change: (value) => this.#typed(name, value),
      });
      this.inputs[name] = input;
      return element;
    });
    this.readout = make("span", { class: "tool-readout", hidden: !this.outwards });
    this.steps = new UndoButtons(this.kept.steps, (way) => this.#step(way));
    return make("div", { class: "tool-bar" }, make("div", { class: "tool-group" }, fields), this.readout,
      make("div", { class: "tool-group" }, this.steps.elements,
        button("reset", "Back to the picture's own size", "reset", () => this.#put(NONE))));
  }

  #enter() {
    this.stage.handler = { cursor: "default" };
    this.stage.gestures.refresh();
    this.handles.show(true);
    this.#view();
  }

  #leave() {
    this.handles.show(false);
    this.stage.bounds = { x: 0, y: 0, width: this.picture.width, height: this.picture.height };
    this.stage.fit();
  }

  #size({ top, right, bottom, left } = this.kept.margins) {
    return { width: this.picture.width + left + right, height: this.picture.height + top + bottom };
  }

  #rectangle() {
    return { x: -this.kept.margins.left, y: -this.kept.margins.top, ...this.#size() };
  }

  /** Keep the frame within what the studio takes; the side that was dragged gives way. */
  #within(margins, sides = [1, 1]) {
    const next = { ...margins };
    if (this.outwards) for (const side of SIDES) next[side] = Math.max(0, next[side]);
    for (const [length, across, start, end, way] of [
      ["width", "height", "left", "right", sides[0]], ["height", "width", "top", "bottom", sides[1]],
    ]) {
      const now = this.#size(next);
      const least = this.outwards ? this.picture[length] : Math.min(LEAST, this.picture[length]);
      const room = Math.min(MOST_SIDE, Math.floor(this.most / Math.max(1, now[across])));
      next[way < 0 ? start : end] += Math.max(least, Math.min(room, now[length])) - now[length];
    }
    return next;
  }

  #said() {
    const { width, height } = this.#size();
    return this.outwards ? { ...this.kept.margins, size: null } : { size: [height, width] };
  }

  #put(margins) {
    this.kept.margins = margins;
    this.#finished();
  }

  #finished(said = this.#said()) {
    this.kept.steps.commit(this.kept.margins);
    this.#shown(said);
  }

  #step(way) {
    const margins = this.kept.steps[way]();
    if (!margins) return;
    this.kept.margins = margins;
    this.#shown();
  }

  #shown(said = this.#said()) {
    this.#asked = null;
    this.#show();
    this.#view();
    changed(this.panel.host, said);
  }

  /** Show the picture, the frame and some room around both. */
  #view() {
    if (this.panel.mode?.name !== "frame") return;
    const frame = this.#rectangle();
    const [left, top] = [Math.min(0, frame.x), Math.min(0, frame.y)];
    const width = Math.max(this.picture.width, frame.x + frame.width) - left;
    const height = Math.max(this.picture.height, frame.y + frame.height) - top;
    this.stage.bounds = {
      x: left - width * ROOM, y: top - height * ROOM, width: width * (1 + 2 * ROOM), height: height * (1 + 2 * ROOM),
    };
    this.stage.fit();
  }

  #show() {
    const { width, height } = this.#size();
    const values = { width, height, ...this.kept.margins, ...this.#asked?.sides };
    if (this.#asked?.size) [values.height, values.width] = this.#asked.size;
    for (const [name, input] of Object.entries(this.inputs)) input.value = values[name];
    this.readout.textContent = `${width} × ${height} px`;
    this.steps.refresh();
    this.handles.place();
    this.stage.redraw();
  }

  #told(name, length) {
    const now = this.outwards ? this.kept.margins[name] : length;
    return {
      valuenow: now, valuemin: this.outwards ? 0 : LEAST, valuemax: MOST_SIDE,
      valuetext: this.outwards ? `${now} pixels added` : `${length} pixels`,
    };
  }

  #drag(sides, right, down, start, event) {
    const margins = { top: -start.y, left: -start.x };
    margins.right = start.width - this.picture.width - margins.left;
    margins.bottom = start.height - this.picture.height - margins.top;
    const keep = event.shiftKey && sides[0] && sides[1];
    const along = keep ? Math.round((right * sides[0] * start.height) / start.width) * sides[1] : down;
    if (sides[0] < 0) margins.left -= right;
    if (sides[0] > 0) margins.right += right;
    if (sides[1] < 0) margins.top -= along;
    if (sides[1] > 0) margins.bottom += along;
    this.kept.margins = this.#within(margins, sides);
    this.#asked = null;
    this.#show();
    changed(this.panel.host, this.#said());
  }

  #typed(name, value) {
    if (value === null) {
      this.#show();
      return;
    }
    const margins = { ...this.kept.margins };
    if (name === "width") margins.right = value - this.picture.width - margins.left;
    else if (name === "height") margins.bottom = value - this.picture.height - margins.top;
    else margins[name] = value;
    this.kept.margins = this.#within(margins, [name === "left" ? -1 : 1, name === "top" ? -1 : 1]);
    const said = this.#said();
    if (this.outwards) said[name] = value;
    else said.size[name === "width" ? 1 : 0] = value;
    this.#finished(said);
  }

  /** Take up what was typed into the form; what it does not say any more is as it was at first. */
  set(values) {
    const before = this.#asked;
    this.#asked = this.#askedBy(values);
    if (JSON.stringify(this.#asked) === JSON.stringify(before)) return;
    let { margins } = this.kept;
    if (this.#asked) margins = this.#within(this.#marginsOf(this.#asked));
    else if (before) margins = NONE;
    if (SIDES.some((side) => margins[side] !== this.kept.margins[side])) {
      this.kept.margins = margins;
      this.kept.steps.commit(margins);
      this.#view();
    }
    this.#show();
  }

  #askedBy(values) {
    const size = Array.isArray(values.size) ? values.size : null;
    const named = this.outwards ? SIDES.filter((side) => typeof values[side] === "number") : [];
    const sides = Object.fromEntries(named.map((side) => [side, values[side]]));
    return size || named.length ? { size, sides } : null;
  }

  /** The margins that come nearest to what was asked for. */
  #marginsOf({ size, sides }) {
    const now = this.#size();
    if (size && !this.outwards && size[0] === now.height && size[1] === now.width) return this.kept.margins;
    const told = Object.fromEntries(Object.entries(sides).map(([side, value]) => [side, Math.round(value)]));
    if (!size) return { ...NONE, ...told };
    const shared = (total, first, last) => {
      if (first === undefined) return last === undefined ? Math.floor(total / 2) : total - last;
      return first;
    };
    const [down, right] = [Math.round(size[0]) - this.picture.height, Math.round(size[1]) - this.picture.width];
    const top = shared(down, told.top, told.bottom);
    const left = shared(right, told.left, told.right);
    return { top, bottom: told.bottom ?? down - top, left, right: told.right ?? right - left };
  }

  /** Whether the frame is what the form asks for. */
  get #fits() {
    if (!this.#asked) return true;
    const { size, sides } = this.#asked;
    const { width, height } = this.#size();
    return (!size || (size[0] === height && size[1] === width))
      && Object.entries(sides).every(([side, value]) => value === this.kept.margins[side]);
  }

  /** As large as what lies beyond the picture makes it, whatever size the form asks for. */
  automatic() {
    if (!this.outwards) return null;
    return this.#size(this.#asked?.size ? { ...NONE, ...this.#asked.sides } : this.kept.margins);
  }

  /** What the form says goes before: it says why where that does not fit. */
  parameters() {
    if (this.#asked) return {};
    return this.outwards ? { ...this.kept.margins } : this.#said();
  }

  problem() {
    if (!this.#fits || SIDES.some((side) => this.kept.margins[side] !== 0)) return null;
    if (this.outwards) return "Drag an edge of the frame outwards to say where the picture is to go on.";
    return this.panel.masked?.() ? null : "Drag an edge of the frame to the size that the result should have.";
  }
}
