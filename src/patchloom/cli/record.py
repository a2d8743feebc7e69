"""What is written down about a result: in its file, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from .. import catalogue
from ..types import Plan, Result
from .jobs import Job, Target
from .options import Checked
from .output import STDOUT


def recorded(options: list[click.Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's own options as JSON can hold them and `given_again` reads them; what is not given is left out.

    Parameters
    ----------
    options : list of click options
        The command's own.
    values : mapping
        Their values.
    """
    found = {}
    for option in options:
        value, write = values[str(option.name)], str if isinstance(option.type, Checked) else _as_is
        unset = value is None or value == () or (value is False and not option.secondary_opts)
        if not unset:
            found[str(option.name)] = [write(item) for item in value] if option.multiple else write(value)
    return found


def given_again(options: list[click.Option], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a command's own options from what `recorded` made of them.

    Raises
    ------
    InputError or click.UsageError
        If a value is not one, or is missing.
    ValueError
        If there is no such option.
    """
    unknown = set(told) - {option.name for option in options}
    if unknown:
        raise ValueError(f"options {', '.join(sorted(unknown))}")
    words = [word for option in options if option.name in told for word in _typed(option, told[option.name])]
    return click.Command("", params=list(options)).make_context("", words).params


def _typed(option: click.Option, value: Any) -> list[str]:
    """Return an option as it is typed."""
    if option.is_flag:
        return option.opts[:1] if value else option.secondary_opts[:1]
    return [f"{option.opts[0]}={item}" for item in (value if option.multiple else [value])]


def _as_is(value: Any) -> Any:
    return value


def output_entry(job: Job, target: Target, plan: Plan, result: Result) -> dict[str, Any]:
    """Return what ``--json`` tells about one result."""
    rows, cols = plan.sizes[0]
    besides = {part: str(path) for part, path in target.besides.items()}
    maps = [part for part in besides if part.startswith(catalogue.MAP)]
    return {
        "path": STDOUT if target.path is None else str(target.path),
        "nnf": besides.pop(catalogue.FIELD, None),
        "maps": {part.removeprefix(catalogue.MAP): besides.pop(part) for part in maps},
        **besides,
        "source": job.label,
        "seed": target.seed,
        "width": cols,
        "height": rows,
        "covered": None if plan.blend is None else round(plan.blend.covered, 6),
        "parameters": catalogue.parameters(plan.params),
        "methods": result.methods,
        "iterations": result.iterations,
        "device": result.device,
    }
