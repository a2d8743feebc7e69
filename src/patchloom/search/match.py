"""Which search serves a pair, and calling it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernels.cancel import check
from ..types import NNF, Mask, Size
from . import exact, patchmatch
from .quantise import Quantised

# Query-key pairs below which exhaustive search is about as fast as PatchMatch.
AUTO_PAIRS = 4_000_000


def choose(method: str, query: Size, key: Size) -> str:
    """Return ``exact`` or ``patchmatch``; ``auto`` depends on the patch grids' sizes alone."""
    if method != "auto":
        return method
    return "exact" if query[0] * query[1] * key[0] * key[1] <= AUTO_PAIRS else "patchmatch"


def match(
    pair: Quantised,
    *,
    weight: npt.NDArray[np.float32] | None = None,
    valid: Mask | None = None,
    active: Mask | None = None,
    init: NNF | None = None,
    method: str,
    sweeps: int | None,
    trials: int,
    seed: int,
    threads: int,
) -> NNF:
    """Search a quantised pair: `nearest`, without its checks."""
    check()
    options: dict[str, Any] = {"weight": weight, "valid": valid, "active": active, "init": init, "threads": threads}
    if choose(method, *pair.grids) == "exact":
        return exact.search(pair, **options)
    return patchmatch.search(pair, **options, sweeps=sweeps, trials=trials, seed=seed)
