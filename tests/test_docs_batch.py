"""What docs/batch.md and docs/scaling.md say to type is what the commands take."""

import json
import re
import shlex
from pathlib import Path

import pytest

from patchloom.batch import recalling
from patchloom.batch.reading import Lines
from patchloom.cli import group
from patchloom.cli.batch.naming import BATCH_FIELDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("batch.md", "scaling.md")


def blocks(page, language):
    """Code blocks of a page."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", (DOCS / page).read_text("utf-8"), re.M | re.S)


def typed(page):
    """Command lines of a page, without the first word."""
    text = "".join(blocks(page, "sh")).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("patchloom batch")]


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_understood(page):
    """Every option is one, and every value is allowed."""
    lines = typed(page)
    assert lines
    for _, name, *words in lines:
        command = group.commands["batch"].commands[name]
        assert command.make_context(name, [word for word in words if word != "&"]).params["out"]


def test_the_jobs_of_the_page_are_jobs(tmp_path):
    text = next(block for block in blocks("batch.md", "json") if '"task": "analogy"' in block)
    (tmp_path / "jobs.jsonl").write_text(text)
    jobs = list(Lines(str(tmp_path / "jobs.jsonl"), lambda own, fields: (str(tmp_path), own or "{suffix}")))
    assert [job.task for job in jobs] == ["generate"] * 4 + ["inpaint", "analogy", "collage", "tile"]


def test_the_manifest_of_the_page_has_the_fields():
    text = next(block for block in blocks("batch.md", "json") if '"sha256"' in block)
    assert list(json.loads(text)) == list(recalling._FIELDS)


def test_the_fields_of_names_are_all_told():
    text = (DOCS / "batch.md").read_text("utf-8")
    for name in BATCH_FIELDS:
        assert f"`{{{name}}}`" in text


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_pages(page):
    for link in re.findall(r"\]\(([\w/.-]+\.md)", (DOCS / page).read_text("utf-8")):
        assert (DOCS / link).exists()
