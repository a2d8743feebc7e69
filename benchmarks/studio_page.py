"""How soon a variation is on the screen: the studio in Chromium, from the click on Run to what is painted.

    pip install ".[test]"                            # Playwright; the browser is the system's Chromium
    python benchmarks/studio_page.py [--runs 5] [--examples flowers skyline ...] [--json FILE]

Each line of the table is one of the page's examples, with all that it comes with. For each run `patchloom studio` is
started anew, its page is opened in a window of its own and the example is clicked (cold); then Run is clicked a second
time (warm). Measured in the page: from the click to the frame after the first preview and after the first finished
variation stand in the grid, and until all variations do.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from patchloom import kernels
from patchloom.checks import available_cores

# Notes, beside the page's own code, when the frame with a new picture has been painted.
WATCH = """
window.seen = null;
document.addEventListener("click", (event) => {
  if (!event.target.closest("#run")) return;
  // What stands in the grid from the run before is not what is waited for.
  window.old = new Set([...document.querySelectorAll("#grid img")].map((image) => image.src));
  window.seen = { click: event.timeStamp };
}, { capture: true });
addEventListener("DOMContentLoaded", () => {
  const note = (name) => {
    if (!window.seen || window.seen[name] !== undefined) return;
    window.seen[name] = null;
    requestAnimationFrame(() => setTimeout(() => { window.seen[name] = performance.now() - window.seen.click; }));
  };
  new MutationObserver(() => {
    const images = [...document.querySelectorAll("#grid img")];
    const sources = images.map(({ src }) => (window.old?.has(src) ? "" : src));
    if (sources.some((source) => source)) note("preview");
    if (sources.some((source) => source.startsWith("blob:"))) note("first");
    if (sources.length && sources.every((source) => source.startsWith("blob:"))) note("all");
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["src"], childList: true });
});
"""
FIGURES = ("preview", "first", "all")


def click_run(page: Any) -> dict[str, float]:
    """Click Run and return milliseconds to each of the figures."""
    page.locator("#run[data-doing=false]").wait_for()
    page.locator("#run").click()
    page.wait_for_function("() => typeof window.seen?.all === 'number'")
    return {name: page.evaluate("(name) => window.seen[name]", name) for name in FIGURES}


def one(browser: Browser, example: str) -> dict[str, dict[str, float]]:
    """Start a studio, open the example and run it twice."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "patchloom", "studio", "--no-browser", "--port", "0"],
                               stderr=subprocess.PIPE, text=True)
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = re.search(r"http://\S+/", said)
        if found is None:
            sys.exit(f"the studio did not start: {said}")
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.goto(found[0])
        page.locator(f"#example-{example}").wait_for()
        opened = 1000 * (time.monotonic() - began)
        page.locator(f"#example-{example}").click()
        page.locator("#tool > *").first.wait_for()
        cold = click_run(page)
        warm = click_run(page)
        page.close()
        return {"cold": {"page": opened, **cold}, "warm": warm}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def summed(values: list[float]) -> str:
    """Median and range in milliseconds."""
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--examples", nargs="+", default=["flowers", "skyline", "hole", "wide"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no Chromium on this machine: install it first")
    machine = {**kernels.info(), "cores": available_cores(), "python": platform.python_version()}
    kept: dict[str, Any] = {"machine": machine}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless=new", "--no-sandbox"])
        kept["chromium"] = browser.version
        print(f"{machine}, Chromium {browser.version}; {options.runs} runs, milliseconds: median (range)\n")
        print("| example | | first preview | first variation | all variations |")
        print("|---|---|---|---|---|")
        for example in options.examples:
            runs = [one(browser, example) for _ in range(options.runs)]
            kept[example] = runs
            for kind in ("cold", "warm"):
                cells = [summed([run[kind][name] for run in runs]) for name in FIGURES]
                print(f"| {example} | {kind} | {' | '.join(cells)} |", flush=True)
        pages = [run["cold"]["page"] for example in options.examples for run in kept[example]]
        print(f"\nFrom the command to a page with its examples: {summed(pages)}")
        browser.close()
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
