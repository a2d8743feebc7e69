// Further files that a task takes and that are not drawn in the picture: a row each in the form.

import { make, sized, spelled } from "./dom.js";
import { icon } from "./icons.js";
import { report } from "./report.js";
import { ACCEPT, addExtra, removeExtra } from "./source.js";
import { state } from "./state.js";

/** A field for one file: pick it, see it, take it away. */
export function attachedField(role) {
  const id = `file-${role.name}`;
  const input = make("input", {
    type: "file",
    id: `${id}-file`,
    accept: ACCEPT,
    className: "visually-hidden",
    tabIndex: -1,
    aria: { label: spelled(role.name) },
  });
  const body = make("div", { className: "row" });
  const error = make("p", { className: "error", id: `error-${role.name}`, hidden: true });
  const pick = make(
    "button",
    {
      type: "button",
      id,
      aria: { describedby: `help-${role.name} error-${role.name}` },
      on: { click: () => input.click() },
    },
    `Choose a ${role.kind}…`,
  );
  const show = () => {
    const picture = state.extras.get(role.name)?.[0];
    body.replaceChildren(
      ...(picture
        ? [
            make("img", { src: picture.url, alt: "" }),
            make("span", { className: "grow" }, picture.name, " ", make("span", { className: "dims" }, sized(picture))),
            make(
              "button",
              {
                type: "button",
                className: "icon quiet small",
                aria: { label: `Remove ${picture.name}` },
                on: {
                  click: () => {
                    removeExtra(role.name);
                    show();
                    pick.focus();
                  },
                },
              },
              icon("close"),
            ),
          ]
        : [pick]),
    );
  };
  const fail = (message) => {
    error.hidden = !message;
    error.textContent = message;
  };
  input.addEventListener("change", async () => {
    fail("");
    try {
      if (input.files[0]) await addExtra(role.name, input.files[0]);
    } catch (problem) {
      if (problem.code === "offline") report(problem);
      else fail(problem.message);
    }
    input.value = "";
    show();
  });
  show();
  const root = make(
    "div",
    { className: "field attached", data: { field: role.name } },
    make("div", { className: "caption" }, make("span", { className: "label" }, spelled(role.name))),
    make("p", { className: "help", id: `help-${role.name}` }, role.help),
    body,
    input,
    error,
  );
  return { root, fail, show, changed() {} };
}
