// From the empty page to the studio.

import * as api from "./api.js";
import { startCompare } from "./compare.js";
import { byId, make } from "./dom.js";
import { failField, startForm } from "./form.js";
import { startHistory } from "./history.js";
import { icon } from "./icons.js";
import { startLive } from "./live.js";
import { clearHints, clearNotices, fieldsBy, report } from "./report.js";
import { startResults } from "./results.js";
import { startRunButton } from "./runbutton.js";
import { shortcutsButton } from "./shortcuts.js";
import { startSource } from "./source.js";
import { state, subscribe, update } from "./state.js";
import { startTasks, useTask } from "./tasks.js";
import { themeButton } from "./theme.js";
import { startWelcome } from "./welcome.js";

const VIEWS = { picture: "Picture", both: "Both", results: "Variations" };

function startViews() {
  const inputs = Object.entries(VIEWS).map(([view, name]) => {
    const input = make("input", {
      type: "radio",
      name: "view",
      id: `view-${view}`,
      value: view,
      on: { change: () => update({ view, cell: null }) },
    });
    return [view, input, make("label", {}, input, make("span", {}, name))];
  });
  byId("views").replaceChildren(
    make(
      "div",
      { className: "segments", role: "group", aria: { label: "Show" } },
      inputs.map(([, , label]) => label),
    ),
  );
  const show = () => {
    const { picture, view, cell } = state;
    const welcome = !picture || view === "welcome";
    byId("welcome").hidden = !welcome;
    byId("panes").hidden = welcome || cell !== null;
    byId("viewer").hidden = welcome || cell === null;
    byId("views").hidden = welcome;
    document.body.dataset.view = welcome ? "welcome" : view;
    for (const [name, input] of inputs) input.checked = name === view;
    keepFocus();
  };
  subscribe(["picture", "view", "cell"], show);
  show();
  let shown = {};
  subscribe(["picture", "cell"], () => {
    const { picture, cell } = state;
    if (picture !== shown.picture || cell !== shown.cell) scrollTo(0, 0); // narrow windows scroll
    shown = { picture, cell };
  });
}

/** Where what has the focus is hidden, it goes to what is shown instead; the view of one result sees to its own. */
function keepFocus() {
  const had = document.activeElement;
  if (had === document.body || had.checkVisibility() || state.cell) return;
  const places = [...document.querySelectorAll("#pick, #tool canvas, #grid .cell")];
  (places.find((place) => place.checkVisibility() && !place.disabled) ?? byId("work")).focus({ preventScroll: true });
}

function startConnection() {
  subscribe(["online"], () => {
    byId("offline").hidden = state.online;
  });
}

/** Wait for the server, however long it takes to come. */
async function schema() {
  for (;;) {
    try {
      return await api.tasks();
    } catch (error) {
      if (error.code !== "offline") report(error);
      await new Promise((resolve) => {
        setTimeout(resolve, 1500);
      });
    }
  }
}

async function start() {
  byId("bar-end").append(themeButton());
  startConnection();
  state.schema = await schema();
  startViews();
  startTasks();
  startForm();
  fieldsBy(failField);
  subscribe(["task", "touched"], clearHints);
  subscribe(["picture"], clearNotices); // what could not be opened before matters no more
  startSource();
  startWelcome();
  startResults();
  startCompare();
  startHistory();
  startRunButton();
  byId("bar-end").prepend(startLive(), shortcutsButton());
  byId("bar-end").append(
    make(
      "a",
      {
        className: "button icon quiet",
        href: "docs",
        target: "_blank",
        rel: "noopener",
        title: "The HTTP interface",
        aria: { label: "The HTTP interface" },
      },
      icon("help"),
    ),
  );
  useTask("generate");
  document.body.dataset.ready = "true";
}

start();
