"""Completeness with fields that are kept: what of the reverse search has to be done again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..types import NNF, Fields, Mask
from .match import match
from .quantise import Quantised


def weigh(reverse: NNF, alpha: float) -> npt.NDArray[np.float32]:
    """Return a factor per key patch from how far each is from its nearest query."""
    weight: npt.NDArray[np.float32] = (1.0 / (alpha + reverse.distance.astype(np.float64))).astype(np.float32)
    return weight


def normalise(
    pair: Quantised, fields: Fields | None, *, alpha: float, **options: Any
) -> tuple[npt.NDArray[np.float32], NNF, Mask | None]:
    """Return the keys' factors, the reverse field, and the query patches that a forward search must look at.

    Parameters
    ----------
    pair : Quantised
        The pictures.
    fields : Fields or None
        Where the search starts.
    alpha : float
        See `patchloom.completeness_weight`.
    **options
        Of `match`.

    Returns
    -------
    weight : float32 array (K', L')
    reverse : NNF
    active : Mask (H', W') or None
        Patches that look different than before, or whose key weighs otherwise; None: all.
    """
    if fields is None or fields.reverse is None:
        reverse = match(pair.swapped(), **options)
        return weigh(reverse, alpha), reverse, None
    early, forward = fields.reverse, fields.forward
    reverse = match(pair.swapped(), init=early, active=_unsettled(early, forward, pair.changed), **options)
    active = pair.changed
    if active is not None:
        reweighed: Mask = early.distance != reverse.distance
        active = active | reweighed[forward.index[..., 0], forward.index[..., 1]]
    return weigh(reverse, alpha), reverse, active


def _unsettled(reverse: NNF, forward: NNF, changed: Mask | None) -> Mask | None:
    """Key patches that found a query which looks different now, or were found by one."""
    if changed is None:
        return None
    keys: Mask = changed[reverse.index[..., 0], reverse.index[..., 1]]
    found = forward.index[changed]
    keys[found[:, 0], found[:, 1]] = True
    return keys
