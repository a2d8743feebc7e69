"""How much samples of one source differ from each other, and from a rearrangement that is easily told."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ImageError, ParameterError, explain
from .comparison import Comparison, as_measured, check_alike, compare
from .copying import offsets
from .grey import intensity
from .measured import Measured, measured_mean

ENOUGH_PATCHES = 1000
"""From which on zlib's header is less than a hundredth of what it compresses."""

LEVEL = 6
"""Of zlib's compression: the one it has by itself, and SinFusion's code leaves it there."""


def pixel_diversity(samples: Iterable[Any], source: Any) -> float:
    """Return how much pixels vary from sample to sample, relative to how they vary in the source.

    Higher is more diverse: 0 where all samples are equal, about 1 where they have as little
    to do with each other as the source's pixels have. Noise scores high, and so do copies of
    the source that were shifted: diversity means something beside `coherence` and
    `completeness` alone.

    Parameters
    ----------
    samples : iterable of arrays or PIL images
        At least two of one size, (H, W, C); each is looked at once.
    source : array or PIL image
        (K, L, C).

    Returns
    -------
    float
        0 or more: the standard deviation over the samples of each pixel's intensity (the mean of
        its colours), n - 1 in the denominator, averaged over pixels, over the standard deviation
        of the source's intensities.

    Raises
    ------
    ImageError
        If samples differ in size, cannot be compared with the source, or the source is flat.
    ParameterError
        If there are less than two samples.

    References
    ----------
    Rott Shaham et al., "SinGAN" (ICCV 2019), section 3: over 50 samples.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(100, dtype=np.uint8).reshape(10, 10)
    >>> metrics.pixel_diversity([source, source], source)
    0.0
    """
    if not isinstance(samples, Iterable):
        raise ParameterError(explain("samples", type(samples).__name__, "must be several pictures", "pass a list"))
    own, kind = as_measured(source, "source")
    values = intensity(own, alpha=kind.alpha)
    if values.min() == values.max():
        raise ImageError(explain("source", "one flat colour", "its intensities must vary", "leave pixel_diversity out"))
    count, first, total, squares = 0, None, np.zeros(()), np.zeros(())
    for count, sample in enumerate(samples, start=1):
        image, like = as_measured(sample, name := f"samples[{count - 1}]")
        check_alike((image, like), (own, kind), (name, "source"))
        grey = intensity(image, alpha=like.alpha)
        first = grey if first is None else first
        if grey.shape != first.shape:
            raise ImageError(
                explain(name, f"{grey.shape[1]} x {grey.shape[0]} pixels",
                        f"must be {first.shape[1]} x {first.shape[0]} as the first", "compare samples of one size")
            )
        change = grey - first                             # small numbers, so that equal samples give 0 exactly
        total, squares = total + change, squares + change * change
    if count < 2:
        raise ParameterError(explain("samples", count, "must be at least 2 pictures", "make more of them"))
    variance = np.maximum(squares - total * total / count, 0) / (count - 1)
    return float(np.sqrt(variance).mean() / values.std(ddof=1))


def nnfdist(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return the mean distance of generated patches to their nearest: `coherence`, by the name that goes with `nnfdiv`.

    Lower is better; copies and flat pictures fool it, which is why SinFusion quotes it beside
    the complexity of the same field, `nnfdiv`.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; intensities are taken on [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31. Figures of several sizes cannot be compared;
        SinFusion's are of 3 pixels and 3 frames of a film.
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
    Nikankin, Haim and Irani, "SinFusion" (ICML 2023), section 7.2.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    >>> metrics.nnfdist(source[::-1], source) == metrics.coherence(source[::-1], source)
    True
    """
    return nnfdist_of(compare(generated, source, patch_size=patch_size, method=method, threads=threads)).value


def nnfdist_of(pair: Comparison) -> Measured:
    """Return `nnfdist` of a comparison."""
    return measured_mean(pair.mean())


def nnfdiv(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return how badly the field of nearest patches compresses: the length of its shortest description, roughly.

    Higher is more diverse: next to 0 for a copy or a shift, small where large pieces were moved,
    large where each patch comes from elsewhere. So noise scores highest, and anything that makes
    matches uncertain (blur, compression, grain) raises it: quote `nnfdist` beside it. So does a
    small picture, for zlib's header and tables count too.

    The field holds how far the nearest patch lies, in rows, then in columns, one byte each (so
    modulo 256); the figure is its length after zlib at level 6 over its length before. Where
    several patches are as near, exhaustive search takes the first in the source, and PatchMatch
    another: its figure was up to two fifths more or less on pictures of 120 to 250 pixels.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes; compare pictures of about one size.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        More than 0, at most a little over 1 from a thousand patches on; of fewer the header weighs
        more, and a single patch has 5. Builds of zlib differ by a few per cent (zlib-ng compresses
        otherwise): `nnfdiv_of` names the one that ran.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.

    References
    ----------
    Nikankin, Haim and Irani, "SinFusion" (ICML 2023), section 7.2, and its published code, whose
    layout, level and ratio these are; there patches have 3 pixels and the search is PatchMatch.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    >>> metrics.nnfdiv(source, source) < 0.01 < metrics.nnfdiv(source[::-1], source)
    True
    """
    return nnfdiv_of(compare(generated, source, patch_size=patch_size, method=method, threads=threads)).value


def nnfdiv_of(pair: Comparison) -> Measured:
    """Return `nnfdiv` of a comparison, with zlib's level and version."""
    planes = np.moveaxis(offsets(pair.forward), 2, 0) & 0xFF
    raw = planes.astype(np.uint8).tobytes()
    share = len(zlib.compress(raw, LEVEL)) / len(raw)
    count, notes = len(raw) // 2, []
    if count < ENOUGH_PATCHES:
        notes.append(f"only {count} patch{'es' * (count > 1)}: zlib's header and tables weigh much")
    if pair.searched != "exact":
        notes.append("of PatchMatch's field: up to two fifths off that of exhaustive search")
    details = {"method": pair.searched, "level": LEVEL, "zlib": zlib.ZLIB_RUNTIME_VERSION}
    return Measured(share, details, tuple(notes))
