// Results as the page keeps them: a small picture of each for the grid and the history, and the files as long as there
// is room. The server forgets results after a while; a seed makes the same again.

import * as api from "./api.js";
import { reduced, release } from "./pictures.js";
import { state, tell } from "./state.js";

const SMALL = 1_200_000; // pixels up to which the file itself is shown in the grid
const SIDE = 768; // longer side of what is shown of a larger one
const ROOM = 384e6; // bytes of files that the page keeps
const RUNS = 60;
const LISTED = { side: 384, type: "image/webp", quality: 0.9 }; // of a result whose file had to go

/** Keep a run; with a cell, fetch what is shown of it. */
export async function keep(run, cell = null) {
  if (!cell) {
    state.runs.push(run);
    const spare = state.runs.filter((one) => one !== run && one !== state.run && one !== state.active);
    for (const old of spare.slice(0, Math.max(0, state.runs.length - RUNS))) forget(old);
    tell(["runs"]);
    return;
  }
  const { width, height, type } = cell.result;
  if (/png|webp|jpeg|gif/.test(type) && (width * height <= SMALL || type === "image/webp")) {
    await fileOf(cell);
    cell.thumb = cell.url;
    makeRoom(cell);
  } else {
    cell.thumb = URL.createObjectURL(
      await api.blobAt(api.previewPath(run.id, cell.index, Math.min(SIDE, Math.max(width, height)))),
    );
  }
  if (!state.runs.includes(run)) free(cell); // forgotten while it was fetched
}

/** The file of a result; fetched at its first use. */
export async function fileOf(cell) {
  if (cell.blob) return cell.blob;
  const file = await api.fileAt(api.imagePath(cell.run.id, cell.index));
  if (cell.blob) return cell.blob; // asked for twice
  Object.assign(cell, { blob: file.blob, name: file.name, url: URL.createObjectURL(file.blob) });
  if (cell.thumb) makeRoom(cell);
  return file.blob;
}

/** An address that an img can show at full size: the file's, or an 8-bit copy where browsers cannot read it. */
export async function fullOf(cell) {
  if (!/tiff|exr/.test(cell.result.type)) {
    await fileOf(cell);
    return cell.url;
  }
  if (!cell.shown) {
    const copy = await api.blobAt(api.previewPath(cell.run.id, cell.index));
    cell.shown ??= URL.createObjectURL(copy);
    cell.copied = copy.size;
    makeRoom(cell);
  }
  return cell.shown;
}

/** Let go of the oldest files that only the history lists. */
function makeRoom(newest) {
  let sum = 0;
  for (const run of [...state.runs].reverse()) {
    for (const cell of run.cells) {
      if (!cell.blob && !cell.shown) continue;
      sum += (cell.blob?.size ?? 0) + (cell.shown ? cell.copied : 0);
      if (sum > ROOM && cell !== newest && run !== state.run) lighten(cell).catch(() => {}); // it stays as it is
    }
  }
}

/** Let go of a file; a small copy is listed where it was itself. */
async function lighten(cell) {
  const { blob, url } = cell;
  if (url && cell.thumb === url) {
    if (cell.lightening) return;
    cell.lightening = true;
    const small = await reduced(blob, LISTED.side, LISTED).finally(() => {
      cell.lightening = false;
    });
    if (cell.blob !== blob || cell.run === state.run) return; // forgotten meanwhile, or shown again
    cell.thumb = URL.createObjectURL(small.blob);
    cell.paint?.();
  }
  const old = [url, cell.shown];
  Object.assign(cell, { blob: null, url: null, shown: null });
  tell(["runs"]);
  for (const one of old) if (one) URL.revokeObjectURL(one);
}

/** Take a run out of the history. */
export function forget(run) {
  state.runs = state.runs.filter((one) => one !== run);
  run.cells.forEach(free);
  release(run.picture);
}

function free(cell) {
  for (const url of new Set([cell.url, cell.thumb, cell.shown, cell.still])) if (url) URL.revokeObjectURL(url);
  Object.assign(cell, { url: null, thumb: null, blob: null, shown: null, still: null, paint: null });
}
