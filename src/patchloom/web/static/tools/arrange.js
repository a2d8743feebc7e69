// Several pictures arranged in one frame (collage): where each lies, and which lies on top.

import { make } from "../dom.js";
import {
  automaticSize, bounded, drawArrangement, extent, holds, inOrder, layout, LEAST, MOST_SIDE, placesOf,
} from "./arrangement.js";
import { button, changed, fileButton, numberField } from "./controls.js";
import { Handles } from "./handles.js";
import { remembered } from "./memory.js";
import { StateUndo } from "./undo.js";
import { UndoButtons } from "./undobuttons.js";

// A shorter way is a click.
const MOVED = 4;
const HINT = "Drag the pictures to their places; those later in the row lie on top.";

/** The arrangement that `state` is stands in arrangement.js; it is never changed in place. */
export class Arrange {
  #drag = null;
  #stood = false;

  constructor(panel, { picture, context }) {
    Object.assign(this, { panel, picture, context, stage: panel.stage });
    this.most = context.limits?.pixels ?? Infinity;
    this.kept = remembered(picture, "arranged", () => {
      const { width, height } = picture;
      const state = { order: [picture], places: null, width, height, sized: false };
      return { state, steps: new StateUndo(state) };
    });
    this.chosen = 0;
    this.cursor = "default";
    this.stage.still.length = 0;
    const bar = this.#bar();
    this.handles = new Handles(this.stage, {
      names: ["right", "bottom", "bottom-right"],
      frame: () => this.#frame(), drag: (...moved) => this.#resize(...moved), end: () => this.#put({ sized: true }),
      told: (_, length) => ({ valuenow: length, valuemin: LEAST, valuemax: MOST_SIDE, valuetext: `${length} pixels` }),
    });
    panel.add({
      name: "arrange", title: "Arrange", sign: "piece", hint: HINT, bar, key: (event) => this.#key(event),
      draw: (canvas, stage) => drawArrangement(canvas, stage, this.state, this.chosen),
      undo: () => this.#step("undo"), redo: () => this.#step("redo"),
      enter: () => {
        this.stage.handler = this;
        this.stage.gestures.refresh();
      },
    });
    this.#recall(context.drawn);
    this.#follow();
    this.#view();
    this.#show();
  }

  /** Have the pictures in the order in which they lay; the form says where. */
  #recall(drawn) {
    if (!drawn) return;
    const order = this.#extras().toSpliced(drawn.at, 0, this.picture);
    this.kept.state = { ...this.state, order, places: null };
    this.kept.steps.commit(this.state);
  }

  #bar() {
    this.inputs = {};
    const fields = ["width", "height"].map((name) => {
      const { input, element } = numberField(`number-${name}`, name[0].toUpperCase() + name.slice(1), {
        low: LEAST, high: MOST_SIDE, change: (value) => this.#typed(name, value),
      });
      this.inputs[name] = input;
      return element;
    });
    const label = "Pictures, from the lowest to the topmost";
    this.list = make("div", { class: "tool-group tool-list", role: "group", aria: { label } });
    this.steps = new UndoButtons(this.kept.steps, (way) => this.#step(way));
    return make("div", { class: "tool-bar" },
      fileButton("add", "Add pictures", "plus", (files) => this.#add(files), { shown: true, many: true }), this.list,
      make("div", { class: "tool-group" },
        button("forward", "Bring forward", "forward", () => this.#reorder(1)),
        button("backward", "Send backward", "backward", () => this.#reorder(-1)),
        button("remove", "Remove the picture", "minus", () => this.#remove(), { keys: "Delete" }),
        button("side-by-side", "Side by side", "columns", () => this.#put({ places: null })), this.steps.elements),
      make("div", { class: "tool-group" }, fields));
  }

  get state() { return this.kept.state; }
  #frame() { return { x: 0, y: 0, width: this.state.width, height: this.state.height }; }

  #bounded(length, other) { return bounded(length, other, this.most); }

  #put(changes) {
    this.kept.state = { ...this.state, ...changes };
    this.#finished();
  }

  #finished() {
    this.kept.steps.commit(this.state);
    this.#view();
    this.#show();
    changed(this.panel.host, this.#said());
  }

  #step(way) {
    const state = this.kept.steps[way]();
    if (!state) return;
    this.kept.state = state;
    this.#follow();
    this.#view();
    this.#show();
    changed(this.panel.host, this.#said());
  }

  #extras() { return this.context.extras?.("image") ?? []; }

  /** Take up pictures that came or went. */
  #follow() {
    const now = [this.picture, ...this.#extras()];
    const { order, places, sized } = this.state;
    const next = inOrder(order, now);
    if (next.length === order.length && next.every((one, index) => one === order[index])) return;
    const size = sized ? {} : automaticSize(next, this.picture, this.most);
    const state = { ...this.state, ...size, order: next };
    this.kept.state = places ? { ...state, places: placesOf(state) } : state;
    this.kept.steps.commit(this.state);
    this.chosen = Math.min(this.chosen, next.length - 1);
    this.#view();
    this.#show();
  }

  /** Show the frame, and what sticks out of it. */
  #view() {
    this.stage.size = { width: this.state.width, height: this.state.height };
    this.stage.bounds = extent(this.state);
    this.stage.fit();
  }

  async #add(files) {
    for (const file of files) {
      try {
        await this.context.addExtra("image", file, file.name);
      } catch (error) {
        this.panel.say(error.message);
      }
    }
    this.#follow();
    changed(this.panel.host, this.#said());
  }

  #remove() {
    const one = this.state.order[this.chosen];
    if (one === this.picture) {
      this.panel.say("The first picture is the one that is worked on: it can be replaced, not removed.");
      return;
    }
    this.context.removeExtra?.("image", this.#extras().indexOf(one));
    this.#follow();
    changed(this.panel.host, this.#said());
  }

  #reorder(by) {
    const to = this.chosen + by;
    if (to < 0 || to >= this.state.order.length) return;
    const order = [...this.state.order];
    [order[this.chosen], order[to]] = [order[to], order[this.chosen]];
    this.chosen = to;
    this.#put({ order });
  }

  /** Put the chosen picture's corner somewhere; some of it stays in the frame. */
  #place({ x, y }) {
    const one = this.state.order[this.chosen];
    const bound = (value, length, room) => Math.max(1 - length, Math.min(room - 1, Math.round(value)));
    const at = { x: bound(x, one.width, this.state.width), y: bound(y, one.height, this.state.height) };
    // What was placed in a frame keeps it, whatever comes or goes.
    this.kept.state = { ...this.state, places: placesOf(this.state, new Map([[one, at]])), sized: true };
    this.#show();
    changed(this.panel.host, this.#said());
  }

  #resize(sides, right, down, start) {
    const width = this.#bounded(start.width + right * sides[0], this.state.height);
    this.kept.state = { ...this.state, width, height: this.#bounded(start.height + down * sides[1], width) };
    this.#show();
  }

  #typed(name, value) {
    const other = this.state[name === "width" ? "height" : "width"];
    this.#put(value === null ? {} : { [name]: this.#bounded(value, other), sized: true });
  }

  down(point) {
    const hit = layout(this.state).findLastIndex(({ seen }) => holds(seen, point));
    if (hit < 0) return;
    this.chosen = hit;
    this.#drag = { point, from: layout(this.state)[hit], state: this.state, moved: false };
    this.#show();
  }

  move(point) {
    if (!this.#drag) return;
    const { point: start, from } = this.#drag;
    const [right, down] = [point.x - start.x, point.y - start.y];
    this.#drag.moved ||= Math.hypot(right, down) * this.stage.view.scale >= MOVED;
    if (this.#drag.moved) this.#place({ x: from.x + right, y: from.y + down });
  }

  up() {
    if (this.#drag?.moved) this.#finished();
    this.#drag = null;
  }

  cancel() {
    if (this.#drag?.moved) this.#put(this.#drag.state);
    this.#drag = null;
  }

  arrow(right, down, event) {
    const by = event.shiftKey ? 10 : 1;
    const { x, y } = layout(this.state)[this.chosen];
    this.#place({ x: x + right * by, y: y + down * by });
    this.#finished();
    return true;
  }

  #key(event) {
    const count = this.state.order.length;
    if (event.key === "Delete" || event.key === "Backspace") this.#remove();
    else if (event.key === "PageDown") this.#choose((this.chosen + 1) % count);
    else if (event.key === "PageUp") this.#choose((this.chosen - 1 + count) % count);
    else return false;
    return true;
  }

  #choose(index) {
    this.chosen = index;
    this.#show();
  }

  #show() {
    const { order, width, height } = this.state;
    [this.inputs.width.value, this.inputs.height.value] = [width, height];
    this.steps.refresh();
    const names = order.map((one) => one.url).join();
    if (names !== this.listed) this.list.replaceChildren(...order.map((one, index) => this.#chip(one, index)));
    this.listed = names;
    order.forEach((_, index) => this.list.children[index].setAttribute("aria-pressed", String(index === this.chosen)));
    this.handles.place();
    this.stage.redraw();
  }

  #chip(picture, index) {
    const click = () => {
      this.#choose(index);
      this.stage.canvas.focus({ preventScroll: true });
    };
    return make("button", {
      type: "button", class: "tool-button tool-chip", title: picture.name, on: { click },
      data: { tool: `place-${index + 1}` }, aria: { label: `Picture ${index + 1}: ${picture.name}` },
    }, make("img", { src: picture.url, alt: "", class: "tool-thumb" }), `${index + 1}`);
  }

  /** Take up pictures, and what the form says of size and places. */
  set(values) {
    this.#follow();
    const next = { ...this.state };
    if (Array.isArray(values.size)) Object.assign(next, { height: values.size[0], width: values.size[1], sized: true });
    else if (next.sized) Object.assign(next, this.automatic(), { sized: false });
    if (this.#stood && !values.places) next.places = null;
    else if (values.places && JSON.stringify(values.places) !== JSON.stringify(this.parameters().places)) {
      const told = this.state.order.map((one, index) => [one, values.places[index]]).filter(([, place]) => place);
      next.places = placesOf(this.state, new Map(told.map(([one, [y, x]]) => [one, { x, y }])));
    }
    this.#stood = Boolean(values.places);
    if (["width", "height", "places", "sized"].every((name) => next[name] === this.state[name])) return;
    this.kept.state = next;
    this.kept.steps.commit(next);
    this.#view();
    this.#show();
  }

  parameters() {
    const { places, width, height } = this.state;
    const told = layout(this.state).map(({ x, y }, index) => [String(index), [y, x]]);
    return { size: [height, width], places: places ? Object.fromEntries(told) : null };
  }

  /** What the form is to say: a size only where one was chosen. */
  #said() { return this.state.sized ? this.parameters() : { ...this.parameters(), size: null }; }

  automatic() { return automaticSize(this.state.order, this.picture, this.most); }

  /** All pictures, in the order in which they lie: they take the place of the shell's own. */
  async files() { return [["image", this.state.order.map((one) => one.blob)]]; }

  /** The picture that is worked on lies somewhere among the others. */
  drawn() { return { at: this.state.order.indexOf(this.picture) }; }

  problem() {
    if (this.state.order.length > 1) return null;
    return "Add one more picture at least: drop it here, or choose “Add pictures”.";
  }
}
