// Which tool a task has: what is painted, dragged or dropped, besides the form.

import { make } from "../dom.js";
import { Arrange } from "./arrange.js";
import { Colours } from "./colour.js";
import { Frame } from "./frame.js";
import { Mask } from "./mask.js";
import { Panel } from "./panel.js";
import { Pieces } from "./pieces.js";
import { Second } from "./second.js";

// What a task offers before its masks. A part has parameters(), files(), set(values), automatic(), drawn() and
// problem(), all of them optional; what drawn() gave comes back as context.drawn.
const FIRST = {
  retarget: Frame,
  extend: Frame,
  edit: Colours,
  paint: Colours,
  reshuffle: Pieces,
  collage: Arrange,
  analogy: Second,
};
const OVERLAP = "“Protect” and “Leave out” cover the same place; erase one of them there.";
// Drawn with the pieces.
const NOT_PAINTED = new Set(["object"]);

/** Open a task's tool in an element; null where the form says everything, or if the element was emptied meanwhile. */
export async function openTool(task, host, picture, context) {
  const roles = (task.files ?? []).filter((role) => role.kind === "mask" && !NOT_PAINTED.has(role.name));
  const First = FIRST[task.name];
  if (!First && !roles.length) return null;
  let prepared = null;
  if (First?.prepare) {
    const waiting = make("img", { className: "plain", src: picture.url, alt: "" });
    host.append(waiting);
    prepared = await First.prepare({ task, picture });
    if (!waiting.isConnected) return null;
    waiting.remove();
  }
  const panel = new Panel(task, host, picture);
  const given = { task, picture, context, prepared };
  const masks = [];
  panel.masked = () => masks.some((mask) => mask.extent !== "empty");
  const parts = First ? [new First(panel, given)] : [];
  masks.push(...roles.map((role) => new Mask(panel, { ...given, role })));
  parts.push(...masks);
  const tool = toolOf(panel, parts, masks);
  tool.set(context.values?.() ?? {});
  return tool;
}

/** What the shell sees of a panel and its parts. */
function toolOf(panel, parts, masks) {
  return {
    parameters() {
      const all = Object.assign({}, ...parts.map((part) => part.parameters?.()));
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    },
    async files() {
      const found = await Promise.all(parts.map((part) => part.files?.() ?? []));
      return new Map(found.flat());
    },
    set(values) {
      for (const part of parts) part.set?.(values);
    },
    /** The size of the result where the form says none; null: that of the picture. */
    automatic: () => parts.map((part) => part.automatic?.()).find(Boolean) ?? null,
    /** What parameters and files do not say; with it the history has the tool as it was. */
    drawn: () => Object.assign({}, ...parts.map((part) => part.drawn?.())),
    problem() {
      for (const part of parts) {
        const problem = part.problem?.();
        if (problem) return problem;
      }
      return overlapping(masks);
    },
    close: () => panel.close(),
  };
}

/** Say so where what must stay is to be left out as well. */
function overlapping(masks) {
  const painted = (name) => masks.find((mask) => mask.role.name === name)?.raster.data;
  const [protect, remove] = [painted("protect"), painted("remove")];
  if (!protect || !remove) return null;
  for (let index = 0; index < protect.length; index += 1) {
    if (protect[index] && remove[index]) return OVERLAP;
  }
  return null;
}
