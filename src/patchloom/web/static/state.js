// What the page knows, in one place; who shows a part of it asks to be told of changes.

export const state = {
  schema: null, // GET /api/tasks
  task: null, // the task in use, one of schema.tasks
  picture: null, // the picture that is worked on: { blob, name, width, height, bitmap, url }
  extras: new Map(), // field -> further pictures
  automatic: null, // { width, height } of the result where nothing is chosen, if it is not the picture's
  values: {}, // task -> { parameter: value } where the user chose something else than the default
  runs: [], // since the page was opened, oldest first
  run: null, // the one whose results are shown
  active: null, // the one that the server works on
  cell: null, // the result that is looked at closely
  live: false,
  liveRun: null, // what the live mode shows
  view: "picture", // "picture", "both" or "results"
  online: true,
  moving: true, // animations do, until they are stopped
};

const listeners = new Map();

/** Call `listener(state)` after each `update` that names one of `keys`. */
export function subscribe(keys, listener) {
  for (const key of keys) {
    if (!listeners.has(key)) listeners.set(key, new Set());
    listeners.get(key).add(listener);
  }
}

/** Change the state and tell each listener once. */
export function update(changes) {
  Object.assign(state, changes);
  tell(Object.keys(changes));
}

/** Tell the listeners of `keys`, after something inside of a value changed. */
export function tell(keys) {
  const called = new Set(keys.flatMap((key) => [...(listeners.get(key) ?? [])]));
  for (const listener of called) listener(state);
}

/** What was chosen for the task in use. */
export function chosen(task = state.task) {
  state.values[task.name] ??= {};
  return state.values[task.name];
}

/** Choose `value` for a parameter; undefined and null take the choice back. */
export function choose(name, value, { quiet = false } = {}) {
  set(name, value);
  tell(quiet ? ["values"] : ["values", "touched"]);
}

/** Choose several at once, so that nobody sees some of them new and others as they were. */
export function chooseAll(changes) {
  for (const [name, value] of Object.entries(changes)) set(name, value);
  tell(["values", "touched"]);
}

function set(name, value) {
  const values = chosen();
  if (value === undefined || value === null) delete values[name];
  else values[name] = value;
}
