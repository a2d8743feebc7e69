// What is painted, as it is shown: sampled for each pixel of the screen, so that a mask of sixteen million pixels
// costs no more than what is in sight, and its outline is as wide at any zoom.

const scratch = document.createElement("canvas");
const RIM = 2;

/** Which column (or row) of a raster each pixel of the screen shows; -1 beyond it. `shift` is in those pixels. */
function sampled(start, count, ratio, offset, scale, length, shift) {
  const found = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    const at = Math.floor(((start + index + shift) / ratio - offset) / scale);
    found[index] = at >= 0 && at < length ? at : -1;
  }
  return found;
}

function grid(stage, dirty, raster, rim, shift) {
  const { view, ratio } = stage;
  return {
    columns: sampled(dirty.x - rim, dirty.width + 2 * rim, ratio, view.x, view.scale, raster.width, shift),
    rows: sampled(dirty.y - rim, dirty.height + 2 * rim, ratio, view.y, view.scale, raster.height, shift),
  };
}

/** Return 1 for each pixel of the screen that shows some of a mask. */
function covered(stage, dirty, raster) {
  // Where several pixels of the mask share one of the screen, two each way are looked at: thin lines stay in sight.
  const shifts = stage.view.scale * stage.ratio < 0.75 ? [0.25, 0.75] : [0.5];
  const width = dirty.width + 2 * RIM;
  const set = new Uint8Array(width * (dirty.height + 2 * RIM));
  for (const down of shifts) {
    const { rows } = grid(stage, dirty, raster, RIM, down);
    for (const right of shifts) {
      const { columns } = grid(stage, dirty, raster, RIM, right);
      rows.forEach((row, y) => {
        if (row < 0) return;
        const start = row * raster.width;
        for (let x = 0; x < width; x += 1) {
          if (columns[x] >= 0 && raster.data[start + columns[x]]) set[y * width + x] = 1;
        }
      });
    }
  }
  return set;
}

const packed = (red, green, blue, alpha) => ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
const WHITE = packed(255, 255, 255, 255);
const BLACK = packed(0, 0, 0, 230);

/** Draw a mask: tinted, and with a light and a dark line around where it is the one that is worked on. */
export function drawMask(context, stage, dirty, raster, tint, active) {
  const set = covered(stage, dirty, raster);
  const width = dirty.width + 2 * RIM;
  const image = new ImageData(dirty.width, dirty.height);
  const out = new Uint32Array(image.data.buffer);
  const inner = packed(...tint, active ? 120 : 80);
  // On dense screens lines of one pixel are too thin to see.
  const line = stage.ratio > 1.5 ? 2 : 1;
  const [light, dark] = active ? [WHITE, BLACK] : [packed(...tint, 255), 0];
  for (let y = 0; y < dirty.height; y += 1) {
    let at = (y + RIM) * width + RIM;
    for (let x = 0; x < dirty.width; x += 1, at += 1) {
      const near = set[at - line] + set[at + line] + set[at - line * width] + set[at + line * width];
      if (set[at]) out[y * dirty.width + x] = near === 4 ? inner : light;
      else if (near) out[y * dirty.width + x] = dark;
    }
  }
  blit(context, image, dirty);
}

/** Draw the colours of a raster where they are not those of `original` (everywhere, where there is none). */
export function drawColours(context, stage, dirty, raster, original) {
  const { columns, rows } = grid(stage, dirty, raster, 0, 0.5);
  const image = new ImageData(dirty.width, dirty.height);
  const out = new Uint32Array(image.data.buffer);
  rows.forEach((row, y) => {
    if (row < 0) return;
    for (let x = 0; x < dirty.width; x += 1) {
      if (columns[x] < 0) continue;
      const at = row * raster.width + columns[x];
      if (!original || raster.data[at] !== original[at]) out[y * dirty.width + x] = raster.data[at];
    }
  });
  blit(context, image, dirty);
}

function blit(context, image, dirty) {
  if (scratch.width < dirty.width || scratch.height < dirty.height) {
    scratch.width = Math.max(scratch.width, dirty.width);
    scratch.height = Math.max(scratch.height, dirty.height);
  }
  scratch.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(scratch, 0, 0, dirty.width, dirty.height, dirty.x, dirty.y, dirty.width, dirty.height);
  context.restore();
}

/** Draw a line that is seen on anything: white, with black dashes. */
export function drawLine(context, stage, points, closed = true) {
  context.beginPath();
  for (const point of points) {
    const { x, y } = stage.toScreen(point.x, point.y);
    context.lineTo(x, y);
  }
  if (closed) context.closePath();
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.setLineDash([]);
  context.stroke();
  context.strokeStyle = "#000";
  context.setLineDash([5, 5]);
  context.stroke();
  context.setLineDash([]);
}

/** The corners of a rectangle. */
export function corners({ x, y, width, height }) {
  return [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
}
