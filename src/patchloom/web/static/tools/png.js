// PNG files of exact values. Canvases premultiply, and some browsers blur what is read from them; here every byte is
// ours.

const COLOUR_TYPES = { 1: 0, 3: 2, 4: 6 };

let table = null;

function checksum(parts) {
  table ??= Uint32Array.from({ length: 256 }, (_, number) => {
    let value = number;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  let sum = 0xffffffff;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 1) sum = table[(sum ^ part[index]) & 255] ^ (sum >>> 8);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

function chunk(name, data) {
  const type = new TextEncoder().encode(name);
  const head = new DataView(new ArrayBuffer(4));
  head.setUint32(0, data.length);
  const foot = new DataView(new ArrayBuffer(4));
  foot.setUint32(0, checksum([type, data]));
  return [head, type, data, foot];
}

async function deflate(data) {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return a PNG blob of 8 bits from rows of 1 (grey), 3 (RGB) or 4 (RGBA) channels. */
export async function encode(width, height, channels, pixels) {
  const stride = width * channels;
  const lines = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row += 1) {
    const to = row * (stride + 1);
    lines.set(pixels.subarray(row * stride, (row + 1) * stride), to + 1);
    if (channels === 1) continue;
    // Of colours the differences to the pixel before are written, as they take less room.
    lines[to] = 1;
    for (let at = to + stride; at > to + channels; at -= 1) lines[at] -= lines[at - channels];
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, COLOUR_TYPES[channels]);
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  return new Blob([
    signature, ...chunk("IHDR", new Uint8Array(header.buffer)), ...chunk("IDAT", await deflate(lines)),
    ...chunk("IEND", new Uint8Array()),
  ], { type: "image/png" });
}

/** Return a mask's file, white where it is set. */
export function encodeMask(raster) {
  const pixels = new Uint8Array(raster.data.length);
  for (let index = 0; index < pixels.length; index += 1) pixels[index] = raster.data[index] ? 255 : 0;
  return encode(raster.width, raster.height, 1, pixels);
}

/** Return the file of colours (0xAABBGGRR) with as many channels as the picture has: 1, 3 or 4. */
export function encodeColours(raster, channels) {
  const bytes = new Uint8Array(raster.data.buffer, raster.data.byteOffset, raster.data.byteLength);
  if (channels === 4) return encode(raster.width, raster.height, 4, bytes);
  const pixels = new Uint8Array(raster.width * raster.height * channels);
  for (let from = 0, to = 0; from < bytes.length; from += 4, to += channels) {
    if (channels === 1) {
      pixels[to] = Math.round(0.299 * bytes[from] + 0.587 * bytes[from + 1] + 0.114 * bytes[from + 2]);
    } else for (let channel = 0; channel < 3; channel += 1) pixels[to + channel] = bytes[from + channel];
  }
  return encode(raster.width, raster.height, channels, pixels);
}
