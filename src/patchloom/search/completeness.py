"""Completeness with fields that are kept: what of the reverse search has to be done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..params import GPNNParams
from ..types import NNF, Fields, Mask
from .matching import choose, effort_of, match
from .patchmatch import worse_than_mean
from .quantise import Quantised


def weigh(reverse: NNF, alpha: float) -> npt.NDArray[np.float32]:
    """Return a factor per key patch from how far each is from its nearest query."""
    weight: npt.NDArray[np.float32] = (1.0 / (alpha + reverse.distance.astype(np.float64))).astype(np.float32)
    return weight


class Ways(NamedTuple):
    """What `normalise` does its work with: as the functions of these names here, in `matching` and in `patchmatch`."""

    match: Callable[..., NNF]
    weigh: Callable[..., Any]
    worse_than_mean: Callable[..., Any]


NATIVE = Ways(match, weigh, worse_than_mean)


def normalise(
    pair: Quantised, fields: Fields | None, *, params: GPNNParams, ways: Ways = NATIVE, **options: Any
) -> tuple[npt.NDArray[np.float32], NNF, Mask | None]:
    """Return the keys' factors, the reverse field, and the query patches that a forward search must look at.

    Parameters
    ----------
    pair : Quantised
        The pictures.
    fields : Fields or None
        Where the search starts.
    params : GPNNParams
        Completeness and search.
    ways : Ways
        How: on this machine's cores, or on a device.
    **options
        Of `match`.

    Returns
    -------
    weight : float32 array (K', L')
    reverse : NNF
    active : Mask (H', W') or None
        Patches that look different than before, or whose key weighs otherwise; None: all.
    """
    early = fields.reverse if fields else None
    effort = effort_of(params, pair, cold=early is None, thorough=True)
    if fields is None or early is None:
        reverse = ways.match(pair.swapped(), effort=effort, **options)
        return ways.weigh(reverse, params.alpha), reverse, None
    forward = fields.forward
    approximate = choose(params.method, *pair.grids) != "exact"       # exhaustive search leaves nothing to chance
    unsettled = _unsettled(early, forward, pair, ways) if approximate else None
    reverse = ways.match(pair.swapped(), init=early, active=unsettled, effort=effort, **options)
    active = pair.changed if approximate else None
    if active is not None:
        reweighed: Mask = early.distance != reverse.distance
        active = active | reweighed[forward.index[..., 0], forward.index[..., 1]]
    return ways.weigh(reverse, params.alpha), reverse, active


def _unsettled(reverse: NNF, forward: NNF, pair: Quantised, ways: Ways) -> Mask | None:
    """Key patches that found, or were found by, a query that looks different now; and those worse than the mean."""
    changed = pair.changed
    if changed is None:
        return None
    keys: Mask = ways.worse_than_mean(reverse.distance, pair.steps)
    keys |= changed[reverse.index[..., 0], reverse.index[..., 1]]
    found = forward.index[changed]
    keys[found[:, 0], found[:, 1]] = True
    return keys
