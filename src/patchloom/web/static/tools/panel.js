// What every tool has: a row of modes, the bar of the one in use, the stage, and a line that says what to do.

import { make } from "../dom.js";
import { toggle } from "./controls.js";
import { Stage } from "./stage.js";

const TYPED = "input:not([type=range], [type=color], [type=checkbox]), select, textarea";

export class Panel {
  constructor(task, host, picture) {
    this.host = host;
    this.modes = new Map();
    this.mode = null;
    const { width, height } = picture;
    this.stage = new Stage({ width, height }, `${task.title ?? task.name}: the picture, ${width} by ${height} pixels`);
    this.stage.still.push((context, stage) => stage.picture(context, picture.bitmap));
    this.stage.painters.push((context, stage, dirty) => {
      for (const mode of this.modes.values()) mode.draw?.(context, stage, dirty, mode === this.mode);
    });
    this.tabs = make("div", {
      class: "tool-modes", role: "group", data: { tool: "modes" }, aria: { label: "What to work on" }, hidden: true,
    });
    this.bars = make("div", { class: "tool-bars" });
    this.status = make("p", { class: "tool-status", role: "status", data: { tool: "status" } });
    this.root = make(
      "div", { class: "tool", data: { tool: "root", task: task.name }, on: { keydown: (event) => this.#key(event) } },
      make("div", { class: "tool-head" }, this.tabs, this.bars), this.stage.element,
      make("div", { class: "tool-foot" }, this.status, this.stage.bar),
    );
    host.append(this.root);
  }

  /** A mode: { name, title, sign, hint, keys?, bar, tint?, draw?, key?, undo?, redo?, enter?, leave? }. */
  add(mode) {
    mode.tab = toggle(`mode-${mode.name}`, mode.title, mode.sign, () => this.choose(mode.name), { shown: true });
    if (mode.tint) mode.tab.prepend(swatch(mode.tint));
    mode.bar.hidden = true;
    this.tabs.append(mode.tab);
    this.bars.append(mode.bar);
    this.modes.set(mode.name, mode);
    this.tabs.hidden = this.modes.size < 2;
    if (!this.mode) this.choose(mode.name);
    return mode;
  }

  choose(name) {
    if (this.mode) {
      this.mode.leave?.();
      this.mode.bar.hidden = true;
      this.mode.tab.setAttribute("aria-pressed", "false");
    }
    this.mode = this.modes.get(name);
    this.mode.bar.hidden = false;
    this.mode.tab.setAttribute("aria-pressed", "true");
    this.stage.gestures.setHand(false);
    this.mode.enter?.();
    this.say(this.hint);
    this.stage.invalidate();
  }

  /** What to do, and the keys for it where there is a keyboard in all likelihood. */
  get hint() {
    const { hint, keys = "" } = this.mode;
    return matchMedia("(pointer: fine)").matches ? `${hint} ${keys}`.trim() : hint;
  }

  say(text) { this.status.textContent = text; }

  #key(event) {
    if (event.target.matches(TYPED) || event.defaultPrevented) return;
    const done = event.ctrlKey || event.metaKey ? this.#command(event) : !event.altKey && this.#letter(event);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #command(event) {
    const key = event.key.toLowerCase();
    if (key === "z") this.mode[event.shiftKey ? "redo" : "undo"]?.();
    else if (key === "y") this.mode.redo?.();
    else return false;
    return true;
  }

  #letter(event) {
    const { stage } = this;
    if (this.mode.key?.(event)) return true;
    if (event.key === "+" || event.key === "=") stage.zoom(1.4);
    else if (event.key === "-") stage.zoom(1 / 1.4);
    else if (event.key === "0") stage.fit();
    else if (event.key.toLowerCase() === "h") stage.gestures.setHand(!stage.gestures.hand);
    else return false;
    return true;
  }

  close() {
    this.mode?.leave?.();
    this.stage.close();
    this.root.remove();
  }
}

function swatch(tint) {
  const element = make("span", { class: "tool-tint", aria: { hidden: "true" } });
  element.style.backgroundColor = `rgb(${tint.join(" ")})`;
  return element;
}
