"""The rules of the house that a program can check: light import, budgets, docstrings, one home for each thing."""

import ast
import importlib
import inspect
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import patchloom

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "patchloom"
PYTHON = sorted(SOURCE.rglob("*.py"))
NATIVE = sorted(path for path in (ROOT / "native").iterdir() if path.suffix in (".cpp", ".hpp"))
FILES = [*PYTHON, *NATIVE]

MAX_FILE, MEDIAN_FILE = 300, 150
MAX_FUNCTION, USUAL_FUNCTION, USUAL_SHARE = 60, 30, 0.9
MAX_ARGUMENTS, MAX_KERNEL_ARGUMENTS = 8, 10

# Public functions that take more, each with the number it takes and why.
MORE_ARGUMENTS = {
    "search/__init__.py:nearest": 12,                     # the search's whole contract; the house plan itself lists ten
    "search/__init__.py:completeness_weight": 10,         # the same search, with alpha instead of a weight
    "search/matching.py:match": 9,                           # the same search, quantised
    "plans/masked.py:masked": 10,                         # all that a part of a picture can differ in; for plans only
    "gpnn.py:pnn": 9,                                     # the paper's three pictures, two masks, and how
}

# What every application takes besides its own arguments, always under these names.
COMMON = ("params", "seed", "maps", "map_weights", "threads", "memory", "on_step", "cancel", "device")

WIDE_NAMES = {"common", "conf", "core", "helper", "helpers", "misc", "opt", "tools", "util", "utils"}


def name_of(path):
    """Path below the package, for messages."""
    return path.relative_to(SOURCE if SOURCE in path.parents else ROOT).as_posix()


def tree_of(path):
    """Syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def functions(path):
    """All functions of a file, nested ones and methods too."""
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function):
    """Lines of a function, decorators and docstring not counted."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


# Import

def modules_after(statement):
    """Names of the modules that a new interpreter holds after `statement`."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_is_light():
    """``import patchloom`` brings in NumPy, the package itself and parts of the standard library, nothing else.

    How long that takes depends on the machine: `python -X importtime -c "import patchloom"` tells.
    """
    new = modules_after("import patchloom") - modules_after("pass")
    foreign = {name.partition(".")[0] for name in new} - set(sys.stdlib_module_names)
    assert foreign == {"numpy", "patchloom"}


def test_import_leaves_front_ends_alone():
    """The command line and the files' codecs load only when they are used."""
    new = modules_after("import patchloom")
    ours = {"patchloom.cli", "patchloom.__main__", "patchloom.metrics"}
    assert not (ours | {"PIL", "click", "rich", "torch", "OpenImageIO"}) & new


def test_only_the_second_engine_and_devices_import_torch():
    """All the rest, the command line with its group `singan` too, loads without torch and other heavy extras."""
    torch = {SOURCE / "singan", SOURCE / "device"}
    rest = [path.relative_to(SOURCE).with_suffix("").parts for path in PYTHON if not torch & set(path.parents)]
    rest.append(("device", "choosing"))
    names = [".".join(("patchloom", *parts)) for parts in rest if parts[-1] not in ("__init__", "__main__")]
    new = modules_after(f"import {', '.join(names)}")
    assert {"patchloom.cli.singan.train", "patchloom.io.models"} <= new
    assert not {"torch", "safetensors", "scipy", "matplotlib", "patchloom.singan"} & new


def test_import_contracts():
    """The contracts in pyproject.toml are kept, says `lint-imports`: apart, as it turns other libraries' logs off."""
    pytest.importorskip("importlinter.cli")
    code = "import sys; from importlinter.cli import lint_imports_command as lint; lint(sys.argv[1:])"
    words = "--config", str(ROOT / "pyproject.toml"), "--no-cache"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_kernels_import_the_native_module():
    """The compiled module's one home, which import-linter cannot see, is kernels/native.py."""
    users = [
        name_of(path)
        for path in PYTHON
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(alias.name.rpartition(".")[2] == "_native" for alias in node.names)
    ]
    assert users == ["kernels/native.py"]


# Budgets

@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_file_length(path):
    """No file is longer than the budget."""
    assert len(path.read_text("utf-8").splitlines()) <= MAX_FILE


def test_median_file_length():
    """Most files fit on a few screens."""
    assert statistics.median(len(path.read_text("utf-8").splitlines()) for path in FILES) <= MEDIAN_FILE


def test_engine_is_one_page():
    """One page, one paper."""
    assert len((SOURCE / "gpnn.py").read_text("utf-8").splitlines()) < 150


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_function_length(path):
    """No function is longer than the budget."""
    assert [function.name for function in functions(path) if length(function) > MAX_FUNCTION] == []


def test_most_functions_are_short():
    """Nine functions in ten have less than thirty lines."""
    lengths = [length(function) for path in PYTHON for function in functions(path)]
    assert sum(lines < USUAL_FUNCTION for lines in lengths) >= USUAL_SHARE * len(lengths)


def test_number_of_arguments():
    """Public functions take at most eight arguments, kernels ten; each exception is still needed, and stated."""
    found = {}
    for path in PYTHON:
        limit = MAX_KERNEL_ARGUMENTS if path.parent.name == "kernels" else MAX_ARGUMENTS
        for function in functions(path):
            a = function.args
            names = [argument.arg for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
            common = COMMON if path.parent.name in ("plans", "tasks", "singan") else ()
            count = len([name for name in names if name not in ("self", "cls", *common)])
            if count > limit and not function.name.startswith("_"):
                found[f"{name_of(path)}:{function.name}"] = count
    assert found == MORE_ARGUMENTS


# Names and docstrings

def test_public_names():
    """`__all__` names what exists, once, constants before classes before functions (as ruff sorts it)."""
    names = patchloom.__all__
    rank = {name: 0 if name.isupper() else 1 if name[0].isupper() else 2 for name in names}
    assert list(names) == sorted(set(names), key=lambda name: (rank[name], name))
    assert [name for name in names if not hasattr(patchloom, name)] == []


def test_no_wide_module_names():
    """A module is named for what it holds."""
    assert [name_of(path) for path in PYTHON if path.stem in WIDE_NAMES or path.parent.name in WIDE_NAMES] == []


def sections(text):
    """Split a numpydoc docstring into its sections: title -> lines."""
    found, title, lines = {}, "", inspect.cleandoc(text).splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and re.fullmatch("-{3,}", below):
            title = line
            found[title] = []
        elif title and not re.fullmatch("-{3,}", line):
            found[title].append(line)
    return found


def documented(lines):
    """Names that a Parameters or Attributes section explains: ``name``, ``name : type`` or ``one, two : type``."""
    heads = [line.partition(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


FUNCTIONS = [name for name in patchloom.__all__ if inspect.isfunction(getattr(patchloom, name))]
VALUES = [name for name in patchloom.__all__ if hasattr(getattr(patchloom, name), "__dataclass_fields__")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_function_is_documented(name):
    """Every public function explains each of its parameters and what it returns, in numpydoc."""
    function = getattr(patchloom, name)
    found = sections(function.__doc__ or "")
    assert documented(found.get("Parameters", [])) == list(inspect.signature(function).parameters)
    assert {"Returns", "Yields"} & set(found)


@pytest.mark.parametrize("name", VALUES)
def test_public_value_is_documented(name):
    """Every public dataclass explains its fields, in its docstring or (the numbers) in the field's own help."""
    value = getattr(patchloom, name)
    found = documented(sections(value.__doc__ or "").get("Attributes", []))
    own = [field.name for field in value.__dataclass_fields__.values() if not field.metadata.get("number")]
    assert found == own


def test_public_classes_have_docstrings():
    """No public class goes without a word."""
    classes = [getattr(patchloom, name) for name in patchloom.__all__ if inspect.isclass(getattr(patchloom, name))]
    assert [item.__name__ for item in classes if not item.__dict__.get("__doc__")] == []


def test_no_print():
    """The library logs or returns; only the command line speaks, and not by `print`."""
    calls = [
        f"{name_of(path)}:{node.lineno}"
        for path in PYTHON
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == []


# Kernels

def test_twins_have_the_same_signatures():
    """Each native kernel has a NumPy twin of the same name and arguments, and the other way round."""
    native = pytest.importorskip("patchloom.kernels.native", exc_type=ImportError)
    twins = importlib.import_module("patchloom.kernels.numpy_kernels")
    from patchloom import kernels

    names = [*(name for name in kernels.__all__ if name not in ("info", "warn_if_slow")), "isa"]
    for name in names:
        ours, other = (inspect.signature(getattr(module, name)) for module in (native, twins))
        assert ours == other, name


def test_stub_lists_the_native_module():
    """`_native.pyi` has exactly the functions that the compiled module has."""
    native = pytest.importorskip("patchloom._native", exc_type=ImportError)
    stub = [node.name for node in ast.parse((SOURCE / "_native.pyi").read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef)]
    own = [name for name in dir(native) if not name.startswith("_")]
    assert sorted(stub) == sorted(own)


def test_package_is_typed():
    """The marker for type checkers is installed."""
    assert (Path(patchloom.__file__).parent / "py.typed").is_file()
