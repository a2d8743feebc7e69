// A raster that is painted on: one element per pixel, a mask's 0 or 1 or a colour's 32 bits. Nothing is ever
// anti-aliased. Every change returns the rectangle that it touched; `keep` hears of a rectangle before it is written.

/** Rectangles are { x, y, width, height } in whole pixels; null is the empty one. */
export function union(one, other) {
  if (!one || !other) return one || other;
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return {
    x, y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  };
}

export class Raster {
  constructor(width, height, data) {
    this.width = width;
    this.height = height;
    this.data = data;
    this.version = 0;
    this.keep = () => {};
  }

  /** Cut a rectangle to the raster; null if nothing is left. */
  within({ x, y, width, height }) {
    const left = Math.max(0, Math.floor(x));
    const top = Math.max(0, Math.floor(y));
    const right = Math.min(this.width, Math.ceil(x + width));
    const bottom = Math.min(this.height, Math.ceil(y + height));
    return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
  }

  begin(rectangle) {
    const inside = this.within(rectangle);
    if (inside) {
      this.keep(inside);
      this.version += 1;
    }
    return inside;
  }

  /**
   * Paint the way of a round brush from one point to another, without gaps however fast it was.
   * `from` is a value, or an array of the same shape that pixels are taken from (the eraser of colours).
   */
  stroke(first, last, radius, from) {
    const reach = Math.max(radius, 0.5);
    const inside = this.begin({
      x: Math.min(first.x, last.x) - reach, y: Math.min(first.y, last.y) - reach,
      width: Math.abs(last.x - first.x) + 2 * reach + 1, height: Math.abs(last.y - first.y) + 2 * reach + 1,
    });
    if (!inside) return null;
    for (let row = inside.y; row < inside.y + inside.height; row += 1) {
      const [left, right] = capsule(first, last, reach, row + 0.5);
      // Pixels whose middle is covered; the brush is at least the pixel that it stands on.
      const start = Math.max(inside.x, Math.ceil(left - 0.5));
      const end = Math.min(inside.x + inside.width, Math.floor(right - 0.5) + 1);
      if (end > start) this.#row(row, start, end, from);
    }
    for (const point of [first, last]) {
      const x = Math.floor(point.x);
      const y = Math.floor(point.y);
      if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.#row(y, x, x + 1, from);
    }
    return inside;
  }

  rectangle(rectangle, from) {
    const inside = this.begin(rectangle);
    if (!inside) return null;
    for (let row = inside.y; row < inside.y + inside.height; row += 1) {
      this.#row(row, inside.x, inside.x + inside.width, from);
    }
    return inside;
  }

  /** Fill what a closed line goes around (even and odd crossings), by the middles of pixels. */
  polygon(points, from) {
    const xs = points.map((point) => point.x);
    const ys = points.map((point) => point.y);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const inside = this.begin({ x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y });
    if (!inside) return null;
    for (let row = inside.y; row < inside.y + inside.height; row += 1) {
      const crossings = [];
      points.forEach((point, index) => {
        const next = points[(index + 1) % points.length];
        const middle = row + 0.5;
        if (point.y <= middle !== next.y <= middle) {
          crossings.push(point.x + ((middle - point.y) / (next.y - point.y)) * (next.x - point.x));
        }
      });
      crossings.sort((one, other) => one - other);
      for (let index = 0; index + 1 < crossings.length; index += 2) {
        const start = Math.max(0, Math.ceil(crossings[index] - 0.5));
        const end = Math.min(this.width, Math.ceil(crossings[index + 1] - 0.5));
        if (end > start) this.#row(row, start, end, from);
      }
    }
    return inside;
  }

  /** Of masks: what is set is not any more, and the other way round. */
  invert() {
    const inside = this.begin({ x: 0, y: 0, width: this.width, height: this.height });
    const { data } = this;
    for (let index = 0; index < data.length; index += 1) data[index] ^= 1;
    return inside;
  }

  /** Copy a block of pixels in, row by row; what sticks out is cut off. */
  paste(block, x, y) {
    const inside = this.begin({ x, y, width: block.width, height: block.height });
    if (!inside) return null;
    for (let row = inside.y; row < inside.y + inside.height; row += 1) {
      const start = (row - y) * block.width + inside.x - x;
      this.data.set(block.data.subarray(start, start + inside.width), row * this.width + inside.x);
    }
    return inside;
  }

  /** Return a copy of a rectangle within. */
  cut({ x, y, width, height }) {
    const data = new this.data.constructor(width * height);
    for (let row = 0; row < height; row += 1) {
      const start = (y + row) * this.width + x;
      data.set(this.data.subarray(start, start + width), row * width);
    }
    return { width, height, data };
  }

  #row(row, start, end, from) {
    const first = row * this.width + start;
    const last = row * this.width + end;
    if (typeof from === "number") this.data.fill(from, first, last);
    else this.data.set(from.subarray(first, last), first);
  }
}

/** Return from where to where a line of pixels at `y` runs through the way of a disc. */
function capsule(first, last, radius, y) {
  let left = Infinity;
  let right = -Infinity;
  for (const point of [first, last]) {
    const down = y - point.y;
    const half = radius * radius - down * down;
    if (half < 0) continue;
    left = Math.min(left, point.x - Math.sqrt(half));
    right = Math.max(right, point.x + Math.sqrt(half));
  }
  const along = { x: last.x - first.x, y: last.y - first.y };
  const length = Math.hypot(along.x, along.y);
  if (length === 0) return [left, right];
  // The band between the two discs: a rectangle that is turned, cut by the line at y.
  const side = { x: (-along.y / length) * radius, y: (along.x / length) * radius };
  const corners = [
    { x: first.x + side.x, y: first.y + side.y }, { x: last.x + side.x, y: last.y + side.y },
    { x: last.x - side.x, y: last.y - side.y }, { x: first.x - side.x, y: first.y - side.y },
  ];
  corners.forEach((corner, index) => {
    const next = corners[(index + 1) % 4];
    if (corner.y <= y === next.y <= y) return;
    const x = corner.x + ((y - corner.y) / (next.y - corner.y)) * (next.x - corner.x);
    left = Math.min(left, x);
    right = Math.max(right, x);
  });
  return [left, right];
}
