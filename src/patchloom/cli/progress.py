"""How a run gets on: a bar on a terminal, otherwise a line per picture; all on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .. import estimate
from ..types import Plan, Step
from .exits import say

_LONG = 5.0                                               # seconds that nobody wonders about


class Progress:
    """Says on stderr what is going on, from `__enter__` to `__exit__`.

    Parameters
    ----------
    total : float
        Work of all pictures together, in any unit that `picture` shares.
    quiet : bool
        Say nothing.
    console : rich console, optional
        Where the bar goes; by default stderr, if that is a terminal.
    """

    def __init__(self, total: float, *, quiet: bool = False, console: Any = None) -> None:
        self._total = total
        self._quiet = quiet
        self._console = console
        self._done = 0.0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        """Show the bar, if there is a terminal for it."""
        if not self._quiet and (self._console is not None or on_terminal()):
            self._bar = bar(self._console)
            self._task = self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def line(self, text: str) -> None:
        """Say one line, above the bar."""
        if not self._quiet:
            say(text)

    def piece(self, label: str, work: float, told: str) -> None:
        """Count a piece of the work as done: on the bar, or else in a line of what is told of it."""
        self._done += work
        if self._bar is None:
            self.line(told)
        else:
            self._bar.update(self._task, completed=self._done, description=label)

    def portion(self, label: str, work: float) -> Callable[[float, str], None]:
        """Return what shows on a bar, if there is one, how much of a piece is done, 0 to 1, and what is being done."""
        start = self._done
        self._done += work

        def on_share(share: float, text: str) -> None:
            if self._bar is not None:
                self._bar.update(self._task, completed=start + work * share, description=f"{label}  {text}".rstrip())

        on_share(0.0, "")
        return on_share

    def picture(self, label: str, plan: Plan, work: float, seconds: float = 0.0) -> Callable[[Step], None] | None:
        """Return what a run calls at each step of a picture that is `work` of the total.

        Without a bar that is nothing, and a line tells that a picture begins which may take long: `seconds`.
        """
        if self._bar is None:
            if seconds > _LONG:
                self.line(f"{label} begins, up to about {seconds:.0f} s")
            return None
        levels, start, frames = len(plan.sizes), self._done, plan.frames
        share, made = estimate.progress(plan), 0
        self._done += work

        def on_step(step: Step) -> None:
            nonlocal made
            number = levels - step.level                  # people count from the coarsest, where the run begins
            text = f"{label}  level {number} of {levels}, iteration {step.iteration + 1}"
            text += f", frame {made + 1} of {frames}" if frames > 1 else ""
            self._bar.update(self._task, completed=start + work * share(step), description=text)
            made += step.last

        return on_step


def on_terminal() -> bool:
    """Whether stderr can show a bar."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def bar(console: Any = None, *, told: bool = False) -> Any:
    """Return a bar with what is done, its share and the time that is left; on stderr unless a console is passed.

    With `told` the time is not reckoned from the share so far: it is the text that the task's field ``left`` holds.
    """
    from rich import progress
    from rich.console import Console
    from rich.table import Column

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[left]}") if told else progress.TimeRemainingColumn(compact=True),
        console=console or Console(stderr=True),
        transient=True,
    )
