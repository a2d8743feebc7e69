"""What a request in JSON may say of a task besides its pictures, and what it then asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..checks import as_mapping, as_whole
from ..errors import ParameterError, explain
from ..params import GPNNParams, numbers
from .given import as_options, as_params, as_seeds
from .task import Options, Task

COMMON = ("seed", "count", "preset", "diversity", "map_weights")
"""Parameters of all tasks besides the numbers; diversity only where a task has it."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What parameters ask for, canonical.

    Attributes
    ----------
    options : mapping
        Of `as_options`.
    params : GPNNParams
        Of `as_params`.
    seeds : range
        One for each result.
    map_weights : mapping
        By the map's name; numbers are checked with the map.
    """

    options: Options
    params: GPNNParams
    seeds: range
    map_weights: Mapping[str, Any]


def number_names(*, expert: bool = False) -> tuple[str, ...]:
    """Return the names of the numbers that a request may give, with those for experts or without."""
    return tuple(name for name, number in numbers().items() if expert or not number.expert)


def parameter_names(task: Task, *, expert: bool = False) -> tuple[str, ...]:
    """Return all parameters that a request for a task may have."""
    own = [option.name for option in task.options]
    size = ["size"] * bool(task.size)
    common = [name for name in COMMON if name != "diversity" or task.diversity]
    return tuple(dict.fromkeys((*common, *size, *own, *number_names(expert=expert))))


def as_asked(task: Task, given: Mapping[str, Any], *, most: int, expert: bool = False) -> Asked:
    """Return what parameters ask for.

    Parameters
    ----------
    task : Task
        Whose they are.
    given : mapping of str to object
        Values as JSON says them; None is the default, and of the seed a fresh one.
    most : int
        How many results there may be.
    expert : bool
        Whether all numbers may be given.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is not allowed.
    """
    names = parameter_names(task, expert=expert)
    for name in given:
        if name not in names:
            raise ParameterError(explain("parameters", repr(str(name)[:60]), f"{task.name} has no such parameter",
                                         f"these are: {', '.join(names)}"))
    own = [option.name for option in task.options] + ["size"] * bool(task.size)
    options = as_options(task, {name: given[name] for name in own if name in given})
    params = as_params(
        task, preset=given.get("preset"), diversity=given.get("diversity"),
        numbers={name: given[name] for name in number_names(expert=expert) if name in given},
    )
    weights = as_mapping(given.get("map_weights"), "map_weights", "names to numbers")
    count = 1 if given.get("count") is None else as_whole(given["count"], "count", 1, most)
    return Asked(options, params, as_seeds(given.get("seed"), count), weights)


def check_weights(weights: Mapping[Any, Any], maps: Mapping[str, Any], remedy: str) -> None:
    """Refuse weights of maps that are not given.

    Parameters
    ----------
    weights, maps : mapping
        By the maps' names.
    remedy : str
        How to give one.

    Raises
    ------
    ParameterError
        If there is one.
    """
    for name in weights:
        if name not in maps:
            have = ", ".join(maps) or "none"
            raise ParameterError(explain("map_weights", repr(name), f"must be of a map that is given ({have})", remedy))
