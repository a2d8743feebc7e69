// Where the pictures of a collage lie, and how that is drawn. An arrangement is
// { order, places, width, height, sized }: pictures from the lowest to the topmost, their corners (null: side by side),
// the size of the result, and whether that was chosen.

import { corners, drawLine } from "./overlay.js";

export const LEAST = 32;
export const MOST_SIDE = 16384;
// What is seen of a picture's width, side by side with others.
const SEEN = 0.75;

/** The nearest length of a side that the studio takes, beside one of `other` pixels; `most`: pixels of the result. */
export const bounded = (length, other, most) => Math.max(LEAST, Math.min(length, MOST_SIDE, Math.floor(most / other)));

/** The size where none is chosen: as high as the picture that is worked on, and with some room for each. */
export function automaticSize(order, { width, height }, most) {
  if (order.length < 2) return { width, height };
  const widths = order.reduce((sum, one) => sum + Math.round(one.width * SEEN), 0);
  return { width: bounded(widths, height, most), height };
}

/** The pictures that are there `now`: those that were lie as they did, and others on top. */
export const inOrder = (order, now) => (
  [...order.filter((one) => now.includes(one)), ...now.filter((one) => !order.includes(one))]
);

/** Whether a point lies in a rectangle. */
export const holds = ({ x, y, width, height }, point) => (
  point.x >= x && point.y >= y && point.x < x + width && point.y < y + height
);

/** Where each picture lies, and which part of the frame shows it: side by side, each has its share. */
export function layout({ order, places, width, height }) {
  const share = width / order.length;
  return order.map((picture, index) => {
    const middle = {
      x: Math.round(index * share + (share - picture.width) / 2), y: Math.round((height - picture.height) / 2),
    };
    const { x, y } = places?.get(picture) ?? middle;
    const own = { x, y, width: picture.width, height: picture.height };
    return { picture, x, y, seen: places ? own : { x: index * share, y: 0, width: share, height } };
  });
}

/** The corners of all pictures, with what is to change. */
export const placesOf = (arrangement, changes = new Map()) => (
  new Map(layout(arrangement).map(({ picture, x, y }) => [picture, changes.get(picture) ?? { x, y }]))
);

/** The rectangle that holds the frame and what sticks out of it, with some room around. */
export function extent(arrangement) {
  const { width: across, height: along } = arrangement;
  const boxes = [{ x: 0, y: 0, width: across, height: along }, ...layout(arrangement).map(({ seen }) => seen)];
  const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
  const room = Math.max(width, height) * 0.06;
  return { x: x - room, y: y - room, width: width + 2 * room, height: height + 2 * room };
}

/** Draw all pictures, the frame, and a line around the chosen one. */
export function drawArrangement(context, stage, arrangement, chosen) {
  const { places, width, height } = arrangement;
  const all = layout(arrangement);
  const frame = { x: 0, y: 0, width, height };
  for (const one of all) drawOne(context, stage, one, places ? frame : one.seen, Boolean(places));
  drawLine(context, stage, corners(frame));
  const { seen } = all[chosen];
  const at = stage.toScreen(seen.x, seen.y);
  context.lineWidth = 3;
  context.strokeStyle = stage.colours.accent;
  context.strokeRect(at.x, at.y, seen.width * stage.view.scale, seen.height * stage.view.scale);
}

/** Draw a picture where it lies: what is within `box`, and, if asked for, faintly what sticks out of it. */
function drawOne(context, stage, { picture, x, y }, box, faint) {
  const at = stage.toScreen(box.x, box.y);
  context.globalAlpha = 0.25;
  if (faint) stage.picture(context, picture.bitmap, x, y);
  context.globalAlpha = 1;
  context.save();
  context.beginPath();
  context.rect(at.x, at.y, box.width * stage.view.scale, box.height * stage.view.scale);
  context.clip();
  stage.picture(context, picture.bitmap, x, y);
  context.restore();
}
