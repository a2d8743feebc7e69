// Elements, and what is said to those who do not see them.

/**
 * An element with properties and children. `data`, `aria` and `on` are objects of their own; children that are null or
 * false are left out.
 */
export function make(tag, { data = {}, aria = {}, on = {}, ...props } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value);
  }
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) {
    if (value !== null && value !== undefined) element.setAttribute(`aria-${name}`, value);
  }
  for (const [name, handler] of Object.entries(on)) element.addEventListener(name, handler);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Tell screen readers `text` once, politely. */
export function announce(text) {
  const status = byId("status");
  if (status.textContent === text) status.textContent = "";
  status.textContent = text;
}

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** A short name of a size in pixels, as photographers write it: width × height. */
export const sized = ({ width, height }) => `${width} × ${height}`;

/** "patch_size" -> "Patch size". */
export function spelled(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Call `work` at the next frame, once however often this is called until then. */
export function oncePerFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** Save a blob as a file, as a link would. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
