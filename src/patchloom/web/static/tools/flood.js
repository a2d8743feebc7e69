// Filling a region of about one colour.

/** Return whether two colours (0xAABBGGRR) differ by at most `tolerance` in every channel. */
function alike(one, other, tolerance) {
  for (let shift = 0; shift < 32; shift += 8) {
    if (Math.abs(((one >>> shift) & 255) - ((other >>> shift) & 255)) > tolerance) return false;
  }
  return true;
}

/**
 * Fill what hangs together with a pixel and looks like it, span by span; return the rectangle that was touched.
 * The colours compared are those before the fill.
 */
export function flood(raster, x, y, colour, tolerance) {
  const { width, height, data } = raster;
  const wanted = data[y * width + x];
  const seen = new Uint8Array(width * height);
  const fits = (index) => seen[index] === 0 && alike(data[index], wanted, tolerance);
  const spans = [];
  const open = [[x, y]];
  while (open.length) {
    const [column, row] = open.pop();
    const start = row * width;
    if (!fits(start + column)) continue;
    let left = column;
    while (left > 0 && fits(start + left - 1)) left -= 1;
    let right = column;
    while (right + 1 < width && fits(start + right + 1)) right += 1;
    seen.fill(1, start + left, start + right + 1);
    spans.push([row, left, right]);
    for (const next of [row - 1, row + 1]) {
      if (next < 0 || next >= height) continue;
      let before = false;
      for (let at = left; at <= right; at += 1) {
        const now = fits(next * width + at);
        if (now && !before) open.push([at, next]);
        before = now;
      }
    }
  }
  return write(raster, spans, colour);
}

function write(raster, spans, colour) {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  for (const [row, first, last] of spans) {
    left = Math.min(left, first);
    right = Math.max(right, last);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  }
  const inside = raster.begin({ x: left, y: top, width: right - left + 1, height: bottom - top + 1 });
  for (const [row, first, last] of spans) {
    raster.data.fill(colour, row * raster.width + first, row * raster.width + last + 1);
  }
  return inside;
}
