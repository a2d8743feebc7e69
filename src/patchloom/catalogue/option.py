"""One parameter of a task, as data: what a command's option, a field of a form and a key in JSON are made from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from ..errors import ParameterError, explain
from ..regions import MOST_FEATHER, as_feather

Kind: TypeAlias = Literal[
    "integer", "number", "choice", "flag", "colour", "fill", "moves", "shift", "places", "weights"
]
"""What a value is; ``fill`` is one of the choices or a colour."""


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Option:
    """One parameter of a task besides the numbers of `GPNNParams`.

    Attributes
    ----------
    name : str
        As in the Python call; in JSON and in files' metadata too.
    help : str
        One sentence, without default and range.
    kind : str
        Which control and which form in JSON it has.
    check : callable
        What Python or JSON may say -> canonical value, or `ParameterError`.
    default : object
        Canonical; None: chosen later, as `told` says in words.
    low, high : float
        Smallest and largest value of numbers, both included.
    unit : str
        Of numbers.
    choices : tuple of str
        Words that are allowed.
    told : str
        The default in words, where that says more.
    flag : str
        What the command line calls it where that is not its name.
    words : tuple of str
        What errors may call it besides.
    plain : callable
        Canonical value -> what JSON can hold and `check` makes the same value of.
    """

    name: str
    help: str
    kind: Kind
    check: Callable[[Any], Any]
    default: Any = None
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    choices: tuple[str, ...] = ()
    told: str = ""
    flag: str = ""
    words: tuple[str, ...] = ()
    plain: Callable[[Any], Any] = _as_it_is

    def read(self, value: Any) -> Any:
        """Return the canonical value; None stands for the default."""
        return self.default if value is None else self.check(value)


def integer(name: str, help: str, check: Callable[[Any], Any], default: int | None, **more: Any) -> Option:
    """Return an option that is a whole number; what more there is to say goes to `Option`."""
    return Option(name, help, "integer", check, default, **more)


def number(name: str, help: str, check: Callable[[Any], Any], default: float | None, **more: Any) -> Option:
    """Return an option that is a number; what more there is to say goes to `Option`."""
    return Option(name, help, "number", check, default, **more)


def choice(name: str, help: str, choices: tuple[str, ...], default: str, **more: Any) -> Option:
    """Return an option that is one of some words; the default may be another, which then stands for none of them."""
    allowed = choices if default in choices else (*choices, default)
    return Option(name, help, "choice", partial(one_of, name, allowed), default, choices=choices, **more)


def flag(name: str, help: str, **more: Any) -> Option:
    """Return an option that is true or false."""
    return Option(name, help, "flag", partial(_as_flag, name), False, **more)


def feather(help: str, default: int | None = 0, told: str = "") -> Option:
    """Return the width of a soft border."""
    return integer("feather", help, as_feather, default, low=0, high=MOST_FEATHER, unit="px", told=told)


def one_of(name: str, choices: tuple[str, ...], value: Any) -> str:
    """Return a value that is one of some words.

    Raises
    ------
    ParameterError
        If it is not.
    """
    if not isinstance(value, str) or value not in choices:
        words = ", ".join(choice or "empty" for choice in choices)
        raise ParameterError(explain(name, repr(value), f"must be one of {words}"))
    return value


def _as_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(explain(name, repr(value), "must be true or false"))
    return value
