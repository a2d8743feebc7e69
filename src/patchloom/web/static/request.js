// What is sent to the server: the task, its parameters, and every picture under its field.

import { hasErrors, parameters } from "./form.js";
import { madeOf } from "./pictures.js";
import { currentTool } from "./source.js";
import { state } from "./state.js";

/** Why a run cannot start yet, in plain words, or null. */
export function problem() {
  if (!state.picture) return "Open a picture first: drop one here, paste it or choose a file";
  if (hasErrors()) return "Correct the field that is marked first";
  const told = currentTool()?.problem();
  if (told) return told;
  return null;
}

/** The request as it stands: { task, picture, parameters, files: [[field, blob, name]], drawn }. */
export async function collect() {
  const { task, picture } = state;
  const tool = currentTool();
  const made = tool ? await tool.files() : new Map();
  // A collage's tool names all its pictures, in the order in which they lie.
  const names = new Map([picture, ...[...state.extras.values()].flat()].map(({ blob, name }) => [blob, name]));
  const files = made.has("image") ? [] : [["image", picture.blob, picture.name]];
  const allowed = new Set([...task.images.map(({ name }) => name), ...task.files.map(({ name }) => name)]);
  for (const [field, pictures] of state.extras) {
    const wanted = field.startsWith("map.") || (allowed.has(field) && !made.has(field));
    if (!wanted || (field === "image" && !task.images[0].many)) continue;
    for (const extra of pictures) files.push([field, extra.blob, extra.name]);
  }
  for (const [field, blob] of made) {
    for (const one of [blob].flat()) if (one) files.push([field, one, names.get(one) ?? madeOf(picture, field)]);
  }
  const values = { ...parameters(), ...(tool?.parameters() ?? {}) };
  return { task, picture, parameters: values, files, drawn: tool?.drawn() ?? null };
}

export function asForm({ task, parameters: values, files }) {
  const form = new FormData();
  form.append("task", task.name);
  const finite = (_, value) => (value === Infinity ? "inf" : value); // JSON has no infinity
  form.append("parameters", JSON.stringify(values, finite));
  for (const [field, blob, name] of files) form.append(field, blob, name);
  return form;
}

// Parameters of the engine in pixels of a patch or of the coarsest level: they do not shrink with the picture.
const OWN_PIXELS = ["patch_size", "coarsest"];

/** The parameters for a picture that is `factor` times as large: everything measured in its pixels goes along. */
export function scaled(task, values, factor) {
  const by = (number) => Math.round(number * factor);
  const kinds = new Map(task.parameters.map((parameter) => [parameter.name, parameter]));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const { kind = "", unit = "" } = kinds.get(name) ?? {};
      if (name === "size") return [name, value.map((side) => Math.max(1, by(side)))];
      if (kind === "moves")
        return [
          name,
          value.map(({ box, shift }) => ({
            box: [by(box[0]), by(box[1]), Math.max(1, by(box[2])), Math.max(1, by(box[3]))],
            shift: shift.map(by),
          })),
        ];
      if (kind === "shift") return [name, value.map(by)];
      if (kind === "places")
        return [name, Object.fromEntries(Object.entries(value).map(([which, corner]) => [which, corner.map(by)]))];
      if (unit === "px" && typeof value === "number" && !OWN_PIXELS.includes(name))
        return [name, kind === "integer" ? by(value) : value * factor];
      return [name, value];
    }),
  );
}
