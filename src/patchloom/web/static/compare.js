// One result looked at closely: before and after under a slider, side by side, by itself, or repeated as tiles.

import { actionsOf, attempt } from "./actions.js";
import { divided } from "./divider.js";
import { announce, byId, make, oncePerFrame, sized } from "./dom.js";
import { icon } from "./icons.js";
import { fullOf } from "./keep.js";
import { pauseButton, stands, stillOf } from "./moving.js";
import { shownFor } from "./pictures.js";
import { state, subscribe, update } from "./state.js";

const SLIM = 8; // sides of such a ratio make a line of a picture that is fitted to the window
const MODES = { compare: "Compare", beside: "Side by side", result: "Result", tiles: "Tiles" };

let body,
  bar,
  pause,
  mode = null,
  zoomed = false,
  picked = null, // the view and the scale that somebody chose
  scaled = null,
  tiles = null,
  opened = null,
  urls = [];

/** Inputs that a result can be compared with: [name, address, width, height], those of its size first. */
async function inputsOf({ run, result }) {
  const named = run.files.filter(([field]) => run.task.images.some(({ name }) => name === field));
  const found = [];
  for (const [field, blob] of named) {
    if (field === "image" && found.some((one) => one.name === "image")) continue;
    const own = blob === run.picture.blob;
    const url = own ? run.picture.url : URL.createObjectURL(shownFor(blob));
    if (!own) urls.push(url);
    const image = new Image();
    image.src = url;
    try {
      await image.decode();
    } catch {
      continue; // nothing to lay beside
    }
    found.push({ name: field, url, width: image.naturalWidth, height: image.naturalHeight });
  }
  const same = (one) => Number(one.width === result.width && one.height === result.height);
  return found.sort(
    (one, other) => same(other) - same(one) || Number(other.name !== "image") - Number(one.name !== "image"),
  );
}

async function open(cell) {
  opened = cell;
  close();
  const url = await (stands(cell) ? stillOf(cell) : fullOf(cell));
  const inputs = await inputsOf(cell);
  if (opened !== cell) return;
  const { result, run } = cell;
  const [before] = inputs;
  const same = before && before.width === result.width && before.height === result.height;
  const modes = Object.keys(MODES).filter(
    (one) =>
      (one !== "compare" || same) &&
      (one !== "beside" || before) &&
      (one !== "tiles" || run.task.result !== "animation"),
  );
  const slim = Math.max(result.width / result.height, result.height / result.width) > SLIM;
  const first = slim && modes.includes("beside") ? "beside" : modes[0];
  mode = modes.includes(picked) ? picked : first;
  zoomed = scaled ?? slim;
  showBar(cell, modes, url, before);
  await showBody(cell, url, before);
  announce(`Seed ${cell.seed}, ${sized(result)} pixels`);
}

/** Open a result; where that fails, say why and go back to the grid. */
async function show(cell) {
  const shown = await attempt(cell, () => open(cell));
  if (!shown && state.cell === cell) update({ cell: null });
}

function close() {
  tiles?.close?.();
  tiles = null;
  for (const url of urls) URL.revokeObjectURL(url);
  urls = [];
  body.replaceChildren();
}

function showBar(cell, modes, url, before) {
  const cells = cell.run.cells.filter((one) => one.thumb);
  const at = cells.indexOf(cell);
  const stepping = (way, name, symbol) =>
    make(
      "button",
      {
        type: "button",
        id: `viewer-${name.toLowerCase()}`,
        className: "icon quiet",
        disabled: cells.length < 2,
        aria: { label: `${name} variation` },
        on: { click: () => update({ cell: cells[(at + way + cells.length) % cells.length] }) },
      },
      icon(symbol),
    );
  const had = byId("viewer").contains(document.activeElement) ? document.activeElement.id : "";
  bar.replaceChildren(
    ...[
      make(
        "button",
        { type: "button", id: "viewer-close", aria: { label: "Back to the variations" }, on: { click: leave } },
        icon("back"),
        "Back",
      ),
      stepping(-1, "Previous", "back"),
      stepping(1, "Next", "next"),
      make("h2", { id: "viewer-title" }, `Seed ${cell.seed}`, make("span", { className: "dims" }, sized(cell.result))),
      make("span", { className: "spring" }),
      make(
        "div",
        { className: "segments", role: "group", aria: { label: "View" } },
        modes.map((one) =>
          make(
            "label",
            {},
            make("input", {
              type: "radio",
              name: "viewer-mode",
              id: `mode-${one}`,
              value: one,
              checked: one === mode,
              on: {
                change: () => {
                  picked = one;
                  show(cell);
                },
              },
            }),
            make("span", {}, MODES[one]),
          ),
        ),
      ),
      pause,
      mode !== "tiles" &&
        make(
          "button",
          {
            type: "button",
            id: "viewer-zoom",
            aria: { pressed: String(zoomed) },
            title: "Full size: one pixel of the picture on one of the screen",
            on: {
              click: () => {
                scaled = !zoomed;
                show(cell);
              },
            },
          },
          "1 : 1",
        ),
    ].filter(Boolean),
  );
  byId("viewer")
    .querySelector(".actions")
    .replaceChildren(...actionsOf(cell));
  (byId(had || "viewer-close") ?? byId("viewer-close")).focus({ preventScroll: true });
}

async function showBody(cell, url, before) {
  const { width, height } = cell.result;
  const picture = () => make("img", { src: url, alt: `Result, seed ${cell.seed}`, draggable: false });
  body.className = `body ${mode}${zoomed ? " zoomed" : ""}`;
  body.tabIndex = zoomed ? 0 : -1;
  if (mode === "tiles") {
    const host = make("div", { className: "tiles" });
    body.replaceChildren(host);
    const image = new Image();
    image.src = url;
    await image.decode();
    const { openTileView } = await import("./tools/tileview.js");
    const bitmap = await createImageBitmap(image);
    if (host.isConnected) tiles = openTileView(host, bitmap);
    else bitmap.close(); // something else is shown by now
    return;
  }
  const figure = (label, child, size) =>
    make("figure", { data: { width: size.width, height: size.height } }, child, make("figcaption", {}, label));
  if (mode === "compare") body.replaceChildren(divided(url, before, `After: seed ${cell.seed}`));
  else if (mode === "beside") {
    body.replaceChildren(
      figure("Before", make("img", { src: before.url, alt: "Before" }), before),
      figure("After", picture(), { width, height }),
    );
  } else body.replaceChildren(figure("", picture(), { width, height }));
  fit();
}

/** Give the figures the largest size that fits, or their own. */
function fit() {
  const figures = [...body.querySelectorAll("figure")];
  if (!figures.length) return;
  const side = mode === "beside" && body.clientWidth > 520;
  const gap = 12,
    caption = mode === "compare" ? 0 : 24;
  const style = getComputedStyle(body);
  const wide = body.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const high = body.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  const room = {
    width: side ? (wide - gap) / 2 : wide,
    height: (mode === "beside" && !side ? (high - gap) / 2 : high) - caption,
  };
  const shapes = figures.map(({ dataset }) => ({ width: Number(dataset.width), height: Number(dataset.height) }));
  const scale = zoomed
    ? 1 / devicePixelRatio
    : Math.max(
        0.01,
        Math.min(...shapes.map((shape) => Math.min(room.width / shape.width, room.height / shape.height))),
      );
  figures.forEach((figure, index) => {
    figure.style.width = `${shapes[index].width * scale}px`;
    figure.style.setProperty("--ratio", `${shapes[index].width} / ${shapes[index].height}`);
  });
}

/** Back to the grid, with the focus where it was. */
function leave() {
  const index = state.cell?.index;
  update({ cell: null });
  byId(`cell-${index}`)?.focus();
}

function byKeys(event) {
  if (event.target.matches("input, select, canvas") || event.target.closest(".tiles")) {
    if (event.key !== "Escape") return;
  }
  if (event.key === "Escape" && !state.active) {
    event.preventDefault();
    leave();
  }
  if (event.key === "ArrowLeft" && !zoomed) byId("viewer-previous").click();
  if (event.key === "ArrowRight" && !zoomed) byId("viewer-next").click();
}

export function startCompare() {
  bar = make("header", { className: "title" });
  body = make("div", { className: "body" });
  byId("viewer").replaceChildren(
    bar,
    body,
    make("div", { className: "actions", role: "group", aria: { label: "What to do with it" } }),
  );
  byId("viewer").addEventListener("keydown", byKeys);
  new ResizeObserver(oncePerFrame(fit)).observe(body);
  pause = pauseButton("viewer-pause", () => state.cell?.run);
  subscribe(["moving"], () => state.cell && show(state.cell));
  subscribe(["cell"], () => {
    if (state.cell) show(state.cell);
    else {
      opened = null;
      close();
    }
  });
}
