"""Pictures laid out in a result: side by side so that they fill it, or where the user puts them."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError, explain
from ..resize import resize
from ..types import Box, Image, Mask, Size

# How much narrower than its shape a picture may become for all to stand in one row.
_MOST_SQUEEZE = 3.5
# How far neighbours pass into each other on either side of a seam, relative to the result's shorter side.
_SOFT = 0.15


@dataclass(frozen=True, eq=False)
class Piece:
    """A picture in a result.

    Attributes
    ----------
    image : Image
        The picture, at the size that it has there.
    box : Box
        Where it lies; it may stick out.
    weight : float
        How far it pushes the seams where it overlaps others.
    """

    image: Image
    box: Box
    weight: float


def blended(pieces: Sequence[Piece], out: Size, *, squared: int = 0) -> tuple[Image, Mask]:
    """Return pieces that pass into each other where they overlap, and where any is.

    Each has the more of a pixel, the farther it is from the piece's border within the result; squared the more often,
    the more one of them wins.
    """
    total, image = np.zeros((*out, 1)), np.zeros((*out, pieces[0].image.shape[2]))
    for piece in pieces:
        top, left, rows, cols = piece.box
        at = slice(max(top, 0), max(top + rows, 0)), slice(max(left, 0), max(left + cols, 0))
        depth = np.minimum(_depth(top, rows, out[0])[:, None], _depth(left, cols, out[1])[None, :])[..., None]
        share = depth * (piece.weight / max(out))
        for _ in range(squared):
            share = share * share
        seen = piece.image[at[0].start - top :, at[1].start - left :][: share.shape[0], : share.shape[1]]
        image[at] += share * seen
        total[at] += share
    blended = np.divide(image, total, out=np.zeros_like(image), where=total > 0)
    return blended.astype(np.float32), np.asarray(total[..., 0] > 0)


def _depth(start: int, length: int, out: int) -> npt.NDArray[np.float64]:
    """Return how far pixels of the output that a piece covers are from its ends, those within the output."""
    place = np.arange(max(start, 0), min(start + length, out)) + 0.5
    low = place - start if start > 0 else np.full(place.shape, float(out))
    high = start + length - place if start + length < out else low
    return np.minimum(low, high).astype(np.float64)


def arranged(parts: Sequence[Image], out: Size, weights: Sequence[float]) -> list[Piece]:
    """Return all pictures side by side so that they fill the output, in as few rows as their shapes bear."""
    soft, pieces, top, first = int(_SOFT * min(out)), [], 0.0, 0
    rows = _rows(parts, out)
    each = [len(parts) // rows + (row >= rows - len(parts) % rows) for row in range(rows)]
    for count in each:
        of = weights[first : first + count]
        bottom, left = top + out[0] * sum(of) / sum(weights), 0.0
        for part, weight in zip(parts[first : first + count], of, strict=True):
            right = left + out[1] * weight / sum(of)
            y, x = _widened(top, bottom, soft, out[0]), _widened(left, right, soft, out[1])
            size = (y[1] - y[0], x[1] - x[0])
            pieces.append(Piece(resize(part, size), (y[0], x[0], *size), 1.0))
            left = right
        top, first = bottom, first + count
    return pieces


def _rows(parts: Sequence[Image], out: Size) -> int:
    """Return the least number of rows in which nothing is squeezed too much, or else the best."""
    worst = []
    for rows in range(1, len(parts) + 1):
        cell = out[0] / rows, out[1] * rows / len(parts)
        relative = [(cell[1] / part.shape[1]) / (cell[0] / part.shape[0]) for part in parts]
        worst.append(max(max(by, 1 / by) for by in relative))
        if worst[-1] <= _MOST_SQUEEZE:
            return rows
    return 1 + worst.index(min(worst))


def _widened(low: float, high: float, soft: int, out: int) -> tuple[int, int]:
    """Return a cell's first and last end, over its seams; at least a pixel."""
    start = min(max(int(low + 0.5) - soft, 0), out - 1)
    return start, max(min(int(high + 0.5) + soft, out), start + 1)


def placed(parts: Sequence[Image], places: Mapping[int, Any], out: Size, weights: Sequence[float]) -> list[Piece]:
    """Return the pictures that have a place."""
    pieces = []
    for number in sorted(places):
        if isinstance(number, bool) or number not in range(len(parts)):
            raise ParameterError(explain("places", number, f"must be a source, 0 to {len(parts) - 1}"))
        try:
            top, left = (operator.index(corner) for corner in places[number])
        except (TypeError, ValueError):
            raise ParameterError(
                explain(f"place of source {number + 1}", repr(places[number]), "must be whole numbers (row, column)")
            ) from None
        rows, cols = parts[number].shape[:2]
        if not (-rows < top < out[0] and -cols < left < out[1]):
            raise ParameterError(
                explain(f"place of source {number + 1}", f"column {left}, row {top}",
                        f"lies outside of the result of {out[1]} x {out[0]} pixels", "move it in")
            )
        pieces.append(Piece(parts[number], (top, left, rows, cols), weights[number]))
    return pieces
