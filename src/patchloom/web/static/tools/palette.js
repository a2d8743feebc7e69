// A picture's main colours, and the picture in them alone.

const MOST = 8;
// Colours nearer to each other than this are one; the root of the sum of squares over the three channels.
const APART = 48;

const channels = (value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255];

export function toHex(value) {
  return `#${channels(value).map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** Return #rrggbb as 0xAABBGGRR, opaque. */
export function toNumber(colour) {
  const value = parseInt(colour.slice(1), 16);
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >>> 16)) >>> 0;
}

const distance = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);

/** Return the main colours as #rrggbb, the most frequent first. */
export function palette(pixels) {
  const bins = new Map();
  const step = Math.max(1, Math.floor(pixels.length / 40_000));
  for (let index = 0; index < pixels.length; index += step) {
    const colour = channels(pixels[index]);
    const bin = (colour[0] >> 4) * 256 + (colour[1] >> 4) * 16 + (colour[2] >> 4);
    const sums = bins.get(bin) ?? [0, 0, 0, 0];
    colour.forEach((value, channel) => { sums[channel] += value; });
    sums[3] += 1;
    bins.set(bin, sums);
  }
  const found = [];
  for (const [red, green, blue, count] of [...bins.values()].sort((one, other) => other[3] - one[3])) {
    const colour = [red / count, green / count, blue / count];
    if (found.every((other) => distance(colour, other) >= APART)) found.push(colour);
    if (found.length === MOST) break;
  }
  const rounded = found.map((colour) => colour.map(Math.round));
  return rounded.map(([red, green, blue]) => toHex((blue << 16) | (green << 8) | red));
}

/** Return the colour that stands out most from the first. */
export function furthest(colours) {
  const apart = (colour) => distance(channels(toNumber(colour)), channels(toNumber(colours[0])));
  return colours.reduce((best, colour) => (apart(colour) > apart(best) ? colour : best));
}

/** Return the picture in a few colours and large blots: a painting to begin with. */
export function posterised(pixels, width, height, colours) {
  const blot = Math.max(2, Math.round(Math.min(width, height) / 40));
  const numbers = colours.map(toNumber);
  const known = numbers.map(channels);
  const out = new Uint32Array(pixels.length);
  for (let top = 0; top < height; top += blot) {
    for (let left = 0; left < width; left += blot) {
      const middle = Math.min(height - 1, top + (blot >> 1)) * width + Math.min(width - 1, left + (blot >> 1));
      const colour = channels(pixels[middle]);
      let best = 0;
      known.forEach((other, index) => { if (distance(colour, other) < distance(colour, known[best])) best = index; });
      for (let row = top; row < Math.min(height, top + blot); row += 1) {
        out.fill(numbers[best], row * width + left, row * width + Math.min(width, left + blot));
      }
    }
  }
  return out;
}
