"""Several metrics of one pair of pictures, which share their searches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ImageError, ParameterError, explain
from .comparison import NEEDS, Comparison, as_given, compare
from .copying import identity_share_of, rigid_share_of, top_offsets_of
from .diversity import nnfdist_of, nnfdiv_of
from .measured import Measured, Metric
from .niqe import niqe_of
from .patch import bidirectional_multiscale_of, bidirectional_of, coherence_of, completeness_of
from .seams import seam_of, tile_coherence_of, tile_seam_of
from .sharpness import sharpness_ratio_of
from .sifid import sifid64_of, sifid192_of
from .sliced import patch_swd_of

METRICS: tuple[Metric, ...] = (
    Metric("coherence", coherence_of, "0 to 1", "lower", "Mean distance of generated patches to the source's nearest."),
    Metric("completeness", completeness_of, "0 to 1", "lower", "Mean distance of source patches to generated ones."),
    Metric("bidirectional", bidirectional_of, "0 to 1", "lower", "Mean of coherence and completeness.",
           usual=False),
    Metric("bidirectional_multiscale", bidirectional_multiscale_of, "0 to 1", "lower",
           "Mean of bidirectional over patches of 3, 7 and 15 pixels.", usual=False),
    Metric("patch_swd", patch_swd_of, "0 and more", "lower", "Sliced Wasserstein distance of the two sets of patches."),
    Metric("nnfdist", nnfdist_of, "0 to 1", "lower", "Coherence, by the name that goes with nnfdiv.",
           usual=False),
    Metric("nnfdiv", nnfdiv_of, "0 and more", "higher",
           "Compressed size of the field of nearest patches over its size."),
    Metric("identity_share", identity_share_of, "0 to 1", "lower", "Share of patches left in place, within 2 pixels."),
    Metric("rigid_share", rigid_share_of, "0 to 1", "lower", "Share of patches that one shift of the source explains."),
    Metric("top_offsets", top_offsets_of, "0 to 1", "lower", "Share of patches that have the five commonest offsets.",
           usual=False),
    Metric("sharpness_ratio", sharpness_ratio_of, "0 and more", "near 1", "Mean gradient over that of the source."),
    Metric("seam", seam_of, "0 and more", "lower",
           "Distance of patches across the mask's border over what is natural in the source.", "mask"),
    Metric("tile_seam", tile_seam_of, "0 and more", "lower", "Step across the edges over the busiest steps inside.",
           usual=False),
    Metric("tile_coherence", tile_coherence_of, "0 and more", "lower",
           "Distance of patches over the edges over that of the others: up to 1 they meet.", usual=False),
    Metric("niqe", niqe_of, "0 and more", "lower",
           "Distance of local contrasts from those of pristine pictures.", "niqe"),
    Metric("sifid64", sifid64_of, "0 and more", "lower",
           "Distance of what Inception-V3's first layers see, at 64 dimensions.", "weights"),
    Metric("sifid192", sifid192_of, "0 and more", "lower",
           "Distance of what Inception-V3's first layers see, at 192 dimensions.", "weights"),
)
"""Every metric of a picture and its source, in the order of tables."""


def measure(
    generated: Any, source: Any, metrics: Iterable[str] | None = None, *, patch_size: int = 7, method: str = "exact",
    threads: int = 0, given: Mapping[str, Any] | None = None,
) -> dict[str, Measured]:
    """Return the metrics of a generated picture, in the order of `METRICS`.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C).
    metrics : iterable of str, optional
        Their names; by default the usual ones (`Metric.usual`) for which nothing is missing in `given`.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        How nearest patches are found.
    threads : int
        0 means all cores; no figure depends on it.
    given : mapping of str to value, optional
        What some metrics need besides the pictures: ``niqe`` (a `NiqeModel`), ``weights`` (an
        `Inception`), ``mask`` (white where `generated` is new).

    Returns
    -------
    dict of str to Measured
        The value is nan, and the note says why, where the pictures do not suit a metric.

    Raises
    ------
    ImageError
        If the pictures cannot be compared at all.
    ParameterError
        If a metric is unknown, or lacks what it needs.
    """
    chosen = choose(metrics, given)
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads, given=given)
    return {metric.name: _computed(metric, pair) for metric in chosen}


def choose(names: Iterable[str] | None, given: Mapping[str, Any] | None) -> list[Metric]:
    """Return the metrics of these names, or the usual ones that have what they need."""
    given = as_given(given)
    if names is None:
        return [metric for metric in METRICS if metric.usual and (not metric.needs or metric.needs in given)]
    if isinstance(names, str):
        raise ParameterError(explain("metrics", repr(names), "must be a sequence of names", f"pass [{names!r}]"))
    if not isinstance(names, Iterable):
        raise ParameterError(explain("metrics", repr(names), "must be a sequence of names", "try ['coherence']"))
    names = list(names)
    known = {metric.name: metric for metric in METRICS}
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise ParameterError(explain("metrics", repr(name), "must be among " + ", ".join(known)))
        needs = known[name].needs
        if needs and needs not in given:
            raise ParameterError(
                explain("metrics", repr(name), f"needs {NEEDS[needs]}", f"pass it as given={{{needs!r}: ...}}")
            )
    return [metric for metric in METRICS if metric.name in names]


def _computed(metric: Metric, pair: Comparison) -> Measured:
    try:
        return metric.compute(pair)
    except ImageError as error:
        return Measured(math.nan, notes=(str(error),))
