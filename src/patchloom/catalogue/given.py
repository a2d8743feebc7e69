"""What is given for a task, checked: its options, its numbers and the pictures' weights."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..checks import as_seed, as_size
from ..errors import ParameterError, explain
from ..params import DIVERSITIES, MAX_SEED, PRESETS, GPNNParams, check_number, with_diversity, with_patch_size
from ..params import numbers as all_numbers
from .option import one_of
from .task import Task

INFINITY = "inf"
"""How JSON says it, which has no number for it."""


def as_options(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a task, canonical: those that are given, and the defaults of the others.

    Parameters
    ----------
    task : Task
        Whose they are.
    given : mapping of str to object
        Values as Python or JSON says them; None is the default. ``size`` is (rows, columns).

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is not allowed.
    """
    names = [option.name for option in task.options] + ["size"] * bool(task.size)
    _check_known(given, names, f"is no option of {task.name}")
    size = given.get("size")
    found = {option.name: option.read(given.get(option.name)) for option in task.options}
    return {**found, "size": None if size is None else as_size(size)}


def as_params(
    task: Task, *, preset: str | None = None, diversity: str | None = None, numbers: Mapping[str, Any] | None = None
) -> GPNNParams:
    """Return the numbers of a run: the preset's, then the diversity's, then the given ones.

    The patch size comes first: `coarsest` keeps as many patches, and the diversity counts in patches.

    Parameters
    ----------
    task : Task
        Whose presets there are.
    preset : str, optional
        By default its first.
    diversity : str, optional
        A word of `DIVERSITIES`, for a task that has them.
    numbers : mapping of str to number, optional
        Fields of `GPNNParams`; None is the preset's, and `INFINITY` may stand for infinity.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is not allowed.
    """
    _check_known(numbers or {}, list(all_numbers()), "is no number of a run")
    given = {
        name: check_number(name, math.inf if value == INFINITY else value)
        for name, value in (numbers or {}).items() if value is not None
    }
    params = PRESETS[task.presets[0] if preset is None else one_of("preset", task.presets, preset)]
    params = with_patch_size(params, given.get("patch_size", params.patch_size))
    if diversity is not None:
        if not task.diversity:
            raise ParameterError(explain("diversity", repr(diversity), f"is no option of {task.name}", "leave it out"))
        params = with_diversity(params, one_of("diversity", DIVERSITIES, diversity))
    return replace(params, **given)


def finite(value: Any) -> Any:
    """Return a number, or what else a number of a run may be, as JSON can hold it and `as_params` reads it."""
    return INFINITY if value == math.inf else value


def as_seeds(seed: Any, count: int) -> range:
    """Return the seeds of `count` results: the given one, or a fresh one for None, and those that follow.

    Raises
    ------
    ParameterError
        If it is no seed, or the last would be above 2**64 - 1.
    """
    first = as_seed(seed)
    if first + count - 1 > MAX_SEED:
        raise ParameterError(
            explain("seed", first, f"result {count} would have seed {first + count - 1}, above 2**64 - 1",
                    f"try {MAX_SEED - count + 1}")
        )
    return range(first, first + count)


def _check_known(given: Mapping[str, Any], names: list[str], problem: str) -> None:
    for name, value in given.items():
        if name not in names:
            raise ParameterError(explain(name, reprlib.repr(value), problem, f"these are: {', '.join(names)}"))
