// A rectangle of a raster, copied and set down elsewhere.

import { corners, drawLine } from "./overlay.js";
import { union } from "./raster.js";
import { whole } from "./brushes.js";

const LEAST = 2;

export class PieceCopy {
  /** `brushes()` paints what is set down, as one step; `changed()` hears that a piece was taken. */
  constructor(stage, brushes, changed) {
    Object.assign(this, { stage, brushes, changed });
    this.floating = null;
    this.anchor = null;
    this.drag = null;
  }

  down(point) {
    if (this.floating && inside(this.floating, point)) {
      this.drag = { point, from: { ...this.floating } };
      return;
    }
    this.finish();
    this.anchor = point;
    this.box = null;
  }

  move(point) {
    if (this.drag) {
      const { from, point: start } = this.drag;
      this.#to(Math.round(from.x + point.x - start.x), Math.round(from.y + point.y - start.y));
    } else if (this.anchor) {
      const before = this.box;
      const [x, y] = [Math.min(this.anchor.x, point.x), Math.min(this.anchor.y, point.y)];
      this.box = this.brushes().raster.within(whole({
        x, y, width: Math.abs(point.x - this.anchor.x), height: Math.abs(point.y - this.anchor.y),
      }));
      this.stage.redraw(union(before, this.box));
    }
  }

  up(point) {
    this.move(point);
    if (this.anchor && this.box && Math.min(this.box.width, this.box.height) >= LEAST) this.#take(this.box);
    this.cancel();
  }

  #take(box) {
    const block = this.brushes().raster.cut(box);
    const shown = new OffscreenCanvas(box.width, box.height);
    const bytes = new Uint8ClampedArray(block.data.buffer);
    shown.getContext("2d").putImageData(new ImageData(bytes, box.width, box.height), 0, 0);
    this.floating = { ...box, block, shown, home: box };
    this.changed();
  }

  #to(x, y) {
    const before = { ...this.floating };
    Object.assign(this.floating, { x, y });
    this.stage.redraw(union(before, this.floating));
  }

  arrow(right, down, event) {
    if (!this.floating) return false;
    const step = event.shiftKey ? 10 : 1;
    this.#to(this.floating.x + right * step, this.floating.y + down * step);
    this.stage.reveal({ x: this.floating.x + this.floating.width / 2, y: this.floating.y + this.floating.height / 2 });
    return true;
  }

  confirm() {
    if (!this.floating) return false;
    this.finish();
    return true;
  }

  key(event) {
    return (event.key === "Escape" || event.key === "Delete") && this.drop();
  }

  /** Set the piece down where it is. */
  finish() {
    const piece = this.floating;
    if (!piece) return;
    this.floating = null;
    if (piece.x === piece.home.x && piece.y === piece.home.y) this.stage.redraw(piece);
    else this.brushes().apply((raster) => raster.paste(piece.block, piece.x, piece.y));
    this.stage.redraw(piece);
  }

  /** Let the piece go; return whether there was one. */
  drop() {
    if (!this.floating) return false;
    this.stage.redraw(this.floating);
    this.floating = null;
    this.changed();
    return true;
  }

  cancel() {
    this.stage.redraw(this.box);
    this.anchor = null;
    this.drag = null;
    this.box = null;
  }

  draw(context) {
    if (this.floating) {
      this.stage.picture(context, this.floating.shown, this.floating.x, this.floating.y);
      drawLine(context, this.stage, corners(this.floating));
    } else if (this.box) drawLine(context, this.stage, corners(this.box));
  }
}

function inside({ x, y, width, height }, point) {
  return point.x >= x && point.y >= y && point.x < x + width && point.y < y + height;
}
