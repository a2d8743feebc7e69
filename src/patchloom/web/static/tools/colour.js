// Colours painted over a picture (for edit), or on a ground of one colour (for paint), and pieces of it copied.

import { make, save } from "../dom.js";
import { decode, madeOf, release } from "../pictures.js";
import { Brushes, fileButtons } from "./brushes.js";
import { button, changed } from "./controls.js";
import { drawnPixels, exactPixels } from "./exact.js";
import { flood } from "./flood.js";
import { isRemembered, remembered } from "./memory.js";
import { corners, drawColours, drawLine } from "./overlay.js";
import { furthest, palette, posterised, toHex, toNumber } from "./palette.js";
import { PieceCopy } from "./piececopy.js";
import { encodeColours } from "./png.js";
import { Raster } from "./raster.js";
import { TileUndo } from "./undo.js";

const BUDGET = 256 * 2 ** 20;
const TOLERANCE = 24;
const MORE = {
  pick: ["Pick a colour", "pick", "I"],
  fill: ["Fill what has about this colour", "fill", "G"],
  piece: ["Copy a piece", "piece", "C"],
};
const HINTS = {
  pick: "Click a colour of the picture, or put the crosshair there and press Enter.",
  fill: "Click a part to give it the colour.",
  piece: "Drag a box around a piece, then drag it to where a copy goes; Enter sets it down, Escape lets it go.",
};
// What differs between the two tasks.
const KINDS = {
  edit: {
    field: "edited", title: "Edit", what: "edited picture", clear: "Undo all edits",
    hint: "Paint over the picture, or copy pieces of it; the result mends it.",
    missing: "Paint over something, or copy a piece of the picture, first.",
  },
  paint: {
    field: "painting", title: "Painting", what: "painting", clear: "Blank",
    hint: "Paint roughly what the picture should show, in its own colours.",
    missing: "Paint what the picture should show, or start from the picture.",
  },
};

function create({ width, height }, blank, original) {
  const colours = palette(original);
  // What is bare: the picture, or a ground in its most frequent colour.
  const bare = blank ? toNumber(colours[0]) : original;
  const raster = new Raster(width, height, blank ? new Uint32Array(original.length).fill(bare) : original.slice());
  const clear = !blank && original.some((value) => value >>> 24 !== 255);
  const undo = new TileUndo(raster, BUDGET);
  return { raster, original, colours, bare, clear, undo, colour: furthest(colours), differs: -1 };
}

/** Where colours differ from those of another picture, or from one colour; -1 if nowhere. `hint` is looked at first. */
function difference(data, before, hint) {
  const differs = typeof before === "number" ? (at) => data[at] !== before : (at) => data[at] !== before[at];
  if (hint >= 0 && differs(hint)) return hint;
  for (let index = 0; index < data.length; index += 1) if (differs(index)) return index;
  return -1;
}

/** Why what is painted can never go with a picture: it has one channel or three, of 8 bits from 0 to 1; or null. */
function misfit({ channels, range: [low, high] }, name, blank) {
  const title = name[0].toUpperCase() + name.slice(1);
  if (channels !== 1 && channels !== 3) {
    return `This picture has ${channels} colour channels; ${title} takes RGB or grey. Convert it first.`;
  }
  if (blank || (low >= 0 && high <= 1)) return null;
  return `This picture has values from ${low} to ${high}; ${title} takes 0 to 1. Scale it first.`;
}

export class Colours {
  #loading = null;

  /** What has to be known before a tool can be made: the picture's own numbers; a painting is rough in any case. */
  static async prepare({ task, picture }) {
    if (isRemembered(picture, KINDS[task.name].field)) return null;
    return task.name === "paint" ? drawnPixels(picture.bitmap, picture.width, picture.height) : exactPixels(picture);
  }

  constructor(panel, { task, picture, context, prepared }) {
    const [kind, blank] = [KINDS[task.name], task.name === "paint"];
    Object.assign(this, { panel, picture, context, stage: panel.stage, kind, blank });
    this.misfit = misfit(picture, task.name, blank);
    this.kept = remembered(picture, kind.field, () => create(picture, blank, prepared));
    this.raster = this.kept.raster;
    this.piece = new PieceCopy(this.stage, () => this.brushes, () => changed(panel.host));
    this.brushes = this.#brushes();
    const bar = this.#bar();
    panel.add({
      name: this.kind.field, title: this.kind.title, sign: "brush", hint: this.misfit ?? this.kind.hint, bar,
      draw: (canvas, stage, dirty, active) => this.#draw(canvas, dirty, active),
      key: (event) => this.piece.key(event) || this.brushes.key(event),
      undo: () => { if (!this.piece.drop()) this.brushes.step("undo"); },
      redo: () => this.brushes.step("redo"),
      enter: () => this.brushes.enter(), leave: () => this.brushes.leave(),
    });
    this.set();
  }

  #brushes() {
    const pick = { down: (point) => this.#pick(point), move: (point) => this.#pick(point) };
    const fill = { down: (point) => this.#fill(point) };
    return new Brushes({
      stage: this.stage, raster: this.raster, undo: this.kept.undo, bare: this.kept.bare,
      ink: () => toNumber(this.kept.colour), changed: () => changed(this.panel.host),
      more: { tools: { pick, fill, piece: this.piece }, chosen: (name) => this.#chosen(name) },
    });
  }

  #bar() {
    this.chooser = make("input", {
      type: "color", value: this.kept.colour, class: "tool-colour", data: { tool: "colour" }, aria: { label: "Colour" },
      on: { input: () => this.#use(this.chooser.value) },
    });
    const redraw = () => this.stage.redraw();
    this.ghost = make("input", { type: "checkbox", data: { tool: "ghost" }, on: { change: redraw } });
    const bar = this.brushes.bar({
      tools: MORE,
      beside: make("div", { class: "tool-colours" }, this.chooser, this.kept.colours.map((one) => this.#swatch(one))),
      end: [
        button("clear", this.kind.clear, "clear", () => this.#paste(null)),
        ...fileButtons((file) => this.#load(file), () => this.#save(), this.kind.what),
      ],
    });
    if (this.blank) {
      const { width, height } = this.picture;
      bar.append(button("start-picture", "Start from the picture", "picture", () => this.#paste(
        posterised(this.kept.original, width, height, this.kept.colours),
      ), { shown: true }), make("label", { class: "tool-check" }, this.ghost, "Show the picture"));
    }
    return bar;
  }

  #swatch(colour) {
    const element = make("button", {
      type: "button", class: "tool-swatch", data: { tool: "swatch" }, title: colour,
      aria: { label: `Colour ${colour}` }, on: { click: () => this.#use(colour) },
    });
    element.style.backgroundColor = colour;
    return element;
  }

  #use(colour) {
    this.kept.colour = colour;
    this.chooser.value = colour;
  }

  #chosen(name) {
    if (name !== "piece") this.piece.finish();
    if (this.panel.mode?.name === this.kind.field) this.panel.say(HINTS[name] ?? this.panel.hint);
  }

  /** The number of the pixel at a point, or -1 beyond the picture. */
  #at({ x, y }) {
    const { width, height } = this.picture;
    return x < 0 || y < 0 || x >= width || y >= height ? -1 : Math.floor(y) * width + Math.floor(x);
  }

  #pick(point) {
    const index = this.#at(point);
    if (index >= 0) this.#use(toHex((this.ghost.checked ? this.kept.original : this.raster.data)[index]));
  }

  #fill(point) {
    if (this.#at(point) < 0) return;
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    this.brushes.apply((raster) => flood(raster, x, y, toNumber(this.kept.colour), TOLERANCE));
  }

  /** Have other pixels as one step; null: what is bare. */
  #paste(pixels) {
    const { width, height } = this.picture;
    const data = pixels ?? this.kept.bare;
    this.brushes.apply((raster) => (typeof data === "number" ? raster.rectangle({ x: 0, y: 0, width, height }, data)
      : raster.paste({ width, height, data }, 0, 0)));
  }

  async #load(given) {
    const { width, height } = this.picture;
    let opened = null;
    try {
      if (!given.bitmap) opened = await decode(given);
      const picture = opened ?? given;
      const { bitmap } = picture;
      if (this.blank) this.#paste(drawnPixels(bitmap, width, height));
      else if (bitmap.width === width && bitmap.height === height) this.#paste(await exactPixels(picture));
      else {
        const size = `${bitmap.width} × ${bitmap.height} pixels`;
        this.panel.say(`That picture is ${size}; the edit must be ${width} × ${height}.`);
      }
    } catch (error) {
      this.panel.say(error.message);
    } finally {
      release(opened);
    }
  }

  async #save() {
    save(await this.#encoded(), madeOf(this.picture, this.kind.field));
  }

  async #encoded() {
    this.piece.finish();
    return encodeColours(this.raster, this.kept.clear ? 4 : this.picture.channels === 1 ? 1 : 3);
  }

  #draw(canvas, dirty, active) {
    const { width, height } = this.picture;
    drawColours(canvas, this.stage, dirty, this.raster, this.blank ? null : this.kept.original);
    if (this.ghost.checked) {
      canvas.globalAlpha = 0.5;
      this.stage.picture(canvas, this.picture.bitmap);
      canvas.globalAlpha = 1;
    }
    if (this.blank) drawLine(canvas, this.stage, corners({ x: 0, y: 0, width, height }));
    this.piece.draw(canvas);
    if (active) this.brushes.draw(canvas);
  }

  /** A file of an example, or one that came before: taken up once, and painted on from then. */
  set() {
    const given = this.context.extra?.(this.kind.field);
    if (!given || this.kept.given === given) return;
    this.kept.given = given;
    this.#loading = this.#load(given).finally(() => { this.#loading = null; });
  }

  async files() {
    await this.#loading;
    return [[this.kind.field, await this.#encoded()]];
  }

  problem() {
    if (this.misfit) return this.misfit;
    if (this.kept.seen !== this.raster.version) {
      this.kept.seen = this.raster.version;
      this.kept.differs = difference(this.raster.data, this.kept.bare, this.kept.differs);
    }
    return this.kept.differs >= 0 || this.piece.floating || this.#loading ? null : this.kind.missing;
  }
}
