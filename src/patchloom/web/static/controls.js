// One control per kind of parameter. Each is made by a function of (parameter, host) and gives
// { field, show(value, fallback) }; `host.choose(value)` says what the user chose, null for automatic.

import { make, spelled } from "./dom.js";
import { fieldAround, labelOf } from "./fields.js";
import { isInfinite, outside, scaleOf, STEPS, told } from "./scale.js";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/;

/** Slider and number with unit. */
export function numberControl(parameter, host) {
  const label = labelOf(parameter),
    id = `p-${parameter.name}`;
  const scale = scaleOf(parameter, { most: parameter.most ?? host.most(parameter) });
  const slider = make("input", {
    type: "range",
    className: "slider",
    min: 0,
    max: STEPS,
    step: 1,
    id: `${id}-slider`,
    aria: { label },
  });
  const number = make("input", {
    type: scale.endless ? "text" : "number",
    id,
    className: "number",
    inputMode: parameter.kind === "integer" ? "numeric" : "decimal",
    autocomplete: "off",
    min: parameter.low ?? undefined,
    max: scale.endless ? undefined : parameter.high,
    step: scale.step || "any",
  });
  const body = make(
    "div",
    { className: "numeric" },
    slider,
    make(
      "span",
      { className: "valued" },
      number,
      parameter.unit && make("span", { className: "unit" }, parameter.unit),
    ),
  );
  const field = fieldAround(parameter, [number, slider], body, { onReset: () => host.choose(null) });

  const paint = (value) => {
    const position = scale.position(value);
    slider.value = position;
    slider.style.setProperty("--part", `${(position / STEPS) * 100}%`);
    slider.setAttribute("aria-valuetext", `${told(value)}${parameter.unit ? ` ${parameter.unit}` : ""}`);
  };
  let current = 0; // keys go on from the number, also where it lies beyond the slider's end
  slider.addEventListener("input", () => {
    const value = scale.value(Number(slider.value));
    number.value = isInfinite(value) ? "inf" : value;
    host.choose(value);
  });
  slider.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way || !scale.step || isInfinite(current)) return; // fractions move by the slider's own steps
    event.preventDefault();
    const most = scale.endless ? Infinity : Number(parameter.high);
    host.choose(Math.min(most, Math.max(Number(parameter.low), current + way * scale.step)));
  });
  number.addEventListener("input", () => {
    const text = number.value.trim().toLowerCase();
    field.fail("");
    if (["inf", "infinity", "∞"].includes(text)) host.choose("inf");
    else if (number.validity.badInput || (text !== "" && !DECIMAL.test(text)))
      field.fail("Must be a number", { typed: true });
    else host.choose(text === "" ? null : Number(text));
  });
  return {
    field,
    show(value, fallback) {
      const set = value !== undefined;
      current = set ? value : (fallback ?? parameter.low ?? 0);
      const kept = field.stands(value) || (set && document.activeElement === number && Number(number.value) === value);
      if (!kept) {
        number.value = set ? (isInfinite(value) ? "inf" : value) : "";
      }
      number.placeholder = fallback === null || fallback === undefined ? "auto" : told(fallback);
      paint(current);
      slider.classList.toggle("automatic", !set && (fallback === null || fallback === undefined));
      if (!set && (fallback === null || fallback === undefined)) slider.setAttribute("aria-valuetext", "automatic");
      field.changed(set);
      const wrong = set ? outside(parameter, value) : "";
      if (wrong) field.fail(wrong, { typed: true });
    },
  };
}

const WORDS = { x: "Across", y: "Down", xy: "Both", all: "All of it", exact: "Exact", patchmatch: "PatchMatch" };

/** A few words side by side, or a list where they are many. */
export function choiceControl(parameter, host) {
  const words = parameter.choices.includes(parameter.default) ? parameter.choices : [null, ...parameter.choices];
  const none = parameter.told && parameter.told !== "none" ? "Auto" : "None";
  const wordOf = (choice) => (choice === null ? none : (WORDS[choice] ?? spelled(choice)));
  const short = words.map(wordOf).join("").length + 4 * words.length <= 36; // what fits side by side
  return short ? segments(parameter, host, words, wordOf) : list(parameter, host, words, wordOf);
}

function segments(parameter, host, words, wordOf) {
  const inputs = words.map((choice, index) =>
    make("input", {
      type: "radio",
      name: `p-${parameter.name}`,
      id: `p-${parameter.name}${index ? `-${choice}` : ""}`,
      value: choice ?? "",
      on: { change: () => host.choose(choice) },
    }),
  );
  const body = make(
    "div",
    { className: "segments" },
    words.map((choice, index) => make("label", {}, inputs[index], make("span", {}, wordOf(choice)))),
  );
  const field = fieldAround(parameter, inputs, body, { onReset: () => host.choose(null), group: true });
  return {
    field,
    show(value, fallback) {
      const at = Math.max(0, words.indexOf(value ?? fallback ?? null));
      inputs.forEach((input, index) => {
        input.checked = index === at;
      });
      field.changed(value !== undefined);
    },
  };
}

function list(parameter, host, words, wordOf) {
  const select = make(
    "select",
    { id: `p-${parameter.name}`, on: { change: () => host.choose(words[select.selectedIndex]) } },
    words.map((choice) => make("option", { value: choice ?? "" }, wordOf(choice))),
  );
  const field = fieldAround(parameter, [select], select, { onReset: () => host.choose(null) });
  return {
    field,
    show(value, fallback) {
      select.selectedIndex = Math.max(0, words.indexOf(value ?? fallback ?? null));
      field.changed(value !== undefined);
    },
  };
}

/** Yes or no. */
export function flagControl(parameter, host) {
  const box = make("input", {
    type: "checkbox",
    id: `p-${parameter.name}`,
    className: "switch",
    on: { change: () => host.choose(box.checked) },
  });
  const field = fieldAround(parameter, [box], box, { onReset: () => host.choose(null), inline: true });
  return {
    field,
    show(value, fallback) {
      box.checked = value ?? fallback ?? false;
      field.changed(value !== undefined && value !== (fallback ?? false));
    },
  };
}

const COLOURS = { null: "None", alpha: "Transparent", edges: "Edges", source: "As it is", hole: "Painted" };

/** A colour, or one of a few words; what is neither is shown as a chip of its own. */
export function colourControl(parameter, host) {
  const label = labelOf(parameter);
  const words = parameter.choices ?? [];
  const text = make("input", {
    type: "text",
    id: `p-${parameter.name}-value`,
    autocomplete: "off",
    spellcheck: false,
    aria: { label: `${label}: colour` },
  });
  const well = make("input", { type: "color", value: "#00ffff", aria: { label: `${label}: colour picker` } });
  const row = make("div", { className: "row" }, well, text);
  const chip = (word, name, value) =>
    make(
      "button",
      {
        type: "button",
        className: "chip",
        id: `p-${parameter.name}${word ? `-${word}` : ""}`,
        data: { word },
        aria: { pressed: "false" },
        on: { click: () => host.choose(value) },
      },
      name,
    );
  const none = parameter.default === null ? [chip("", COLOURS[parameter.name] ?? COLOURS.null, null)] : [];
  const chips = [
    ...none,
    ...words.map((word) => chip(word, COLOURS[word] ?? spelled(word), word)),
    chip("colour", "Colour…", well.value),
  ];
  const field = fieldAround(
    parameter,
    [...chips, text, well],
    make("div", { className: "colour" }, make("div", { className: "chips" }, chips), row),
    { onReset: () => host.choose(null), group: true },
  );
  text.addEventListener("input", () => {
    host.choose(text.value.trim() || null);
  });
  well.addEventListener("input", () => host.choose(well.value));
  return {
    field,
    show(value, fallback) {
      const now = value ?? fallback ?? "";
      const own = now !== "" && !words.includes(now);
      row.hidden = !own && document.activeElement !== text;
      if (document.activeElement !== text) text.value = own ? now : "";
      if (/^#[0-9a-f]{6}$/i.test(now)) well.value = now;
      for (const one of chips) one.setAttribute("aria-pressed", String(one.dataset.word === (own ? "colour" : now)));
      field.changed(value !== undefined);
    },
  };
}

/** Numbers with commas between. */
export function weightsControl(parameter, host) {
  const byName = parameter.kind === "weights_by_name";
  const text = make("input", {
    type: "text",
    id: `p-${parameter.name}`,
    autocomplete: "off",
    placeholder: byName ? "normal: 1, height: 0.5" : "1, 1, …",
  });
  const field = fieldAround(parameter, [text], text, { onReset: () => host.choose(null) });
  const parsed = () =>
    byName
      ? named(text.value)
      : text.value
          .split(/[\s,;]+/)
          .filter(Boolean)
          .map(Number);
  text.addEventListener("input", () => {
    const value = parsed();
    const numbers = Object.values(value);
    const wrong = !numbers.every(Number.isFinite) || "" in value;
    field.fail(
      wrong
        ? `Must be ${byName ? "names with numbers, such as normal: 1, height: 0.5" : "numbers, such as 2, 1, 1"}`
        : "",
      { typed: true },
    );
    if (!wrong) host.choose(numbers.length ? value : null);
  });
  return {
    field,
    show(value) {
      if (!field.stands(value) && document.activeElement !== text) {
        text.value =
          value === undefined
            ? ""
            : Array.isArray(value)
              ? value.join(", ")
              : Object.entries(value)
                  .map((pair) => pair.join(": "))
                  .join(", ");
      }
      field.changed(value !== undefined);
    },
  };
}

const named = (text) =>
  Object.fromEntries(
    text
      .split(/[,;]+/)
      .filter((part) => part.trim())
      .map((part) => {
        const [name, number = ""] = part.split(/[:=]/);
        return [name.trim(), number.trim() ? Number(number) : NaN];
      }),
  );

/** What is set by dragging in the picture: the form says how much of it there is. */
export function drawnControl(parameter, host) {
  const text = make("span", { id: `p-${parameter.name}`, className: "drawn" });
  const field = fieldAround(parameter, [text], text, { onReset: () => host.choose(null), group: true });
  return {
    field,
    show(value) {
      const pieces = value === undefined ? 0 : parameter.kind === "shift" ? 1 : Object.keys(value).length;
      text.textContent =
        pieces === 0
          ? "Drag in the picture to set this"
          : parameter.kind === "shift"
            ? `${value[1]} px to the right, ${value[0]} px down`
            : `${pieces} set in the picture`;
      field.changed(value !== undefined);
    },
  };
}
