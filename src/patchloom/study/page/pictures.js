// Pictures, decoded before the first trial and drawn at one scale for all.

/** Decode the pictures of `ids`; `told(done, all)` hears how far it is. Returns a Map of id to ImageBitmap. */
async function decoded(ids, told) {
  const held = JSON.parse(document.getElementById("pictures").textContent);
  const bitmaps = new Map();
  for (const id of ids) {
    const image = new Image();
    image.src = held[id];
    await image.decode();
    bitmaps.set(id, await createImageBitmap(image));
    told(bitmaps.size, ids.length);
  }
  return bitmaps;
}

/** How many pixels of the page one of a picture takes: the same for every picture, and never more than one. */
function scaleFor(study, across) {
  const all = Object.values(study.pictures);
  const narrow = window.innerWidth <= 560;
  const width = (window.innerWidth - (narrow ? 24 : 32) - (across - 1) * (narrow ? 12 : 32)) / across;
  const height = window.innerHeight - 260;
  const widest = Math.max(...all.map((picture) => picture.width));
  const tallest = Math.max(...all.map((picture) => picture.height));
  return Math.min(1, Math.max(0.1, Math.min(width / widest, height / tallest)));
}

/** A canvas with a picture on it; its label says where it is, not what. */
function canvasOf(bitmap, label, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.style.width = `${bitmap.width * scale}px`;
  canvas.style.height = `${bitmap.height * scale}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas;
}
