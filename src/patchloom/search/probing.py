"""How large the mean distance to the nearest patches is, and how sure that figure is.

PatchMatch misses some neighbours, so its mean lies above the true one. Some patches are
therefore searched exhaustively, and the mean is corrected by what it missed there (a
control variate). They are drawn in proportion to their distance: that is where something
can be missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..types import NNF, Size
from .patchmatch import Effort
from .quantise import Quantised, totals

METRIC_EFFORT = Effort(sweeps=8, trials=2, looks=2, repairs=3)
"""A PatchMatch whose mean is corrected afterwards; see docs/performance.md."""

PROBES = 512
"""Patches that are searched exhaustively; the standard error falls with their square root."""

FULL_KEYS = 2**22
"""Keys beyond which fewer patches are, as the square root falls: or large pictures would take minutes."""


@dataclass(frozen=True)
class Estimate:
    """The mean distance of a field, corrected for what the search missed.

    Attributes
    ----------
    mean : float
        Mean squared difference to the nearest patches.
    standard_error : float
        Of the mean; 0 for exhaustive search.
    missed : float
        By how much the search's own mean lies above this one.
    probes : int
        Patches for which the search was compared with an exhaustive one; 0 where it was one.
    method : {"exact", "patchmatch"}
        The search that served.
    """

    mean: float
    standard_error: float = 0.0
    missed: float = 0.0
    probes: int = 0
    method: str = "exact"

    @property
    def excess(self) -> float:
        """What was missed as a share of the mean; infinite where the mean is 0 and something was."""
        return self.missed / self.mean if self.mean else math.inf if self.missed else 0.0

    def scaled(self, factor: float) -> Estimate:
        """Return the same in another unit."""
        return replace(
            self, mean=self.mean * factor, standard_error=self.standard_error * factor, missed=self.missed * factor
        )

    def of_field(self, own: float) -> Estimate:
        """Return the same where the search's own mean was computed again, to more digits than it was searched with."""
        corrected = max(own - self.missed, 0.0)
        return replace(self, mean=corrected, missed=own - corrected)


def estimate(pair: Quantised, found: NNF, method: str, *, threads: int) -> Estimate:
    """Return the mean of a field that an ``exact`` search or ``patchmatch`` found.

    Whole numbers up to the last steps, in a fixed order: the figure is the same on every machine.
    """
    total = totals(found.distance, pair.steps).reshape(-1)
    mean = int(total.sum()) / total.size / pair.steps
    if method == "exact" or not total.any():
        return Estimate(mean, method=method)
    at, shares = _draw(total, probes_for(pair.grids[1]))
    missed = _missed(pair, at, total[at], threads) / pair.steps
    if shares is None:
        lost, error = math.fsum(missed) / total.size, 0.0
    else:
        each = missed / (shares * total.size)
        lost = math.fsum(each) / at.size
        # One probe more, which missed by half a mean distance: what is rare may have slipped through all of them.
        spread = math.fsum((each - lost) ** 2) + (mean / 2) ** 2
        error = math.sqrt(spread / (at.size * (at.size - 1)))
    corrected = max(mean - lost, 0.0)
    return Estimate(corrected, error, mean - corrected, at.size, method)


def probes_for(keys: Size) -> int:
    """Return how many patches to search among this many keys."""
    return min(PROBES, math.isqrt(PROBES * PROBES * FULL_KEYS // (keys[0] * keys[1])))


def _draw(
    total: npt.NDArray[np.int64], probes: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64] | None]:
    """Return patches to search and each one's probability; all, and None, where few have any distance at all.

    The others are known to be right. Patches lie one after the other, each as long as its distance and a tenth of the
    mean one, and a step of equal length leads from probe to probe: that needs no random numbers.
    """
    missing = np.flatnonzero(total).astype(np.int32)
    if missing.size <= probes:
        return missing, None
    weight = 10 * total[missing] + int(total.sum()) // total.size + 1
    reached = np.cumsum(weight)
    step = int(reached[-1]) // probes
    at = np.searchsorted(reached, step // 2 + step * np.arange(probes, dtype=np.int64), side="right")
    return missing[at], weight[at] / float(reached[-1])


def _missed(pair: Quantised, at: npt.NDArray[np.int32], total: npt.NDArray[np.int64], threads: int) -> Any:
    """Return by how much these patches' distances lie above the smallest there are, as whole sums."""
    # A distance as float32 may be a little off: a bound has to lie above it, and what lies within is no difference.
    slack = total >> 20
    bound = np.minimum(total + slack + 1, np.iinfo(np.int32).max).astype(np.int32)
    least = kernels.probe(pair.pictures(0), None, at, bound, threads=threads)
    return np.where(total - least > slack, total - least, 0)
