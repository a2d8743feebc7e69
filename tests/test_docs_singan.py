"""docs/singan.md tells of the numbers and options that there are, and its commands and Python run."""

import math
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image

from command_line import run, save
from patchloom.params import SINGAN_PRESETS, SinGANParams, numbers_of

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "singan.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = ("train", "info", "sample", "superres", "paint", "harmonise", "edit", "animate")


def blocks(language):
    """Code blocks of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


def shell_lines():
    """Words of each line of the page's `patchloom` commands."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("patchloom")]


def shown(value):
    """A number as the table has it."""
    return value if isinstance(value, str) else f"{value:.4g}"


def table():
    """Return what the page says of the numbers, as it has to be."""
    heads = ["number", "what", "range", *SINGAN_PRESETS]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, number in numbers_of(SinGANParams).items():
        called = f"`{name}`" if number.expert else f"`{name}`, `--{name.replace('_', '-')}`"
        allowed = ", ".join(number.choices) or f"{number.low:g} to {number.high:g}"
        values = [shown(getattr(params, name)) for params in SINGAN_PRESETS.values()]
        unit = f" {number.unit}" if number.unit else ""
        lines.append(f"| {called} | {number.help} | {allowed}{unit} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def test_the_numbers_are_those_of_the_code():
    """Name, option, help, range and value in every preset."""
    found = TEXT.partition("<!-- numbers -->\n")[2].partition("\n<!-- /numbers -->")[0]
    assert found == table(), f"docs/singan.md: the table between the marks `numbers` is to be\n{table()}"


def test_ranges_are_finite():
    """A table with an infinite bound would tell nothing."""
    numbers = numbers_of(SinGANParams)
    assert set(numbers) == {item.name for item in fields(SinGANParams)}
    assert all(number.choices or math.isfinite(number.low + number.high) for number in numbers.values())


def test_links_lead_to_files():
    """Links and pictures of the page, and links to it from the page on tasks and that of the numbers."""
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert sum(link.startswith("figures/") for link in links) >= 5
    for link in links:
        assert (PAGE.parent / link).exists(), link
    headings = {re.sub(r"[^\w -]", "", line).strip().replace(" ", "-").lower()
                for line in re.findall(r"^#+ (.+)$", TEXT, re.M)}
    for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert anchor in headings, anchor
    for page, link in (("tasks/README.md", "(../singan.md"), ("parameters.md", "(singan.md")):
        assert link in (ROOT / "docs" / page).read_text("utf-8"), page


def test_every_command_is_told_of():
    """Each of the group's commands has a line of shell, but for info, which is told of in words."""
    told = {words[2] for words in shell_lines() if words[1] == "singan"} | set(
        re.findall(r"`patchloom singan (\w+)", TEXT))
    assert told == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_exist(name):
    """Options of the page's command lines are the command's; so are those in words of any command."""
    known = set(re.findall(r"--[a-z][a-z-]*", run("singan", name, "--help").output))
    for words in shell_lines():
        if words[2] == name:
            assert {word for word in words if word.startswith("--")} <= known, words


def test_options_in_words_exist():
    """Options that the text names belong to some command; those of the first engine are `generate`'s."""
    helps = [run("singan", name, "--help").output for name in COMMANDS] + [run("generate", "--help").output]
    known = {option for text in helps for option in re.findall(r"--[a-z][a-z-]*", text)}
    prose = re.sub(r"^```.*?^```", "", TEXT, flags=re.M | re.S)
    named = {option for span in re.findall(r"`[^`\n]+`", prose) for option in re.findall(r"--[a-z][a-z-]*", span)}
    assert len(named) > 15 and named <= known, named - known


@pytest.fixture
def folder(tmp_path, monkeypatch, make_picture):
    """Return a folder with the files that the page names, small, and make it the current one."""
    here = tmp_path / "examples" / "pictures"
    pictures = {here / "flowers.png": 0, here / "mountains.png": 1, here / "tasks" / "paint_mountains.png": 2,
                here / "tasks" / "harmonise_bowl.png": 3, here / "tasks" / "edit_flowers.png": 4}
    for path, seed in pictures.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, make_picture(16, 24, 3, seed))
    mask = Image.new("L", (24, 16))
    mask.paste(255, (8, 5, 14, 11))
    mask.save(here / "tasks" / "harmonise_bowl_mask.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hasty(monkeypatch):
    """Let trainings take a moment, whatever their numbers; the numbers that were asked for are still checked."""
    pytest.importorskip("torch", reason="not on this machine: torch")
    from patchloom import singan

    train = singan.train

    def quick(image, *, params=None, seed=None):
        padding = "zero" if params is None else params.padding
        tiny = singan.SinGANParams(min_size=11, max_size=24, iterations=1, channels=4, padding=padding)
        return train(image, params=tiny, seed=seed, device="cpu", threads=1)

    monkeypatch.setattr(singan, "train", quick)
    return singan


def test_python_and_shell_run(folder, hasty):
    """The page's Python, block by block, on small pictures; then its lines of shell with the models of that."""
    names = {}
    for number, block in enumerate(blocks("python")):
        exec(compile(block.replace("(63, 42)", "(15, 12)"), f"docs/singan.md block {number}", "exec"), names)
    assert {path.name for path in folder.glob("*.png")} == {
        "flowers_7.png", "painted.png", "harmonised.png", "edited.png", "large.png"}
    with Image.open("large.png") as large:
        assert large.size == (60, 48)
    for words in shell_lines():
        if words[2] != "train":
            less = [word if word not in ("40", "8") else "2" for word in words[1:]]
            run(*less, "--device", "cpu", "--threads", "1") if words[2] != "info" else run(*less)
    assert (folder / "loop.gif").exists() and len(list((folder / "samples").iterdir())) == 2
