// How pieces are drawn: where they were, and where they go.

import { corners, drawLine } from "./overlay.js";

const lineOf = ({ points, box }, shift) => (
  (points ?? corners(box)).map(({ x, y }) => ({ x: x + shift.x, y: y + shift.y }))
);

function path(context, stage, points) {
  context.beginPath();
  for (const point of points) {
    const { x, y } = stage.toScreen(point.x, point.y);
    context.lineTo(x, y);
  }
  context.closePath();
}

/** The place that a piece leaves: dimmed, for something else comes there. */
export function drawLeft(context, stage, piece) {
  path(context, stage, lineOf(piece, { x: 0, y: 0 }));
  context.globalAlpha = 0.7;
  context.fillStyle = stage.colours.stage;
  context.fill("evenodd");
  context.globalAlpha = 1;
}

/** A piece at its new place, cut off at the picture's edge. */
export function drawPiece(context, stage, picture, piece, active) {
  const { box, shift } = piece;
  const line = lineOf(piece, shift);
  context.save();
  path(context, stage, corners({ x: 0, y: 0, width: picture.width, height: picture.height }));
  context.clip();
  path(context, stage, line);
  context.clip("evenodd");
  const at = stage.toScreen(box.x + shift.x, box.y + shift.y);
  const { scale } = stage.view;
  const { width, height } = box;
  context.drawImage(picture.bitmap, box.x, box.y, width, height, at.x, at.y, width * scale, height * scale);
  context.restore();
  drawLine(context, stage, line);
  if (!active) return;
  path(context, stage, line);
  context.lineWidth = 3;
  context.strokeStyle = stage.colours.accent;
  context.stroke();
}

/** What a piece is called and does, in words. */
export function described({ box, shift: { x, y } }, number) {
  const across = `${Math.abs(x)} px ${x < 0 ? "left" : "right"}`;
  const along = `${Math.abs(y)} px ${y < 0 ? "up" : "down"}`;
  const way = x || y ? `goes ${across}, ${along}` : "not moved yet";
  return `Piece ${number}: ${box.width} by ${box.height} pixels, ${way}`;
}
