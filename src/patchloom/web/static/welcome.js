// The first view: drop, paste, pick, or take an example.

import * as api from "./api.js";
import { byId, make } from "./dom.js";
import { icon } from "./icons.js";
import { report } from "./report.js";
import { bringSettings } from "./settings.js";
import { begin, decodeAll, pickButton, usePicture } from "./source.js";
import { state, subscribe, tell, update } from "./state.js";
import { titleOf, useTask } from "./tasks.js";

/** Open an example: its task, its pictures and its parameters. */
export async function openExample(example) {
  const wanted = begin();
  const paths = [["", example.image], ...Object.entries(example.files ?? {})].flatMap(([field, path]) =>
    [path].flat().map((one) => [field, one]),
  );
  try {
    const files = paths.map(async ([field, path]) => [field, await api.blobAt(path), path.split("/").pop()]);
    const found = await decodeAll(await Promise.all(files), wanted);
    if (!found) return;
    const [picture] = found.get("");
    found.delete("");
    useTask(example.task);
    bringSettings(example.parameters ?? {});
    usePicture(picture, found);
    tell(["values", "touched"]);
  } catch (error) {
    if (wanted()) report(error);
  }
}

async function list(host) {
  try {
    const examples = await api.examples();
    host.replaceChildren(
      ...examples.map((example) => {
        const task = state.schema.tasks.find(({ name }) => name === example.task);
        return make(
          "li",
          {},
          make(
            "button",
            {
              type: "button",
              className: "example",
              id: `example-${example.name}`,
              data: { example: example.name },
              on: { click: () => openExample(example) },
            },
            make("img", { src: example.image, alt: "", loading: "lazy" }),
            make("span", { className: "name" }, example.title),
            make("span", { className: "what" }, icon(example.task), task ? titleOf(task) : example.task),
          ),
        );
      }),
    );
  } catch (error) {
    report(error);
  }
}

export function startWelcome() {
  const host = byId("welcome");
  const examples = make("ul", { className: "examples", id: "example-list" });
  const [pick, input] = pickButton("pick", "Choose a picture…", { className: "primary big" });
  const back = make(
    "button",
    { type: "button", id: "welcome-back", hidden: true, on: { click: () => update({ view: "picture" }) } },
    icon("back"),
    "Back to the picture",
  );
  host.replaceChildren(
    make(
      "div",
      { className: "invite" },
      make("div", { className: "ways" }, icon("picture")),
      make("h2", { id: "welcome-title" }, "Drop a picture here"),
      make(
        "p",
        {},
        "or paste one with ",
        make("kbd", {}, navigator.platform.startsWith("Mac") ? "⌘ V" : "Ctrl V"),
        ". It stays on this computer.",
      ),
      make("div", { className: "row centred" }, pick, input, back),
    ),
    make("h3", {}, "Or begin with an example"),
    examples,
  );
  list(examples);
  subscribe(["picture", "view"], () => {
    back.hidden = !state.picture;
  });
}
