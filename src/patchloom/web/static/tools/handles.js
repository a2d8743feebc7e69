// Handles on a rectangle of the stage: dragged, or moved by the arrow keys.

import { make } from "../dom.js";

// What a handle moves: of the left and top edge -1, of the right and bottom one 1.
const SIDES = {
  top: [0, -1], right: [1, 0], bottom: [0, 1], left: [-1, 0],
  "top-left": [-1, -1], "top-right": [1, -1], "bottom-right": [1, 1], "bottom-left": [-1, 1],
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Handles {
  /**
   * `frame()` is the rectangle in pixels of the picture; `drag(sides, right, down, start)` is told how far a handle
   * went since the rectangle was `start`; `end()` that it was let go.
   */
  constructor(stage, { names = Object.keys(SIDES), frame, drag, end, told }) {
    Object.assign(this, { stage, frame, drag, end, told });
    this.elements = new Map(names.map((name) => [name, this.#make(name)]));
    stage.over.append(...this.elements.values());
    stage.onView(() => this.place());
  }

  #make(name) {
    const side = !name.includes("-");
    const element = make("div", {
      class: `tool-handle tool-handle-${name}`, data: { tool: `handle-${name}` },
      // Corners are for pointers; by keys an edge is moved, and then another.
      ...(side ? { tabIndex: 0, role: "slider" } : {}),
      aria: side ? {
        label: `${name[0].toUpperCase()}${name.slice(1)} edge`,
        orientation: SIDES[name][0] ? "horizontal" : "vertical",
      } : { hidden: "true" },
    });
    element.addEventListener("pointerdown", (event) => this.#grab(element, SIDES[name], event));
    if (side) element.addEventListener("keydown", (event) => this.#key(SIDES[name], event));
    return element;
  }

  #grab(element, sides, event) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    element.focus({ preventScroll: true });
    try { element.setPointerCapture(event.pointerId); } catch { /* the pointer is gone already */ }
    const start = this.frame();
    const move = (moved) => {
      const far = (value) => Math.round(value / this.stage.view.scale);
      this.drag(sides, far(moved.clientX - event.clientX), far(moved.clientY - event.clientY), start, moved);
    };
    const stop = () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", stop);
      element.removeEventListener("pointercancel", stop);
      this.end();
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
  }

  #key(sides, event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? 10 : 1;
    const along = [arrow[0] * Math.abs(sides[0]), arrow[1] * Math.abs(sides[1])];
    // An edge that lies across is moved by the other arrows as well, as sliders are.
    if (!along[0] && !along[1]) along[sides[0] ? 0 : 1] = arrow[0] ? arrow[0] : arrow[1];
    this.drag(sides, along[0] * step, along[1] * step, this.frame(), {});
    this.end();
  }

  show(shown) {
    for (const element of this.elements.values()) element.hidden = !shown;
    if (shown) this.place();
  }

  /** Put the handles where the rectangle is, and say how large it is. */
  place() {
    const { x, y, width, height } = this.frame();
    for (const [name, element] of this.elements) {
      const [right, down] = SIDES[name];
      const at = this.stage.toScreen(x + (width * (right + 1)) / 2, y + (height * (down + 1)) / 2);
      element.style.transform = `translate(${at.x}px, ${at.y}px)`;
      const told = this.told?.(name, right ? width : height);
      if (!told || element.getAttribute("role") !== "slider") continue;
      for (const [key, value] of Object.entries(told)) element.setAttribute(`aria-${key}`, value);
    }
  }
}
