"""When a scale's rate falls, and when it ends: read off its own reconstruction."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..params import SinGANParams

WINDOW = 100
"""Iterations whose errors are compared with those of the ones before."""

_SLOW = 0.1                                               # the rate at the end, relative to before


class Schedule(NamedTuple):
    """Iterations of a scale: how many before the rate falls, and how many in all."""

    decay: int
    end: int

    def rate(self, iteration: int) -> float:
        """Return the rate relative to the first."""
        return 1.0 if iteration < self.decay else _SLOW


def schedule(errors: npt.NDArray[np.float32], params: SinGANParams) -> Schedule:
    """Return when a scale slows down and ends, as far as the errors so far tell.

    Parameters
    ----------
    errors : array (iterations,)
        Of the reconstruction.
    params : SinGANParams
        `iterations`, `decay_after` and `tolerance`.

    Notes
    -----
    The rate falls after a share of all iterations, or earlier, once the mean error of `WINDOW`
    iterations is not below the least one so far by the share `tolerance`; then the scale ends after as
    much of a last part as it would have had. It depends on the past only, so a training that is
    taken up again ends where it would have.
    """
    whole = len(errors) // WINDOW
    means = errors[: whole * WINDOW].reshape(whole, WINDOW).astype(np.float64).mean(axis=1)
    usual = math.floor(params.iterations * params.decay_after + 0.5)
    for window in range(1, whole) if params.tolerance else ():
        decay = (window + 1) * WINDOW
        if decay < usual and means[window] > (1 - params.tolerance) * means[:window].min():
            return Schedule(decay, min(params.iterations, math.ceil(decay / params.decay_after - 1e-9)))
    return Schedule(usual, params.iterations)
