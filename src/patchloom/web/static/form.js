// The panel of parameters, made from the schema: a few first, the engine's numbers under "More".

import { attachedField } from "./attached.js";
import { choiceControl, colourControl, drawnControl, flagControl, numberControl, weightsControl } from "./controls.js";
import { byId, make } from "./dom.js";
import { mapsSection } from "./maps.js";
import { newSeed, seedControl, sizeControl } from "./special.js";
import { choose, chosen, state, subscribe, tell } from "./state.js";

const BY_KIND = {
  integer: numberControl,
  number: numberControl,
  choice: choiceControl,
  flag: flagControl,
  colour: colourControl,
  fill: colourControl,
  weights: weightsControl,
  weights_by_name: weightsControl,
  moves: drawnControl,
  shift: drawnControl,
  places: drawnControl,
};
const BY_NAME = { seed: seedControl, size: sizeControl };
const FIRST = ["count", "seed", "diversity", "size"];
const MANY_VARIATIONS = 16; // where the slider of variations ends; the number beside it goes on to the limit

let controls = new Map();
let presets = {};
let maps = null;

/** What the server would take where nothing is chosen: the preset's number, else the default. */
export function fallbackOf(parameter) {
  const preset = chosen().preset;
  return presets[preset]?.[parameter.name] ?? (parameter.name === "count" ? usualCount() : parameter.default);
}

/** Variations to begin with: eight where seeds differ much, one where a result is long in the making. */
function usualCount() {
  const { task } = state;
  const most = state.schema.limits.count ?? 64;
  return Math.min(most, task.result === "animation" ? 1 : task.name === "generate" ? 8 : 4);
}

/** What goes to the server: what was chosen, how many variations and, unless one was chosen, another seed each time. */
export function parameters() {
  const values = { ...chosen() };
  values.count ??= usualCount();
  values.seed ??= freshSeed();
  return values;
}

/** Another seed, but the same for as long as the live mode is on: what changes there is what is changed. */
function freshSeed() {
  if (state.live) return state.run?.cells[0].seed ?? 0;
  return newSeed();
}

const host = (parameter) => ({
  choose: (value) => {
    controls.get(parameter.name)?.field.fail("");
    choose(parameter.name, value);
  },
  most: () => mostOf(parameter),
});

/** Where a slider ends: lengths in pixels are hardly ever longer than the picture. */
function mostOf({ name, unit }) {
  if (name === "count") return MANY_VARIATIONS;
  if (unit !== "px" || name === "patch_size") return Infinity;
  return state.picture ? Math.max(state.picture.width, state.picture.height, 64) : 512;
}

function build() {
  const { task } = state;
  controls = new Map();
  presets = task.presets ?? {};
  const parts = { first: [], more: [] };
  for (const parameter of sorted(task.parameters)) {
    const make_ =
      BY_NAME[parameter.name] ??
      (parameter.choices?.length && parameter.kind !== "fill" ? choiceControl : BY_KIND[parameter.kind]);
    if (!make_) continue;
    if (parameter.name === "preset" && parameter.choices.length < 2) continue; // nothing to choose
    const control = make_(parameter, host(parameter));
    controls.set(parameter.name, { ...control, parameter });
    parts[parameter.group === "expert" || parameter.name === "map_weights" ? "more" : "first"].push(control.field.root);
  }
  for (const role of task.files) {
    if (role.kind === "mask") continue; // painted in the picture
    const field = attachedField(role);
    controls.set(role.name, { field, show: field.show, parameter: role });
    parts.first.push(field.root);
  }
  const more = byId("more");
  maps = mapsSection();
  byId("task-title").textContent = task.title;
  byId("task-help").textContent = task.help;
  byId("fields").replaceChildren(...parts.first);
  more.querySelector(".fields").replaceChildren(...parts.more, maps.root);
  show();
}

/** The general ones first, then the task's own in their order. */
function sorted(parameters) {
  const rank = ({ name, group }) =>
    FIRST.includes(name) ? FIRST.indexOf(name) : name === "map_weights" ? 30 : group === "expert" ? 20 : 10;
  return [...parameters].sort((one, other) => rank(one) - rank(other));
}

/** Show the values of the task in use. */
function show() {
  const values = chosen();
  maps.show();
  for (const { show: display, parameter } of controls.values()) display(values[parameter.name], fallbackOf(parameter));
  const changed = [...controls.values()].filter(
    ({ parameter }) => parameter.group === "expert" && values[parameter.name] !== undefined,
  ).length;
  byId("more-changed").textContent = changed ? `${changed} changed` : "";
}

/** Show an error beside its field, and go there if `focus` says so; false if the form has no such field. */
export function failField(name, message, { focus = false } = {}) {
  const field = controls.get(name)?.field ?? maps.fieldOf(name);
  if (!field) return false;
  if (byId("more").contains(field.root)) byId("more").open = true;
  field.fail(message, { focus });
  field.root.scrollIntoView({ block: "nearest" });
  return true;
}

/** Take away what the server said; what cannot be sent stays marked, unless `all` goes. */
export function clearErrors({ all = false } = {}) {
  for (const { field } of controls.values()) if (all || field.root.dataset.typed !== "true") field.fail("");
  maps.clear();
}

/** True where what stands in a field cannot be sent. */
export const hasErrors = () => document.querySelector('#panel [data-typed="true"]') !== null;

export function startForm() {
  byId("defaults").addEventListener("click", () => {
    for (const name of Object.keys(chosen())) choose(name, null, { quiet: true });
    clearErrors({ all: true });
    tell(["values", "touched"]);
  });
  byId("panel-form").addEventListener("submit", (event) => event.preventDefault());
  subscribe(["task"], build);
  subscribe(["values", "extras", "automatic"], show);
  subscribe(["picture"], () => {
    if (state.task) build();
  });
  byId("more").append(make("div", { className: "fields" }));
}
