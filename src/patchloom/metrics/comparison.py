"""A generated picture beside its source, and the searches that their metrics share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..checks import as_image, as_threads
from ..errors import ImageError, ParameterError, explain
from ..params import METHODS, check_number
from ..search import Estimate, nearest_mean
from ..types import NNF, Image, PixelFormat

EIGHT_BIT = 255 / 256
"""What makes k / 255 a multiple of a power of two, on which the search's whole numbers are exact."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What metrics are computed from; searches are done once, when first asked for.

    Attributes
    ----------
    generated, source : Image
        (H, W, C) and (K, L, C), intensities on [0, 1], colours multiplied by alpha if there is one.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        How nearest patches are found.
    threads : int
        At least 1; no figure depends on it.
    whole : bool
        Both pictures came with 8 bits, so that searches on whole numbers are exact.
    given : mapping of str to value
        What some metrics need besides the pictures, by `Metric.needs`.
    """

    generated: Image
    source: Image
    patch_size: int = 7
    method: str = "exact"
    threads: int = 1
    whole: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)
    _found: dict[tuple[bool, int], tuple[NNF, Estimate]] = field(default_factory=dict, repr=False)

    @property
    def same_size(self) -> bool:
        """Whether both pictures have the same rows and columns."""
        return self.generated.shape == self.source.shape

    @cached_property
    def forward(self) -> NNF:
        """From each generated patch to the nearest source patch."""
        return self.field(forward=True)

    @cached_property
    def reverse(self) -> NNF:
        """From each source patch to the nearest generated patch."""
        return self.field(forward=False)

    def field(self, *, forward: bool, patch_size: int | None = None) -> NNF:
        """Return the field of one direction, for this or another patch size, as the search found it."""
        return self._search(forward, patch_size)[0]

    def mean(self, *, forward: bool = True, patch_size: int | None = None) -> Estimate:
        """Return a field's mean distance without the search's own error, and how sure it is."""
        return self._search(forward, patch_size)[1]

    @property
    def searched(self) -> str:
        """How the forward field was found: ``exact`` or ``patchmatch``."""
        return self.mean().method

    @property
    def searches(self) -> tuple[tuple[bool, int], ...]:
        """Which fields were asked for so far: (forward, patch size)."""
        return tuple(self._found)

    def _search(self, forward: bool, patch_size: int | None) -> tuple[NNF, Estimate]:
        patch_size = self.patch_size if patch_size is None else patch_size
        wanted = forward, patch_size
        if wanted not in self._found:
            pair = (self.generated, self.source) if forward else (self.source, self.generated)
            factor = EIGHT_BIT if self.whole else 1.0
            query, key = (image * np.float32(factor) for image in pair)
            found, mean = nearest_mean(query, key, patch_size=patch_size, method=self.method, threads=self.threads)
            unit = factor**2
            distance = (found.distance.astype(np.float64) / unit).astype(np.float32)
            mean = replace(mean, mean=mean.mean / unit, standard_error=mean.standard_error / unit)
            self._found[wanted] = NNF(found.index, distance, patch_size), mean
        return self._found[wanted]


def compare(
    generated: Any, source: Any, *, patch_size: int = 7, method: str = "exact", threads: int = 0,
    given: Mapping[str, Any] | None = None,
) -> Comparison:
    """Return the comparison of two pictures.

    Parameters
    ----------
    generated, source : array or PIL image
        Of the same channels, of any sizes that hold a patch. Floats must lie within [0, 1].
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        How nearest patches are found.
    threads : int
        0 means all cores; no figure depends on it.
    given : mapping of str to value, optional
        What some metrics need besides the pictures, by `Metric.needs`.

    Returns
    -------
    Comparison

    Raises
    ------
    ImageError
        If either is no picture, or they cannot be compared.
    ParameterError
        If a number or a name is out of range.
    """
    patch_size = check_number("patch_size", patch_size)
    if method not in METHODS:
        raise ParameterError(explain("method", repr(method), "must be one of " + ", ".join(METHODS)))
    (made, made_kind), (own, own_kind) = as_measured(generated, "generated"), as_measured(source, "source")
    if made.shape[2] != own.shape[2]:
        raise ImageError(
            explain("channels", f"{made.shape[2]} of generated and {own.shape[2]} of source", "must be the same",
                    "convert one of them")
        )
    for name, image in (("generated", made), ("source", own)):
        if min(image.shape[:2]) < patch_size:
            raise ImageError(
                explain(name, f"{image.shape[1]} x {image.shape[0]} pixels",
                        f"sides must hold a patch of {patch_size}", "pass a larger picture or a smaller patch_size")
            )
    whole = all(kind.dtype == np.uint8 and not kind.alpha for kind in (made_kind, own_kind))
    return Comparison(made, own, patch_size, method, as_threads(threads), whole, given or {})


def as_measured(value: Any, name: str) -> tuple[Image, PixelFormat]:
    """Return a picture to be measured: its own values and no range of its own."""
    image, kind = as_image(value, name)
    if (kind.low, kind.high) != (0.0, 1.0):
        raise ImageError(
            explain(name, f"values from {kind.low:g} to {kind.high:g}", "floats must be within [0, 1]",
                    "scale both pictures alike")
        )
    return image, kind
