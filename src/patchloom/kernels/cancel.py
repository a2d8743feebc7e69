"""Stopping a run from outside, in the middle of a kernel's work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import Cancelled

_asked: ContextVar[Callable[[], bool] | None] = ContextVar("patchloom_cancel", default=None)


@contextmanager
def cancelled_by(asked: Callable[[], bool] | None) -> Iterator[None]:
    """Within the block, end whatever kernels do once `asked` returns true.

    Parameters
    ----------
    asked : callable or None
        Called about every 30 ms of a core's work, in the thread that works:
        ``threading.Event.is_set`` will do. None: nobody asks.
    """
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


def check() -> None:
    """Raise `Cancelled` if somebody asked for it."""
    asked = _asked.get()
    if asked is not None and asked():
        raise Cancelled("cancelled: the run was asked to stop")
