"""Objects of a picture and the places that they go to."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..cancelling import bands, check, copied
from ..errors import ParameterError, explain
from ..types import Box, Mask, Size
from .masked import as_part
from .material import identity

# How much of a box, at each of its sides, may change after the move: a share of its shorter side.
_RIM = 1 / 12


@dataclass(frozen=True, eq=False)
class Move:
    """An object, and how far it goes.

    Attributes
    ----------
    shift : (rows, columns)
        Downwards and to the right, in whole pixels; not (0, 0).
    box : (row, column, rows, columns), optional
        The rectangle that holds the object. Its outermost pixels, a twelfth of its shorter
        side, may blend with what is around the new place.
    mask : array or PIL image, optional
        Instead of a box: of the picture's size, white where the object is. All of it stays
        as it is.
    """

    shift: Size
    box: Box | None = None
    mask: Any = None


@dataclass(frozen=True, eq=False)
class Moved:
    """An object, where it is and where it comes to lie.

    Attributes
    ----------
    mask : Mask (h, w)
        Its pixels, of the smallest rectangle that holds it; a box takes no memory, for a picture may have hundreds.
    corner : (row, column)
        Of that rectangle in the picture.
    shift : (rows, columns)
        How far it goes.
    rim : int
        How wide its outermost part is that may change, if it is a box.
    """

    mask: Mask
    corner: Size
    shift: Size
    rim: int = 0

    @property
    def firm(self) -> Mask:
        """Which part of it stays as it is, (h, w)."""
        if not self.rim:
            return self.mask
        firm = np.zeros(self.mask.shape, np.bool_)
        rows, cols = self.mask.shape
        firm[self.rim : max(rows - self.rim, self.rim), self.rim : max(cols - self.rim, self.rim)] = True
        return firm

    @property
    def here(self) -> tuple[slice, slice]:
        """The rectangle in the picture."""
        rows, cols = (slice(start, start + length) for start, length in zip(self.corner, self.mask.shape, strict=True))
        return rows, cols

    def there(self, size: Size) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return where it comes to lie in a picture, and which part of its rectangle that is: the rest is cut off."""
        places, parts = [], []
        for corner, shift, length, side in zip(self.corner, self.shift, self.mask.shape, size, strict=True):
            first = min(max(corner + shift, 0), side)
            last = min(max(corner + shift + length, first), side)
            places.append(slice(first, last))
            parts.append(slice(first - corner - shift, last - corner - shift))
        return (places[0], places[1]), (parts[0], parts[1])


@dataclass(frozen=True, eq=False)
class Layout:
    """Where all objects come to lie, later ones above earlier ones.

    Attributes
    ----------
    objects : tuple of Moved
        In their order.
    owner : int32 array (H, W)
        Which of them shows at each pixel; -1 for none.
    firm : Mask (H, W)
        Where one shows that stays as it is.
    left : Mask (H, W)
        The places that objects left, whether another came there or not.
    """

    objects: tuple[Moved, ...]
    owner: npt.NDArray[np.int32]
    firm: Mask
    left: Mask

    @property
    def taken(self) -> Mask:
        """Where an object came."""
        return np.asarray(self.owner >= 0)

    @property
    def rim(self) -> Mask:
        """Where one shows that may change: the outermost pixels of a box."""
        return self.taken & ~self.firm

    def carried(self, image: npt.NDArray[Any], below: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return `below` with the objects of `image` at their new places."""
        out, shifts = copied(below), self._shifts
        for band in bands(len(out), out[:1].size):
            rows, cols = np.nonzero(self.owner[band] >= 0)
            rows += band.start
            by = shifts[self.owner[rows, cols]]
            out[rows, cols] = image[rows - by[:, 0], cols - by[:, 1]]
        return out

    def home(self, patch_size: int) -> npt.NDArray[np.int32]:
        """Return where patches come from that do not change: their own place, or the object's."""
        size = (self.owner.shape[0], self.owner.shape[1])
        index, shifts = identity(size, patch_size), self._shifts
        most = np.array(index.shape[:2]) - 1
        for rows in bands(len(index), index[:1].size):
            part, owner = index[rows], self.owner[rows, : index.shape[1]]
            own = self.firm[rows, : index.shape[1]] & (owner >= 0)
            part[own] = np.clip(part[own] - shifts[owner[own]], 0, most)
        return index

    def parts(self) -> tuple[tuple[Box, Size], ...]:
        """Return the boxes of the source that lie below the result, and where: all of it, and the objects above."""
        rows, cols = self.owner.shape
        found: list[tuple[Box, Size]] = [((0, 0, rows, cols), (0, 0))]
        for number, moved in enumerate(self.objects):
            check()
            place, _ = moved.there((rows, cols))
            down, right = moved.shift
            for top, left, height, width in _boxes(self.firm[place] & (self.owner[place] == number)):
                row, col = place[0].start + top, place[1].start + left
                found.append(((row - down, col - right, height, width), (row, col)))
        return tuple(found)

    @property
    def _shifts(self) -> npt.NDArray[np.int64]:
        return np.array([moved.shift for moved in self.objects], np.int64)


def _boxes(mask: Mask) -> Iterator[Box]:
    """Yield rectangles that together are the mask: runs of pixels, as far down as they stay the same."""
    edges = np.diff(np.pad(mask, ((0, 1), (1, 1))).astype(np.int8), axis=1)
    begun: dict[tuple[int, int], int] = {}
    for row, steps in enumerate(edges):
        first, last = np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist()
        runs = set(zip(first, last, strict=True))
        for ended in sorted(set(begun) - runs):
            top = begun.pop(ended)
            yield top, ended[0], row - top, ended[1] - ended[0]
        for run in runs:
            begun.setdefault(run, row)


def laid_out(objects: Sequence[Moved], shape: Size, *, copy: bool) -> Layout:
    """Return where objects come to lie.

    Parameters
    ----------
    objects : sequence of Moved
        Later ones come to lie above earlier ones.
    shape : Size
        Of the picture.
    copy : bool
        They leave no place behind.

    Raises
    ------
    ParameterError
        If they are the whole picture, or come to be.
    """
    owner, firm, left = np.full(shape, -1, np.int32), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for number, moved in enumerate(objects):
        check()
        place, part = moved.there(shape)
        mask = moved.mask[part]
        np.copyto(owner[place], np.int32(number), where=mask)
        np.copyto(firm[place], moved.firm[part], where=mask)
        if not copy:
            left[moved.here] |= moved.mask
    if left.all() or firm.all():
        raise ParameterError(
            explain("moves", "all of the picture", "must leave something to make the rest of", "move less")
        )
    return Layout(tuple(objects), owner, firm, left)


def as_objects(moves: Any, own: Size, size: Size) -> tuple[Moved, ...]:
    """Return the objects that moves name.

    Parameters
    ----------
    moves : sequence of Move
        In pixels of a picture of size `own`.
    own : Size
        Of the picture that was passed.
    size : Size
        That it is brought to.

    Raises
    ------
    ImageError
        If a mask is of another size, or covers nothing or everything.
    ParameterError
        If there is none, a box is not within the picture, or an object does not move or leaves
        the picture.
    """
    if isinstance(moves, Move) or not isinstance(moves, Sequence) or not all(isinstance(one, Move) for one in moves):
        raise ParameterError(explain("moves", type(moves).__name__, "must be a list of patchloom.Move"))
    if not moves:
        raise ParameterError(explain("moves", "none", "must be at least one", "say which object goes where"))
    return tuple(_as_object(move, own, size) for move in moves)


def _as_object(move: Move, own: Size, size: Size) -> Moved:
    check()
    if (move.box is None) == (move.mask is None):
        given = "neither" if move.box is None else "both"
        raise ParameterError(explain("move", f"{given} of box and mask", "must have one of them"))
    mask, corner, rim = _within(move.box, own, size) if move.mask is None else _masked(move.mask, own, size)
    down, right = (_rescaled(*side) for side in zip(_whole(move.shift, 2, "shift"), own, size, strict=True))
    told = f"{right} to the right and {down} down"
    if not (down or right):
        raise ParameterError(explain("shift", told, "must move the object", "say how far, at least one pixel"))
    moved = Moved(mask, corner, (down, right), rim)
    if not mask[moved.there(size)[1]].any():
        raise ParameterError(
            explain("shift", told, f"takes the object out of the picture of {size[1]} x {size[0]} pixels",
                    "move it less")
        )
    return moved


def _masked(given: Any, own: Size, size: Size) -> tuple[Mask, Size, int]:
    """Return a mask within the smallest rectangle that holds it, where that begins, and no rim."""
    mask = as_part(given, own, size, "object")
    spans = []
    for axis in (1, 0):
        found = np.flatnonzero(mask.any(axis=axis))
        spans.append(slice(int(found[0]), int(found[-1]) + 1))
    return mask[spans[0], spans[1]].copy(), (spans[0].start, spans[1].start), 0


def _within(box: Any, own: Size, size: Size) -> tuple[Mask, Size, int]:
    """Return a box as a mask, where it begins, and its rim."""
    top, left, rows, cols = _whole(box, 4, "box")
    if min(rows, cols) < 1 or min(top, left) < 0 or top + rows > own[0] or left + cols > own[1]:
        raise ParameterError(
            explain("box", f"{cols} x {rows} pixels at x {left}, y {top}",
                    f"must lie within the picture of {own[1]} x {own[0]} pixels, each side at least 1",
                    "choose another box")
        )
    corner, sides = [], []
    for first, count, was, length in zip((top, left), (rows, cols), own, size, strict=True):
        begin = min(_rescaled(first, was, length), length - 1)
        corner.append(begin)
        sides.append(max(_rescaled(first + count, was, length), begin + 1) - begin)
    rim = max(1, int(min(sides) * _RIM + 0.5))
    return np.broadcast_to(np.True_, sides), (corner[0], corner[1]), rim


def _rescaled(place: int, own: int, size: int) -> int:
    return (2 * place * size + own) // (2 * own)


def _whole(values: Any, count: int, name: str) -> tuple[int, ...]:
    """Return whole numbers, so many of them."""
    try:
        found = tuple(operator.index(value) for value in values)
    except TypeError:
        found = ()
    if len(found) != count:
        raise ParameterError(explain(name, repr(values), f"must be {count} whole numbers"))
    return found
