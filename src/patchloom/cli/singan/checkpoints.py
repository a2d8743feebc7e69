"""A training that is stopped at any time and loses little: its file, replaced as it goes, and Ctrl-C."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ... import io

if TYPE_CHECKING:
    from ...singan import Model, Step

EVERY = 60.0
"""Seconds between checkpoints inside a scale: what a kill may lose."""


class Checkpoints:
    """Writes a training to its file, each time whole or not at all.

    Parameters
    ----------
    path : path
        Of the model.
    force : bool
        A file that is there may be replaced; those of the training itself always are.
    icc : bytes, optional
        The picture's colour profile.
    every : float
        Seconds between them; one comes at the end of each scale too.
    clock : callable
        Seconds since any time.
    """

    def __init__(
        self, path: Path, *, force: bool, icc: bytes | None = None, every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._force = force
        self._icc = icc
        self._every = every
        self._clock = clock
        self._last = clock()

    def __call__(self, step: Step) -> None:
        """Write, if it is time to."""
        if step.last_of_scale or self._clock() - self._last >= self._every:
            self.write(step.model)

    def write(self, model: Model) -> None:
        """Write now."""
        io.save_model(self.path, replace(model, icc=self._icc), force=self._force)
        self._force = True                                # from now on it is ours
        self._last = self._clock()


@dataclass
class Request:
    """Whether someone asked the training to stop."""

    made: bool = False


def going_on(image: str, path: Path, values: Mapping[str, Any]) -> str:
    """Return the command that goes on with a training, with all that its weights depend on and the file has not.

    Parameters
    ----------
    image : str
        As it was given.
    path : path
        Of the model.
    values : mapping
        All options of the command that was stopped.
    """
    words = ["patchloom", "singan", "train", image, "--out", str(path), "--resume"]
    source = click.get_current_context().get_parameter_source
    for name in ("device", "threads"):
        if source(name) is ParameterSource.COMMANDLINE:
            words += [f"--{name}", str(values[name])]
    words += ["--compile"] * bool(values.get("compiled"))
    return io.shown(shlex.join(words))


@contextmanager
def stopping() -> Iterator[Request]:
    """Within the block Ctrl-C and SIGTERM ask only, so that an iteration ends; a second one interrupts at once."""
    request, before = Request(), {}

    def ask(number: int, frame: FrameType | None) -> None:
        if request.made:
            raise KeyboardInterrupt
        request.made = True

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, ask)
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(
    steps: Iterable[Step], checkpoints: Checkpoints, request: Request, watchers: Sequence[Callable[[Step], None]] = ()
) -> Model:
    """Train to the end, or until someone asks to stop; what is trained is in the file then.

    Parameters
    ----------
    steps : iterable of Step
        Of `patchloom.singan.steps`, at least one.
    checkpoints : Checkpoints
        Where to keep it.
    request : Request
        To stop.
    watchers : sequence of callables
        Called with each step, after a checkpoint was due.

    Returns
    -------
    Model
        As far as it is trained.
    """
    for step in steps:
        checkpoints(step)
        for watch in watchers:
            watch(step)
        if step.last or request.made:
            made = step.model
            if not step.last_of_scale:
                checkpoints.write(made)
            return made
    raise AssertionError("a training that goes on has at least one step")
