"""How a command ends: exit codes, and every error as one line on stderr.

== =====================================================================
 0 everything was done
 1 some of several inputs failed, or whoever read stdout went away
 2 the command line, its only input or an output cannot be used
130 cancelled with Ctrl-C
== =====================================================================

All but a full disk and the like is found before the first picture is made. Files
that were written before an error or Ctrl-C stay, and each is whole.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from .. import io
from ..errors import FileError, PatchloomError, explain

DONE, SOME_FAILED, UNUSABLE, CANCELLED = 0, 1, 2, 130


def say(text: str) -> None:
    """Write a line for a person: to stderr, for stdout is for pictures and JSON."""
    # Looked up at each call, as rich stands in for it while a bar is shown; `click.echo` would write into the bar.
    try:
        sys.stderr.write(text + "\n")
    except OSError:                                       # nobody reads it, or a full disk: the work goes on
        _leave(sys.stderr)


def check_open(what: str) -> None:
    """Refuse to begin work whose result has nowhere to go.

    Raises
    ------
    FileError
        If standard output is closed.
    """
    if sys.stdout is None:                                # the shell's >&-
        raise FileError(explain("stdout", "closed", f"{what} writes to standard output", "redirect it to a file"))


def tell(text: str) -> None:
    """Write a line of data to standard output.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    check_open("this")
    deliver((text + "\n").encode())


def deliver(data: bytes) -> None:
    """Write bytes to standard output.

    Raises
    ------
    FileError
        If they cannot be written.
    BrokenPipeError
        If whoever read them went away.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(
            explain("stdout", (error.strerror or str(error)).lower(), "must take what is written to it",
                    "redirect it elsewhere")
        ) from error


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
        _open_missing()
        try:
            with _plain_warnings():
                code = super().main(*args, **{**options, "standalone_mode": False})
                if sys.stdout is not None:
                    sys.stdout.flush()
        except (click.ClickException, PatchloomError, click.Abort, MemoryError) as error:
            code = _explain(error)
        except BrokenPipeError:
            code = SOME_FAILED
        except OSError as error:
            code = _explain(error)
        _settle(sys.stdout)
        sys.exit(code if isinstance(code, int) else DONE)


def _explain(error: BaseException) -> int:
    """Say in one line why a command ends, and return its exit code."""
    if isinstance(error, click.Abort):
        say("cancelled")
        return CANCELLED
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if isinstance(error, OSError):
        text = explain(io.shown(error.filename or "system"), (error.strerror or str(error)).lower(),
                       "the system refuses this", "check the path, its permissions and the disk")
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


def _open_missing() -> None:
    """Keep the numbers of closed standard streams from the next files, and give people's lines somewhere to go."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)                  # for processes that are started, too
    os.close(number)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")           # noqa: SIM115  # to the end of the process


def _settle(stream: TextIO | None) -> None:
    """Flush a stream now, so that the interpreter's last flush cannot fail."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        _leave(stream)


def _leave(stream: TextIO | None) -> None:
    """Let the interpreter's last flush go nowhere instead of failing."""
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
