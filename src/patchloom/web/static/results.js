// The grid of variations: each refines from coarse to fine in its place.

import { byId, counted, make, oncePerFrame } from "./dom.js";
import { icon } from "./icons.js";
import { pauseButton, shownOf } from "./moving.js";
import { state, subscribe, update } from "./state.js";
import { titleOf } from "./tasks.js";

const NARROW = "(max-width: 760px)"; // the page scrolls: pictures are as wide as it is

let grid,
  title,
  shownRun = null;

function cellOf(cell) {
  const image = make("img", { alt: "" });
  const caption = make("span", { className: "seed" });
  const bar = make("span", { className: "share" });
  const button = make(
    "button",
    { type: "button", className: "cell", id: `cell-${cell.index}`, data: { index: cell.index } },
    make("span", { className: "frame" }, image),
    bar,
    caption,
  );
  button.addEventListener("click", () => {
    if (cell.result && cell.thumb) update({ cell });
  });
  let source = null;
  cell.paint = () => {
    const wanted = shownOf(cell);
    if (wanted && wanted !== source) {
      source = wanted;
      swap(image, wanted, () => source === wanted);
    }
    button.dataset.state = cell.result && cell.thumb ? "done" : cell.state;
    // Not `disabled`: who is at a cell stays there, and the grid can be scrolled by keys.
    button.setAttribute("aria-disabled", String(cell.state === "cancelled"));
    caption.textContent = `Seed ${cell.seed}`;
    bar.style.setProperty("--part", `${Math.round(100 * shareOf(cell))}%`);
    const how = cell.result
      ? `${cell.result.width} × ${cell.result.height} pixels`
      : cell.state === "running"
        ? cell.level
        : cell.state;
    button.setAttribute("aria-label", `Seed ${cell.seed}, ${how}`);
  };
  cell.paint();
  return make("li", {}, button);
}

/** A cell's own share of the run's progress. */
function shareOf({ run, index, share = 0, result }) {
  if (result) return 1;
  return Math.min(1, Math.max(0, share * run.cells.length - index));
}

/** Show another picture once it is decoded, so that nothing flickers. */
async function swap(image, source, stillWanted) {
  const next = new Image();
  next.src = source;
  try {
    await next.decode();
  } catch {
    return; // a preview that a newer one has overtaken
  }
  if (!stillWanted()) return;
  image.src = source;
  image.dataset.ready = "true";
}

function show() {
  const { run } = state;
  if (run !== shownRun) {
    for (const cell of shownRun?.cells ?? []) cell.paint = null;
    shownRun = run;
    grid.replaceChildren(...(run?.cells ?? []).map(cellOf));
    layOut();
  }
  title.replaceChildren(...(run ? heading(run) : []));
  byId("results").dataset.empty = String(!run);
}

function heading(run) {
  const words = { queued: "waiting", sending: "sending", running: "working", failed: "failed", cancelled: "cancelled" }[
    run.state
  ];
  const time = run.seconds && run.state === "done" ? `${run.seconds.toFixed(run.seconds < 10 ? 1 : 0)} s` : words;
  return [
    make("strong", {}, titleOf(run.task)),
    make("span", {}, counted(run.cells.length, "variation")),
    time && make("span", { className: "time" }, time),
  ].filter(Boolean);
}

/** As many columns as make the pictures largest. */
function layOut() {
  const cells = shownRun?.cells ?? [];
  if (!cells.length) return;
  const { clientWidth: width, clientHeight: height } = grid;
  const [rows, columns] = shapeOf(shownRun);
  const ratio = columns / rows,
    gap = 10,
    caption = 26;
  let best = { size: 0, columns: 1 };
  if (matchMedia(NARROW).matches)
    best = { size: cells.length > 1 ? (width - gap) / 2 : width, columns: cells.length > 1 ? 2 : 1 };
  else
    for (let many = 1; many <= cells.length; many += 1) {
      const lines = Math.ceil(cells.length / many);
      const wide = (width - gap * (many - 1)) / many;
      const high = (height - gap * (lines - 1)) / lines - caption;
      const size = Math.min(wide, high * ratio);
      if (size > best.size) best = { size, columns: many };
    }
  const least = Math.min(120, width / 2 - gap);
  if (best.size < least) best = { size: least, columns: Math.max(1, Math.floor((width + gap) / (least + gap))) };
  grid.style.setProperty("--columns", best.columns);
  grid.style.setProperty("--wide", `${Math.floor(best.size)}px`);
  grid.style.setProperty("--ratio", String(ratio));
}

/** (rows, columns) of the results, as far as known. */
function shapeOf(run) {
  const made = run.cells.find((cell) => cell.result)?.result;
  if (made) return [made.height, made.width];
  return run.values.size ?? [run.picture.height, run.picture.width];
}

/** Arrows go through the grid. */
function byArrows(event) {
  const columns = Number(grid.style.getPropertyValue("--columns")) || 1;
  const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  const buttons = [...grid.querySelectorAll(".cell")];
  const at = buttons.indexOf(document.activeElement);
  if (!way || at < 0 || !buttons[at + way]) return;
  event.preventDefault();
  buttons[at + way].focus();
}

export function startResults() {
  title = make("span", { className: "words" });
  const header = make("header", { className: "title" }, title, pauseButton("grid-pause", () => state.run));
  grid = make("ul", { className: "grid", id: "grid", aria: { label: "Variations" } });
  const empty = make(
    "div",
    { className: "nothing" },
    icon("more"),
    make("p", {}, "Variations appear here. Press Run."),
  );
  byId("results").replaceChildren(header, grid, empty);
  grid.addEventListener("keydown", byArrows);
  new ResizeObserver(oncePerFrame(layOut)).observe(grid);
  subscribe(["run", "active"], show);
  subscribe(["runs", "view"], layOut); // hidden and shown within a frame is no new size to an observer
  show();
}
