"""What a metric is, and what it gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..search import Estimate
from .comparison import Comparison

UNSURE = 0.02
"""Standard error, as a share of the value, above which a figure says that it is unsure."""


NEGLIGIBLE = 1e-8
"""Standard error that needs no word: a hundredth of the error of rounding to 8 bits."""


@dataclass(frozen=True)
class Measured:
    """A figure, and what has to be known to read it.

    Attributes
    ----------
    value : float
        The figure.
    details : mapping of str to value
        More figures and facts that came with it, each fit for JSON.
    notes : tuple of str
        Sentences that say where the figure means less than usual.
    """

    value: float
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """All notes in one line; empty if there is none."""
        return "; ".join(self.notes)


@dataclass(frozen=True)
class Metric:
    """One metric of a generated picture and its source.

    Attributes
    ----------
    name : str
        That of its function in `patchloom.metrics`.
    compute : callable
        Comparison -> `Measured`; raises `ImageError` where the pictures do not suit it.
    range : str
        Smallest to largest value.
    better : {"lower", "higher", "near 1", "neither"}
        Which way is better.
    help : str
        One sentence.
    needs : str
        Empty, or what `Comparison.given` must hold for it.
    usual : bool
        Measured where nobody says what is to be: not what others hold already, nor what is for some pictures alone.
    """

    name: str
    compute: Callable[[Comparison], Measured]
    range: str
    better: str
    help: str
    needs: str = ""
    usual: bool = True


def measured_mean(*estimates: Estimate) -> Measured:
    """Return the mean of some searches' mean distances, and how sure it is where they were not exhaustive."""
    count = len(estimates)
    value = math.fsum(estimate.mean for estimate in estimates) / count
    approximate = [estimate for estimate in estimates if estimate.method != "exact"]
    if not approximate:
        return Measured(value, {"method": "exact"})
    error = math.sqrt(math.fsum(estimate.standard_error**2 for estimate in estimates)) / count
    missed = math.fsum(estimate.missed for estimate in estimates) / count
    excess = missed / value if value else None if missed else 0.0        # JSON has no infinity
    details = {"method": approximate[0].method, "standard_error": error, "search_excess": excess}
    if error <= max(UNSURE * value, NEGLIGIBLE):
        return Measured(value, details)
    size = f"{100 * error / value:.1f} % of it" if error < value else f"{error:.2g}, no less than the figure itself"
    return Measured(value, details, (f"unsure: its standard error is {size}, and exhaustive search has none",))
