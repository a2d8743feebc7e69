// Pieces of a picture that are to be elsewhere: boxes, and one thing with an outline of its own.

import { make } from "../dom.js";
import { around, whole } from "./brushes.js";
import { button, changed, toggle } from "./controls.js";
import { remembered } from "./memory.js";
import { corners, drawLine } from "./overlay.js";
import { described, drawLeft, drawPiece } from "./pieceshapes.js";
import { encodeMask } from "./png.js";
import { Raster } from "./raster.js";
import { StateUndo } from "./undo.js";
import { UndoButtons } from "./undobuttons.js";

const LEAST = 3;
const HINT = "Drag a box around a piece, then drag the piece to where it should be.";
const KEYS = "Arrow keys move it, Delete removes it.";

const moves = (piece) => piece.shift.x !== 0 || piece.shift.y !== 0;
const there = ({ box, shift }) => ({ ...box, x: box.x + shift.x, y: box.y + shift.y });

const asPiece = ({ box, shift }) => ({
  box: { y: box[0], x: box[1], height: box[2], width: box[3] }, points: null, shift: { y: shift[0], x: shift[1] },
});

/** The pieces of reshuffle: the stage's handler, a mode of the panel and a part of the tool. */
export class Pieces {
  #drawing = null;
  #drag = null;
  #told = {}; // what the form said last

  constructor(panel, { picture, context }) {
    Object.assign(this, { panel, picture, context, stage: panel.stage });
    this.kept = remembered(picture, "pieces", () => ({ pieces: [], steps: new StateUndo([]) }));
    if (context.drawn) this.#have(context.drawn.pieces);
    this.chosen = -1;
    this.cursor = "crosshair";
    panel.add({
      name: "pieces", title: "Pieces", sign: "piece", hint: HINT, keys: KEYS, bar: this.#bar(),
      draw: (canvas, stage, dirty, active) => this.#draw(canvas, active),
      key: (event) => this.#key(event),
      undo: () => this.#step("undo"), redo: () => this.#step("redo"),
      enter: () => {
        this.stage.handler = this;
        this.stage.gestures.refresh();
      },
      leave: () => this.cancel(),
    });
    this.#use("box");
    this.set(context.values?.() ?? {});
    this.#show();
  }

  #bar() {
    this.shapes = {
      box: toggle("box", "Box", "rectangle", () => this.#use("box"), { keys: "R" }),
      lasso: toggle("lasso", "Outline", "lasso", () => this.#use("lasso"), { keys: "L" }),
    };
    this.list = make("div", { class: "tool-group tool-list", role: "group", aria: { label: "Pieces" } });
    this.steps = new UndoButtons(this.kept.steps, (way) => this.#step(way));
    this.away = button("remove", "Remove the piece", "minus", () => this.#remove(), { keys: "Delete" });
    const group = { class: "tool-group", role: "group", aria: { label: "Tools" } };
    return make("div", { class: "tool-bar" }, make("div", group, Object.values(this.shapes)), this.list,
      make("div", { class: "tool-group" }, this.away, this.steps.elements,
        button("clear", "Remove all pieces", "clear", () => this.#put([]))));
  }

  #use(shape) {
    this.shape = shape;
    for (const [key, one] of Object.entries(this.shapes)) one.setAttribute("aria-pressed", String(key === shape));
    this.stage.gestures.setHand(false);
  }

  /** Have other pieces as one step. */
  #put(pieces, chosen = -1) {
    this.kept.pieces = pieces;
    this.chosen = chosen;
    this.#finished();
  }

  #finished() {
    this.kept.steps.commit(this.kept.pieces);
    this.#show();
    changed(this.panel.host, this.parameters());
  }

  #step(way) {
    const pieces = this.kept.steps[way]();
    if (!pieces) return;
    this.kept.pieces = pieces;
    this.chosen = Math.min(this.chosen, pieces.length - 1);
    this.#show();
    changed(this.panel.host, this.parameters());
  }

  #choose(index) {
    this.chosen = index;
    this.#show();
  }

  /** Move a piece; some of it stays in the picture. */
  #shift(index, { x, y }) {
    const { box } = this.kept.pieces[index];
    const { width, height } = this.picture;
    const bound = (to, length, room) => Math.max(1 - length, Math.min(room - 1, Math.round(to)));
    const shift = {
      x: bound(box.x + x, box.width, width) - box.x, y: bound(box.y + y, box.height, height) - box.y,
    };
    this.kept.pieces = this.kept.pieces.map((piece, at) => (at === index ? { ...piece, shift } : piece));
    this.#show();
  }

  #add(points) {
    const { width, height } = this.picture;
    const box = new Raster(width, height, null).within(whole(around(points)));
    if (!box || Math.min(box.width, box.height) < LEAST) return;
    if (box.width === width && box.height === height) {
      this.panel.say("A piece is smaller than the picture; draw a smaller box.");
      return;
    }
    const piece = { box, points: this.shape === "lasso" ? points : null, shift: { x: 0, y: 0 } };
    // The engine takes any number of boxes, but one thing with an outline.
    const others = piece.points ? this.kept.pieces.filter((one) => !one.points) : this.kept.pieces;
    if (others.length < this.kept.pieces.length) {
      this.panel.say("One piece can have an outline of its own: this one takes the other's place.");
    }
    this.#put([...others, piece], others.length);
  }

  #remove() {
    if (this.chosen >= 0) this.#put(this.kept.pieces.filter((_, at) => at !== this.chosen));
  }

  #hit(point) {
    return this.kept.pieces.findLastIndex((piece) => {
      const { x, y, width, height } = there(piece);
      return point.x >= x && point.y >= y && point.x < x + width && point.y < y + height;
    });
  }

  /** The crosshair is for what is drawn; arrows move the piece that is chosen. */
  get crosshair() { return this.chosen < 0 || this.#drawing !== null; }

  down(point) {
    const index = this.#hit(point);
    this.#choose(index);
    if (index >= 0) this.#drag = { point, from: this.kept.pieces[index].shift };
    else this.#drawing = [point];
  }

  move(point) {
    if (this.#drag) {
      const { point: start, from } = this.#drag;
      this.#shift(this.chosen, { x: from.x + point.x - start.x, y: from.y + point.y - start.y });
    } else if (this.#drawing) {
      this.#drawing = this.shape === "lasso" ? [...this.#drawing, point] : [this.#drawing[0], point];
    }
    this.stage.redraw();
  }

  up(point) {
    this.move(point);
    const points = this.#drawing;
    const from = this.#drag?.from;
    this.#drawing = null;
    this.#drag = null;
    if (points) this.#add(points);
    else if (from) {
      const { x, y } = this.kept.pieces[this.chosen].shift;
      if (x !== from.x || y !== from.y) this.#finished();
    }
    this.stage.redraw();
  }

  cancel() {
    if (this.#drag) this.#shift(this.chosen, this.#drag.from);
    this.#drawing = null;
    this.#drag = null;
    this.stage.redraw();
  }

  hover(point) { this.cursor = point && this.#hit(point) >= 0 ? "move" : "crosshair"; }

  arrow(right, down, event) {
    const piece = this.kept.pieces[this.chosen];
    if (!piece || this.#drawing) return false;
    const by = event.shiftKey ? 10 : 1;
    this.#shift(this.chosen, { x: piece.shift.x + right * by, y: piece.shift.y + down * by });
    const { x, y, width, height } = there(this.kept.pieces[this.chosen]);
    this.stage.reveal({ x: x + width / 2, y: y + height / 2 });
    this.#finished();
    return true;
  }

  #key(event) {
    const key = event.key.toLowerCase();
    const count = this.kept.pieces.length;
    if (key === "r" || key === "l") this.#use(key === "r" ? "box" : "lasso");
    else if (key === "delete" || key === "backspace") this.#remove();
    else if (key === "escape" && this.chosen >= 0) this.#choose(-1);
    else if (key === "pagedown" && count) this.#choose((this.chosen + 1) % count);
    else if (key === "pageup" && count) this.#choose((Math.max(this.chosen, 0) - 1 + count) % count);
    else return false;
    return true;
  }

  #show() {
    const { pieces } = this.kept;
    this.steps.refresh();
    this.away.setAttribute("aria-disabled", String(this.chosen < 0));
    // Buttons stay the same elements, so that the one in use keeps the focus.
    while (this.list.children.length > pieces.length) this.list.lastChild.remove();
    while (this.list.children.length < pieces.length) this.list.append(this.#chip(this.list.children.length));
    pieces.forEach((piece, index) => {
      const element = this.list.children[index];
      element.setAttribute("aria-pressed", String(index === this.chosen));
      element.title = described(piece, index + 1);
      element.setAttribute("aria-label", element.title);
    });
    this.stage.redraw();
  }

  #chip(index) {
    const click = () => {
      this.#choose(index);
      this.stage.canvas.focus({ preventScroll: true });
    };
    return make("button", {
      type: "button", class: "tool-button tool-chip", data: { tool: `piece-${index + 1}` }, on: { click },
    }, `${index + 1}`);
  }

  #draw(canvas, active) {
    const { pieces } = this.kept;
    if (!this.context.values?.().copy) for (const piece of pieces.filter(moves)) drawLeft(canvas, this.stage, piece);
    const chosen = active ? this.chosen : -1;
    pieces.forEach((piece, index) => drawPiece(canvas, this.stage, this.picture, piece, index === chosen));
    if (this.#drawing?.length > 1) {
      drawLine(canvas, this.stage, this.shape === "lasso" ? this.#drawing : corners(around(this.#drawing)));
    }
  }

  #have(pieces) {
    this.kept.pieces = pieces;
    this.kept.steps.commit(pieces);
  }

  /** Take up the moves that an example, the history or the form's defaults bring. */
  set({ moves: told = null, shift = null }) {
    const now = this.parameters();
    let { pieces } = this.kept;
    if (JSON.stringify(told) !== JSON.stringify(now.moves) && (told || this.#told.moves)) {
      pieces = [...(told ?? []).map(asPiece), ...pieces.filter((piece) => piece.points)];
    }
    // The form cannot outline a piece: it moves the one that there is, or takes it away.
    const at = shift && { y: shift[0], x: shift[1] };
    if (at) pieces = pieces.map((piece) => (piece.points ? { ...piece, shift: at } : piece));
    else if (now.shift && this.#told.shift) pieces = pieces.filter((piece) => !piece.points);
    this.#told = { moves: told, shift };
    if (JSON.stringify(pieces) !== JSON.stringify(this.kept.pieces)) {
      this.#have(pieces);
      this.chosen = -1;
      this.#show();
    }
    this.stage.redraw();
  }

  parameters() {
    const moved = this.kept.pieces.filter(moves);
    const boxes = moved.filter((piece) => !piece.points);
    const outlined = moved.find((piece) => piece.points);
    return {
      moves: boxes.length ? boxes.map(({ box, shift }) => ({
        box: [box.y, box.x, box.height, box.width], shift: [shift.y, shift.x],
      })) : null,
      shift: outlined ? [outlined.shift.y, outlined.shift.x] : null,
    };
  }

  async files() {
    const outlined = this.kept.pieces.find((piece) => piece.points && moves(piece));
    if (!outlined) return [["object", []]];
    const { width, height } = this.picture;
    const raster = new Raster(width, height, new Uint8Array(width * height));
    raster.polygon(outlined.points, 1);
    return [["object", await encodeMask(raster)]];
  }

  drawn() { return { pieces: this.kept.pieces }; }

  problem() {
    const { pieces } = this.kept;
    if (!pieces.length) return "Drag a box around a piece of the picture, then drag the piece to where it should be.";
    const still = pieces.findIndex((piece) => !moves(piece));
    return still < 0 ? null : `Piece ${still + 1} has not been moved: drag it to where it should be, or remove it.`;
  }
}
