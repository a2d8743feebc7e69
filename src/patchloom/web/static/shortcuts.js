// The keys of the studio, in a dialog.

import { make } from "./dom.js";
import { icon } from "./icons.js";

const KEYS = {
  "The studio": [
    ["Run", "Ctrl Enter"],
    ["Cancel, or back to the variations", "Escape"],
    ["Paste a picture", "Ctrl V"],
    ["From task to task, from variation to variation", "← → ↑ ↓"],
    ["Next and previous variation, one at a time", "← →"],
    ["The line between before and after", "← → on it"],
    ["This list", "?"],
  ],
  "On the picture": [
    ["Zoom", "+ − or the wheel"],
    ["All of it", "0"],
    ["The hand, to move it; then arrows do", "H"],
    ["Move it with any tool", "Space and drag"],
    ["Undo, redo", "Ctrl Z, Ctrl Shift Z"],
  ],
  Painting: [
    ["Brush, eraser", "B, E"],
    ["Rectangle, outline", "R, L"],
    ["Brush smaller, larger", "[ ]"],
    ["Erase with any tool", "Alt, or the right button"],
    ["A straight line from the last point", "Shift and click"],
    ["The crosshair; four times as far", "arrows; with Shift"],
    ["Pen down, and up again", "Enter"],
    ["Paint while it is held", "Space"],
    ["Invert a mask, or pick a colour", "I"],
    ["Fill what has about one colour", "G"],
    ["Copy a piece; set it down; let it go", "C; Enter; Escape"],
  ],
  "Pieces and pictures": [
    ["Box, outline", "R, L"],
    ["Move the one that is chosen; ten pixels", "arrows; with Shift"],
    ["Next, previous", "Page Down, Page Up"],
    ["Remove it", "Delete"],
    ["A corner that keeps the shape", "Shift and drag"],
  ],
};

const listed = () =>
  Object.entries(KEYS).flatMap(([title, keys]) => [
    make("h3", {}, title),
    make(
      "dl",
      { className: "keys" },
      keys.flatMap(([what, key]) => [make("dt", {}, what), make("dd", {}, make("kbd", {}, key))]),
    ),
  ]);

function open() {
  if (document.querySelector("dialog[open]")) return;
  const dialog = make(
    "dialog",
    { id: "keys", aria: { labelledby: "keys-title" } },
    make("h2", { id: "keys-title" }, "Keys"),
    make("div", { className: "scroll", tabIndex: 0, role: "region", aria: { label: "All keys" } }, listed()),
    make(
      "div",
      { className: "row" },
      make("span", { className: "spring" }),
      make("button", { type: "button", className: "primary", on: { click: () => dialog.close() } }, "Close"),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The button that shows them; ? does too. */
export function shortcutsButton() {
  addEventListener("keydown", (event) => {
    if (
      event.key !== "?" ||
      event.target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=range])")
    )
      return;
    event.preventDefault();
    open();
  });
  return make(
    "button",
    {
      type: "button",
      id: "shortcuts",
      className: "icon quiet",
      title: "Keys",
      aria: { label: "Keys" },
      on: { click: open },
    },
    icon("keys"),
  );
}
