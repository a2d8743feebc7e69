"""docs/metrics.md tells of the metrics that there are, and its commands and Python run."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from command_line import run, save
from patchloom import metrics
from patchloom.metrics import METRICS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "metrics.md"
TEXT = PAGE.read_text("utf-8")
SET_METRIC = "pixel_diversity"


def cells(line):
    """Cells of a row of a Markdown table."""
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def rows():
    """Rows of the page's table of metrics: name, and the cells after it."""
    found = re.findall(r"^\| \[`(\w+)`\]\(#([\w-]+)\) (\|.*\|)$", TEXT, re.M)
    return [(name, anchor, cells(rest)) for name, anchor, rest in found]


def blocks(language):
    """Code blocks of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


def test_the_table_is_that_of_the_code():
    """Name, whether usual, range, direction and sentence of every metric, in their order; that of sets comes last."""
    told = [(name, *rest[:4]) for name, _, rest in rows()]
    assert told[:-1] == [
        (metric.name, "yes" if metric.usual else "no", metric.range, metric.better, metric.help) for metric in METRICS
    ]
    assert told[-1][:4] == (SET_METRIC, "yes", "0 and more", "higher")


def test_every_metric_has_its_part():
    """A heading that the table's link leads to, and words on what fools it and where it is from."""
    headings = re.findall(r"^### (.+)$", TEXT, re.M)
    anchors = {re.sub(r"[^\w -]", "", heading).replace(" ", "-"): heading for heading in headings}
    for name, anchor, rest in rows():
        assert name in anchors[anchor].split(", ")
        assert len(rest) == 6 and all(rest)
    assert sorted(name for heading in headings for name in heading.split(", ")) == sorted(
        [*(metric.name for metric in METRICS), SET_METRIC]
    )


def test_metrics_and_files_that_the_page_names_exist():
    """Words with an underscore in code marks are public names, and links lead to files."""
    for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", TEXT):
        assert hasattr(metrics, name), name
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    for link in links:
        assert (PAGE.parent / link).exists(), link


def test_the_figures_are_of_the_pictures_that_the_script_makes(monkeypatch):
    """The table has a row for each picture of the script, and the sharpness of those that no search or codec makes."""
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    script = __import__("figures_metrics")
    monkeypatch.setattr(script.patchloom, "generate", lambda picture, seed: SimpleNamespace(image=picture))
    start, end = TEXT.index("<!-- metrics_fooled -->"), TEXT.index("<!-- /metrics_fooled -->")
    head, _, *lines = TEXT[start:end].split("\n\n")[1].splitlines()
    assert cells(head)[1 : 1 + len(script.MAIN)] == [name.replace("_", " ") for name in script.MAIN]
    found = {cells(line)[0]: dict(zip(cells(head), cells(line), strict=True)) for line in lines}
    flowers = script.load("flowers")
    made = script.fooled(flowers, script.load("spices"))
    assert list(found) == list(made), "run experiments/figures_metrics.py again"
    for label, picture in made.items():
        if "generated" not in label and "JPEG" not in label:
            sharpness = script.cell(metrics.sharpness_ratio(picture, flowers))
            assert found[label]["sharpness ratio"].strip("*") == sharpness, label


@pytest.fixture
def folder(tmp_path, monkeypatch, make_picture):
    """Return a folder with the files that the page's commands name, small, and make it the current one."""
    pictures = {"examples/pictures/flowers.png": 0, "flowers.png": 0, "inpainted.png": 1, "samples/flowers_1.png": 2}
    for name, seed in pictures.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        save(tmp_path / name, make_picture(32, 40, 3, seed))
    mask = Image.new("L", (40, 32))
    mask.paste(255, (12, 10, 26, 22))
    mask.save(tmp_path / "hole.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_shell_lines_run(folder):
    """Each line of measure, but those that need files which are not ours, whose options are all known at least."""
    lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    assert {line[0] for line in lines} == {"patchloom"}
    assert {line[1] for line in lines} == {"generate", "measure"}
    known = run("measure", "--help").output
    for _, command, *words in lines:
        options = [word for word in words if word.startswith("--")]
        if command == "measure":
            assert all(option in known for option in options)
            if not {"--niqe", "--weights"} & set(options):
                run(command, *words, "--jobs", "1") if "--list" not in words else run(command, *words)
    assert sorted(path.name for path in folder.glob("figures.*")) == ["figures.csv", "figures.md"]


def test_python_runs(folder):
    """The page's Python, on small pictures."""
    (block,) = blocks("python")
    names = {}
    exec(compile(block, "docs/metrics.md", "exec"), names)
    assert names["coherence"] > 0 and names["diversity"] > 0
