// The live mode: while a slider moves, a small picture follows; once it rests, one at full size.

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { icon } from "./icons.js";
import { shownOf, stands } from "./moving.js";
import { reduced } from "./pictures.js";
import { report } from "./report.js";
import { asForm, collect, problem, scaled } from "./request.js";
import { cancelNow, start } from "./run.js";
import { state, subscribe, update } from "./state.js";

const SIDE = 160; // longer side of what follows the slider
const PACE = 110; // milliseconds between two of them: a small run has time to end
const REST = 450; // milliseconds without a change after which the full size is made
const COMING = "Full size…";

let next = null,
  resting = null,
  small = null,
  last = 0,
  busy = false,
  again = false,
  changes = 0, // so far
  made = -1, // the one that state.liveRun shows
  era = 0, // how often the preview was put away
  restored = false, // what is shown was brought back, and nobody has touched it since
  owed = false, // something changed while a run that was asked for by hand was at work
  inset,
  image,
  caption,
  cached = new WeakMap();

/** Something changed: a small picture soon, the full one when it rests. */
function changed() {
  if (!state.live || !state.picture || restored) return;
  changes += 1;
  if (state.active?.live) cancelNow({ quiet: true });
  clearTimeout(resting);
  owed = state.active !== null; // what was asked for by hand is made and seen first
  if (owed) return;
  resting = setTimeout(full, REST);
  if (busy) again = true;
  else soon();
}

function soon() {
  clearTimeout(next);
  next = setTimeout(follow, Math.max(0, PACE - (performance.now() - last)));
}

/** The history brings something back: that is no change by hand, and nothing is made of it until there is one. */
export function restoring() {
  restored = true;
  leave();
  if (state.active?.live) cancelNow({ quiet: true });
  update({ liveRun: null }); // what was asked for by name stays when the next one comes
}

/** Make the small picture; the one before is cancelled. */
async function follow() {
  if (problem()) return;
  last = performance.now();
  busy = true;
  drop();
  const mine = era;
  try {
    const job = await api.submit(asForm(await smaller()));
    if (mine !== era) {
      api.cancel(job.id).catch(() => {});
      return;
    }
    const stop = api.follow(job, {
      step: (step) => {
        if (step.preview) paint(job.id, step.preview, "Live, coarse");
      },
      result: (result) => paint(job.id, pathOf(job.id, result.index), "Live"),
      failed: (failed) => report(failed.error),
      lost: report,
    });
    small = { id: job.id, stop };
  } catch (error) {
    report(error);
  } finally {
    busy = false;
    if (again) {
      again = false;
      if (!state.active?.live) soon();
    }
  }
}

/** Where a small result is shown from: of an animation the first picture only, while nothing is to move. */
const pathOf = (id, index) => (stands({ run: state }) ? api.previewPath : api.imagePath)(id, index);

/** The request with everything reduced: pictures, masks and what is measured in their pixels. */
async function smaller() {
  const request = await collect();
  const factor = Math.min(1, SIDE / Math.max(request.picture.width, request.picture.height));
  const { hole = "alpha" } = request.parameters;
  const smooth = hole === "alpha"; // a colour that says where the hole is stays as it is
  const shown = new Map([request.picture, ...[...state.extras.values()].flat()].map((one) => [one.blob, one.shown]));
  const files = [];
  for (const [field, blob, name] of request.files) {
    files.push([field, await little(shown.get(blob) ?? blob, factor, smooth), `${name}.png`]);
  }
  return { ...request, files, parameters: { ...scaled(request.task, request.parameters, factor), count: 1 } };
}

/** A blob reduced by `factor`; that of the picture is made once. */
async function little(blob, factor, smooth) {
  const known = cached.get(blob);
  if (known?.factor === factor && known.smooth === smooth) return known.blob;
  const bitmap = await createImageBitmap(blob);
  const side = Math.max(1, Math.round(Math.max(bitmap.width, bitmap.height) * factor));
  bitmap.close();
  const made = { factor, smooth, blob: (await reduced(blob, side, { smooth })).blob };
  cached.set(blob, made);
  return made.blob;
}

function drop() {
  if (!small) return;
  small.stop();
  api.cancel(small.id).catch(() => {});
  small = null;
}

/** The full size, once nothing moves any more. */
async function full() {
  if (!state.live || state.active) return;
  if (problem()) return hide(); // nothing comes that would take its place
  const { task, picture, liveRun } = state;
  const mine = changes;
  const making = async () => {
    const request = await collect();
    return { ...request, parameters: { ...request.parameters, count: 1 } };
  };
  caption.textContent = COMING;
  const replaces = liveRun?.task === task && liveRun.picture === picture ? liveRun : null;
  const run = await start(making, { replaces, live: true });
  if (run) {
    made = mine;
    update({ liveRun: run });
  } else if (mine === changes) hide();
}

async function paint(id, source, words) {
  const found = new Image();
  found.src = source;
  try {
    await found.decode();
  } catch {
    return; // cancelled meanwhile
  }
  if (!state.live || small?.id !== id) return;
  image.src = source;
  place();
  inset.hidden = false;
  caption.textContent = state.active?.live ? COMING : words;
}

/** Put the preview away, and make no other before the next change. */
function hide() {
  clearTimeout(next);
  clearTimeout(resting);
  drop();
  again = false;
  era += 1;
  inset.hidden = true;
}

/** Put it away, and what was to follow. */
function leave() {
  owed = false;
  hide();
}

/** In the corner of the picture, or large where the variations are shown. */
function place() {
  const host = byId(state.view === "picture" ? "stage" : "results");
  if (inset.parentElement !== host) host.append(inset);
}

/** The full size is there: it takes the place of the small one; if it does not come, nothing lies over the grid. */
function settle() {
  if (!state.live || inset.hidden || !state.liveRun || made !== changes) return;
  if (["cancelled", "failed"].includes(state.liveRun.state)) return hide();
  const cell = state.liveRun.cells[0];
  if (!cell.thumb || state.liveRun.state !== "done") return;
  drop(); // a small one that comes late is no news
  if (inset.parentElement.id === "results") inset.hidden = true;
  else image.src = shownOf(cell) ?? image.src;
  caption.textContent = "Full size";
}

function turn(button) {
  const live = !state.live;
  update({ live, liveRun: null });
  button.setAttribute("aria-checked", String(live));
  if (live) changed();
  else leave();
}

export function startLive() {
  image = make("img", { alt: "Live preview" });
  caption = make("span", {});
  inset = make("div", { id: "live-view", hidden: true }, image, caption);
  byId("stage").append(inset);
  const button = make(
    "button",
    {
      type: "button",
      id: "live",
      className: "toggle",
      role: "switch",
      title: "A small preview follows every change; the full size comes when you pause",
      aria: { checked: "false" },
      on: { click: () => turn(button) },
    },
    icon("animate"),
    "Live",
  );
  subscribe(["touched"], changed);
  subscribe(["runs", "liveRun"], settle);
  subscribe(["view"], place);
  subscribe(["picture", "task"], leave);
  subscribe(["active"], () => {
    if (!owed || state.active) return;
    owed = false;
    changed();
  });
  subscribe(["run"], () => {
    if (state.active === state.run && state.active && !state.active.live) hide(); // one that was asked for by hand
  });
  for (const kind of ["pointerdown", "keydown", "click", "input", "drop", "paste"])
    addEventListener(kind, () => (restored = false), { capture: true });
  return button;
}
