// The two buttons of undo and redo, for tools whose states are small.

import { button } from "./controls.js";

/** Buttons that go through `steps` (a StateUndo or TileUndo) by `step("undo")` and `step("redo")`. */
export class UndoButtons {
  constructor(steps, step) {
    this.steps = steps;
    this.elements = [
      button("undo", "Undo", "undo", () => step("undo"), { keys: "Ctrl+Z" }),
      button("redo", "Redo", "redo", () => step("redo"), { keys: "Ctrl+Shift+Z" }),
    ];
  }

  /** Focus would be lost with a button that is switched off; what cannot be done says so instead. */
  refresh() {
    const [back, forth] = this.elements;
    back.setAttribute("aria-disabled", String(!this.steps.canUndo));
    forth.setAttribute("aria-disabled", String(!this.steps.canRedo));
  }
}
