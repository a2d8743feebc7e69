"""The examples in the installed package's docstrings, and README's Python, do what they say."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path

import pytest

import patchloom

ROOT = Path(__file__).resolve().parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

# Not imported: running `__main__` is the command line, and a compiled module has no doctests.
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(patchloom.__path__, "patchloom.", onerror=lambda name: None)
    if module.name.rpartition(".")[2] not in ("__main__", "_native")
)


@pytest.mark.parametrize("name", ["patchloom", *MODULES])
def test_docstrings(name):
    """Each module's examples hold."""
    if name == "patchloom.kernels.native" and importlib.util.find_spec("patchloom._native") is None:
        pytest.skip("the native kernels are not built")
    if name.startswith("patchloom.singan"):
        pytest.importorskip("torch", reason="not on this machine: torch")
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert failed == 0


def test_there_are_docstring_examples():
    """The search for doctests finds some: an empty run would pass as well."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in ("patchloom.params.gpnn", "patchloom.tasks.generate")]
    assert all(any(test.examples for test in finder.find(module)) for module in modules)


def test_readme(tmp_path, monkeypatch):
    """README's Python blocks run one after another, in a folder that has the examples."""
    blocks = re.findall(r"^```(?:python|pycon)\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert blocks, "README.md has no Python"
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    for number, block in enumerate(blocks):
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, f"README block {number}", "README.md", 0)
            failed, _ = doctest.DocTestRunner(optionflags=FLAGS).run(test, clear_globs=False)
            names |= test.globs
            assert failed == 0, block
        else:
            exec(compile(block, f"README block {number}", "exec"), names)
