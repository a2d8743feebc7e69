// Light, dark, or as the system is: one button goes through the three, and the choice is kept.

import { make } from "./dom.js";
import { icon } from "./icons.js";

const THEMES = ["system", "light", "dark"];
const KEY = "patchloom.theme";

function kept() {
  try {
    const theme = localStorage.getItem(KEY);
    return THEMES.includes(theme) ? theme : "system";
  } catch {
    return "system"; // no storage in this window: the system's theme, until the page is closed
  }
}

function show(theme, button) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.setAttribute("aria-label", `Theme: ${theme}`);
  button.title = `Theme: ${theme}`;
}

/** The button that changes the theme. */
export function themeButton() {
  let theme = kept();
  const button = make("button", { type: "button", id: "theme", className: "icon quiet" }, icon("theme"));
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      /* shown all the same */
    }
    show(theme, button);
  });
  show(theme, button);
  return button;
}
