// The picture that is worked on: where it comes from, and the tool of the task that lies on it.

import { announce, byId, counted, make, sized } from "./dom.js";
import { icon } from "./icons.js";
import { decode, filesIn, hold, release, rest } from "./pictures.js";
import { notice, report } from "./report.js";
import { chooseAll, chosen, state, subscribe, tell, update } from "./state.js";

let tool = null;
let opening = 0;
let turns = 0;
let brought = null; // what the next tool takes up

export const currentTool = () => tool;

/** Begin to open something; who began before has to leave it. Gives a function: is it this one's turn still? */
export function begin() {
  turns += 1;
  return staying();
}

/** Whether what was open at the call of this is open still. */
function staying() {
  const turn = turns;
  return () => turn === turns;
}

/** Decode [field, blob, name] each: pictures by field. Null, and nothing is kept, once `wanted()` says no. */
export async function decodeAll(files, wanted) {
  const found = new Map();
  try {
    for (const [field, blob, name] of files) {
      found.set(field, [...(found.get(field) ?? []), await decode(blob, name)]);
      if (!wanted()) break;
    }
  } catch (error) {
    [...found.values()].flat().forEach(release);
    if (!wanted()) return null;
    throw error;
  }
  if (wanted()) return found;
  [...found.values()].flat().forEach(release);
  return null;
}

/**
 * Work on `picture`, which is awake, and with `extras` from now on, all at once. The one before is kept as long as the
 * history needs it. `drawn` is what the tool said of itself when it was used last.
 */
export function usePicture(picture, extras, drawn = null) {
  const { picture: before, extras: had } = state;
  [picture, ...[...extras.values()].flat()].forEach(hold);
  brought = drawn;
  update({ picture, extras, view: "picture", cell: null });
  [before, ...[...had.values()].flat()].forEach(release);
  if (before && picture !== before) rest(before);
  announce(`${picture.name}, ${sized(picture)}`);
}

/** Open files that were dropped, pasted or picked: the first is the picture, a collage takes all. */
export async function openFiles(files) {
  if (!files.length) return;
  const many = state.task?.images.some((role) => role.many);
  const adding = many && state.picture;
  const wanted = adding ? staying() : begin();
  const stage = byId("work");
  stage.setAttribute("aria-busy", "true");
  try {
    if (adding) for (const file of files) await addExtra("image", file, file.name, wanted);
    else await openAll(files, many, wanted);
  } catch (error) {
    if (wanted()) report(error);
  } finally {
    if (wanted()) stage.removeAttribute("aria-busy");
  }
}

async function openAll([first, ...others], many, wanted) {
  const further = many ? others.map((file) => ["image", file, file.name]) : [];
  const found = await decodeAll([["", first, first.name], ...further], wanted);
  if (!found) return;
  const [picture] = found.get("");
  found.delete("");
  const kept = fitting(picture);
  const gone = [...state.extras.keys()].filter((field) => !kept.has(field)).map((field) => field.replace(/^map\./, ""));
  usePicture(picture, new Map([...kept, ...found]));
  if (gone.length) notice(`Left out, being of another size: ${gone.join(", ")}`, { kind: "info" });
  if (!others.length || many) return;
  const left = others.length === 1 ? "one other file was" : `${others.length} others were`;
  notice(`${first.name} was opened; ${left} left out, since this task takes one picture`, { kind: "info" });
}

/** Whether what comes as `field` lies on the picture pixel by pixel: masks, maps, and what was painted over it. */
export function liesOver(field) {
  return (
    field.startsWith("map.") ||
    ["edited", "painting"].includes(field) ||
    state.schema.tasks.some((task) => task.files.some(({ name, kind }) => name === field && kind === "mask"))
  );
}

/** The further pictures that fit to another picture. */
function fitting({ width, height }) {
  const same = (extra) => extra.width === width && extra.height === height;
  return new Map([...state.extras].filter(([field, [extra]]) => !liesOver(field) || same(extra)));
}

/** Add a further picture; only "image" has several. */
export async function addExtra(name, blob, filename = blob.name, wanted = staying()) {
  const picture = hold(await decode(blob, filename));
  if (!wanted()) {
    release(picture);
    return null;
  }
  const listed = state.extras.get(name) ?? [];
  if (name === "image") state.extras.set(name, [...listed, picture]);
  else {
    listed.forEach(release);
    state.extras.set(name, [picture]);
  }
  tell(["extras", "touched"]);
  return picture;
}

export function removeExtra(name, index = 0) {
  const listed = [...(state.extras.get(name) ?? [])];
  listed.splice(index, 1).forEach(release);
  if (listed.length) state.extras.set(name, listed);
  else state.extras.delete(name);
  tell(["extras", "touched"]);
}

const context = {
  values: () => ({ ...chosen() }),
  extra: (name) => state.extras.get(name)?.[0] ?? null,
  extras: (name) => state.extras.get(name) ?? [],
  addExtra,
  removeExtra,
  problem: (text) => notice(text),
};

/** Put the tool of the task onto the picture, or the picture alone where the task has none. */
async function openTool() {
  if (!state.picture || !state.task) return;
  const turn = ++opening;
  const { picture, task } = state;
  const drawn = brought;
  brought = null;
  closeTool();
  const host = byId("tool");
  try {
    const tools = await import("./tools/index.js");
    if (turn !== opening) return;
    const opened = await tools.openTool(task, host, picture, { ...context, limits: state.schema.limits, drawn });
    if (turn !== opening) return opened?.close();
    tool = opened;
  } catch (error) {
    if (turn !== opening) return;
    notice(`The tool for this task could not be opened: ${error.message}`);
  }
  showAutomatic(tool?.automatic() ?? null);
  if (!tool)
    host.replaceChildren(make("img", { className: "plain", src: picture.url, alt: `Picture: ${picture.name}` }));
  tell(["tool"]);
}

function closeTool() {
  try {
    tool?.close();
  } finally {
    tool = null;
    showAutomatic(null);
    byId("tool").replaceChildren();
  }
}

/** Have the tool take up what the form says; what comes of that where the form says nothing is shown there. */
function takeUp() {
  tool?.set({ ...chosen() });
  showAutomatic(tool?.automatic() ?? null);
}

function showAutomatic(size) {
  const { automatic } = state;
  if (size?.width !== automatic?.width || size?.height !== automatic?.height) update({ automatic: size });
}

/** Values that were dragged in the picture, and not typed into the form. */
function takeFromTool(event) {
  chooseAll(event.detail?.parameters ?? {});
}

export const ACCEPT = "image/*,.tif,.tiff,.exr,.hdr";

/** A button that lets a file be picked, and its hidden input. */
export function pickButton(id, text, props = {}) {
  const input = make("input", {
    type: "file",
    id: `${id}-file`,
    accept: ACCEPT,
    multiple: true,
    className: "visually-hidden",
    tabIndex: -1,
    aria: { label: text },
  });
  input.addEventListener("change", async () => {
    await openFiles([...input.files]);
    input.value = "";
  });
  return [
    make("button", { type: "button", id, on: { click: () => input.click() }, ...props }, icon("open"), text),
    input,
  ];
}

function showSource() {
  const { picture } = state;
  const was = document.activeElement;
  const leaving = byId("source").contains(was) || byId("welcome").contains(was); // who chose a picture goes on from it
  byId("source").hidden = !picture;
  byId("source").replaceChildren(
    ...(picture
      ? [
          make("img", { src: picture.url, alt: "", className: "chip-picture" }),
          make(
            "span",
            { className: "names" },
            make("span", { className: "name", title: picture.name }, picture.name),
            make("span", { className: "dims" }, sized(picture)),
          ),
          ...pickButton("open", "Open…", { className: "quiet" }),
          make(
            "button",
            {
              type: "button",
              id: "examples",
              className: "quiet",
              title: "Examples",
              on: { click: () => update({ view: "welcome" }) },
            },
            icon("picture"),
            make("span", { className: "words" }, "Examples"),
          ),
        ]
      : []),
  );
  if (leaving) byId("open")?.focus();
}

function listenForFiles() {
  const hint = byId("drop-hint");
  let inside = 0;
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (holdsFiles(event) && ++inside) hint.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (holdsFiles(event) && --inside <= 0) {
      inside = 0;
      hint.hidden = true;
    }
  });
  addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    inside = 0;
    hint.hidden = true;
    if (!holdsFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    openFiles(filesIn(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const files = filesIn(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    openFiles(
      files.map((file) => (file.name === "image.png" ? new File([file], "pasted.png", { type: file.type }) : file)),
    );
  });
}

export function startSource() {
  listenForFiles();
  byId("tool").addEventListener("toolchange", takeFromTool);
  subscribe(["picture", "task"], openTool);
  subscribe(["picture"], showSource);
  subscribe(["values", "extras"], takeUp);
  showSource();
}
