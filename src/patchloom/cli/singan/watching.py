"""How a training gets on: a bar with the time that is left, and a line per scale."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..exits import say
from ..progress import bar, on_terminal

if TYPE_CHECKING:
    from ...singan import Model, Step

_OFTEN = 0.25                                             # seconds between two looks at the losses
_WARM = 3                                                 # iterations before a scale's own pace is known


class Watch:
    """Says on stderr how a training gets on, from `__enter__` to `__exit__`.

    Parameters
    ----------
    model : Model
        As it begins or goes on.
    label : str
        What the picture is called.
    quiet : bool
        Say nothing.
    clock : callable
        Seconds since any time.
    console : rich console, optional
        Where the bar goes; by default stderr, if that is a terminal.
    """

    def __init__(
        self, model: Model, label: str, *, quiet: bool, clock: Callable[[], float] = time.monotonic, console: Any = None
    ) -> None:
        self._model = model
        self._label = label
        self._quiet = quiet
        self._clock = clock
        self._bar: Any = bar(console, told=True) if not quiet and (console is not None or on_terminal()) else None
        self._task: Any = None
        self._work = [rows * cols * model.width(scale) ** 2 for scale, (rows, cols) in enumerate(model.sizes)]
        self._pace: list[tuple[int, float]] = []          # work and seconds of an iteration, of the scales so far
        self._begun = self._scale_begun = self._looked = clock()
        self._first: int | None = None                    # this scale's iterations that were done before
        self.seconds: list[float] = []

    def __enter__(self) -> Watch:
        """Show the bar, if there is a terminal for it."""
        if self._bar is not None:
            self._task = self._bar.add_task(self._label, total=None, left="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Look at a step."""
        now = self._clock()
        if self._first is None:
            self._first = step.iteration
        if self._bar is not None and (now - self._looked >= _OFTEN or step.last_of_scale):
            self._looked = now
            self._show(step, now)
        if step.last_of_scale:
            self._ended(step, now)

    def left(self, step: Step, now: float) -> float:
        """Return about how many seconds are left after a step: later scales take longer, by as much as was measured."""
        done = step.iteration + 1 - (self._first or 0)
        pace = list(self._pace)
        if not pace or done >= _WARM:
            pace.append((self._work[step.scale], (now - self._scale_begun) / done))
        here = _seconds(self._work[step.scale], pace)
        later = sum(_seconds(work, pace) for work in self._work[step.scale + 1 :])
        return here * (step.iterations - step.iteration - 1) + later * step.iterations

    def _show(self, step: Step, now: float) -> None:
        elapsed = now - self._begun
        text = (f"{self._label}  scale {step.scale + 1} of {step.scales}, iteration {step.iteration + 1} of "
                f"{step.iterations}, error {step.losses['error']:.4f}")
        left = self.left(step, now)
        self._bar.update(self._task, completed=elapsed, total=elapsed + left, description=text, left=_clock(left))

    def _ended(self, step: Step, now: float) -> None:
        seconds = now - self._scale_begun
        self._pace.append((self._work[step.scale], seconds / (step.iteration + 1 - (self._first or 0))))
        self.seconds.append(seconds)
        self._scale_begun, self._first = now, None
        if not self._quiet:
            say(scale_line(step.model, step.scale, step.scales) + f"  {seconds:.1f} s")


def scale_line(model: Model, scale: int, scales: int) -> str:
    """Return what is told of a scale that is trained."""
    (rows, cols), made = model.sizes[scale], model.scales[scale]
    return (f"scale {scale + 1} of {scales}  {cols}x{rows}  {model.width(scale)} channels  "
            f"{len(made.record)} iterations  error {made.error:.4f}  noise {made.amplitude:.4f}")


def _clock(seconds: float) -> str:
    """Return a time as minutes and seconds, and hours if it has any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def _seconds(work: float, pace: list[tuple[int, float]]) -> float:
    """Return how long an iteration of so much work takes: on the line through the last two scales, or through none."""
    last, seconds = pace[-1]
    if len(pace) == 1:
        return seconds * work / last
    before, fewer = pace[-2]
    slope = max(0.0, (seconds - fewer) / (last - before)) if last > before else 0.0
    return max(seconds + slope * (work - last), 0.0)
