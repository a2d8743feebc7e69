// Building what is on the page, and waiting for keys and buttons.

const main = document.getElementById("main");

/** An element: `make("p", {className: "small"}, "text", child)`. */
function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A button that shows its key. */
function button(text, key, properties = {}) {
  return make("button", { type: "button", ...properties }, text, ...(key ? [make("kbd", {}, key)] : []));
}

/** Put elements on the page, in the place of what was there. */
function show(trial, ...elements) {
  document.body.classList.toggle("trial", trial);
  main.replaceChildren(...elements);
}

/** Show a card to read; its heading takes the focus, so that it is read aloud. */
function card(eyebrow, title, ...children) {
  const heading = make("h1", { tabIndex: -1 }, title);
  const head = eyebrow ? [make("p", { className: "eyebrow" }, eyebrow)] : [];
  show(false, make("section", { className: "card" }, ...head, heading, ...children));
  heading.focus({ preventScroll: true });
}

/**
 * Wait for one of several choices, {value: {button, keys}}: a click, or a key that is pressed now and not held.
 * Resolves to {value, time}.
 */
function choice(choices) {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const done = (value, event) => {
      listening.abort();
      resolve({ value, time: event.timeStamp });
    };
    for (const [value, { button, keys }] of Object.entries(choices)) {
      button?.addEventListener("click", (event) => done(value, event), { signal: listening.signal });
      document.addEventListener("keydown", (event) => {
        if (!keys.includes(event.code) || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        if (!event.repeat) done(value, event);
      }, { signal: listening.signal });
    }
  });
}

const GO_ON = ["Space", "Enter", "NumpadEnter"];

/** Wait for a button, or the space bar or Enter. */
function goOn(button) {
  return choice({ on: { button, keys: GO_ON } });
}

/** Show how far the participant is. */
function progress(text, done, all) {
  document.getElementById("bar").hidden = false;
  document.getElementById("part").textContent = text;
  document.getElementById("count").textContent = `${done} / ${all}`;
  document.getElementById("fill").style.width = `${(100 * done) / all}%`;
  const track = document.getElementById("track");
  track.setAttribute("aria-valuemax", all);
  track.setAttribute("aria-valuenow", done);
}
