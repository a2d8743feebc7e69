"""What may be said about one number, and its check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import MappingProxyType
from typing import Any

from ..errors import ParameterError, explain


@dataclass(frozen=True)
class Number:
    """What may be said about one parameter.

    Attributes
    ----------
    help : str
        One sentence for ``--help`` and the docs.
    low, high : float
        Smallest and largest allowed value, both included.
    unit : str
        Unit, empty for plain numbers.
    odd : bool
        Only odd values are allowed.
    choices : tuple of str
        Allowed names, for parameters that are not numbers.
    expert : bool
        Not an option of the command line; for Python only.
    """

    help: str
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    odd: bool = False
    choices: tuple[str, ...] = ()
    expert: bool = False


def number(default: Any, help: str, **limits: Any) -> Any:
    """Return a dataclass field that carries its `Number`."""
    return field(default=default, metadata={"number": Number(help, **limits)})


@cache
def numbers_of(params: type[Any]) -> Mapping[str, Number]:
    """Name -> `Number` for every field of a dataclass of numbers, in order."""
    return MappingProxyType({item.name: item.metadata["number"] for item in fields(params)})


def check_all(params: Any) -> None:
    """Bring every field of a frozen dataclass of numbers to its type, or raise `ParameterError`."""
    for item in fields(params):
        object.__setattr__(params, item.name, check(type(params), item.name, getattr(params, item.name)))


def check(params: type[Any], name: str, value: Any) -> Any:
    """Return `value` in the type of a field of `params`.

    Raises
    ------
    ParameterError
        If it is out of range or of another type.
    """
    item = params.__dataclass_fields__[name]
    allowed: Number = item.metadata["number"]
    if allowed.choices:
        if value not in allowed.choices:
            raise ParameterError(explain(name, repr(value), "must be one of " + ", ".join(allowed.choices)))
        return value
    kind = int if isinstance(item.default, int) else float
    try:
        right = not isinstance(value, (bool, str)) and kind(value) == value
    except (TypeError, ValueError, OverflowError):
        right = False
    if not right:
        raise ParameterError(explain(name, repr(value), f"must be {_allowed(allowed, kind)}"))
    if not allowed.low <= value <= allowed.high or (allowed.odd and value % 2 == 0):
        raise ParameterError(explain(name, value, f"must be {_allowed(allowed, kind)}", _nearest(allowed, value)))
    return kind(value)


def _allowed(number: Number, kind: type) -> str:
    what = "odd" if number.odd else "a whole number" if kind is int else "a number"
    return f"{what}, {number.low:g} to {number.high:g}"


def _nearest(number: Number, value: float) -> str:
    low, high = number.low, number.high
    if number.odd and low < value < high:
        return f"try {value - 1:g} or {value + 1:g}"
    return f"try {min(max(value, low), high):g}"
