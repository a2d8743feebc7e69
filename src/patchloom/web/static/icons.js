// Icons as outlines on a 24 x 24 grid, drawn with the colour of the text around them.

const SHAPES = {
  generate: "M4 4h7v7H4z M13 4h7v7h-7z M4 13h7v7H4z M16.5 13v7 M13 16.5h7",
  retarget: "M3 7v10h18V7z M9 7v10 M15 12h4 M17 10l2 2-2 2 M7 12H5 M7 10l-2 2 2 2",
  edit: "M4 20l1-4L16 5l3 3L8 19z M14 7l3 3",
  reshuffle: "M4 4h7v7H4z M13 13h7v7h-7z M14 7h5v3 M19 10l-2-2 M19 10l2-2",
  inpaint: "M4 4h16v16H4z M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0 M4 4l4 4",
  extend: "M8 8h8v8H8z M4 8V4h4 M20 8V4h-4 M4 16v4h4 M20 16v4h-4",
  analogy: "M3 8a5 5 0 1 0 10 0a5 5 0 1 0-10 0 M11 13h10v8H11z",
  paint: "M18 3l3 3-9 9-3-3z M9 12c-3 0-4 2-4 4s-1 3-2 3c2 2 9 2 9-4",
  collage: "M3 3h11v9H3z M8 9h13v12H8z M8 16l5-4 8 7",
  tile: "M4 4h16v16H4z M4 12h16 M12 4v16",
  harmonise: "M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0 M12 3v18 M12 7l6-0 M12 11h8.8 M12 15h8.2 M12 19h4",
  animate: "M4 5h16v14H4z M10 9l5 3-5 3z",
  run: "M7 4l13 8-13 8z",
  stop: "M6 6h12v12H6z",
  pause: "M7 5h3v14H7z M14 5h3v14h-3z",
  dice: "M4 4h16v16H4z M8.5 8.5h.01 M15.5 8.5h.01 M12 12h.01 M8.5 15.5h.01 M15.5 15.5h.01",
  locked: "M6 11h12v9H6z M8 11V8a4 4 0 0 1 8 0v3",
  unlocked: "M6 11h12v9H6z M8 11V8a4 4 0 0 1 7.5-2",
  linked: "M10 8H8a4 4 0 0 0 0 8h2 M14 8h2a4 4 0 0 1 0 8h-2 M9 12h6",
  reset: "M5 12a7 7 0 1 0 2.5-5.4 M4 4v4.5h4.5",
  help: "M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18 M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8 M12 16.8h.01",
  open: "M3 7v12h18V9h-9L10 7z",
  close: "M6 6l12 12 M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  down: "M12 4v11 M7 11l5 5 5-5 M5 20h14",
  input: "M4 4h9 M4 4v16h16v-9 M20 4l-9 9 M11 7v6h6",
  more: "M4 4h6v6H4z M14 4h6v6h-6z M4 14h6v6H4z M17 14v6 M14 17h6",
  theme: "M12 21a9 9 0 1 0 0-18a9 9 0 0 0 0 18 M12 3v18 M12 6c4 0 6 3 6 6s-2 6-6 6",
  keys: "M3 6h18v12H3z M7 10h.01 M11 10h.01 M15 10h.01 M7 14h10",
  list: "M5 6h.01 M9 6h10 M5 12h.01 M9 12h10 M5 18h.01 M9 18h10",
  picture: "M4 5h16v14H4z M4 16l5-5 4 4 3-2 4 3 M15.5 9h.01",
};

const SVG = "http://www.w3.org/2000/svg";

/** The icon `name`, hidden from screen readers: the text beside it or the button's name says what it does. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "picto");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name] ?? SHAPES.picture);
  svg.append(path);
  return svg;
}
