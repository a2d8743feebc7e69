"""Options that hold several numbers: moves, shifts, places and weights."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..plans.moving import Move
from ..types import Size

MOST_MOVES = 256


def as_moves(value: Any) -> tuple[Move, ...]:
    """Return moves of boxes from `Move` or from mappings of ``box`` and ``shift``."""
    if not _is_list(value):
        raise _wrong("moves", value, "must be a list of a box and a shift each", _MOVE)
    if len(value) > MOST_MOVES:
        raise ParameterError(explain("moves", f"{len(value)} moves", f"at most {MOST_MOVES}"))
    return tuple(_as_move(one) for one in value)


_MOVE = 'try {"box": [row, column, rows, columns], "shift": [rows, columns]}'


def _as_move(value: Any) -> Move:
    if isinstance(value, Move):
        value = {"box": value.box, "shift": value.shift}
    if not isinstance(value, Mapping) or set(value) != {"box", "shift"}:
        raise _wrong("moves", value, "each must be a box and a shift", _MOVE)
    box = _whole_numbers("moves", value["box"], "a box must be (row, column, rows, columns)", 4)
    if min(box[2:]) < 1:
        raise _wrong("moves", value["box"], "rows and columns of a box must be at least 1")
    down, right = _whole_numbers("moves", value["shift"], "a shift must be (rows, columns)", 2)
    return Move((down, right), box=(box[0], box[1], box[2], box[3]))


def plain_moves(moves: Sequence[Move]) -> list[dict[str, list[int]]]:
    """Return moves as JSON has them."""
    return [{"box": list(move.box or ()), "shift": list(move.shift)} for move in moves]


def as_shift(value: Any) -> Size:
    """Return how far something goes: (rows, columns)."""
    down, right = _whole_numbers("shift", value, "must be (rows, columns)", 2)
    return down, right


def as_places(value: Any) -> dict[int, tuple[int, int]]:
    """Return where pictures lie, by their numbers from 0: (row, column) of each corner, later ones on top."""
    if not isinstance(value, Mapping):
        raise _wrong("places", value, "must be corners by the numbers of pictures", 'try {"0": [0, 0]}')
    found: dict[int, tuple[int, int]] = {}
    for number, corner in value.items():
        at = number if isinstance(number, int) and not isinstance(number, bool) else _decimal(number)
        top, left = _whole_numbers("places", corner, "a place must be (row, column)", 2)
        if at < 0 or at in found:
            raise _wrong("places", number, "pictures are counted from 0, each once")
        found[at] = top, left
    return found


def plain_places(places: Mapping[int, tuple[int, int]]) -> dict[str, list[int]]:
    """Return places as JSON has them."""
    return {str(number): list(corner) for number, corner in places.items()}


def as_weights(value: Any) -> tuple[float, ...]:
    """Return how much area each picture gets; the plan knows how many there are."""
    if not _is_list(value) or any(isinstance(one, bool) or not isinstance(one, int | float) for one in value):
        raise _wrong("weights", value, "must be a list of numbers, one for each picture", "try [2, 1, 1]")
    try:
        return tuple(float(one) for one in value)
    except OverflowError:
        raise _wrong("weights", value, "numbers are too large") from None


def _whole_numbers(name: str, value: Any, allowed: str, count: int) -> tuple[int, ...]:
    """Return so many whole numbers; pictures end long before numbers do."""
    try:
        if isinstance(value, str) or any(isinstance(one, bool) for one in value):
            raise TypeError
        found = tuple(operator.index(one) for one in value)
    except TypeError:
        found = ()
    if len(found) != count:
        raise _wrong(name, value, f"{allowed} in whole pixels")
    if any(abs(one) > MAX_SIDE for one in found):
        raise _wrong(name, value, f"numbers are at most {MAX_SIDE}, as a picture's sides are")
    return found


def _decimal(number: Any) -> int:
    """Return the number that a key in JSON says, and -1 for anything else."""
    plain = isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 9
    return int(number) if plain else -1


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _wrong(name: str, value: Any, allowed: str, remedy: str = "") -> ParameterError:
    return ParameterError(explain(name, reprlib.repr(value), allowed, remedy))
