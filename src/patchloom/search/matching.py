"""Which search serves a pair, and calling it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..cancelling import check
from ..params import GPNNParams
from ..types import NNF, Mask, Size
from . import exact, patchmatch
from .patchmatch import Effort
from .quantise import Quantised

# Query-key pairs up to which exhaustive search is about as fast as a thorough PatchMatch; and up to which a level
# decides the layout, where PatchMatch has to be thorough too: less keeps more of the source in place (docs/quality.md).
AUTO_PAIRS = 400_000
LAYOUT_PAIRS = 4_000_000


def choose(method: str, query: Size, key: Size) -> str:
    """Return ``exact`` or ``patchmatch``; ``auto`` depends on the patch grids' sizes alone."""
    if method != "auto":
        return method
    return "exact" if _pairs(query, key) <= AUTO_PAIRS else "patchmatch"


def is_layout(query: Size, key: Size) -> bool:
    """Return whether grids of these sizes decide the layout, so that PatchMatch has to be thorough."""
    return _pairs(query, key) <= LAYOUT_PAIRS


def _pairs(query: Size, key: Size) -> int:
    return query[0] * query[1] * key[0] * key[1]


def narrowed(active: Mask | None, changed: Mask | None) -> Mask | None:
    """Return the active patches that have changed; None is all."""
    return changed if active is None else active if changed is None else active & changed


def match(
    pair: Quantised,
    *,
    weight: npt.NDArray[np.float32] | None = None,
    valid: Mask | None = None,
    active: Mask | None = None,
    init: NNF | None = None,
    method: str,
    effort: Effort,
    seed: int,
    threads: int,
) -> NNF:
    """Search a quantised pair; nothing is checked here, see `nearest`."""
    check()
    weight = None if weight is None else np.ascontiguousarray(weight)
    valid = None if valid is None else np.ascontiguousarray(valid)
    options: dict[str, Any] = {"weight": weight, "valid": valid, "active": active, "init": init, "threads": threads}
    if choose(method, *pair.grids) == "exact":
        return exact.search(pair, **options)
    return patchmatch.search(pair, **options, effort=effort, seed=seed)


def effort_of(params: GPNNParams, pair: Quantised, *, cold: bool, thorough: bool = False) -> Effort:
    """Return how hard to search: thoroughly if told, from a random field (cold), and where the layout is decided."""
    sweeps = params.cold_sweeps if cold else params.sweeps
    if cold or thorough or is_layout(*pair.grids):
        return Effort(sweeps, params.trials, params.looks, params.repairs)
    return Effort(sweeps, params.trials)
