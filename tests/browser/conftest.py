"""A headless Chromium, and the real command that serves to it.

`PATCHLOOM_REQUIRE_BROWSER=1` makes a missing browser a failure instead of a skipped test.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

# What the browser says of a test that looks at pixels.
READS = "Multiple readback operations using getImageData"


@pytest.fixture(scope="module")
def browser():
    """Start the browser that the system has; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("PATCHLOOM_REQUIRE_BROWSER") == "1":
            pytest.fail(f"PATCHLOOM_REQUIRE_BROWSER=1, and there is none of {', '.join(NAMES)}")
        pytest.skip("not on this machine: chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--headless=new", *["--no-sandbox"] * root]     # its sandbox refuses root
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Return ``visit(url)``: a page of a new visitor, who meets no error and asks nobody but the server."""
    contexts, problems = [], []

    def new(url, *, offline=False, script="", **options):
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 700}, **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(script)
        origin = url.partition("#")[0]
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(
            (origin, "data:", "blob:")) else None)
        if not offline:                                   # a browser logs when a server is gone
            page.on("console", lambda message: problems.append(message.text) if READS not in message.text else None)
        page.goto(url)
        return page

    yield new
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def serve():
    """Return ``serve(page, answers, port=0)``: start the real command; gives its address, and what ends it."""
    running = []

    def start(page, answers, port=0):
        command = [sys.executable, "-m", "patchloom", "study", "serve", str(page), "--answers", str(answers), "--port",
                   str(port), "--no-browser"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        running.append(process)
        url = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())[0]

        def stop():
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            assert process.returncode == 0

        return url, stop

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()
