"""Without the extra, every command of the second engine says how to install it, and writes nothing."""

import sys

import pytest

import patchloom
from command_line import refused, run
from patchloom.cli import group

ARGUMENTS = {
    "train": ["photo.png", "--out", "new.safetensors"],
    "info": ["model.safetensors"],
    "sample": ["model.safetensors", "--out", "new.png"],
    "animate": ["model.safetensors", "--out", "new.gif"],
    "superres": ["model.safetensors", "--out", "new.png"],
    "paint": ["model.safetensors", "photo.png", "--out", "new.png"],
    "harmonise": ["model.safetensors", "photo.png", "--mask", "photo.png", "--out", "new.png"],
    "edit": ["model.safetensors", "photo.png", "--mask", "photo.png", "--out", "new.png"],
}


@pytest.fixture(params=["torch", "safetensors"])
def missing(request, monkeypatch):
    """Hide a package, also from what is loaded already; return its name."""
    for name in [name for name in sys.modules if f"{name}.".startswith("patchloom.singan.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(patchloom), "singan", raising=False)      # delattr would import it first
    monkeypatch.setitem(sys.modules, request.param, None)
    return request.param


def test_these_are_all_commands():
    assert ARGUMENTS.keys() == group.commands["singan"].commands.keys()


@pytest.mark.parametrize("command", ARGUMENTS)
def test_it_says_what_to_install(command, missing, photo):
    (photo.parent / "model.safetensors").write_bytes(b"a model")
    refused(photo.parent, "singan", command, *ARGUMENTS[command],
            message=f'singan needs {missing}, which is not installed; pip install "patchloom[torch]"')


@pytest.mark.parametrize("command", ARGUMENTS)
def test_help_is_there_all_the_same(command, missing):
    assert "Usage: " in run("singan", command, "--help").stdout
