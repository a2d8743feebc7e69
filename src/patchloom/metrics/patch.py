"""Distances between the patches of a generated picture and those of its source."""

from __future__ import annotations

from typing import Any

from .comparison import Comparison, compare
from .measured import Measured, measured_mean


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
