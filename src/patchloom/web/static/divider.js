// Before and after in one frame, with a line between that is moved by mouse, touch and keys.

import { make } from "./dom.js";

let part = 50; // per cent of before; stays where it was put from one result to the next

/** Before on the left and after on the right of a line that is moved by mouse, touch and keys. */
export function divided(url, before, words) {
  const range = make("input", {
    type: "range",
    id: "divider",
    min: 0,
    max: 100,
    step: 0.5,
    value: part,
    className: "visually-hidden",
    aria: { label: "Before and after" },
  });
  const root = make(
    "figure",
    { className: "compared", data: { width: before.width, height: before.height } },
    make("img", { src: url, alt: words, draggable: false }),
    make("img", { src: before.url, alt: "Before", className: "before", draggable: false }),
    range,
    make("span", { className: "divider", aria: { hidden: "true" } }, make("span", { className: "knob" })),
    make("span", { className: "tag left", aria: { hidden: "true" } }, "Before"),
    make("span", { className: "tag right", aria: { hidden: "true" } }, "After"),
  );
  const put = (value) => {
    part = Math.min(100, Math.max(0, value));
    range.value = part;
    range.setAttribute("aria-valuetext", `${Math.round(part)} per cent before`);
    root.style.setProperty("--part", `${part}%`);
  };
  const follow = (event) => {
    const box = root.getBoundingClientRect();
    put(((event.clientX - box.left) / box.width) * 100);
  };
  root.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    root.setPointerCapture(event.pointerId);
    range.focus({ preventScroll: true });
    follow(event);
  });
  root.addEventListener("pointermove", (event) => {
    if (root.hasPointerCapture(event.pointerId)) follow(event);
  });
  range.addEventListener("input", () => put(Number(range.value)));
  put(part);
  return root;
}
