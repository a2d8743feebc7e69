"""How a command ends: exit codes, and every error as one line on stderr.

== =====================================================================
 0 everything was done
 1 some of several inputs failed, or whoever read stdout went away
 2 nothing was done: the command line or its only input cannot be used
130 cancelled with Ctrl-C
== =====================================================================
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

import click

from ..errors import PatchloomError

DONE, SOME_FAILED, UNUSABLE, CANCELLED = 0, 1, 2, 130


def say(text: str) -> None:
    """Write a line for a person: to stderr, for stdout is for pictures and JSON."""
    # Looked up at each call, as rich stands in for it while a bar is shown; `click.echo` would write into the bar.
    sys.stderr.write(text + "\n")


class CommandGroup(click.Group):
    """A group of commands that end with the exit codes above."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None                   # click itself would write an empty line first

    def main(self, *args: Any, **options: Any) -> Any:
        """Parse, run and exit: click's own `main`, whose ``standalone_mode`` makes no difference here."""
        try:
            with _plain_warnings():
                code = super().main(*args, **{**options, "standalone_mode": False})
                sys.stdout.flush()
        except (click.ClickException, PatchloomError, click.Abort, MemoryError) as error:
            code = _explain(error)
        except BrokenPipeError:
            _leave_stdout()
            code = SOME_FAILED
        sys.exit(code if isinstance(code, int) else DONE)


def _explain(error: BaseException) -> int:
    """Say in one line why a command ends, and return its exit code."""
    if isinstance(error, click.Abort):
        say("cancelled")
        return CANCELLED
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if isinstance(error, MemoryError):
        text = "memory: the system has no more to give; ask for a smaller size (--dry-run tells what a run needs)"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text = f"{text.rstrip('.')}; see {error.ctx.command_path} --help"
    say("error: " + " ".join(text.split()))
    return UNUSABLE


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show warnings as one line, without the place in the code."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        say(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _leave_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
