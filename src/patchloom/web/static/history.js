// What was made since the page was opened: thumbnails that lead back to results, picture and settings.

import { byId, counted, make } from "./dom.js";
import { clearErrors } from "./form.js";
import { icon } from "./icons.js";
import { forget } from "./keep.js";
import { restoring } from "./live.js";
import { shownOf } from "./moving.js";
import { hold, release, rest, wake } from "./pictures.js";
import { report } from "./report.js";
import { bringSettings } from "./settings.js";
import { begin, decodeAll, usePicture } from "./source.js";
import { state, subscribe, tell, update } from "./state.js";
import { titleOf, useTask } from "./tasks.js";

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A mask in which nothing is marked. */
async function blank({ width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").fillRect(0, 0, width, height);
  return canvas.convertToBlob();
}

/** The masks and further pictures of a run, decoded; masks that it had none of are empty. */
async function filesOf({ files, picture, task }, wanted) {
  const own = files.findIndex(([, blob]) => blob === picture.blob);
  const found = files.filter((_, index) => index !== own);
  const missing = task.files.filter(({ name, kind }) => kind === "mask" && !found.some(([field]) => field === name));
  const empty = missing.length && (await blank(picture));
  return decodeAll([...found, ...missing.map(({ name }) => [name, empty, `${name}.png`])], wanted);
}

/** Have the picture, the task and the settings of a run again. */
async function bring(run, wanted) {
  hold(run.picture); // it may be forgotten meanwhile
  try {
    const files = await filesOf(run, wanted);
    if (!files) return;
    await wake(run.picture);
    if (!wanted() || state.active) {
      [...files.values()].flat().forEach(release);
      return;
    }
    useTask(run.task.name);
    clearErrors({ all: true });
    bringSettings(run.values);
    usePicture(run.picture, files, run.drawn);
  } finally {
    if (run.picture !== state.picture) rest(run.picture);
    release(run.picture);
  }
}

/** Go back to a run: its results, its picture, its task and its settings. */
async function goBack(run) {
  restoring();
  const wanted = begin();
  try {
    if (!state.active) await bring(run, wanted);
    if (!wanted()) return;
    update({ run, cell: null, view: state.view === "picture" || state.view === "welcome" ? "results" : state.view });
    tell(["values"]);
  } catch (error) {
    if (wanted()) report(error);
  }
}

const entries = new WeakMap(); // run -> its element and what brings that up to date

/** The element of a run, made once and kept as it is now. */
function entry(run) {
  if (!entries.has(run)) entries.set(run, newEntry(run));
  const { item, refresh } = entries.get(run);
  refresh();
  return item;
}

function newEntry(run) {
  const image = make("img", { alt: "" });
  const hidden = make("span", { className: "visually-hidden" });
  const button = make(
    "button",
    { type: "button", className: "past", on: { click: () => goBack(run) } },
    icon(run.task.name),
    make("span", { className: "name" }, titleOf(run.task), hidden),
    run.cells.length > 1 && make("span", { className: "many", aria: { hidden: "true" } }, String(run.cells.length)),
  );
  const refresh = () => {
    const cell = run.cells.find((one) => one.thumb);
    const thumb = cell && shownOf(cell);
    if (thumb && image.getAttribute("src") !== thumb) {
      image.src = thumb;
      if (!image.parentElement) button.firstChild.replaceWith(image);
    }
    const many = run.cells.length > 1;
    const seeds = many ? `seeds ${run.cells[0].seed} to ${run.cells.at(-1).seed}` : `seed ${run.cells[0].seed}`;
    const what = `${titleOf(run.task)}, ${counted(run.cells.length, "variation")}, ${seeds}, ${TIME.format(run.time)}`;
    if (button.title !== what) {
      button.title = what;
      hidden.textContent = what.slice(titleOf(run.task).length);
    }
    if (run === state.run) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  };
  return { item: make("li", {}, button), refresh };
}

function show() {
  const host = byId("history");
  const runs = state.runs.filter((run) => run.cells.some((cell) => cell.thumb) || run === state.active);
  host.hidden = runs.length === 0 || !state.picture;
  const list = host.querySelector("ol");
  const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
  const items = runs.map(entry);
  const added = items.some((item) => item.parentElement !== list);
  for (const old of [...list.children]) if (!items.includes(old)) old.remove();
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  if (at >= 0 && !list.contains(document.activeElement)) list.querySelectorAll("button")[at]?.focus();
  else if (added && state.run === runs.at(-1)) list.scrollLeft = list.scrollWidth;
}

function clear() {
  for (const run of [...state.runs]) if (run !== state.active && run !== state.run) forget(run);
  tell(["runs"]);
}

export function startHistory() {
  byId("history").replaceChildren(
    make("h2", {}, "History"),
    make("ol", { className: "strip", id: "history-list" }),
    make(
      "button",
      {
        type: "button",
        id: "history-clear",
        className: "quiet small",
        title: "Forget all but the results that are shown",
        on: { click: clear },
      },
      "Clear",
    ),
  );
  subscribe(["runs", "run", "picture"], show);
}
