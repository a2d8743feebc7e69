"""The first guess: a plan's guess plus noise."""

from __future__ import annotations

import logging

import numpy as np

from . import kernels
from .errors import ParameterError, explain
from .params import GPNNParams
from .patches import grid
from .search import nearest
from .search.patchmatch import mix
from .types import Image, Plan

_log = logging.getLogger("patchloom")

_NOISE = 3
_GROWTH = np.float32(1.1)                                 # of the noise, from draw to draw


def first_guess(plan: Plan, *, threads: int = 1) -> Image:
    """Return the plan's guess plus Gaussian noise (Granot et al., section 4.1).

    A guess that would mostly give the source again is drawn afresh, a tenth stronger
    each time, at most ``params.draws`` times. "In place" has a meaning only where
    result and source have one size; elsewhere there is one draw.

    Parameters
    ----------
    plan : Plan
        Its `guess`, `seed` and numbers decide everything.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    Image
        Of the size of ``plan.guess``.

    Raises
    ------
    ParameterError
        If the plan is that of many pictures.
    """
    if plan.drift is not None:
        raise ParameterError(explain("plan", "an animation", "steps makes one picture", "pass it to patchloom.run"))
    params, source = plan.params, plan.source[len(plan.sizes) - 1]
    if params.noise == 0:
        return plan.guess
    sigma = np.float32(params.noise)
    draws = params.draws if source.shape == plan.guess.shape else 1
    for draw in range(draws):
        noise = kernels.noise(plan.guess.shape, mix(plan.seed, 0, _NOISE, draw), threads=threads)
        guess = plan.guess + sigma * noise
        if draw + 1 == draws:
            break
        staying = share_staying(guess, source, params, seed=mix(plan.seed, 0, _NOISE), threads=threads)
        if staying <= params.stay:
            break
        _log.info("draw %d of the first guess: %.0f %% of the patches stay in place", draw + 1, 100 * staying)
        sigma *= _GROWTH
    return guess


def share_staying(guess: Image, source: Image, params: GPNNParams, *, seed: int, threads: int = 1) -> float:
    """Return the share of patches whose neighbour lies within a pixel of their own place, 0 to 1."""
    found = nearest(
        guess, source, patch_size=params.patch_size, method=params.method, seed=seed, threads=threads
    )
    rows, cols = grid(source, params.patch_size)
    moved = np.abs(found.index - np.indices((rows, cols)).transpose(1, 2, 0)).max(axis=2)
    return float((moved <= 1).mean())
