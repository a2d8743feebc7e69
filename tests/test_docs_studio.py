"""docs/studio.md tells of the page that there is: tasks, buttons, figures, limits, and what a browser keeps."""

import re
from pathlib import Path

import pytest
from PIL import Image

from patchloom.catalogue import TASKS
from patchloom.web.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "studio.md"
TEXT = PAGE.read_text("utf-8")
STATIC = ROOT / "src" / "patchloom" / "web" / "static"


def code(name):
    """A module of the page."""
    return (STATIC / name).read_text("utf-8")


def test_every_task_has_its_part():
    """In the catalogue's order, each with a figure and a link to more; the first one's figure opens the page."""
    parts = re.findall(r"^### (\w+)\n(.*?)(?=^###? )", TEXT, re.M | re.S)
    assert [name.lower() for name, _ in parts] == list(TASKS)
    for name, told in parts:
        assert f"(tasks/{name.lower()}.md)" in told
        assert name == "Generate" or f"(figures/studio/{name.lower()}.webp)" in told


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT))))
def test_links_and_figures(link):
    """All are there; figures are large enough to read."""
    path = PAGE.parent / link
    assert path.exists()
    if path.suffix == ".webp":
        with Image.open(path) as image:
            assert min(image.size) >= 700


def test_anchors_of_the_other_page():
    """Links into docs/http.md lead to its headings."""
    headings = {line.lower().replace(" ", "-") for line in
                re.findall(r"^#+ (.+)$", (PAGE.parent / "http.md").read_text("utf-8"), re.M)}
    found = re.findall(r"\(http\.md#([^)]+)\)", TEXT)
    assert len(found) == 2 and set(found) <= headings


def test_buttons_and_keys_are_those_of_the_page():
    """Each button of a result, and each tool's letter."""
    actions = code("actions.js")
    for name in re.findall(r"^\| (\w[\w ]+) \| ", TEXT.partition("| button |")[2].partition("\n\n")[0], re.M):
        assert f'"{name}"' in actions or f"title: \"{name}:" in actions, name
    for what, module, table in (("brush, eraser", "tools/brushes.js", "TOOLS"), ("mask:", "tools/colour.js", "MORE")):
        letters = re.search(rf"const {table} = \{{(.*?)\}};", code(module), re.S)[1]
        told = re.search(rf"^\| ([A-Z, ]+) \| {what}", TEXT, re.M)[1]
        assert set(re.findall(r'"([A-Z])"\]', letters)) == set(told.split(", "))


def test_numbers_are_those_of_the_code():
    """What the page and the studio keep and allow."""
    usual = Limits()
    told = (f"at most {usual.pixels / 10**6:g} megapixels, a request {usual.body // 10**6} MB, "
            f"a run {usual.seconds:g} seconds and {usual.memory / 10**9:g} GB")
    assert told in TEXT
    assert f"keeps results for {usual.kept / 60:g} minutes and {usual.held / 10**9:g} GB" in TEXT
    assert f"the last {re.search(r'const RUNS = ([0-9]+)', code('keep.js'))[1]}:" in TEXT
    assert f"a preview of {re.search(r'const SIDE = ([0-9]+)', code('live.js'))[1]} pixels" in TEXT


def test_a_browser_keeps_the_theme_alone():
    """No other module of the page stores anything, and none speaks to an address of its own."""
    modules = {path.name: path.read_text("utf-8") for path in STATIC.rglob("*.js")}
    stores = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.")
    assert [name for name, text in modules.items() if stores.search(text)] == ["theme.js"]
    assert not [name for name, text in modules.items() if re.search(r"""["'`](https?:)?//(?!www\.w3\.org/)""", text)]
