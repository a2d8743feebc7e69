// The rail: what can be done, in plain words.

import { byId, make } from "./dom.js";
import { icon } from "./icons.js";
import { state, subscribe, update } from "./state.js";

// A line each, in the words of somebody who wants it done; the panel has the schema's longer help.
const WORDS = {
  generate: "More of the same kind",
  retarget: "Another shape, no stretch",
  edit: "A rough edit, seamless",
  reshuffle: "Move things around",
  inpaint: "Paint a hole and fill it",
  extend: "Go on beyond the edges",
  analogy: "Another picture's layout",
  paint: "Rough colours made real",
  collage: "One picture of several",
  tile: "Repeats without a seam",
  harmonise: "A pasted object fits in",
  animate: "A short moving loop",
};

export const titleOf = (task) => task.name.charAt(0).toUpperCase() + task.name.slice(1);

/** Use the task `name`. */
export function useTask(name) {
  const task = state.schema.tasks.find((one) => one.name === name);
  if (!task || task === state.task) return;
  update({ task, cell: null, view: state.view === "results" ? "picture" : state.view });
}

export function startTasks() {
  const list = make(
    "ul",
    { className: "tasks" },
    state.schema.tasks.map((task) =>
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button",
            id: `task-${task.name}`,
            className: "task",
            data: { task: task.name },
            aria: { describedby: `what-${task.name}` },
            on: { click: () => useTask(task.name) },
          },
          icon(task.name),
          make("span", { className: "name" }, titleOf(task)),
        ),
        make("span", { className: "what", id: `what-${task.name}` }, WORDS[task.name] ?? task.title),
      ),
    ),
  );
  byId("rail").replaceChildren(list);
  list.addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    buttons[(buttons.indexOf(document.activeElement) + way + buttons.length) % buttons.length].focus();
  });
  subscribe(["task"], () => {
    for (const button of list.querySelectorAll("button")) {
      const is = button.dataset.task === state.task.name;
      if (is) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (is) button.scrollIntoView({ block: "nearest", inline: "center" });
    }
  });
}
