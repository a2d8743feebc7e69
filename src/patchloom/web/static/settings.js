// Settings that come along with a picture: of an example, or of a run that the history brings back.

import { fallbackOf } from "./form.js";
import { chosen, state } from "./state.js";

/** Choose what `given` says for the task in use, and nothing else; quietly, as the picture comes next. */
export function bringSettings(given) {
  const values = chosen();
  for (const name of Object.keys(values)) delete values[name];
  const { preset } = given; // it decides what the others are by default
  const named = state.task.parameters.some(({ name }) => name === "preset");
  if (named && preset !== undefined) values.preset = preset;
  for (const parameter of state.task.parameters) {
    const { name } = parameter;
    const value = given[name];
    const usual = JSON.stringify(fallbackOf(parameter)) === JSON.stringify(value);
    if (value !== undefined && !usual) values[name] = value;
    else delete values[name];
  }
}
