"""How large the mean distance to the nearest patches is, and how sure that figure is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """The mean distance of a field, corrected for what the search missed.

    Attributes
    ----------
    mean : float
        Mean squared difference to the nearest patches.
    standard_error : float
        Of the mean; 0 for exhaustive search.
    excess : float
        By how much the search's own mean lies above this one, as a share of it.
    probes : int
        Patches for which the search was compared with an exhaustive one; 0 where it was one.
    method : {"exact", "patchmatch"}
        The search that served.
    """

    mean: float
    standard_error: float = 0.0
    excess: float = 0.0
    probes: int = 0
    method: str = "exact"
