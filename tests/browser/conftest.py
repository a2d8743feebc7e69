"""A headless Chromium, and the real commands that serve to it.

`PATCHLOOM_REQUIRE_BROWSER=1` makes a missing browser a failure instead of a skipped test. `PATCHLOOM_AXE` is the path
of axe-core's axe.min.js (``npm install axe-core``); without it, what that looks for is skipped.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

from studio_page import WINDOW, StudioPage

NAMES = ("chromium", "chromium-browser", "google-chrome")

expect.set_options(timeout=60_000)

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
            executable_path=path, timeout=120_000,
            args=["--headless=new", *["--no-sandbox"] * root]                           # its sandbox refuses root
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Return ``visit(url)``: a page of a new visitor, who meets no error and asks nobody but the server.

    A browser's console names each answer that is an error: ``refused`` is what a test expects of these.
    """
    contexts, problems = [], []

    def new(url, *, offline=False, refused="", script="", **options):
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 700}, **options})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(script)
        origin = url.partition("#")[0]
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(
            (origin, "data:", "blob:")) else None)
        if not offline:                                   # a browser logs when a server is gone
            known = re.compile("|".join(filter(None, (READS, refused))))
            page.on("console", lambda said: None if known.search(said.text) else problems.append(
                f"{said.text} {said.location['url']}"))
        page.goto(url)
        return page

    yield new
    for context in contexts:
        context.close()
    assert problems == []


@contextmanager
def serving(*arguments, port=0):
    """Run a command that serves until it is told to stop: gives its address, and what ends it as it should end."""
    command = [sys.executable, "-m", "patchloom", *map(str, arguments), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def stop():
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 0
        assert "Traceback" not in said

    try:
        yield re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())[0], stop
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def port():
    """Hold a port for a test's servers, which nobody else is given while none of them runs."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def serve():
    """Return ``serve(page, answers, port=0)``: a study's server; gives its address, and what ends it."""
    with ExitStack() as running:
        yield lambda page, answers, port=0: running.enter_context(
            serving("study", "serve", page, "--answers", answers, port=port))


@pytest.fixture
def start_studio():
    """Return ``start_studio(*options, port=0)``: a studio of a test's own; gives its address, and what ends it."""
    with ExitStack() as running:
        yield lambda *options, port=0: running.enter_context(serving("studio", *options, port=port))


@pytest.fixture(scope="module")
def studio():
    """Start a studio for a module's tests: its address. It ends as it should, whatever was asked of it."""
    with serving("studio") as (url, stop):
        yield url
        stop()


@pytest.fixture
def open_studio(studio, visit):
    """Return ``open_studio(url=..., **options)``: the page of a new visitor, ready to be used."""
    return lambda url=None, **options: StudioPage(visit(url or studio, **{"viewport": WINDOW, **options}))
