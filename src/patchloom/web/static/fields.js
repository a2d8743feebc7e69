// What stands around every control: its label, its help on demand, its reset and the error beside it.

import { make, spelled } from "./dom.js";
import { icon } from "./icons.js";

const SHORT = {
  count: "Variations",
  preset: "Starting point",
  diversity: "Variety",
  map_weights: "Weights of the maps",
  tile: "Seamless edges",
  axes: "Seamless edges",
  invert: "Fill everything else",
  fps: "Frames a second",
  keep: "Share to keep",
  steps: "Growing steps",
  copy: "Leave a copy behind",
  source_mask: "Copy from",
};

const HELP = {
  size: "Width and height of the result in pixels.",
  seed:
    "Decides everything random: the same seed and settings make the same picture. Each variation has the next seed. " +
    "Leave it empty for others at every run.",
};

export const labelOf = (parameter) => SHORT[parameter.name] ?? parameter.label ?? spelled(parameter.name);

/** The range in words, for the help. */
function range({ low, high, unit, odd, kind }) {
  if (kind !== "integer" && kind !== "number") return "";
  if (low === null || low === undefined) return "";
  const end = high === "inf" || high === null || high === undefined ? "any more" : high;
  return ` ${odd ? "Odd, " : ""}${low} to ${end}${unit ? ` ${unit}` : ""}.`;
}

/**
 * A field around `controls`; the first of `inputs` is what the label names. Gives the elements that the form needs:
 * `root`, `reset`, and `fail(message)`.
 */
export function fieldAround(parameter, inputs, body, { onReset, group = false, inline = false } = {}) {
  const id = parameter.name;
  const label = labelOf(parameter);
  const helpId = `help-${id}`,
    errorId = `error-${id}`;
  const automatic = parameter.told ? ` Automatic: ${parameter.told}.` : "";
  const help = make(
    "p",
    { id: helpId, className: "help", hidden: true },
    HELP[parameter.name] ?? `${parameter.help}${range(parameter)}${automatic}`,
  );
  const error = make("p", { id: errorId, className: "error", hidden: true });
  const ask = make(
    "button",
    {
      type: "button",
      className: "icon quiet small ask",
      aria: { label: `Help: ${label}`, expanded: "false", controls: helpId },
    },
    icon("help"),
  );
  ask.addEventListener("click", () => {
    help.hidden = !help.hidden;
    ask.setAttribute("aria-expanded", String(!help.hidden));
  });
  const reset = make(
    "button",
    {
      type: "button",
      className: "icon quiet small reset",
      hidden: true,
      aria: { label: `Reset ${label}` },
      title: "Back to the default",
    },
    icon("reset"),
  );
  reset.addEventListener("click", () => {
    onReset();
    inputs[0].focus();
  });
  const name = group
    ? make("span", { className: "label", id: `label-${id}` }, label)
    : make("label", { className: "label", htmlFor: inputs[0].id, id: `label-${id}` }, label);
  for (const input of inputs) input.setAttribute("aria-describedby", `${helpId} ${errorId}`);
  const root = make(
    "div",
    { className: `field${inline ? " inline" : ""}`, data: { field: id } },
    make("div", { className: "caption" }, name, make("span", { className: "spring" }), reset, ask),
    body,
    help,
    error,
  );
  if (group) {
    root.setAttribute("role", "group");
    root.setAttribute("aria-labelledby", `label-${id}`);
  }
  let shown;
  return {
    root,
    /** True while the value is the same and what was typed instead of it cannot be sent: it stays, and so does why. */
    stands(value) {
      const same = JSON.stringify(value) === shown;
      shown = JSON.stringify(value);
      if (root.dataset.typed !== "true") return false;
      if (!same) this.fail("");
      return same;
    },
    changed(is) {
      if (!is && document.activeElement === reset) inputs[0].focus();
      reset.hidden = !is;
      root.classList.toggle("changed", is);
    },
    /** Show `message` beside the field, or take it away; `typed` if what stands there cannot even be sent. */
    fail(message, { typed = false, focus = false } = {}) {
      root.dataset.typed = String(Boolean(message) && typed);
      error.hidden = !message;
      error.textContent = message ? plain(message) : "";
      for (const input of inputs) {
        if (message) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
      if (message && focus) inputs.find((input) => !input.disabled)?.focus();
    },
  };
}

/** "patch_size=8: must be odd; try 7" -> "Must be odd; try 7": the field says the rest. */
export function plain(message) {
  const text = message.replace(/^[\w.-]+=.*?: /s, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
