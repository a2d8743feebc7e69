"""Several pictures as one source: side by side, each with a pyramid of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..cancelling import bands, copied
from ..checks import as_image, from_image
from ..compare import alike, is_clear
from ..errors import ImageError, ParameterError, explain
from ..params import GPNNParams
from ..pixels import again
from ..pyramid import depth, level_sizes
from ..types import Box, Image, Mask, PixelFormat, Pyramid, Size
from .masked import shrinking

Scalar = TypeVar("Scalar", bound=np.generic)


def mosaic(pictures: Sequence[Any], *, names: Sequence[str] | None = None) -> Any:
    """Return pictures side by side, as one of the type of the first.

    What the field of a collage is applied to: ``patchloom.apply(result, patchloom.mosaic(others))``
    does to other pictures, of the sources' sizes and in their order, what the run did to its sources.

    Parameters
    ----------
    pictures : sequence of array or PIL image
        Of any sizes; all grey or all coloured. An opaque alpha is added or left out to suit the first.
    names : sequence of str, optional
        What errors call them.

    Returns
    -------
    array or PIL image
        As high as the highest, their tops aligned; below the others, their last row goes on. A
        palette becomes RGB, for the others' colours are not in it.

    Raises
    ------
    ImageError
        If something is no picture, or does not go with the first.
    ParameterError
        If there are none.
    """
    pictures = as_several(pictures, 1, "pictures")
    names = names or [f"picture {number}" for number in range(1, len(pictures) + 1)]
    return joined(pictures, [as_image(picture, name) for picture, name in zip(pictures, names, strict=True)], names)


def joined(pictures: Sequence[Any], checked: Sequence[tuple[Image, PixelFormat]], names: Sequence[str]) -> Any:
    """Return the `mosaic` of pictures, of which `checked` has what `as_image` makes."""
    image, kind = checked[0]
    kinds = {(one.mode, one.dtype, one.flat, one.alpha, pixels.shape[2]) for pixels, one in checked}
    if len(kinds) == 1 and kind.palette is None:
        parts, like = [np.asarray(picture) for picture in pictures], pictures[0]
    else:
        kind = replace(kind, mode="RGBA" if kind.alpha else "RGB", palette=None) if kind.palette else kind
        cleared = [name for one, name in zip(checked, names, strict=True) if is_clear(*one)]
        alike_ones = [
            from_image(_like(*one, kind, image.shape[2], (name, names[0]), cleared), kind)
            for one, name in zip(checked, names, strict=True)
        ]
        parts, like = [np.asarray(one) for one in alike_ones], alike_ones[0]
    return again(_abreast(parts), like)


def _like(
    image: Image, kind: PixelFormat, like: PixelFormat, channels: int, names: tuple[str, str], cleared: Sequence[str]
) -> Image:
    """Return a picture with the channels of the first; `cleared` names those that are transparent anywhere."""
    for one in (kind, like):
        if (one.low, one.high) != (0.0, 1.0):
            raise ImageError(
                explain(names[0], f"values from {one.low:g} to {one.high:g} beside other types",
                        "floats must then be within [0, 1]", "scale them")
            )
    if cleared and like.alpha and not kind.alpha:
        return alike(image, kind, like, channels, True, (names[0], cleared[0]))
    return alike(image, kind, like, channels, False, names)


def _abreast(parts: Sequence[npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
    """Return pictures of one kind side by side; below the lower ones their last row goes on."""
    heights, widths = zip(*(part.shape[:2] for part in parts), strict=True)
    whole = np.empty((max(heights), sum(widths), *parts[0].shape[2:]), np.result_type(*parts))
    left = 0
    for part, height, width in zip(parts, heights, widths, strict=True):
        for rows in bands(len(whole), whole[:1].size):
            there = whole[rows, left : left + width]
            own = part[rows]
            there[: len(own)] = own
            there[len(own) :] = part[height - 1]
        left += width
    return whole


def as_several(pictures: Any, least: int, name: str) -> list[Any]:
    """Return a list or tuple of pictures as a list.

    Raises
    ------
    ParameterError
        If it is something else, or too short.
    """
    if not isinstance(pictures, (list, tuple)):
        raise ParameterError(explain(name, type(pictures).__name__, "must be a list or tuple of pictures"))
    if len(pictures) < least:
        raise ParameterError(explain(name, f"{len(pictures)} pictures", f"must be at least {least}", "pass more"))
    return list(pictures)


def side_by_side(sizes: Sequence[Size]) -> tuple[Box, ...]:
    """Return where pictures of these sizes lie in their mosaic."""
    boxes, left = [], 0
    for rows, cols in sizes:
        boxes.append((0, left, rows, cols))
        left += cols
    return tuple(boxes)


def cut(image: Image, boxes: Sequence[Box]) -> list[Image]:
    """Return the pictures of a mosaic."""
    return [copied(image[top : top + rows, left : left + cols]) for top, left, rows, cols in boxes]


def pyramids(parts: Sequence[Image], params: GPNNParams) -> tuple[Pyramid, tuple[tuple[Box, ...], ...]]:
    """Return the pyramid of a mosaic, each picture's own side by side, and where they lie at each level.

    Parameters
    ----------
    parts : sequence of Image
        Of any sizes, each side at least a patch.
    params : GPNNParams
        `coarsest` is met by the largest picture, unless a smaller one would no longer hold a patch.

    Returns
    -------
    pyramid : Pyramid
    boxes : tuple of tuple of Box
    """
    count = max(
        depth((part.shape[0], part.shape[1]), ratio=params.ratio, coarsest=params.coarsest) for part in parts
    )
    sizes = [level_sizes((part.shape[0], part.shape[1]), ratio=params.ratio, levels=count) for part in parts]
    while min(min(of[count - 1]) for of in sizes) < params.patch_size:
        count -= 1
    each = [shrinking(part, of[:count], params) for part, of in zip(parts, sizes, strict=True)]
    levels = tuple(_abreast(level) for level in zip(*each, strict=True))
    return levels, tuple(side_by_side([of[level] for of in sizes]) for level in range(count))


def clear_of_seams(image: Image, boxes: Sequence[Box], patch_size: int) -> Mask:
    """Return which patches of a mosaic, (K', L') of them, lie within one of its pictures."""
    less = patch_size - 1
    valid = np.zeros((image.shape[0] - less, image.shape[1] - less), np.bool_)
    for top, left, rows, cols in boxes:
        valid[top : top + rows - less, left : left + cols - less] = True
    return valid
