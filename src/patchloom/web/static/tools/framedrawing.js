// A frame over a picture: what it leaves out is dimmed, what is new is striped.

import { corners, drawLine } from "./overlay.js";

const STRIPE = 9;

export function drawFrame(context, stage, picture, frame) {
  const at = stage.toScreen(frame.x, frame.y);
  const end = stage.toScreen(frame.x + frame.width, frame.y + frame.height);
  const own = stage.toScreen(0, 0);
  const last = stage.toScreen(picture.width, picture.height);
  context.save();
  context.beginPath();
  context.rect(own.x, own.y, last.x - own.x, last.y - own.y);
  context.rect(at.x, at.y, end.x - at.x, end.y - at.y);
  // What is in one of the two only: the picture's part is dimmed, the frame's is striped.
  context.clip("evenodd");
  context.globalAlpha = 0.72;
  context.fillStyle = stage.colours.stage;
  context.fillRect(own.x, own.y, last.x - own.x, last.y - own.y);
  context.globalAlpha = 0.35;
  stripes(context, at, end, stage.colours.text);
  context.restore();
  drawLine(context, stage, corners(frame));
}

function stripes(context, at, end, colour) {
  const height = end.y - at.y;
  context.beginPath();
  context.rect(at.x, at.y, end.x - at.x, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = at.x - height; x < end.x; x += STRIPE) {
    context.moveTo(x, end.y);
    context.lineTo(x + height, at.y);
  }
  context.stroke();
}
