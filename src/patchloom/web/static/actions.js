// What can be done with a result: download, use as input, make again, more of the same, its maps and settings.

import * as api from "./api.js";
import { make, save } from "./dom.js";
import { plain } from "./fields.js";
import { icon } from "./icons.js";
import { fileOf } from "./keep.js";
import { notice, report } from "./report.js";
import { moreLike, rerun } from "./run.js";
import { begin, decodeAll, liesOver, usePicture } from "./source.js";
import { state } from "./state.js";

const FORMATS = ["png", "jpeg", "webp", "tiff", "exr", "gif", "mp4"]; // those that have a place for the settings
const OWN = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/tiff": "tiff",
  "image/x-exr": "exr",
  "image/webp": "webp",
};

/** Do something with a result; one that the server has forgotten can be made again. False where it came to nothing. */
export async function attempt(cell, work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (error.status === 404 || error.status === 410) {
      notice("The studio no longer holds this result. Its seed makes the same again.", {
        kind: "info",
        action: { label: "Make it again", run: () => rerun(cell) },
      });
    } else report(error);
    return false;
  }
}

async function download(cell, format) {
  if (format === OWN[cell.result.type]) return save(await fileOf(cell), cell.name);
  const { id } = cell.run;
  const path =
    format === "field"
      ? api.fieldPath(id, cell.index)
      : format.startsWith("map:")
        ? api.mapPath(id, cell.index, format.slice(4))
        : api.imagePath(id, cell.index, format);
  const { blob, name } = await api.fileAt(path);
  save(blob, name);
}

/** Work on a result, and on its own maps; what lay on the picture before does not lie on this one. */
async function asInput(cell) {
  const wanted = begin();
  const files = [["", await fileOf(cell), cell.name]];
  for (const name of cell.result.maps ?? []) {
    const map = await api.fileAt(api.mapPath(cell.run.id, cell.index, name));
    files.push([`map.${name}`, map.blob, map.name]);
  }
  const found = await decodeAll(files, wanted);
  if (!found) return;
  const [picture] = found.get("");
  found.delete("");
  usePicture(picture, new Map([...[...state.extras].filter(([field]) => !liesOver(field)), ...found]));
}

async function settings(cell) {
  const values = await api.metadata(cell.run.id, cell.index);
  const text = JSON.stringify(values, null, 2);
  const dialog = make(
    "dialog",
    { className: "settings", aria: { label: `Settings of seed ${cell.seed}` } },
    make("h2", {}, "Written into the file"),
    make("p", {}, "patchloom rerun FILE makes the picture again from these."),
    make("pre", { tabIndex: 0 }, text),
    make(
      "div",
      { className: "row" },
      make("span", { className: "spring" }),
      make("button", { type: "button", on: { click: () => navigator.clipboard?.writeText(text) } }, "Copy"),
      make("button", { type: "button", className: "primary", on: { click: () => dialog.close() } }, "Close"),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The buttons for a result. */
export function actionsOf(cell) {
  const own = OWN[cell.result.type];
  const error = make("p", { id: "error-format", className: "error", role: "alert", hidden: true });
  const format = make(
    "select",
    {
      id: "format",
      aria: { label: "Format of the download", describedby: "error-format" },
      on: { change: () => (error.hidden = true) },
    },
    FORMATS.filter((name) => cell.result.formats.includes(name)).map((name) =>
      make("option", { value: name, selected: name === own }, name.toUpperCase()),
    ),
  );
  const tryDownload = async () => {
    error.hidden = true;
    try {
      await download(cell, format.value);
    } catch (problem) {
      if (problem.field !== "format") throw problem;
      error.textContent = plain(problem.message);
      error.hidden = false;
    }
  };
  const maps = cell.result.maps ?? [];
  for (const name of maps) format.append(make("option", { value: `map:${name}` }, `Map: ${name}`));
  format.append(make("option", { value: "field" }, "Field (NPZ)"));
  const button = (id, name, text, work, props = {}) =>
    make("button", { type: "button", id, ...props, on: { click: () => attempt(cell, work) } }, icon(name), text);
  return [
    make(
      "div",
      { className: "joined" },
      button("download", "down", "Download", tryDownload, { className: "primary" }),
      format,
    ),
    error,
    cell.run.task.result !== "animation" && button("use-as-input", "input", "Use as input", () => asInput(cell)),
    button("more-like-this", "more", "More like this", () => moreLike(cell), { title: "The seeds that follow" }),
    button("rerun", "reset", "Rerun", () => rerun(cell), { title: "The same seed and settings again" }),
    button("settings", "list", "", () => settings(cell), {
      className: "quiet icon",
      title: "Settings: how it was made",
      aria: { label: "Settings" },
    }),
  ].filter(Boolean);
}
