"""What the page's forms are made from: every task with its pictures and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._version import __version__
from ..catalogue import TASKS, Option, Task, finite, number_names, parameter_names
from ..checks import MAX_SIDE
from ..params import DIVERSITIES, MAX_SEED, PRESETS, Number, numbers
from .limits import Limits
from .ordering import IMAGE, image_fields

RESULT, OWN, EXPERT = "result", "task", "expert"
"""Groups of parameters: of the result, of the task, and the numbers that most people leave alone."""

_IMAGES = {
    "image": "The picture that new ones are made from.",
    "source": "The picture that patches come from.",
    "edited": "The same picture after a crude edit.",
    "structure": "The picture whose structure the result shows.",
    "painting": "What should be where, in flat colours; of any size.",
}


def described(limits: Limits) -> dict[str, Any]:
    """Return all tasks as JSON holds them.

    Parameters
    ----------
    limits : Limits
        Of the studio.
    """
    return {
        "version": __version__,
        "limits": {
            "pixels": limits.pixels, "bytes": limits.body, "count": limits.count, "seconds": limits.seconds,
            "queue": limits.queue,
        },
        "tasks": [_task(task, limits) for task in TASKS.values()],
    }


def _task(task: Task, limits: Limits) -> dict[str, Any]:
    known = {option.name: option for option in task.options}
    found = {name: _parameter(task, name, known, limits) for name in parameter_names(task)}
    order = (RESULT, OWN, EXPERT)
    return {
        "name": task.name, "title": task.title, "help": task.help,
        "images": [
            {"name": field, "help": "The pictures, in order." if task.many else _IMAGES[role], "many": task.many}
            for field, role in zip(image_fields(task), task.takes, strict=True)
        ],
        "files": [
            {"name": role.name, "help": role.help, "required": role.required, "kind": role.kind} for role in task.roles
        ],
        "size": task.size,
        "result": "animation" if task.delivery.moving else IMAGE,
        "presets": {
            name: {number: finite(getattr(PRESETS[name], number)) for number in number_names()}
            for name in task.presets
        },
        "parameters": sorted(found.values(), key=lambda entry: order.index(entry["group"])),
    }


def _parameter(task: Task, name: str, own: Mapping[str, Option], limits: Limits) -> dict[str, Any]:
    if name in own:
        return _option(own[name])
    if name in numbers():
        return _number(name, numbers()[name], getattr(PRESETS[task.presets[0]], name))
    return _common(task, limits)[name]


def _entry(name: str, help: str, kind: str, default: Any, group: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "label": name.replace("_", " ").capitalize(), "help": help, "kind": kind, "default": default,
        "low": None, "high": None, "unit": "", "odd": False, "choices": [], "told": "", "group": group, **more,
    }


def _option(option: Option) -> dict[str, Any]:
    default = None if option.default is None else option.plain(option.default)
    bounded = option.kind in ("integer", "number", "weights")
    return _entry(
        option.name, option.help, option.kind, default, OWN, choices=list(option.choices), unit=option.unit,
        told=option.told, low=_bound(option.low) if bounded else None, high=_bound(option.high) if bounded else None,
    )


def _number(name: str, number: Number, default: Any) -> dict[str, Any]:
    kind = "choice" if number.choices else "integer" if isinstance(default, int) else "number"
    return _entry(
        name, number.help, kind, finite(default), EXPERT, choices=list(number.choices), unit=number.unit,
        odd=number.odd, low=None if number.choices else _bound(number.low),
        high=None if number.choices else _bound(number.high),
        told="chosen from the picture" if name == "coarsest" and default == 0 else "",
    )


def _common(task: Task, limits: Limits) -> dict[str, dict[str, Any]]:
    """Return the parameters that are neither a task's own nor numbers of a run."""
    whose = "that of the pictures together" if task.many else "the picture's own"
    found = (
        _entry("size", "Rows and columns of the result.", "size", None, RESULT, low=1, high=MAX_SIDE, unit="px",
               told="" if task.size == "required" else whose),
        _entry("count", "Results to make, each of a seed of its own.", "integer", 1, RESULT, low=1, high=limits.count),
        _entry("seed", "Decides everything random; the next result has the next seed.", "integer", None, RESULT,
               low=0, high=MAX_SEED, told="a fresh one"),
        _entry("diversity", "How far from the picture's layout; sets coarsest, noise and how much may stay in place.",
               "choice", None, OWN, choices=list(DIVERSITIES), told="the preset's own"),
        _entry("preset", "Where the numbers that are not given come from.", "choice", task.presets[0], EXPERT,
               choices=list(task.presets)),
        _entry("map_weights", "How much each map counts in the search, the picture counting 1.", "weights_by_name",
               None, EXPERT, low=0, high=100, told="0"),
    )
    return {entry["name"]: entry for entry in found}


def _bound(value: float) -> float | str | None:
    return None if value == float("-inf") else finite(value)
