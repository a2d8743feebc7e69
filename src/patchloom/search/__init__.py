"""Nearest patches: `nearest` and, for completeness, `completeness_weight`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .. import kernels
from ..checks import as_seed, as_threads
from ..errors import ParameterError, explain
from ..params import METHODS, PRESETS, check_number
from ..patches import grid
from ..types import NNF, Image, Mask
from .checking import check_field, check_masks, check_pictures, check_pnn
from .completeness import weigh
from .matching import choose, effort_of, match
from .probing import METRIC_EFFORT, Estimate, estimate
from .quantise import quantise

__all__ = ["Estimate", "check_pnn", "completeness_weight", "nearest", "nearest_mean"]


def nearest(
    query: Image,
    key: Image,
    *,
    patch_size: int,
    weight: npt.NDArray[np.float32] | None = None,
    valid: Mask | None = None,
    active: Mask | None = None,
    init: NNF | None = None,
    method: str = "auto",
    sweeps: int | None = None,
    trials: int | None = None,
    seed: int = 0,
    threads: int = 0,
) -> NNF:
    """Return the nearest key patch of every query patch.

    Nearest means the smallest ``distance * weight``, where distance is the mean
    squared difference of the two patches, on values quantised as finely as 32-bit
    sums allow.

    Parameters
    ----------
    query, key : Image
        (H, W, C) and (K, L, C), finite, each side at least `patch_size`.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    weight : float32 array (K', L'), optional
        Positive, finite factor per key patch (see `completeness_weight`).
    valid : Mask (K', L'), optional
        Key patches that may be found; the others never are.
    active : Mask (H', W'), optional
        Query patches to search for; the others keep their entry in `init`, which
        is then required.
    init : NNF, optional
        Field to start from; by default a random one. Exhaustive search takes
        only the entries of queries that are not active from it.
    method : {"auto", "exact", "patchmatch"}
        ``auto`` is exhaustive for small pictures, by their sizes alone.
    sweeps : int, optional
        PatchMatch sweeps; by default those of the preset ``default`` for an
        inherited or a random field. Without `active`, its repairs follow.
    trials : int, optional
        Random trials per sweep and patch; by default those of ``default``.
    seed : int
        Decides the random field and trials.
    threads : int
        0 means all cores; the result does not depend on it.

    Returns
    -------
    NNF
        `distance` is unweighted.

    Raises
    ------
    ImageError
        If the pictures, masks or field do not fit one another.
    ParameterError
        If `method` is unknown or no key patch is valid.

    Notes
    -----
    Exhaustive search costs a few additions per pair of patches, whatever the
    patch size, and memory for rows of the picture only. PatchMatch costs some ten
    comparisons per query patch and sweep, and more where it repairs.

    References
    ----------
    Barnes et al., "PatchMatch" (SIGGRAPH 2009).
    """
    kernels.warn_if_slow()
    patch_size = check_number("patch_size", patch_size)
    check_pictures(query, key, patch_size)
    check_masks(grid(query, patch_size), grid(key, patch_size), weight, valid, active, init is not None)
    if init is not None:
        check_field(init, grid(query, patch_size), grid(key, patch_size), patch_size)
    if method not in METHODS:
        raise ParameterError(explain("method", repr(method), "must be one of " + ", ".join(METHODS)))
    params = PRESETS["default"] if trials is None else replace(PRESETS["default"], trials=trials)
    sweeps = None if sweeps is None else check_number("sweeps", sweeps)
    threads = as_threads(threads)
    pair = quantise(query, key, patch_size=patch_size, threads=threads)
    effort = effort_of(params, pair, cold=init is None, thorough=True)
    effort = effort if sweeps is None else replace(effort, sweeps=sweeps)
    return match(
        pair, weight=weight, valid=valid, active=active, init=init, method=method, effort=effort, seed=as_seed(seed),
        threads=threads,
    )


def nearest_mean(
    query: Image, key: Image, *, patch_size: int, method: str = "exact", seed: int = 0, threads: int = 0
) -> tuple[NNF, Estimate]:
    """Return the nearest key patch of every query patch, and their mean distance without the search's own error.

    PatchMatch's mean is corrected by an exhaustive search of some patches, and the
    standard error of that correction told.

    Parameters
    ----------
    query, key, patch_size, seed, threads
        As for `nearest`.
    method : {"exact", "patchmatch", "auto"}
        As for `nearest`.

    Returns
    -------
    field : NNF
        As the search found it, uncorrected.
    mean : Estimate
    """
    kernels.warn_if_slow()
    patch_size = check_number("patch_size", patch_size)
    check_pictures(query, key, patch_size)
    if method not in METHODS:
        raise ParameterError(explain("method", repr(method), "must be one of " + ", ".join(METHODS)))
    threads = as_threads(threads)
    pair = quantise(query, key, patch_size=patch_size, threads=threads)
    method = choose(method, *pair.grids)
    found = match(pair, method=method, effort=METRIC_EFFORT, seed=as_seed(seed), threads=threads)
    return found, estimate(pair, found, method, threads=threads)


def completeness_weight(
    query: Image,
    key: Image,
    *,
    patch_size: int,
    alpha: float,
    init: NNF | None = None,
    method: str = "auto",
    sweeps: int | None = None,
    trials: int | None = None,
    seed: int = 0,
    threads: int = 0,
) -> tuple[npt.NDArray[np.float32], NNF]:
    """Return the factor that makes far-off keys attractive, and the reverse field.

    ``weight = 1 / (alpha + min over queries of the distance)``: the score of
    GPNN's equation 2. The minimum is the same search with the roles swapped.

    Parameters
    ----------
    query, key : Image
        As for `nearest`.
    patch_size : int
        Side of a patch in pixels.
    alpha : float
        Positive; the smaller, the more completeness. Squared intensity units.
    init : NNF, optional
        Reverse field to start from, from key to query.
    method, sweeps, trials, seed, threads
        As for `nearest`.

    Returns
    -------
    weight : float32 array (K', L')
        One factor per key patch.
    reverse : NNF
        Nearest query patch of every key patch.
    """
    if check_number("alpha", alpha) == float("inf"):
        raise ParameterError(explain("alpha", alpha, "must be finite", "leave completeness out for inf"))
    reverse = nearest(
        key, query, patch_size=patch_size, init=init, method=method, sweeps=sweeps, trials=trials, seed=seed,
        threads=threads,
    )
    return weigh(reverse, alpha), reverse
