// Undo and redo. A raster remembers the tiles that a step changes, a tile of one value as that value, within a
// budget of bytes; small states (boxes, places) are kept whole.

import { union } from "./raster.js";

const TILE = 128;

/** Steps back and forth through what a raster was. */
export class TileUndo {
  #raster;
  #budget;
  #open = new Map();
  #done = [];
  #undone = [];
  #bytes = 0;

  /** `budget`: bytes that steps may take; the oldest go first, the latest one always stays. */
  constructor(raster, budget = 96 * 2 ** 20) {
    this.#raster = raster;
    this.#budget = budget;
    raster.keep = (rectangle) => this.#keep(rectangle);
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  /** End a step: what was written since the last one becomes one. */
  commit() {
    if (!this.#open.size) return false;
    for (const step of this.#undone) this.#bytes -= step.bytes;
    this.#undone = [];
    this.#push(this.#done, this.#open);
    this.#open = new Map();
    while (this.#bytes > this.#budget && this.#done.length > 1) this.#bytes -= this.#done.shift().bytes;
    return true;
  }

  /** Take back what was written since the last step. */
  cancel() {
    const tiles = this.#open;
    this.#open = new Map();
    return this.#swap(tiles).rectangle;
  }

  undo() { return this.#step(this.#done, this.#undone); }
  redo() { return this.#step(this.#undone, this.#done); }

  #step(from, to) {
    this.commit();
    const step = from.pop();
    if (!step) return null;
    this.#bytes -= step.bytes;
    const { before, rectangle } = this.#swap(step.tiles);
    this.#push(to, before);
    return rectangle;
  }

  #push(stack, tiles) {
    let bytes = 0;
    for (const tile of tiles.values()) bytes += 32 + (typeof tile === "number" ? 0 : tile.byteLength);
    stack.push({ tiles, bytes });
    this.#bytes += bytes;
  }

  #keep(rectangle) {
    const across = Math.ceil(this.#raster.width / TILE);
    const last = [rectangle.x + rectangle.width - 1, rectangle.y + rectangle.height - 1];
    for (let row = Math.floor(rectangle.y / TILE); row <= Math.floor(last[1] / TILE); row += 1) {
      for (let column = Math.floor(rectangle.x / TILE); column <= Math.floor(last[0] / TILE); column += 1) {
        const number = row * across + column;
        if (!this.#open.has(number)) this.#open.set(number, this.#read(number));
      }
    }
  }

  #place(number) {
    const across = Math.ceil(this.#raster.width / TILE);
    const x = (number % across) * TILE;
    const y = Math.floor(number / across) * TILE;
    return this.#raster.within({ x, y, width: TILE, height: TILE });
  }

  #read(number) {
    const { data } = this.#raster.cut(this.#place(number));
    for (let index = 1; index < data.length; index += 1) if (data[index] !== data[0]) return data;
    return data[0];
  }

  /** Put tiles back and return what stood there. */
  #swap(tiles) {
    const before = new Map();
    let rectangle = null;
    for (const [number, tile] of tiles) {
      const place = this.#place(number);
      before.set(number, this.#read(number));
      for (let row = 0; row < place.height; row += 1) {
        const first = (place.y + row) * this.#raster.width + place.x;
        if (typeof tile === "number") this.#raster.data.fill(tile, first, first + place.width);
        else this.#raster.data.set(tile.subarray(row * place.width, (row + 1) * place.width), first);
      }
      rectangle = union(rectangle, place);
    }
    this.#raster.version += 1;
    return { before, rectangle };
  }
}

/** Steps back and forth through small states, which are never changed in place. */
export class StateUndo {
  #states;
  #at = 0;

  constructor(state, most = 200) {
    this.#states = [state];
    this.most = most;
  }

  get canUndo() { return this.#at > 0; }
  get canRedo() { return this.#at < this.#states.length - 1; }

  commit(state) {
    this.#states = [...this.#states.slice(0, this.#at + 1), state].slice(-this.most);
    this.#at = this.#states.length - 1;
  }

  undo() { return this.canUndo ? this.#states[(this.#at -= 1)] : null; }
  redo() { return this.canRedo ? this.#states[(this.#at += 1)] : null; }
}
