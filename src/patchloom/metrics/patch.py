"""Distances between the patches of a generated picture and those of its source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..errors import ImageError, ParameterError, explain
from ..params import check_number
from ..search import Estimate
from .comparison import Comparison, compare
from .measured import Measured, measured_mean

PATCH_SIZES = (3, 7, 15)
"""Fine grain, the field's usual patch, and structure: each about twice the one before."""


def coherence(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the mean distance of generated patches to their nearest source patches.

    Lower is better; 0 for a copy of any part of the source, and small for flat or
    blurred pictures too: read it beside `completeness`, `sharpness_ratio` and the
    copying measures.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; intensities are taken on [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1, mean squared difference per value.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    References
    ----------
    Simakov et al., "Summarizing visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.coherence(source[:, :8], source)
    0.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return coherence_of(pair).value


def coherence_of(pair: Comparison) -> Measured:
    """Return `coherence` of a comparison."""
    return measured_mean(pair.mean())


def completeness(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the mean distance of source patches to their nearest generated patches.

    Lower is better; 0 where everything in the source is in the generated picture too,
    whatever else is there: the source beside noise scores 0. Read it beside `coherence`.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; intensities are taken on [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1, mean squared difference per value.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    References
    ----------
    Simakov et al., "Summarizing visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.completeness(np.tile(source, (2, 2, 1)), source)
    0.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return completeness_of(pair).value


def completeness_of(pair: Comparison) -> Measured:
    """Return `completeness` of a comparison."""
    return measured_mean(pair.mean(forward=False))


def bidirectional(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the mean of `coherence` and `completeness`: bidirectional similarity.

    Lower is better, though the name says similarity; 0 for the source itself, rearranged
    in pieces that overlap, or copied whole: it rewards copying, read the copying
    measures beside it. The figure does not change when the pictures are swapped.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; intensities are taken on [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1, mean squared difference per value. Simakov et al. have the sum, twice this.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    References
    ----------
    Simakov et al., "Summarizing visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> metrics.bidirectional(np.zeros((8, 8), np.uint8), np.full((8, 9), 255, np.uint8))
    1.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return bidirectional_of(pair).value


def bidirectional_of(pair: Comparison) -> Measured:
    """Return `bidirectional` of a comparison."""
    return measured_mean(*_both(pair, pair.patch_size))


def bidirectional_multiscale(
    generated: Any, source: Any, *, patch_sizes: Sequence[int] = PATCH_SIZES, method: str = "exact", threads: int = 0
) -> float:
    """Return the mean of `bidirectional` over several patch sizes.

    Lower is better; 0 for the source itself. One size sees one kind of fault: patches
    of 3 pixels see grain and colours that the source does not have, those of 7 the
    field's usual texture, and those of 15 broken structure, which a shuffle of small
    pieces hides from the others. A copy fools all of them. Larger patches are farther
    from each other, so that they weigh most in the mean.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes that hold the largest patch.
    patch_sizes : sequence of int
        Sides of the patches in pixels, each odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 to 1, mean squared difference per value.

    Raises
    ------
    ImageError
        If the pictures cannot be compared, or do not hold a patch of each size.
    ParameterError
        If there is no size, or one is out of range.

    References
    ----------
    Simakov et al., "Summarizing visual data using bidirectional similarity" (CVPR 2008).

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.bidirectional_multiscale(source, source, patch_sizes=(3, 7))
    0.0
    """
    pair = compare(generated, source, patch_size=3, method=method, threads=threads)
    return bidirectional_multiscale_of(pair, patch_sizes).value


def bidirectional_multiscale_of(pair: Comparison, patch_sizes: Sequence[int] = PATCH_SIZES) -> Measured:
    """Return `bidirectional_multiscale` of a comparison, with the figure of each size."""
    if not isinstance(patch_sizes, Iterable):
        raise ParameterError(explain("patch_sizes", repr(patch_sizes), "must be several sizes", "try (3, 7, 15)"))
    sizes = [check_number("patch_size", size) for size in patch_sizes]
    if not sizes:
        raise ParameterError(explain("patch_sizes", "()", "must name at least one size", "try 3, 7, 15"))
    for name, image in (("generated", pair.generated), ("source", pair.source)):
        if min(image.shape[:2]) < max(sizes):
            raise ImageError(
                explain(name, f"{image.shape[1]} x {image.shape[0]} pixels",
                        f"sides must hold a patch of {max(sizes)}",
                        "pass a larger picture, or smaller patch_sizes to bidirectional_multiscale")
            )
    estimates = {size: _both(pair, size) for size in sizes}
    figures = {str(size): measured_mean(*both).value for size, both in estimates.items()}
    whole = measured_mean(*(estimate for both in estimates.values() for estimate in both))
    return replace(whole, details={**whole.details, "patch_sizes": figures})


def _both(pair: Comparison, patch_size: int) -> tuple[Estimate, Estimate]:
    return pair.mean(patch_size=patch_size), pair.mean(forward=False, patch_size=patch_size)
