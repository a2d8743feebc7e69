// What the tools' bars are made of: signs, buttons, numbers and choosers of files.

import { make } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";

// Paths on a grid of 24, drawn as lines.
const PATHS = {
  brush: "M4 20c3 0 4-1 4-3a2.5 2.5 0 0 1 5 0c0 3-4 4-9 3zM12 14l7.5-9.5a1.4 1.4 0 0 1 2 2L13.5 16",
  eraser: "M8 20h12M4.5 14.5l9-9a1.5 1.5 0 0 1 2.1 0l4 4a1.5 1.5 0 0 1 0 2.1L12 19H9l-4.5-4.5zM9 10l6 6",
  rectangle: "M4 6h16v12H4z",
  lasso: "M12 15c-5 0-8-2-8-5s3.5-5.5 8-5.5S20 7 20 10s-3 5-8 5zM7 14c-1 2 0 4 3 4.5 2 .5 2 2 1 3",
  hand: "M8 12V6.5a1.5 1.5 0 0 1 3 0V11V4.5a1.5 1.5 0 0 1 3 0V11V6a1.5 1.5 0 0 1 3 0v8"
    + "c0 4-2 7-5.5 7S7 19.5 5.5 16.5L4 13.5c1-1.5 2.5-1 4 1",
  undo: "M9 7L4 12l5 5M4.5 12H15a5 5 0 0 1 0 8h-2",
  redo: "M15 7l5 5-5 5M19.5 12H9a5 5 0 0 0 0 8h2",
  invert: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  clear: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  load: "M4 16v4h16v-4M12 16V4M7.5 8.5L12 4l4.5 4.5",
  save: "M4 16v4h16v-4M12 4v12M7.5 11.5L12 16l4.5-4.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-2 4 3",
  pick: "M4 20l1-4L14 7l3 3-9 9-4 1zM13 5l6 6M15.5 8.5L19 5",
  fill: "M5 12l7-7 7 7-7 7zM5 12h14M20 16c1 1.5 1.5 2.5 1 3.5s-2 1-2.5 0 .5-2 1.5-3.5z",
  piece: "M4 4h10v10H4zM14 10h6v10H10v-6",
  forward: "M12 19V5M6 11l6-6 6 6",
  backward: "M12 5v14M6 13l6 6 6-6",
  reset: "M5 5v5h5M5.5 10a7.5 7.5 0 1 1-1 4",
  columns: "M4 5h5v14H4zM9.5 5h5v14h-5zM15 5h5v14h-5z",
};

/** Return a drawn sign; what it means is said by the control that bears it. */
export function icon(name) {
  const image = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "tool-icon"], ["aria-hidden", "true"]]) {
    image.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  image.append(path);
  return image;
}

/** A button with a sign; with `shown` its name stands beside the sign. */
export function button(name, text, sign, click, { shown = false, keys = "" } = {}) {
  return make("button", {
    type: "button", class: shown ? "tool-button" : "tool-button icon", data: { tool: name }, on: { click },
    title: keys ? `${text} (${keys})` : text, aria: { label: shown ? null : text },
  }, icon(sign), shown && make("span", {}, text));
}

/** One of several ways to work, of which one is on. */
export function toggle(name, text, sign, click, options = {}) {
  const element = button(name, text, sign, click, options);
  element.setAttribute("aria-pressed", "false");
  return element;
}

/** A labelled number; `change` gets a whole number, or null where none stands. */
export function numberField(name, text, { low, high, change }) {
  const input = make("input", {
    type: "number", class: "tool-number", data: { tool: name }, min: low, max: high, step: 1, inputMode: "numeric",
    on: {
      change: () => {
        const value = Math.round(Number(input.value));
        change(Number.isFinite(value) && input.value !== "" ? value : null);
      },
    },
  });
  return { input, element: make("label", { class: "tool-field" }, make("span", {}, text), input) };
}

/** Let a file be chosen: a button and the input that it stands for. */
export function fileButton(name, text, sign, choose, { shown = false, many = false } = {}) {
  const input = make("input", {
    type: "file", accept: "image/*,.tif,.tiff,.exr", multiple: many, hidden: true, tabIndex: -1,
    data: { tool: `${name}-file` }, aria: { label: text },
    on: {
      change: () => {
        const files = [...input.files];
        input.value = "";
        if (files.length) choose(files);
      },
    },
  });
  return make("span", { class: "tool-file" }, button(name, text, sign, () => input.click(), { shown }), input);
}

/** Tell the shell that something changed; `parameters` are the form's values that dragging changed. */
export function changed(host, parameters = null) {
  host.dispatchEvent(new CustomEvent("toolchange", { bubbles: true, detail: parameters ? { parameters } : {} }));
}
