"""The numbers of a GPNN run, and its named settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from ..errors import ParameterError, explain
from .number import Number, check, check_all, number, numbers_of

METHODS = ("auto", "exact", "patchmatch")
DIVERSITIES = ("low", "medium", "high")

MAX_CHANNELS = 32
MAX_SEED = 2**64 - 1


@dataclass(frozen=True)
class GPNNParams:
    """The numbers of a GPNN run; the defaults are the preset ``default``.

    Raises
    ------
    ParameterError
        If a value is out of its range.

    Examples
    --------
    >>> GPNNParams().patch_size
    7
    >>> GPNNParams(patch_size=8)
    Traceback (most recent call last):
    patchloom.errors.ParameterError: patch_size=8: must be odd, 3 to 31; try 7 or 9
    """

    patch_size: int = number(7, "Side of a patch.", low=3, high=31, unit="px", odd=True)
    ratio: float = number(0.75, "Size of a pyramid level relative to the next finer one.", low=0.5, high=0.95)
    coarsest: int = number(
        14,
        "Shorter side of the coarsest level: larger rearranges smaller pieces. A picture no larger has one level."
        " 0: chosen from the size of what is to change.",
        low=0, high=4096, unit="px",
    )
    iterations: int = number(10, "Most search-and-vote iterations at a level.", low=1, high=100)
    coarsest_iterations: int = number(1, "The same at the coarsest level.", low=1, high=100)
    alpha: float = number(
        0.002, "Completeness: a small value makes every part of the source appear; inf turns it off.",
        low=1e-6, high=math.inf,
    )
    complete_levels: int = number(
        5, "Coarsest levels at which completeness counts; finer ones keep what these laid out.",
        low=0, high=64, expert=True,
    )
    balance_levels: int = number(
        6, "Levels after the coarsest whose first guess takes on the source's distribution of intensities.",
        low=0, high=64, expert=True,
    )
    noise: float = number(
        0.9, "Standard deviation of the noise added to the first guess, intensities on [0, 1].", low=0, high=10
    )
    stay: float = number(
        0.35, "Largest share of the first guess's patches that may stay in place; above it the noise is drawn again.",
        low=0.05, high=1, expert=True,
    )
    draws: int = number(
        12, "Most draws of the noise, each a tenth stronger than the one before.", low=1, high=100, expert=True
    )
    start_level: int = number(
        0, "Levels above the coarsest at which noise enters; coarser structure then stays.", low=0, high=64
    )
    method: str = number("auto", "Nearest-neighbour search.", choices=METHODS)
    sharp_levels: int = number(
        3, "Finest levels whose key, after the first iteration, is the source itself and not its blurred copy.",
        low=0, high=64, expert=True,
    )
    sweeps: int = number(1, "PatchMatch sweeps when a field is inherited.", low=1, high=64, expert=True)
    cold_sweeps: int = number(8, "PatchMatch sweeps from a random field.", low=1, high=256, expert=True)
    trials: int = number(4, "Random trials per sweep and patch.", low=0, high=32, expert=True)
    looks: int = number(
        2, "Trials per sweep and patch among keys whose sums are alike, where a search has to be thorough.",
        low=0, high=4, expert=True,
    )
    repairs: int = number(
        6, "Sweeps that a thorough search adds where patches are worse than the mean, with eight times the looks.",
        low=0, high=64, expert=True,
    )
    fold: float = number(
        0.6, "Standard deviation of the vote's Gaussian, in half patches.", low=0.05, high=100, expert=True
    )
    tolerance: float = number(
        0.002, "A level ends once no larger share of patches changes its neighbour.", low=0, high=1, expert=True
    )

    def __post_init__(self) -> None:
        check_all(self)
        if 0 < self.coarsest < self.patch_size:
            raise ParameterError(
                explain("coarsest", self.coarsest, f"must be 0 or at least patch_size ({self.patch_size})",
                        f"try {2 * self.patch_size}")
            )


def numbers() -> Mapping[str, Number]:
    """Name -> `Number` for every field of `GPNNParams`, in order."""
    return numbers_of(GPNNParams)


def check_number(name: str, value: Any) -> Any:
    """Return `value` in the type of that field of `GPNNParams`.

    Raises
    ------
    ParameterError
        If it is out of range or of another type.
    """
    return check(GPNNParams, name, value)


_paper = GPNNParams(
    patch_size=7, ratio=0.75, coarsest=14, iterations=10, coarsest_iterations=10, alpha=math.inf, complete_levels=64,
    balance_levels=0, noise=0.75, stay=1.0, draws=1, method="exact", sharp_levels=0, fold=1.7, tolerance=0.0,
)

# What changes a picture that is there: no noise to rearrange it, and no source whose intensities the whole should have.
_change = replace(GPNNParams(), alpha=math.inf, balance_levels=0, noise=0.0, stay=1.0, draws=1, coarsest=0)

PRESETS: Mapping[str, GPNNParams] = MappingProxyType(
    {
        "default": GPNNParams(), "official": replace(_paper, coarsest_iterations=1), "paper": _paper,
        "analogy": replace(_change, alpha=0.005, complete_levels=3),
        "style": replace(_change, alpha=0.005, start_level=2, complete_levels=2),
        "sketch": replace(_change, start_level=1),
        "paint": _change,
        "collage": replace(_change, alpha=0.005, coarsest=28, coarsest_iterations=2),
        "harmonise": replace(_change, coarsest_iterations=10),
        "edit": replace(_change, coarsest_iterations=10), "reshuffle": replace(_change, coarsest_iterations=10),
        "retarget": replace(_change, alpha=0.002, complete_levels=7, coarsest_iterations=10),
        "inpaint": replace(_change, noise=0.3, iterations=5),
        "extend": replace(_change, noise=0.3, iterations=5, coarsest_iterations=10),
        "animate": replace(_change, iterations=3, coarsest_iterations=3),
        "tile": replace(_change, coarsest_iterations=10),
    }
)
"""Named settings: ``paper`` and ``official`` reproduce, ``default`` is what we measured to be better;
the others are each application's own."""

# Shorter side of the coarsest level in patches, the noise, and what may stay in place.
_DIVERSITY = {"low": (2, 0.6, 0.7), "medium": (2, 0.9, 0.35), "high": (3, 0.95, 0.25)}


def with_patch_size(params: GPNNParams, patch_size: int) -> GPNNParams:
    """Return `params` with another patch size, `coarsest` still as many patches, and noise that moves them as much.

    Noise averages out over a patch, so its standard deviation grows with the patch's side.

    Parameters
    ----------
    params : GPNNParams
        The settings to start from.
    patch_size : int
        Side of a patch in pixels.

    Returns
    -------
    GPNNParams
    """
    patch_size = check_number("patch_size", patch_size)
    factor = patch_size / params.patch_size
    return replace(
        params, patch_size=patch_size, coarsest=params.coarsest * patch_size // params.patch_size,
        noise=min(params.noise * factor, numbers()["noise"].high),
    )


def with_diversity(params: GPNNParams, diversity: str) -> GPNNParams:
    """Return `params` with the numbers that a word of `DIVERSITIES` stands for.

    Parameters
    ----------
    params : GPNNParams
        The settings to start from.
    diversity : {"low", "medium", "high"}
        ``low`` stays close to the source's layout, ``high`` rearranges it most
        and pays with a little coherence.

    Returns
    -------
    GPNNParams
        The same, with other ``coarsest``, ``noise``, ``stay`` and ``draws``.

    Raises
    ------
    ParameterError
        If the word is another.
    """
    if diversity not in _DIVERSITY:
        raise ParameterError(explain("diversity", repr(diversity), "must be one of " + ", ".join(DIVERSITIES)))
    patches, noise, stay = _DIVERSITY[diversity]
    params = replace(params, draws=GPNNParams.draws, stay=stay)
    usual = replace(params, patch_size=GPNNParams.patch_size, coarsest=patches * GPNNParams.patch_size, noise=noise)
    return with_patch_size(usual, params.patch_size)
