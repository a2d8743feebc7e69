// What went wrong, where it can be read: beside its field, or in the page's alert with a remedy.

import { byId, make } from "./dom.js";
import { labelOf } from "./fields.js";
import { icon } from "./icons.js";

let beside = () => false;

/** Who shows errors beside fields: a function of (field, message, { focus }) that says whether it could. */
export function fieldsBy(show) {
  beside = show;
}

/** Show an error; those of one field stand beside it, and `focus` leads there. */
export function report(error, { focus = false } = {}) {
  if (error.name === "AbortError") return;
  if (error.code === "offline") return; // the bar says so already
  if (error.field && beside(error.field, error.message, { focus })) return;
  notice(wordsOf(error));
}

function wordsOf(error) {
  if (error.status === 429) return `Too many runs are waiting. Try again in ${error.retryAfter ?? "a few"} seconds.`;
  const text = error.message || "Something went wrong; try again";
  return error.status ? inWords(text) : text;
}

// What the page calls what it has no field for.
const NAMES = {
  body: "All that was sent",
  edited: "Edited picture",
  image: "Picture",
  output: "Result",
  parameters: "Settings",
  source: "Picture",
  sources: "Pictures",
};

/** "body=9 bytes: must be at most 5" -> "All that was sent (9 bytes): must be at most 5": no field stands beside it. */
function inWords(message) {
  const [, name, got, rest] = /^((?:map )?[\w.-]+)=(.*?): (.+)$/s.exec(message) ?? [];
  return name ? `${NAMES[name] ?? labelOf({ name })} (${got}): ${rest}` : message;
}

/** Show a line in the alert; `action` may be { label, run }. */
export function notice(text, { action = null, kind = "danger" } = {}) {
  const alerts = byId("alerts");
  for (const old of alerts.querySelectorAll(".notice")) if (old.dataset.text === text) old.remove();
  while (alerts.children.length > 2) alerts.firstChild.remove();
  const line = make(
    "div",
    { className: `notice ${kind}`, data: { text } },
    make("p", {}, text),
    action &&
      make(
        "button",
        {
          type: "button",
          on: {
            click: () => {
              line.remove();
              action.run();
            },
          },
        },
        action.label,
      ),
    make(
      "button",
      { type: "button", className: "icon quiet small", aria: { label: "Dismiss" }, on: { click: () => line.remove() } },
      icon("close"),
    ),
  );
  alerts.append(line);
}

export function clearNotices() {
  byId("alerts").replaceChildren();
}

/** Hints are about what was there: a change makes them untrue. */
export function clearHints() {
  for (const hint of byId("alerts").querySelectorAll(".notice.info")) hint.remove();
}
