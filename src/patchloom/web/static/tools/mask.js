// A mask that is painted over the picture: white where it is, black elsewhere, of the picture's size.

import { save } from "../dom.js";
import { decode, madeOf, release } from "../pictures.js";
import { Brushes, fileButtons } from "./brushes.js";
import { button, changed } from "./controls.js";
import { remembered } from "./memory.js";
import { drawMask } from "./overlay.js";
import { encodeMask } from "./png.js";
import { Raster } from "./raster.js";
import { TileUndo } from "./undo.js";

const [RED, GREEN, BLUE] = [[235, 64, 52], [38, 166, 91], [52, 120, 246]];
const [VIOLET, AMBER] = [[168, 85, 247], [230, 160, 20]];
// What each mask is called, what it is for and the colour it is shown in.
const MASKS = {
  hole: ["Remove", "Paint over what is to be removed.", RED],
  mask: ["Area", "Paint over the area.", RED],
  protect: ["Protect", "Paint over what must stay as it is.", GREEN],
  remove: ["Leave out", "Paint over what is to be left out.", RED],
  source_mask: ["Copy from", "Paint over where patches may be copied from; without it, everywhere else.", BLUE],
  region: ["May change", "Paint over what may change; without it, what was changed and a margin around.", VIOLET],
};
const OF_TASK = {
  harmonise: { mask: ["Object", "Paint over the object that is to fit in.", BLUE] },
  animate: { mask: ["Moves", "Paint over what moves; without it, everything may.", BLUE] },
};
const KEYS = "B brush, E eraser, [ ] size; Space and drag moves the view.";

/** Return what a file's pixels say: white, at least half of the range, is set; what is clear is not. */
export async function readMask(bitmap, width, height) {
  if (bitmap.width !== width || bitmap.height !== height) {
    throw new Error(
      `The mask is ${bitmap.width} × ${bitmap.height} pixels; the picture is ${width} × ${height}, and it must be too.`,
    );
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const mask = new Uint8Array(width * height);
  for (let index = 0, at = 0; index < mask.length; index += 1, at += 4) {
    mask[index] = data[at + 3] > 127 && data[at] + data[at + 1] + data[at + 2] >= 3 * 127.5 ? 1 : 0;
  }
  return mask;
}

function create({ width, height }) {
  const raster = new Raster(width, height, new Uint8Array(width * height));
  return { raster, undo: new TileUndo(raster), seen: -1, extent: "empty", given: null };
}

/** One mask of a task; `role` is what the server says about the file. */
export class Mask {
  #loading = null;

  constructor(panel, { task, picture, context, role }) {
    Object.assign(this, { panel, task, picture, context, role });
    const known = OF_TASK[task.name]?.[role.name] ?? MASKS[role.name];
    [this.title, this.prompt, this.tint] = known ?? [role.name, role.help, AMBER];
    this.kept = remembered(picture, `mask ${task.name} ${role.name}`, () => create(picture));
    this.raster = this.kept.raster;
    this.brushes = new Brushes({
      stage: panel.stage, raster: this.raster, undo: this.kept.undo, ink: () => 1, bare: 0,
      changed: () => changed(panel.host),
    });
    panel.add({
      name: role.name, title: this.title, sign: "brush", hint: this.prompt, keys: KEYS, tint: this.tint,
      bar: this.#bar(),
      draw: (canvas, stage, dirty, active) => this.#draw(canvas, dirty, active),
      key: (event) => this.#key(event),
      undo: () => this.brushes.step("undo"), redo: () => this.brushes.step("redo"),
      enter: () => this.brushes.enter(), leave: () => this.brushes.leave(),
    });
    this.set();
  }

  #bar() {
    const { width, height } = this.picture;
    const all = { x: 0, y: 0, width, height };
    return this.brushes.bar({ end: [
      button("invert", "Invert", "invert", () => this.#invert(), { keys: "I" }),
      button("clear", "Clear", "clear", () => this.brushes.apply((raster) => raster.rectangle(all, 0))),
      ...fileButtons((file) => this.#load(file), () => this.#save(), "mask"),
    ] });
  }

  #invert() { this.brushes.apply((raster) => raster.invert()); }

  #key(event) {
    if (event.key.toLowerCase() !== "i") return this.brushes.key(event);
    this.#invert();
    return true;
  }

  #draw(canvas, dirty, active) {
    if (this.raster.version) drawMask(canvas, this.panel.stage, dirty, this.raster, this.tint, active);
    if (active) this.brushes.draw(canvas);
  }

  async #load(given) {
    const { width, height } = this.picture;
    let opened = null;
    try {
      if (!given.bitmap) opened = await decode(given);
      const data = await readMask((opened ?? given).bitmap, width, height);
      this.brushes.apply((raster) => raster.paste({ width, height, data }, 0, 0));
      this.panel.say(this.panel.hint);
    } catch (error) {
      this.panel.say(error.message);
    } finally {
      release(opened);
    }
  }

  async #save() {
    save(await encodeMask(this.raster), madeOf(this.picture, this.role.name));
  }

  /** Whether the mask is "empty", "full" or "some", looked at once for each version. */
  get extent() {
    const { raster, kept } = this;
    if (kept.seen !== raster.version) {
      kept.seen = raster.version;
      kept.extent = raster.data.includes(1 - raster.data[0]) ? "some" : raster.data[0] ? "full" : "empty";
    }
    return kept.extent;
  }

  /** Whether there has to be one. A hole may also be what is clear, or what has a certain colour, as the form says. */
  get #needed() {
    const hole = this.task.name === "inpaint" && this.role.name === "hole";
    return this.role.required || (hole && !this.context.values?.().hole);
  }

  /** A file of an example, or one that came before: taken up once, and painted on from then. */
  set() {
    const given = this.context.extra?.(this.role.name);
    if (!given || this.kept.given === given) return;
    this.kept.given = given;
    this.#loading = this.#load(given).finally(() => { this.#loading = null; });
  }

  /** No file at all where nothing is painted, rather than one that an example gave and that was erased. */
  async files() {
    await this.#loading;
    return [[this.role.name, this.extent === "empty" ? [] : await encodeMask(this.raster)]];
  }

  problem() {
    if (this.extent === "full") return `All of the picture is painted over (“${this.title}”); leave some of it.`;
    return this.#needed && this.extent === "empty" && !this.#loading ? this.prompt : null;
  }
}
