"""A generated picture beside its source, and the searches that their metrics share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_image, as_mapping, as_threads
from ..errors import ImageError, ParameterError, explain
from ..params import METHODS, check_number
from ..patches import differences
from ..search import Estimate, nearest_mean
from ..types import NNF, Image, PixelFormat

EIGHT_BIT = 255 / 256
"""What makes k / 255 a multiple of a power of two, on which the search's whole numbers are exact."""


NEEDS: Mapping[str, str] = MappingProxyType({
    "niqe": "a pristine model (patchloom.io.load_niqe or fit_niqe)",
    "weights": "Inception-V3's weights (load_inception)",
    "mask": "a mask of what is new (an array or PIL image of the size of generated)",
})
"""What a metric may need besides the pictures, by `Metric.needs`."""

_LEAST_PATCH = 3


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
        Both pictures came with 8 bits and without alpha, so that searches on whole numbers are exact.
    given : mapping of str to value
        What some metrics need besides the pictures, by `Metric.needs`.
    alpha : bool
        The last channel of both is alpha.
    """

    generated: Image
    source: Image
    patch_size: int = 7
    method: str = "exact"
    threads: int = 1
    whole: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)
    alpha: bool = False
    _found: dict[tuple[bool, int], tuple[NNF, Estimate]] = field(default_factory=dict, repr=False, init=False)

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
        """Return the field of one direction, for this or another patch size, as the search found it.

        Its distances are those of the pictures themselves. What is nearest was found on whole numbers, which
        pictures of 8 bits without alpha are; others are rounded to fine steps (1/2048 for patches of 7 x 7 x 3),
        so that where several patches are as near to within a step, any of them may have been taken.
        """
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
            self._found[wanted] = _in_units(found, mean) if self.whole else _unrounded(found, mean, *pair)
        return self._found[wanted]


def _in_units(found: NNF, mean: Estimate) -> tuple[NNF, Estimate]:
    """Return what was found on k / 256 for k / 255."""
    distance = (found.distance.astype(np.float64) / EIGHT_BIT**2).astype(np.float32)
    return NNF(found.index, distance, found.patch_size), mean.scaled(1 / EIGHT_BIT**2)


def _unrounded(found: NNF, mean: Estimate, query: Image, key: Image) -> tuple[NNF, Estimate]:
    """Return what was found on rounded pictures with the distances of the pictures themselves.

    What PatchMatch missed stays as it was estimated on the rounded ones, of which it is a difference.
    """
    grid = found.index.shape[:2]
    here = np.moveaxis(np.indices(grid, dtype=np.int32), 0, 2).reshape(-1, 2)
    there = found.index.reshape(-1, 2).copy()
    distance = differences(query, key, here, there, found.patch_size)
    # Rounding can hide which of several is the same patch; in a copy most others know how far it was moved.
    hidden = np.flatnonzero((found.distance.reshape(-1) == 0) & (distance > 0))
    if hidden.size:
        moved = here[hidden] + _commonest(there - here)
        inside = ((moved >= 0) & (moved <= np.array(key.shape[:2]) - found.patch_size)).all(axis=1)
        hidden, moved = hidden[inside], moved[inside]
        nearer = differences(query, key, here[hidden], moved, found.patch_size)
        better = nearer < distance[hidden]
        there[hidden[better]], distance[hidden[better]] = moved[better], nearer[better]
    field = NNF(there.reshape(*grid, 2), distance.astype(np.float32).reshape(grid), found.patch_size)
    return field, mean.of_field(float(distance.mean()))


def _commonest(offsets: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the commonest of offsets (n, 2), the upper left of equals."""
    kinds, counts = np.unique(offsets, axis=0, return_counts=True)
    most: npt.NDArray[np.int32] = kinds[counts.argmax()]
    return most


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
    patch_size, given = check_number("patch_size", patch_size), as_given(given)
    if method not in METHODS:
        raise ParameterError(explain("method", repr(method), "must be one of " + ", ".join(METHODS)))
    (made, made_kind), (own, own_kind) = as_measured(generated, "generated"), as_measured(source, "source")
    check_alike((made, made_kind), (own, own_kind), ("generated", "source"))
    for name, image in (("generated", made), ("source", own)):
        if min(image.shape[:2]) < patch_size:
            raise ImageError(
                explain(name, f"{image.shape[1]} x {image.shape[0]} pixels",
                        f"sides must hold a patch of {patch_size}",
                        "pass a larger picture" + " or a smaller patch_size" * (patch_size > _LEAST_PATCH))
            )
    whole = all(kind.dtype == np.uint8 and not kind.alpha for kind in (made_kind, own_kind))
    return Comparison(made, own, patch_size, method, as_threads(threads), whole, given, own_kind.alpha)


def as_given(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what some metrics need besides the pictures, all of it known."""
    known = as_mapping(given, "given", "names to what metrics need")
    for name in known:
        if name not in NEEDS:
            raise ParameterError(explain("given", repr(name), "must be among " + ", ".join(NEEDS)))
    return known


def check_alike(
    one: tuple[Image, PixelFormat], other: tuple[Image, PixelFormat], names: tuple[str, str]
) -> None:
    """Raise `ImageError` unless two pictures of `as_measured` have the same channels, of the same meaning."""
    kinds = [(image.shape[2], kind.alpha) for image, kind in (one, other)]
    if kinds[0] != kinds[1]:
        got = " and ".join(f"{count} of {name}" for (count, _), name in zip(kinds, names, strict=True))
        raise ImageError(explain("channels", got, "must be the same", "convert one of them"))


def as_measured(value: Any, name: str) -> tuple[Image, PixelFormat]:
    """Return a picture to be measured: its own values and no range of its own."""
    image, kind = as_image(value, name)
    if kind.mode == "CMYK":
        raise ImageError(explain(name, "CMYK", "inks cannot be measured as light", "convert it to RGB"))
    if (kind.low, kind.high) != (0.0, 1.0):
        raise ImageError(
            explain(name, f"values from {kind.low:g} to {kind.high:g}", "floats must be within [0, 1]",
                    "scale both pictures alike")
        )
    return image, kind
