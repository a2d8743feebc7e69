// Animations: one button stops all of them and lets them go on. Who asked for less motion begins with them stopped.

import { make } from "./dom.js";
import { icon } from "./icons.js";
import { fileOf } from "./keep.js";
import { reduced } from "./pictures.js";
import { report } from "./report.js";
import { state, subscribe, tell, update } from "./state.js";

state.moving = !matchMedia("(prefers-reduced-motion: reduce)").matches;

const isAnimation = (run) => run?.task.result === "animation";

/** The first picture of a result that moves, made at its first use. */
export async function stillOf(cell) {
  if (!cell.still) {
    const { blob } = await reduced(await fileOf(cell), Math.max(cell.result.width, cell.result.height));
    cell.still ??= URL.createObjectURL(blob);
  }
  return cell.still;
}

/** Whether a result is shown by its first picture alone. */
export const stands = ({ run }) => isAnimation(run) && !state.moving;

/** What is shown of a result in the grid and the history. */
export function shownOf(cell) {
  if (!cell.thumb || cell.thumb !== cell.url || !stands(cell)) return cell.thumb ?? cell.preview;
  if (!cell.still) {
    stillOf(cell).then(() => {
      cell.paint?.();
      tell(["runs"]);
    }, report);
  }
  return cell.still ?? null;
}

/** The button, hidden where nothing moves; `run()` is what is shown beside it. */
export function pauseButton(id, run) {
  const button = make("button", { type: "button", id, className: "small", on: { click: turn } });
  const show = () => {
    button.hidden = !isAnimation(run());
    button.replaceChildren(icon(state.moving ? "pause" : "run"), state.moving ? "Pause" : "Play");
  };
  subscribe(["moving", "run", "cell"], show);
  show();
  return button;
}

function turn() {
  update({ moving: !state.moving });
  for (const run of state.runs) if (isAnimation(run)) for (const cell of run.cells) cell.paint?.();
  tell(["runs"]);
}
