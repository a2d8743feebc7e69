"""Write docs/commands.md: what every command's `--help` says.

    python docs/commands.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from patchloom.cli import group

PAGE = Path(__file__).with_suffix(".md")
WIDTH = 110
ALIKE = "batch"
"""Its commands differ in nothing but their tasks, which have their own."""

SHOWN = ("generate", "jobs")
HEAD = """# Commands

What `--help` says of each command, as `python docs/commands.py` writes it down. [tasks/README.md](tasks/README.md)
shows what the tasks do, [batch.md](batch.md) how to do them many times, [studio.md](studio.md), [singan.md](singan.md),
[metrics.md](metrics.md) and [study.md](study.md) the rest.
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Give the path and the help of a command and of those below it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            if command.name == ALIKE and name not in SHOWN:
                continue
            yield from commands(below, click.Context(below, context, name, terminal_width=WIDTH))


def page() -> str:
    """Return the page."""
    first = click.Context(group, info_name="patchloom", terminal_width=WIDTH, **group.context_settings)
    found = list(commands(group, first))
    links = "\n".join(f"- [`{path}`](#{path.replace(' ', '-')})" for path, _ in found)
    parts = [f"## {path}\n\n```text\n{text.rstrip()}\n```\n" for path, text in found]
    note = (
        "The other tasks are done many times in the same way: `patchloom batch TASK` takes what `patchloom TASK`\n"
        "takes, but for the options that say where and how, which are those of `patchloom batch generate`.\n"
    )
    parts.append(note)
    return "\n".join([HEAD, links + "\n", *parts])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
