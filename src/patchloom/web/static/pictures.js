// Pictures that come in: decoded, checked against the limits, and freed when nothing shows them any more.

import * as api from "./api.js";
import { sized } from "./dom.js";
import { plain } from "./fields.js";
import { state } from "./state.js";
import { told } from "./told.js";

/** Something about a picture that its owner has to hear, with what helps. */
export class PictureError extends Error {}

const KNOWN = /\.(png|jpe?g|webp|tiff?|exr|bmp|gif|avif|ppm|pgm|tga|hdr)$/i;
const held = new Map(); // picture -> how many parts of the page need it
const copies = new WeakMap(); // blob -> the copy of it that browsers show as it is

/** What an img can show of a file that was decoded once. */
export const shownFor = (blob) => copies.get(blob) ?? blob;

/** What the file of something painted is called: it is saved under this name, and results say that it was used. */
export const madeOf = ({ name }, field) => `${name.replace(/\.[^.]*$/, "")}_${field}.png`;

/** Decode a file or blob. Browsers show most; what they do not, or not as it is, the server turns into what they do. */
export async function decode(blob, name = blob.name ?? "picture.png") {
  const limits = state.schema?.limits ?? {};
  if (blob.size === 0) throw new PictureError(`${name} is empty; choose another file`);
  if (limits.bytes && blob.size > limits.bytes) {
    throw new PictureError(
      `${name} has ${megabytes(blob.size)} MB; at most ${megabytes(limits.bytes)} are allowed; make it smaller`,
    );
  }
  if (blob.type && !blob.type.startsWith("image/") && !KNOWN.test(name)) {
    throw new PictureError(`${name} is not a picture; choose a PNG, JPEG, WebP, TIFF or EXR`);
  }
  let seen, bitmap;
  try {
    const { left, channels } = await told(blob);
    seen = left ? await shownBy(blob, name) : { shown: blob, channels, range: [0, 1] };
    bitmap = await createImageBitmap(seen.shown);
  } catch (problem) {
    if (problem instanceof PictureError) throw problem;
    try {
      seen = await shownBy(blob, name);
      bitmap = await createImageBitmap(seen.shown);
    } catch (error) {
      if (error instanceof PictureError) throw error;
      throw new PictureError(`${name}: no picture could be read from it`);
    }
  }
  const { width, height } = bitmap;
  if (limits.pixels && width * height > limits.pixels) {
    bitmap.close();
    const most = `${millions(limits.pixels)} million pixels`;
    throw new PictureError(`${name} is ${sized({ width, height })}; at most ${most} are allowed; make it smaller`);
  }
  copies.set(blob, seen.shown);
  return { blob, name, width, height, bitmap, ...seen, url: URL.createObjectURL(seen.shown) };
}

/** What the server makes of a picture; what it refuses is told with the file's name. */
async function shownBy(blob, name) {
  try {
    return await api.shown(blob, name);
  } catch (error) {
    if (error.code === "offline") throw new PictureError(`${name} was not opened: the studio does not answer`);
    throw new PictureError(`${name}: ${plain(error.message)}`);
  }
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
const millions = (pixels) => (pixels < 1e7 ? Number((pixels / 1e6).toPrecision(2)) : Math.floor(pixels / 1e6));

/** Say that a part of the page needs a picture. */
export function hold(picture) {
  held.set(picture, (held.get(picture) ?? 0) + 1);
  return picture;
}

/** Say that it does not any more; the last to say so frees its memory. */
export function release(picture) {
  if (!picture) return;
  const left = (held.get(picture) ?? 1) - 1;
  if (left > 0) {
    held.set(picture, left);
    return;
  }
  held.delete(picture);
  rest(picture);
  URL.revokeObjectURL(picture.url);
}

/** Give back the pixels of a picture that is only listed; `wake` decodes them again. */
export function rest(picture) {
  picture.bitmap?.close();
  picture.bitmap = null;
}

export async function wake(picture) {
  picture.bitmap ??= await createImageBitmap(picture.shown);
  return picture;
}

/** The files of pictures in what was dropped or pasted. */
export function filesIn(transfer) {
  const files = [...(transfer?.files ?? [])];
  const pictures = files.filter((file) => file.type.startsWith("image/") || KNOWN.test(file.name));
  return pictures.length ? pictures : files;
}

/**
 * A picture made smaller, as PNG unless `type` says another; `side` is what its longer side becomes. Masks stay hard
 * where `smooth` is false.
 */
export async function reduced(blob, side, { smooth = true, type = "image/png", quality = 1 } = {}) {
  const full = await createImageBitmap(blob);
  const factor = Math.min(1, side / Math.max(full.width, full.height));
  const width = Math.max(1, Math.round(full.width * factor)),
    height = Math.max(1, Math.round(full.height * factor));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(full, 0, 0, width, height);
  full.close();
  return { blob: await canvas.convertToBlob({ type, quality }), factor, width, height };
}
