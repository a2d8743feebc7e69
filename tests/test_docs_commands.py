"""docs/commands.md says what `--help` says."""

import subprocess
import sys
from pathlib import Path

import pytest

from patchloom.cli import group

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def page():
    """Return the page as it would be written now, by a process of its own: click keeps how help was first asked for."""
    code = f"import runpy, sys; sys.stdout.write(runpy.run_path({str(DOCS / 'commands.py')!r})['page']())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.decode()


def test_the_page_is_what_help_says(page):
    """If it is not: `python docs/commands.py`, and look at what changed."""
    assert (DOCS / "commands.md").read_text("utf-8") == page


def test_every_command_is_there(page):
    headings = [line.removeprefix("## patchloom ") for line in page.splitlines() if line.startswith("## ")]
    assert set(group.commands) <= set(headings)
    for name in ("singan", "study"):
        assert {f"{name} {below}" for below in group.commands[name].commands} <= set(headings)
    assert {"batch generate", "batch jobs"} <= set(headings)
