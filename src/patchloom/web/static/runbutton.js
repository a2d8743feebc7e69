// The button that runs and cancels, what stands beside it, and the keys that do the same.

import { byId, counted, make } from "./dom.js";
import { parameters } from "./form.js";
import { icon } from "./icons.js";
import { cancelNow, runNow } from "./run.js";
import { state, subscribe } from "./state.js";

const RUN_KEYS = matchMedia("(hover: none)").matches
  ? ""
  : ` · ${navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl"} ↵`;
const DOUBLE = 400; // milliseconds within which a second click belongs to the first

function showButton(button, hint) {
  const run = state.active;
  const doing = run !== null;
  const text = doing ? "Cancel" : "Run";
  if (button.dataset.doing !== String(doing)) {
    button.dataset.doing = String(doing);
    button.replaceChildren(icon(doing ? "stop" : "run"), text);
    button.setAttribute("aria-keyshortcuts", doing ? "Escape" : "Control+Enter Meta+Enter");
  }
  button.style.setProperty("--part", `${doing ? run.progress * 100 : 0}%`);
  button.disabled = !state.online && !doing;
  hint.textContent = doing ? stateOf(run) : state.task ? counted(parameters().count, "variation") + RUN_KEYS : "";
}

function stateOf(run) {
  if (run.state === "sending") return "Sending…";
  if (run.state === "queued") return run.position > 0 ? `Waiting, ${run.position} before this` : "Waiting…";
  const done = run.cells.filter((cell) => cell.result).length;
  return `${done} of ${run.cells.length} done`;
}

/** The button; the second half of a double click does not take back what the first began. */
function pressed(event) {
  if (!state.active) runNow();
  else if (event.detail < 2 || performance.now() - state.active.began > DOUBLE) cancelNow();
}

export function startRunButton() {
  const button = make("button", {
    type: "button",
    id: "run",
    className: "primary",
    on: { click: pressed },
  });
  const hint = make("span", { id: "run-hint" });
  byId("go").replaceChildren(button, hint);
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat && !document.querySelector("dialog[open]")) runNow();
    } else if (event.key === "Escape" && state.active && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      cancelNow();
    }
  });
  subscribe(["active", "online", "values", "task"], () => showButton(button, hint));
  showButton(button, hint);
}
