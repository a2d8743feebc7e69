"""The numbers of what is made with a trained SinGAN: what is usual and allowed, in Python and at the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Range(Generic[N]):
    """What an argument may be.

    Attributes
    ----------
    usual : int or float
        Its default.
    low, high : int or float
        The least and the most.
    """

    usual: N
    low: N
    high: N

    @property
    def limits(self) -> tuple[N, N]:
        """The least and the most."""
        return self.low, self.high


MOST_DILATION = 256
"""Pixels that a mask may grow by."""

FRAMES = Range(100, 2, 1000)
ALPHA, BETA = Range(0.1, 0.0, 1.0), Range(0.9, 0.0, 0.99)
LEAST_ALPHA = 0.01
"""Of a loop: a walk that is hardly drawn back does not come round."""
ANIMATE_FEATHER = 8

FACTOR = Range(4.0, 1.0, 64.0)
"""Of both sides in super-resolution; it has to be above the least."""

COLOURS = Range(5, 2, 64)
PAINT_START = 2
"""The scale at which a painting enters, unless it is told or the model has fewer."""

HARMONISE_DILATION, HARMONISE_FEATHER = Range(7, 0, MOST_DILATION), 10
HARMONISE_BACK = 1
"""Scales before the last at which a composite enters, unless it is told."""

EDIT_DILATION, EDIT_FEATHER = Range(20, 0, MOST_DILATION), 10
EDIT_BACK = 2
"""Scales before the last at which an edit enters, unless it is told."""
