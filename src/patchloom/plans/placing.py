"""Where regions that keep their shape come to lie in a picture of another size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..cancelling import check
from ..errors import ParameterError, explain
from ..types import Box, Image, Mask, Size
from .material import identity

Corner = tuple[int, int]
Whole = npt.NDArray[np.int64]
Boxes = Whole                                             # rows of first row, first column, end row, end column

_ROUNDS = 100                                             # of pushing regions apart
_MOST = 200                                               # regions


@dataclass(frozen=True, eq=False)
class Placed:
    """Regions of a picture at their places in a picture of another size.

    Attributes
    ----------
    size : Size
        Of the other picture.
    boxes : tuple of Box
        Around the regions, in the picture.
    corners : tuple of (row, column)
        Where the boxes' corners lie in the other.
    """

    size: Size
    boxes: tuple[Box, ...]
    corners: tuple[Corner, ...]

    def canvas(self, guess: Image, source: Image, margin: int) -> Image:
        """Return a guess with the regions, and `margin` pixels around each, at their places."""
        canvas = guess.copy()
        self._paste(canvas, source, margin)
        self._paste(canvas, source)
        return canvas

    def mask(self, mask: Mask) -> Mask:
        """Return a mask of the regions at their places."""
        there = np.zeros(self.size, np.bool_)
        self._paste(there, mask)
        return there

    def home(self, source: Size, patch_size: int) -> npt.NDArray[np.int32]:
        """Return where the regions' patches come from; the others come from the same place relative to the frame."""
        counts = [(there - patch_size + 1, own - patch_size + 1) for there, own in zip(self.size, source, strict=True)]
        axes = [(np.arange(there) * 2 + 1) * own // (2 * there) for there, own in counts]
        home = np.stack(np.meshgrid(*axes, indexing="ij"), axis=2).astype(np.int32)
        self._paste(home, identity(source, patch_size))
        return home

    def _paste(self, onto: npt.NDArray[np.generic], source: npt.NDArray[np.generic], margin: int = 0) -> None:
        """Copy what lies within `margin` of the boxes to their places, as far as both pictures reach."""
        for box, corner in zip(self.boxes, self.corners, strict=True):
            there, here = [], []
            for axis in (0, 1):
                first, place, side = box[axis], corner[axis], box[axis + 2]
                before = min(margin, first, place)
                end = min(side + margin, source.shape[axis] - first, onto.shape[axis] - place)
                there.append(slice(place - before, place + end))
                here.append(slice(first - before, first + end))
            onto[there[0], there[1]] = source[here[0], here[1]]


def placed(boxes: tuple[Box, ...], source: Size, size: Size, gap: int) -> Placed:
    """Return regions at their places in a picture of another size.

    A region keeps its place relative to the frame, so that what touches the frame still
    does. Where regions would overlap they are pushed apart, if possible by `gap` pixels.

    Raises
    ------
    ParameterError
        If they do not fit, or are too many.
    """
    if len(boxes) > _MOST:
        raise ParameterError(
            explain("protect", f"{len(boxes)} regions", f"at most {_MOST} can be placed", "smooth the mask")
        )
    for box in boxes:
        if box[2] > size[0] or box[3] > size[1]:
            raise ParameterError(
                explain("protect", f"a region of {box[3]} x {box[2]} pixels", f"must fit in {size[1]} x {size[0]}",
                        "protect less, or ask for a larger size")
            )
    corners = [
        (_place(box[0], box[2], source[0], size[0]), _place(box[1], box[3], source[1], size[1])) for box in boxes
    ]
    for least in (gap, 0):
        apart = _apart(boxes, corners, size, least)
        if apart is not None:
            return Placed(size, boxes, tuple(apart))
    raise ParameterError(
        explain("protect", f"{len(boxes)} regions", f"do not fit side by side in {size[1]} x {size[0]}",
                "protect less, or ask for a larger size")
    )


def _place(first: int, side: int, source: int, size: int) -> int:
    """Return where a side begins that has the same share of the free way before it."""
    way = source - side
    return (2 * first * (size - side) + way) // (2 * way) if way else (size - side) // 2


def _apart(boxes: tuple[Box, ...], corners: list[Corner], size: Size, gap: int) -> list[Corner] | None:
    """Return corners at which no boxes are closer than `gap`, or than they were; None if none are found."""
    places, sides = [list(corner) for corner in corners], np.array(boxes).reshape(-1, 4)[:, 2:]
    for _ in range(_ROUNDS):
        still, before = True, [tuple(place) for place in places]
        for one, two in _near(places, sides, gap):
            axis = _apart_along(boxes[one], boxes[two])
            first, second = (one, two) if boxes[one][axis] < boxes[two][axis] else (two, one)
            own = boxes[second][axis] - boxes[first][axis] - boxes[first][axis + 2]
            lacking = [
                max(min(gap, own) if at == axis else 0, 0)
                + min(places[n][at] + boxes[n][at + 2] for n in (one, two)) - max(places[n][at] for n in (one, two))
                for at in (0, 1)
            ]
            if min(lacking) <= 0:
                continue
            still = False
            half = (lacking[axis] + 1) // 2
            places[first][axis] = max(places[first][axis] - half, 0)
            places[second][axis] = min(places[second][axis] + half, size[axis] - boxes[second][axis + 2])
        if still:
            return [(place[0], place[1]) for place in places]
        if before == [tuple(place) for place in places]:  # stuck at the frame
            break
    return None


def _near(places: list[list[int]], sides: npt.NDArray[np.int64], gap: int) -> list[tuple[int, int]]:
    """Return the pairs, by their numbers, of which both sides come nearer than a gap."""
    first = np.array(places).reshape(-1, 2)
    before = (first[:, None] < (first + sides)[None] + gap).all(axis=2)
    return [(int(one), int(two)) for one, two in np.argwhere(np.triu(before & before.T, 1))]


def _apart_along(one: Box, two: Box) -> int:
    """Return the axis along which two boxes are farther apart."""
    gaps = [max(one[axis] - two[axis] - two[axis + 2], two[axis] - one[axis] - one[axis + 2]) for axis in (0, 1)]
    return int(gaps[1] > gaps[0])


def regions(mask: Mask) -> tuple[Box, ...]:
    """Return the boxes around the regions of a mask; those whose boxes touch, be it at a corner, are one region."""
    found, before = _parts(mask), -1
    while len(found) != before:                            # boxes around what touched may touch others
        check()
        before, found = len(found), _parts(_filled(found, (mask.shape[0], mask.shape[1])))
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    return tuple((top, left, end - top, right - left) for top, left, end, right in found.tolist())


def _parts(mask: Mask) -> Boxes:
    """Return the boxes around what hangs together in a mask, be it by a corner."""
    edges = np.flatnonzero(np.diff(np.pad(mask, ((0, 0), (1, 1))), axis=1))
    rows, cols = np.divmod(edges.reshape(-1, 2), mask.shape[1] + 1)
    run, (first, end) = rows[:, 0], cols.T
    below = (run + 1) * (mask.shape[1] + 1)                # of each run: those of the next row that touch it
    low = np.searchsorted(edges[1::2], below + first, "left")
    counts = np.maximum(np.searchsorted(edges[::2], below + end, "right") - low, 0)
    ones = np.repeat(np.arange(run.size), counts)
    others = np.arange(ones.size) + np.repeat(low - np.cumsum(counts) + counts, counts)
    heads, part = np.unique(_joined(run.size, ones, others), return_inverse=True)
    left, right, last = first[heads], end[heads], run[heads]
    np.minimum.at(left, part, first)
    np.maximum.at(right, part, end)
    np.maximum.at(last, part, run)
    return np.stack([run[heads], left, last + 1, right], axis=1)


def _joined(count: int, ones: Whole, others: Whole) -> Whole:
    """Return of each of `count` things the first that it hangs together with, by pairs that do."""
    head = np.arange(count)
    while ones.size:
        check()
        apart = ones != others
        ones, others = ones[apart], others[apart]
        np.minimum.at(head, np.maximum(ones, others), np.minimum(ones, others))
        while (head != head[head]).any():
            head = head[head]
        ones, others = head[ones], head[others]
    return head


def _filled(boxes: Boxes, size: Size) -> Mask:
    """Return a mask of boxes: the sum of steps up and down at their corners."""
    flat = np.zeros((size[0] + 1) * (size[1] + 1), np.int32)
    for row, col, step in ((0, 1, 1), (2, 3, 1), (0, 3, -1), (2, 1, -1)):
        np.add.at(flat, boxes[:, row] * (size[1] + 1) + boxes[:, col], np.int32(step))
    steps = flat.reshape(size[0] + 1, size[1] + 1)
    for axis in (0, 1):
        np.add.accumulate(steps, axis=axis, out=steps)
    return np.asarray(steps[:-1, :-1] > 0)
