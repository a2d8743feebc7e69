"""The command line: ``patchloom COMMAND``, a thin translation to the library.

Everything for people goes to stderr; stdout carries pictures (``--out -``) and
JSON (``--json``) only.
"""

from __future__ import annotations

import json
import platform

import click
import numpy as np

from .. import kernels
from .._version import __version__
from .exits import CommandGroup, tell
from .loading import Commands

__all__ = ["group", "main"]

_ALONE = (
    "analogy", "animate", "apply", "collage", "edit", "extend", "generate", "harmonise", "inpaint", "measure", "paint",
    "rerun", "reshuffle", "retarget", "studio", "tile",
)
_GROUPS = ("batch", "singan", "study")

EXAMPLES = """\b
Examples:
  patchloom generate photo.jpg --count 4
  patchloom generate --help
  patchloom --version --json
"""


@click.group(
    "patchloom",
    cls=CommandGroup,
    commands=Commands({name: f"{__name__}.{name}:{name}" for name in _ALONE}
                      | {name: f"{__name__}.{name}:group" for name in _GROUPS}),
    invoke_without_command=True,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, help="Tell the version, and which kernels run.")
@click.option("--json", "as_json", is_flag=True, help="With --version: as JSON.")
@click.pass_context
def group(context: click.Context, version: bool, as_json: bool) -> None:
    """Make new pictures from the patches of one: no training, no GPU, the same pixels for the same seed."""
    if as_json and not version:
        raise click.UsageError("--json goes with --version here, or after a command's name", context)
    if version:
        tell(json.dumps(versions()) if as_json else _version_line(versions()))
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def versions() -> dict[str, str]:
    """Return what decides how Patchloom runs here: its version, kernels, instruction set, Python and NumPy."""
    return {
        "version": __version__, **kernels.info(), "python": platform.python_version(), "numpy": np.__version__
    }


def _version_line(found: dict[str, str]) -> str:
    return (
        f"patchloom {found['version']} ({found['kernels']} kernels, instruction set {found['isa']}; "
        f"Python {found['python']}, NumPy {found['numpy']})"
    )


def main() -> None:
    """Run the command line and exit the interpreter."""
    group(prog_name=group.name)
