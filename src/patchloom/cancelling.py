"""Stopping a run from outside, in the middle of a kernel's work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .errors import Cancelled

Scalar = TypeVar("Scalar", bound=np.generic)

_BAND = 1 << 20                                           # values: a pass over them takes about a millisecond

_asked: ContextVar[Callable[[], bool] | None] = ContextVar("patchloom_cancel", default=None)


@contextmanager
def cancelled_by(asked: Callable[[], bool] | None) -> Iterator[None]:
    """Within the block, end whatever kernels do once `asked` returns true.

    Parameters
    ----------
    asked : callable or None
        Called about every 30 ms of a core's work, in the thread that works:
        ``threading.Event.is_set`` will do. None: whoever asks outside of the block, if anybody does.
    """
    if asked is None:
        yield
        return
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)


def bands(rows: int, values: int) -> Iterator[slice]:
    """Yield slices that together are all rows, few enough to be soon done with, and look for a cancel before each.

    Parameters
    ----------
    rows : int
        Of an array.
    values : int
        In each row.
    """
    band = max(1, _BAND // max(values, 1))
    for start in range(0, rows, band):
        check()
        yield slice(start, min(start + band, rows))


def copied(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return a copy of an array of rows; a cancel is looked for on the way."""
    copy = np.empty_like(array)
    for rows in bands(len(array), array[:1].size):
        copy[rows] = array[rows]
    return copy


def check() -> None:
    """Raise `Cancelled` if somebody asked for it."""
    asked = _asked.get()
    if asked is not None and asked():
        raise Cancelled("cancelled: the run was asked to stop")
