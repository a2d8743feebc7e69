"""How a batch gets on, and what became of it: on stderr, and as JSON."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from ... import io
from ...batch import files
from ...batch.job import Job, Outcome
from ...batch.scheduling import Summary
from ..exits import say
from ..progress import bar, on_terminal

_EVERY = 10.0                                             # seconds between two lines
_WINDOW = 120.0                                           # seconds that the rate is of
_LOOKS = 60                                               # within the window


class Report:
    """Counts outcomes, and says how many there are: a bar on a terminal, else a line every ten seconds.

    Parameters
    ----------
    total : int
        Jobs.
    quiet : bool
        Say nothing while they run.
    console : rich console, optional
        Where the bar goes; by default stderr, if that is a terminal.
    clock : callable
        Seconds, of any beginning.
    """

    def __init__(
        self, total: int, *, quiet: bool = False, console: Any = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.summary = Summary()
        self._total, self._quiet, self._console, self._clock = total, quiet, console, clock
        self._bar: Any = None
        self._task: Any = None
        self._begin = self._told = clock()
        self._seen = deque([(self._begin, 0)], maxlen=_LOOKS)

    def __enter__(self) -> Report:
        """Show the bar, if there is a terminal for it."""
        if not self._quiet and (self._console is not None or on_terminal()):
            self._bar = bar(self._console, told=True)
            self._task = self._bar.add_task("", total=self._total, left="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return self._clock() - self._begin

    def on_outcome(self, outcome: Outcome) -> None:
        """Count an outcome, and tell."""
        self.summary = self.summary.after(outcome)
        now, done = self._clock(), self.summary.total
        if now - self._seen[-1][0] >= _WINDOW / _LOOKS:
            self._seen.append((now, done))
        if self._bar is not None:
            self._bar.update(self._task, completed=done, description=self._counts(), left=self._left(now, done))
        elif not self._quiet and now - self._told >= _EVERY:
            self._told = now
            say(f"{done} of {self._total} done: {self._counts()}; {self._left(now, done)}")

    def _counts(self) -> str:
        return counts(self.summary)

    def _left(self, now: float, done: int) -> str:
        """Return the rate of late, and the time that is left at it."""
        then, before = self._seen[0]
        if done == before or now <= then:
            return ""
        rate = (done - before) / (now - then)
        return f"{_rate(rate)}, {duration((self._total - done) / rate)} left"


def counts(summary: Summary) -> str:
    """Return how many were made, stood and failed."""
    failed = f", {summary.failed} failed" if summary.failed else ""
    standing = f", {summary.standing} stood already" if summary.standing else ""
    return f"{summary.made} made{standing}{failed}"


def label(job: Job) -> str:
    """Return what people call a job: the picture that it is of, as seen from here."""
    return io.shown(files.within(job.label, str(Path.cwd())))


def jobs(count: int) -> str:
    """Return how many jobs there are."""
    return "1 job" if count == 1 else f"{count} jobs"


def _rate(rate: float) -> str:
    for unit, seconds in (("second", 1), ("minute", 60)):
        if rate * seconds >= 1:
            return f"{rate * seconds:.1f} a {unit}"
    return f"{rate * 3600:.1f} an hour"


def duration(seconds: float) -> str:
    """Return a time as people say it, to two units.

    Examples
    --------
    >>> duration(4.21), duration(75), duration(7380), duration(200_000)
    ('4.2 s', '1 min 15 s', '2 h 3 min', '2 d 7 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    whole, names = round(seconds), (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    for (name, size), (less, part) in itertools.pairwise(names):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {less}" if rest else "")
    raise AssertionError("a minute is at least 60 seconds")


def failure_lines(summary: Summary, label: Callable[[Outcome], str], manifest: str) -> list[str]:
    """Return which jobs failed and why, one in a line; those that `summary` does not keep are in the manifest."""
    lines = [f"error: {label(outcome)} seed {outcome.seed}: {outcome.error}" for outcome in _in_order(summary)]
    more = summary.failed - len(summary.failures)
    return [*lines, f"error: {more} more failed; they are in {manifest}"] if more else lines


def _in_order(summary: Summary) -> list[Outcome]:
    return sorted(summary.failures, key=lambda outcome: outcome.number)


def as_json(summary: Summary, label: Callable[[Outcome], str], manifest: str, seconds: float) -> dict[str, Any]:
    """Return what ``--json`` tells; the results are in the manifest."""
    return {
        "made": summary.made, "standing": summary.standing, "failed": summary.failed,
        "tried_again": summary.tried_again, "manifest": manifest, "seconds": round(seconds, 3),
        "failures": [
            {"job": outcome.number, "source": label(outcome), "seed": outcome.seed, "error": outcome.error}
            for outcome in _in_order(summary)
        ],
    }
