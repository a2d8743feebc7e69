// The two parameters that every task has and that deserve controls of their own: the seed and the size.

import { make } from "./dom.js";
import { fieldAround } from "./fields.js";
import { icon } from "./icons.js";
import { outside } from "./scale.js";
import { state } from "./state.js";

// Larger seeds exist; JavaScript's numbers hold neither them nor those that would follow the last one.
const MOST_SEED = Number.MAX_SAFE_INTEGER - 991;

export const newSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] % 10_000;

/** A number, a die that throws one, and a lock that keeps the last one; empty is another seed at every run. */
export function seedControl(parameter, host) {
  const number = make("input", {
    type: "number",
    id: "p-seed",
    className: "number grow",
    min: 0,
    max: MOST_SEED,
    step: 1,
    inputMode: "numeric",
  });
  const die = make(
    "button",
    { type: "button", id: "seed-dice", className: "icon", title: "Another seed", aria: { label: "Another seed" } },
    icon("dice"),
  );
  const lock = make("button", { type: "button", id: "seed-lock", className: "icon" });
  const field = fieldAround(parameter, [number], make("div", { className: "row" }, number, die, lock), {
    onReset: () => host.choose(null),
  });
  const showLock = (locked) => {
    lock.replaceChildren(icon(locked ? "locked" : "unlocked"));
    lock.setAttribute("aria-pressed", String(locked));
    lock.setAttribute("aria-label", "Keep the seed");
    lock.title = locked ? "The next run has this seed again" : "Every run takes another seed";
  };
  die.addEventListener("click", () => host.choose(newSeed()));
  lock.addEventListener("click", () =>
    host.choose(number.value === "" ? (state.run?.cells[0].seed ?? newSeed()) : null),
  );
  number.addEventListener("input", () => {
    const wrong = number.validity.badInput ? "Must be a whole number" : outside(range, Number(number.value));
    if (wrong) field.fail(wrong, { typed: true });
    else host.choose(number.value === "" ? null : Number(number.value));
  });
  number.placeholder = "another each run";
  const range = { kind: "integer", low: 0, high: MOST_SEED };
  return {
    field,
    show(value) {
      const typing = value !== undefined && document.activeElement === number && Number(number.value) === value;
      if (!field.stands(value) && !typing) number.value = value ?? "";
      field.changed(value !== undefined);
      showLock(value !== undefined);
    },
  };
}

const SCALES = [0.5, 1, 1.5, 2];

/** Width and height, tied together if wanted; empty is as the picture is, or as the tool says. */
export function sizeControl(parameter, host) {
  let tied = false;
  const side = (name, label) =>
    make("input", {
      type: "number",
      id: name,
      className: "number grow",
      min: 1,
      step: 1,
      inputMode: "numeric",
      aria: { label },
    });
  const width = side("p-size", "Width"),
    height = side("p-size-height", "Height");
  const tie = make(
    "button",
    {
      type: "button",
      id: "size-link",
      className: "icon small",
      title: "Keep the shape",
      aria: { label: "Keep the shape", pressed: "false" },
    },
    icon("linked"),
  );
  const chips = make(
    "div",
    { className: "chips" },
    SCALES.map((factor) =>
      make(
        "button",
        { type: "button", className: "chip", data: { factor }, on: { click: () => scaleTo(factor) } },
        `${factor * 100} %`,
      ),
    ),
  );
  const body = make(
    "div",
    {},
    make(
      "div",
      { className: "row" },
      width,
      make("span", { className: "times", aria: { hidden: "true" } }, "×"),
      height,
      make("span", { className: "unit" }, "px"),
      tie,
    ),
    chips,
  );
  const field = fieldAround(parameter, [width, height], body, { onReset: () => host.choose(null), group: true });

  const natural = () => state.automatic ?? state.picture ?? { width: NaN, height: NaN };
  const send = () => {
    const wide = Number(width.value || width.placeholder),
      high = Number(height.value || height.placeholder);
    if (width.validity.badInput || height.validity.badInput) field.fail("Must be whole numbers", { typed: true });
    else if (!width.value && !height.value) host.choose(null);
    else if (wide >= 1 && high >= 1) host.choose([high, wide]);
    else field.fail("Width and height must both be at least 1", { typed: true });
  };
  const scaleTo = (factor) => {
    const { width: wide, height: high } = natural();
    if (!wide) return;
    host.choose(factor === 1 ? null : [Math.round(high * factor), Math.round(wide * factor)]);
  };
  tie.addEventListener("click", () => {
    tied = !tied;
    tie.setAttribute("aria-pressed", String(tied));
  });
  width.addEventListener("input", () => {
    const shape = natural();
    if (tied && width.value && shape.width)
      height.value = Math.round((Number(width.value) * shape.height) / shape.width);
    send();
  });
  height.addEventListener("input", () => {
    const shape = natural();
    if (tied && height.value && shape.width)
      width.value = Math.round((Number(height.value) * shape.width) / shape.height);
    send();
  });
  return {
    field,
    show(value) {
      const shape = natural(),
        kept = field.stands(value);
      for (const [input, at, own] of [
        [width, 1, shape.width],
        [height, 0, shape.height],
      ]) {
        if (!kept && (document.activeElement !== input || value === undefined)) input.value = value?.[at] ?? "";
        input.placeholder = own ? String(own) : "auto";
      }
      chips.hidden = state.automatic !== null; // per cent are of the picture
      for (const chip of chips.children) {
        chip.disabled = !shape.width;
        const factor = Number(chip.dataset.factor);
        const is = value
          ? value[0] === Math.round(shape.height * factor) && value[1] === Math.round(shape.width * factor)
          : factor === 1;
        chip.setAttribute("aria-pressed", String(is));
      }
      field.changed(value !== undefined);
    },
  };
}
