"""Whether a border shows: that of a part that was made, and the edges of a picture that goes round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_mask
from ..errors import ImageError, ParameterError, explain
from ..patches import window_sums
from ..types import Image, Mask
from .comparison import Comparison, compare
from .elsewhere import elsewhere
from .measured import Measured

ROUNDING = 1 / (12 * 255**2)
"""Mean squared error of rounding to 8 bits: added above and below, so that no ratio is infinite."""

_BUSY = 95                                                # percentile of the steps inside


def seam(
    generated: Any, source: Any, *, mask: Any, patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return how far patches across the border of what was made are from the source, beside how far it is from itself.

    Lower is better: 0 for what was there before, up to about 1 where patches across the border
    are no farther from the nearest in the source than those are from others in the source, and
    above where the border shows. Only the border is looked at: a filling may be nonsense inside.
    A border that was blurred passes more easily, and so does any in a picture without repetition.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C); for inpainting the source is the picture with what is known.
    mask : array or PIL image
        (H, W), white where `generated` was made anew.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch: within 14 % of it on 16 pictures of 250 pixels.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        More than 0: the mean distance of the patches that lie between a quarter and three quarters
        in the mask, over the mean distance of their nearest to the nearest of those in another
        quarter of the source. To both is added the error of rounding to 8 bits, 1.3e-6.

    Raises
    ------
    ImageError
        If the pictures cannot be compared, the mask has another size or no border, or the
        source does not hold two patches a side.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> source = np.arange(1200, dtype=np.uint32).astype(np.uint8).reshape(20, 20, 3)
    >>> made, mask = source.copy(), np.zeros((20, 20), bool)
    >>> made[5:15, 5:15], mask[5:15, 5:15] = 128, True
    >>> metrics.seam(source, source, mask=mask) < 1 < metrics.seam(made, source, mask=mask)
    True
    """
    given = {"mask": mask}
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads, given=given)
    return seam_of(pair).value


def seam_of(pair: Comparison) -> Measured:
    """Return `seam` of a comparison that was given a mask, with all its distances."""
    share = _share_inside(as_mask(pair.given["mask"], pair.generated.shape[:2]), pair.patch_size)
    parts = {"across": (share >= 0.25) & (share <= 0.75), "inside": share == 1, "outside": share == 0}
    if not parts["across"].any():
        raise ImageError(explain("mask", "no border", "must be white where something was made, black elsewhere"))
    field = pair.forward
    means = {name: float(field.distance[part].mean(dtype=np.float64)) for name, part in parts.items() if part.any()}
    natural = elsewhere(pair)
    there = natural[tuple(np.moveaxis(field.index[parts["across"]], -1, 0))]
    there = there if np.isfinite(there).any() else natural
    means["natural"] = float(there[np.isfinite(there)].mean())
    ratio = (means["across"] + ROUNDING) / (means["natural"] + ROUNDING)
    return Measured(ratio, {"method": pair.searched, **means})


def _share_inside(mask: Mask, patch_size: int) -> npt.NDArray[np.float64]:
    """Return the share of each patch's pixels that lie in the mask."""
    inside: npt.NDArray[np.float64] = window_sums(mask.astype(np.int64), patch_size) / (patch_size * patch_size)
    return inside


def tile_seam(generated: Any, source: Any, *, axes: str = "xy") -> float:
    """Return the step from one edge to the opposite one, relative to the steps between neighbours inside.

    Lower is better; up to 1 the seam is no more than the busiest rows or columns have inside.
    It sees brightness and colour only: an edge that is out of line with its other side can
    pass, a mirrored picture scores 0, and in a picture with hard edges inside a visible seam is
    below 1. Read it beside `tile_coherence`.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), at least 3 pixels a side. The source is not looked at, only
        whether it can be compared.
    axes : {"xy", "x", "y"}
        Directions in which the picture is meant to go round; of two the worse counts.

    Returns
    -------
    float
        0 or more: the mean difference between the first and the last row (column), over the 95th
        percentile of that between neighbouring rows (columns); 0 where the edges are equal.

    Raises
    ------
    ImageError
        If the pictures cannot be compared, or the edges differ and next to no line differs from its neighbour.
    ParameterError
        If `axes` is none of those.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> ramp = np.tile(np.arange(10, dtype=np.uint8), (10, 1))
    >>> round(metrics.tile_seam(ramp, ramp, axes="x"), 3)
    9.0
    """
    return tile_seam_of(compare(generated, source, patch_size=3), axes).value


def tile_seam_of(pair: Comparison, axes: str = "xy") -> Measured:
    """Return `tile_seam` of a comparison, with each direction's."""
    return _worst(axes, lambda axis: step(pair.generated, axis))


def step(picture: npt.NDArray[Any], axis: int) -> float:
    """Return the mean difference across the edge over the 95th percentile of those between neighbours inside.

    Parameters
    ----------
    picture : array (H, W) or (H, W, C)
        In any unit.
    axis : int
        0 from the last row to the first, 1 from the last column to the first.
    """
    lines = np.moveaxis(picture.astype(np.float64), axis, 0)
    inside = np.abs(np.diff(lines, axis=0)).reshape(len(lines) - 1, -1).mean(axis=1)
    across, busy = float(np.abs(lines[0] - lines[-1]).mean()), float(np.percentile(inside, _BUSY))
    if busy == 0 and across > 0:
        raise ImageError(explain("generated", "one line again and again", "lines must change inside as well"))
    return across / busy if across else 0.0


def tile_coherence(
    generated: Any, source: Any, *, axes: str = "xy", patch_size: int = 7, method: str = "exact", threads: int = 0
) -> float:
    """Return how far patches over the edge are from the source, relative to the picture's other patches.

    Lower is better; up to 1 patches over the edge, half of them from one side and half from the
    other, are as much like the source as any. Above, the edges do not belong together. Where both
    pictures have one size, the others are only those that differ from the source's at the same
    place, as most of a picture that was made to tile is as it was. A blurred edge fools it, and so
    does a picture that is bad everywhere.

    Parameters
    ----------
    generated, source : array or PIL image
        (H, W, C) and (K, L, C), of any sizes.
    axes : {"xy", "x", "y"}
        Directions in which the picture is meant to go round; of two the worse counts.
    patch_size : int
        Side of a patch in pixels, odd, 3 to 31.
    method : {"exact", "patchmatch", "auto"}
        Exhaustive search, or PatchMatch: within 14 % of it on 16 pictures of 250 pixels.
    threads : int
        0 means all cores; the figure does not depend on it.

    Returns
    -------
    float
        0 or more: the ratio of the mean distances, to each of which the error of rounding to 8 bits
        (1.3e-6) is added; thousands where all else is copied and the edges do not meet.

    Raises
    ------
    ImageError
        If the pictures cannot be compared.
    ParameterError
        If `axes` is none of those.

    Examples
    --------
    >>> import numpy as np
    >>> from patchloom import metrics
    >>> tile = np.random.default_rng(0).integers(0, 256, (10, 10, 3), np.uint8)
    >>> metrics.tile_coherence(tile, np.tile(tile, (2, 2, 1)))
    1.0
    """
    pair = compare(generated, source, patch_size=patch_size, method=method, threads=threads)
    return tile_coherence_of(pair, axes).value


def tile_coherence_of(pair: Comparison, axes: str = "xy") -> Measured:
    """Return `tile_coherence` of a comparison, with each direction's and the mean distance of the others."""
    distance = pair.forward.distance
    others = np.ones(distance.shape, np.bool_)
    if pair.same_size:
        others = _share_inside((pair.generated != pair.source).any(axis=2), pair.patch_size) > 0
    inside = float(distance[others].mean(dtype=np.float64)) if others.any() else 0.0
    details = {"method": pair.searched, "inside": inside}
    return _worst(axes, lambda axis: (_over_edge(pair, axis) + ROUNDING) / (inside + ROUNDING), details)


def _over_edge(pair: Comparison, axis: int) -> float:
    """Return the mean distance of the patches that go over the edge."""
    less = pair.patch_size - 1
    ends = [slice(-less, None), slice(None, less)]
    parts = [pair.generated[end] if axis == 0 else pair.generated[:, end] for end in ends]
    strip: Image = np.ascontiguousarray(np.concatenate(parts, axis=axis))
    return float(replace(pair, generated=strip).forward.distance.mean(dtype=np.float64))


def _worst(axes: str, figure: Callable[[int], float], details: Mapping[str, Any] | None = None) -> Measured:
    """Return the largest figure of the directions asked for, with each."""
    if axes not in ("xy", "x", "y"):
        raise ParameterError(explain("axes", repr(axes), "must be xy, x or y"))
    figures = {name: figure(axis) for axis, name in enumerate("yx") if name in axes}
    return Measured(max(figures.values()), {**figures, **(details or {})})
