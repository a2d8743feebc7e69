"""Pictures laid out in a result: side by side so that they fill it, or where the user puts them."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..cancelling import bands, copied
from ..errors import ParameterError, explain
from ..resize import resize
from ..types import Box, Image, Mask, Size

Boxes: TypeAlias = Mapping[int, Box]
"""Where pictures lie in a result, by their numbers from 0, the lowest first; they may stick out."""

# How much narrower than a picture's shape its cell may be for all to stand in one row.
_MOST_NARROW = 3.8
# How far neighbours pass into each other on either side of a seam, relative to the result's shorter side and to the
# narrowest cell.
_SOFT, _OF_CELL = 0.15, 0.25


def blended(parts: Sequence[Image], boxes: Boxes, out: Size, border: float) -> tuple[Image, Mask]:
    """Return pictures laid over one another, and where any is.

    Parameters
    ----------
    parts : sequence of Image
        Of each its middle fills its box, stretched along a side where the box is longer, never squeezed.
    boxes : mapping of int to Box
        At least one.
    out : Size
        Of the result.
    border : float
        How far from its ends within the result a picture lets through what lies below it, in pixels.
    """
    total, image = np.zeros((*out, 1)), np.zeros((*out, parts[0].shape[2]))
    for number, (top, left, rows, cols) in boxes.items():
        at = slice(max(top, 0), max(top + rows, 0)), slice(max(left, 0), max(left + cols, 0))
        down, across = _depth(top, rows, out[0]), _depth(left, cols, out[1])
        whole = resize(_middle(parts[number], (rows, cols)), (rows, cols))
        seen = whole[at[0].start - top :, at[1].start - left :][: down.size, : across.size]
        below, so_far = image[at], total[at]
        for band in bands(down.size, image[:1].size):
            share = np.minimum(np.minimum(down[band, None], across[None, :])[..., None] / border, 1)
            below[band] += share * (seen[band] - below[band])
            so_far[band] += share * (1 - so_far[band])
    made = np.zeros(image.shape, np.float32)
    for band in bands(len(made), image[:1].size):
        made[band] = np.divide(image[band], total[band], out=np.zeros_like(image[band]), where=total[band] > 0)
    return made, np.asarray(total[..., 0] > 0)


def _depth(start: int, length: int, out: int) -> npt.NDArray[np.float64]:
    """Return how far pixels of the result that a picture covers are from its ends, those within the result."""
    place = np.arange(max(start, 0), min(start + length, out)) + 0.5
    low = place - start if start > 0 else np.full(place.shape, float(out))
    high = start + length - place if start + length < out else low
    return np.minimum(low, high).astype(np.float64)


def _middle(picture: Image, size: Size) -> Image:
    """Return the middle of a picture, no larger than `size`."""
    rows, cols = min(picture.shape[0], size[0]), min(picture.shape[1], size[1])
    top, left = (picture.shape[0] - rows) // 2, (picture.shape[1] - cols) // 2
    return copied(picture[top : top + rows, left : left + cols])


def lying(own: int, start: int, length: int) -> npt.NDArray[np.float64]:
    """Return where the pixels along a picture's side lie in the result, (own,).

    Those that its box does not show lie at the box's ends.

    Parameters
    ----------
    own : int
        Length of the picture's side.
    start, length : int
        Of the box.
    """
    shown = min(own, length)
    place = (np.arange(own) + 0.5 - (own - shown) // 2) * (length / shown)
    return np.asarray(start + np.clip(place, 0, length))


def arranged(sizes: Sequence[Size], out: Size, weights: Sequence[float]) -> tuple[Boxes, float]:
    """Return where pictures stand side by side so that they fill a result, in as few rows as their shapes bear.

    Parameters
    ----------
    sizes : sequence of Size
        Of the pictures.
    out : Size
        Of the result.
    weights : sequence of float
        The share of the area that each gets, relative to the others.

    Returns
    -------
    boxes : mapping of int to Box
        Overlapping, so that neighbours can pass into each other.
    border : float
        The width of that, in pixels.
    """
    cells = _cells(out, weights, _rows(sizes, out))
    narrowest = min(min(bottom - top, right - left) for top, bottom, left, right in cells)
    soft, boxes = min(_SOFT * min(out), _OF_CELL * narrowest), {}
    for number, (top, bottom, left, right) in enumerate(cells):
        y, x = _widened(top, bottom, soft, out[0]), _widened(left, right, soft, out[1])
        boxes[number] = (y[0], x[0], y[1] - y[0], x[1] - x[0])
    return boxes, max(2 * soft, 1.0)


def _cells(out: Size, weights: Sequence[float], rows: int) -> list[tuple[float, float, float, float]]:
    """Return (top, bottom, left, right) of each picture's cell, the fewer in a row the higher it stands."""
    cells, top, first, count = [], 0.0, 0, len(weights)
    for row in range(rows):
        of = weights[first : first + count // rows + (row >= rows - count % rows)]
        bottom, left = top + out[0] * sum(of) / sum(weights), 0.0
        for weight in of:
            right = left + out[1] * weight / sum(of)
            cells.append((top, bottom, left, right))
            left = right
        top, first = bottom, first + len(of)
    return cells


def _rows(sizes: Sequence[Size], out: Size) -> int:
    """Return the least number of rows in which no cell is too narrow, or else the best."""
    worst = []
    for rows in range(1, len(sizes) + 1):
        cell = out[0] / rows, out[1] * rows / len(sizes)
        relative = [(cell[1] / size[1]) / (cell[0] / size[0]) for size in sizes]
        worst.append(max(max(by, 1 / by) for by in relative))
        if worst[-1] <= _MOST_NARROW:
            return rows
    return 1 + worst.index(min(worst))


def _widened(low: float, high: float, soft: float, out: int) -> tuple[int, int]:
    """Return a cell's first and last end, over its seams; at least a pixel."""
    start = min(max(int(low - soft + 0.5), 0), out - 1)
    return start, max(min(int(high + soft + 0.5), out), start + 1)


def placed(sizes: Sequence[Size], places: Mapping[int, Any], out: Size) -> tuple[Boxes, float]:
    """Return where the pictures lie that have a place, in the order of the places.

    Parameters
    ----------
    sizes : sequence of Size
        Of all pictures.
    places : mapping of int to (row, column)
        Where the corner of a picture lies, by its number from 0.
    out : Size
        Of the result.

    Returns
    -------
    boxes : mapping of int to Box
    border : float
        How soft their borders are, in pixels.

    Raises
    ------
    ParameterError
        If a place is none, of no picture, or outside of the result.
    """
    boxes = {}
    for number, place in places.items():
        if isinstance(number, bool) or number not in range(len(sizes)):
            raise ParameterError(explain("places", repr(number), f"must be sources by number, 0 to {len(sizes) - 1}"))
        try:
            top, left = (operator.index(corner) for corner in place)
        except (TypeError, ValueError):
            raise ParameterError(
                explain(f"place of source {number + 1}", repr(place), "must be whole numbers (row, column)")
            ) from None
        rows, cols = sizes[number]
        if not (-rows < top < out[0] and -cols < left < out[1]):
            raise ParameterError(
                explain(f"place of source {number + 1}", f"column {left}, row {top}",
                        f"lies outside of the result of {out[1]} x {out[0]} pixels", "move it in")
            )
        boxes[number] = (top, left, rows, cols)
    return boxes, 2 * _SOFT * min(out)
