// Maps that lie on the picture pixel by pixel (normal, roughness, height, …) and are made anew along with it.

import { make, sized } from "./dom.js";
import { plain } from "./fields.js";
import { icon } from "./icons.js";
import { nameOf, tidied } from "./mapnames.js";
import { decode, hold } from "./pictures.js";
import { report } from "./report.js";
import { ACCEPT, removeExtra } from "./source.js";
import { state, tell } from "./state.js";

const fieldsOf = () => [...state.extras.keys()].filter((field) => field.startsWith("map."));

/** Take a file as a map; one that is of another size than the picture is refused. */
async function add(file) {
  const map = await decode(file);
  const { picture, task } = state;
  if (picture && !task.images[0].many && (map.width !== picture.width || map.height !== picture.height)) {
    map.bitmap.close();
    URL.revokeObjectURL(map.url);
    throw new Error(`${file.name} is ${sized(map)}; a map must be ${sized(picture)}, as the picture is`);
  }
  const taken = fieldsOf().map((field) => field.slice(4));
  state.extras.set(`map.${nameOf(file.name, taken)}`, [hold(map)]);
  tell(["extras", "touched"]);
}

/** Give a map another name in its place; returns why it cannot have it, or "". */
function rename(field, wanted) {
  const name = tidied(wanted);
  const next = `map.${name}`;
  if (next === field) return "";
  if (!name) return "A map needs a name, of letters and digits";
  if (state.extras.has(next)) return `Another map is called ${name}`;
  const entries = [...state.extras];
  state.extras.clear();
  for (const [key, pictures] of entries) state.extras.set(key === field ? next : key, pictures);
  tell(["extras", "touched"]);
  return "";
}

/** A map in the form: its name, which can be changed, its file, and what is wrong with it. */
function rowOf(map, leave) {
  let field = "";
  const id = `map-${crypto.randomUUID()}`;
  const error = make("p", { className: "error", id, hidden: true });
  const name = make("input", {
    type: "text",
    className: "grow",
    autocomplete: "off",
    spellcheck: false,
    aria: { describedby: id },
  });
  const drop = make("button", { type: "button", className: "icon quiet small" }, icon("close"));
  const fail = (message, { focus = false } = {}) => {
    error.hidden = !message;
    error.textContent = message ? plain(message.replace(/^map /, "")) : "";
    if (message) name.setAttribute("aria-invalid", "true");
    else name.removeAttribute("aria-invalid");
    if (message && focus) name.focus();
  };
  name.addEventListener("change", () => {
    fail(rename(field, name.value));
    name.value = field.slice(4);
  });
  drop.addEventListener("click", () => {
    removeExtra(field);
    leave();
  });
  const about = make("span", { className: "dims file" }, `${map.name}, ${sized(map)}`);
  const root = make("li", { className: "row" }, make("img", { src: map.url, alt: "" }), name, drop, about, error);
  return {
    root,
    fail,
    show(now) {
      if (field !== now) fail("");
      field = now;
      if (document.activeElement !== name) name.value = field.slice(4);
      name.setAttribute("aria-label", `Name of the map ${field.slice(4)}`);
      drop.setAttribute("aria-label", `Remove the map ${field.slice(4)}`);
    },
  };
}

/** The part of the form that lists the maps: { root, show, fieldOf(name), clear }. */
export function mapsSection() {
  const pick = make("input", {
    type: "file",
    id: "map-file",
    multiple: true,
    accept: ACCEPT,
    className: "visually-hidden",
    tabIndex: -1,
    aria: { hidden: "true" },
  });
  const rows = make("ul", { className: "maps" });
  const error = make("p", { className: "error", id: "error-maps", role: "alert", hidden: true });
  const button = make(
    "button",
    { type: "button", id: "add-map", aria: { describedby: "error-maps" }, on: { click: () => pick.click() } },
    "Add maps…",
  );
  const known = new WeakMap(); // picture -> its row
  const leave = () => (rows.querySelector("input") ?? button).focus();
  const show = () => {
    const shown = fieldsOf().map((field) => {
      const [map] = state.extras.get(field);
      if (!known.has(map)) known.set(map, rowOf(map, leave));
      known.get(map).show(field);
      return known.get(map).root;
    });
    if (shown.length !== rows.children.length || shown.some((row, at) => row !== rows.children[at]))
      rows.replaceChildren(...shown);
  };
  const fail = (message) => {
    error.hidden = !message;
    error.textContent = message;
  };
  pick.addEventListener("change", async () => {
    const wrong = [];
    fail("");
    for (const file of [...pick.files]) {
      try {
        await add(file);
      } catch (problem) {
        if (problem.code === "offline") report(problem);
        else wrong.push(problem.message);
      }
    }
    pick.value = "";
    fail(wrong.join(". "));
  });
  const root = make(
    "div",
    { className: "field" },
    make("div", { className: "caption" }, make("span", { className: "label" }, "Maps of the material")),
    make(
      "p",
      { className: "help" },
      "Normal, roughness, height: pictures of the same size that are made anew along with this one, pixel for pixel.",
    ),
    rows,
    button,
    pick,
    error,
  );
  const fieldOf = (name) => known.get(state.extras.get(name)?.[0]);
  const clear = () => fieldsOf().forEach((field) => fieldOf(field)?.fail(""));
  return { root, show, fieldOf, clear };
}
