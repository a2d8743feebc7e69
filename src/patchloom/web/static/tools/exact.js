// A picture's own numbers. What a canvas gives back went through colour profiles and was multiplied by its alpha; the
// engine takes the numbers of the file, so that an edit made from anything else would differ from it everywhere.

import * as api from "../api.js";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const SAMPLES = { 0: 1, 2: 3, 4: 2, 6: 4 }; // a pixel's, by the kind of colour; palettes are left to the server
const TURNED = ["tRNS", "eXIf"]; // chunks that make more of the samples than they say

/** Return the header of a PNG that is read here, 8 bits and rows in order, with its data; null of any other file. */
function parsed(bytes) {
  if (SIGNATURE.some((value, index) => bytes[index] !== value)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (TURNED.includes(name)) return null;
    if (name === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colour, , , interlaced] = bytes.subarray(24, 29);
  return depth === 8 && SAMPLES[colour] && !interlaced ? { width, height, samples: SAMPLES[colour], parts } : null;
}

/** Undo the filter of a row in place: each byte was written as the difference to a guess from its neighbours. */
function unfilter(kind, row, above, step) {
  if (kind === 1) for (let at = step; at < row.length; at += 1) row[at] += row[at - step];
  else if (kind === 2) for (let at = 0; at < row.length; at += 1) row[at] += above[at];
  else if (kind === 3) {
    for (let at = 0; at < row.length; at += 1) row[at] += ((at < step ? 0 : row[at - step]) + above[at]) >> 1;
  } else if (kind === 4) {
    for (let at = 0; at < row.length; at += 1) {
      const [left, corner] = at < step ? [0, 0] : [row[at - step], above[at - step]];
      const up = above[at];
      const [far, near, diagonal] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      row[at] += far <= near && far <= diagonal ? left : near <= diagonal ? up : corner;
    }
  }
}

/** Write a row of 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) samples as RGBA. */
function spread(row, samples, out, to) {
  const coloured = samples > 2;
  const alpha = samples % 2 === 0;
  for (let from = 0, at = to; from < row.length; from += samples, at += 4) {
    out[at] = row[from];
    out[at + 1] = row[coloured ? from + 1 : from];
    out[at + 2] = row[coloured ? from + 2 : from];
    out[at + 3] = alpha ? row[from + samples - 1] : 255;
  }
}

/** Return the pixels of a plain PNG, { width, height, data } with numbers 0xAABBGGRR; null of any other file. */
export async function decodePng(blob) {
  const found = parsed(new Uint8Array(await blob.arrayBuffer()));
  if (!found) return null;
  const { width, height, samples, parts } = found;
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  const lines = new Uint8Array(await new Response(stream).arrayBuffer());
  const data = new Uint32Array(width * height);
  const out = new Uint8Array(data.buffer);
  const stride = width * samples;
  let above = new Uint8Array(stride);
  for (let line = 0; line < height; line += 1) {
    const start = line * (stride + 1) + 1;
    const row = lines.subarray(start, start + stride);
    unfilter(lines[start - 1], row, above, samples);
    spread(row, samples, out, line * width * 4);
    above = row;
  }
  return { width, height, data };
}

/** Return what a canvas makes of a picture, brought to a size. */
export function drawnPixels(bitmap, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = bitmap.width === width && bitmap.height === height;
  context.drawImage(bitmap, 0, 0, width, height);
  return new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
}

const seen = async (blob, name) => (await api.shown(blob, name)).shown;

/** Return a picture's numbers as the server reads them: from the file itself, or as the server shows it. */
export async function exactPixels({ blob, name, shown, bitmap }) {
  const { width, height } = bitmap;
  // Where another copy is shown, the file's own rows may lie another way.
  for (const get of shown === blob ? [() => blob, () => seen(blob, name)] : [() => shown]) {
    try {
      const found = await decodePng(await get());
      if (found?.width === width && found.height === height) return found.data;
    } catch {
      // the next one, or what the browser shows
    }
  }
  return drawnPixels(bitmap, width, height);
}
