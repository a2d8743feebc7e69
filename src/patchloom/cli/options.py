"""Options made from `params`: names, defaults, bounds, units, help and errors are typed nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any, TypeVar

import click

from ..checks import MAX_SIDE
from ..errors import ParameterError, explain
from ..params import DIVERSITIES, PRESETS, GPNNParams, Number, check, numbers, with_diversity, with_patch_size
from ..regions import MOST_FEATHER, as_feather
from ..types import Size

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")

MAX_COUNT = 10_000

_NAME = re.compile(r"[\w-]+")
_SIDE = re.compile(r"(?P<number>\d+(?:\.\d{1,6})?)(?P<percent>%?)")


class Checked(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4 only
    """An option whose text one of Patchloom's own checks reads, so that its errors are the library's.

    Parameters
    ----------
    name : str
        What help shows in the value's place.
    check : callable
        Text -> value, or a `PatchloomError`.
    choices : iterable of str
        What shells complete to.
    text : callable
        Value -> text that `check` makes the same value of: what a file records of a command's own option.
    """

    def __init__(
        self, name: str, check: Callable[[str], Any], choices: tuple[str, ...] = (), text: Callable[[Any], str] = str
    ) -> None:
        self.name = name
        self.check = check
        self.choices = choices
        self.text = text

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the text says."""
        return self.check(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Return the choices that begin so."""
        begun = [choice for choice in self.choices if choice.startswith(incomplete)]
        return [click.shell_completion.CompletionItem(choice) for choice in begun]


def as_number(text: str) -> int | float | str:
    """Return the number that `text` says, or else `text` itself for a check to refuse."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def number_options(preset: Any) -> list[click.Option]:
    """Return an option for every number of a preset that is not for experts; help tells the preset's values."""
    return [
        number_option(item.name, item.metadata["number"], getattr(preset, item.name), type(preset))
        for item in fields(preset)
        if not item.metadata["number"].expert
    ]


def number_option(name: str, number: Number, default: Any, params: type[Any] = GPNNParams) -> click.Option:
    """Return the option for a number of `params`, whose default its help tells."""
    if number.choices:
        kind = Checked("[" + "|".join(number.choices) + "]", partial(check, params, name), number.choices)
    else:
        metavar = "INTEGER" if isinstance(default, int) else "NUMBER"
        kind = Checked(metavar, lambda text: check(params, name, as_number(text)))
    flag = "--" + name.replace("_", "-")
    text = f"{number.help}  [{_limits(name, number, default)}]"
    return click.Option([flag, name], type=kind, metavar=kind.name, help=text)


def _limits(name: str, number: Number, default: Any) -> str:
    """Default, range and unit of a number, as help shows them."""
    if number.choices:
        return f"default: {default}"
    unit = f" {number.unit}" if number.unit else ""
    odd = "odd, " if number.odd else ""
    shown = "chosen from the picture" if name == "coarsest" and default == 0 else f"{default:g}"
    return f"default: {shown}; {odd}{number.low:g} to {number.high:g}{unit}"


def choice(name: str, choices: tuple[str, ...]) -> Checked:
    """Return the type of an option that is one of some words."""
    return Checked("[" + "|".join(choices) + "]", partial(_one_of, name, choices), choices)


def preset_options(presets: tuple[str, ...]) -> list[click.Option]:
    """Return ``--preset``, if there are several to choose from."""
    kind = choice("preset", presets)
    text = f"Where the numbers that are not given come from.  [default: {presets[0]}]"
    return [click.Option(["--preset"], type=kind, metavar=kind.name, help=text)] if len(presets) > 1 else []


def preview_option(command: Command) -> Command:
    """Give a command ``--preview``."""
    text = "Write also the result three times in both directions, beside it as STEM_preview."
    return click.option("--preview", is_flag=True, help=text)(command)


def feather_option(text: str, default: int | None = 0, told: str = "") -> Callable[[Command], Command]:
    """Give a command ``--feather``: what help says of it, and its default, told in words where it is none."""
    kind = Checked("INTEGER", lambda given: as_feather(as_number(given)))
    help = f"{text}  [default: {told or default}; 0 to {MOST_FEATHER}]"
    return click.option("--feather", type=kind, default=None if default is None else str(default), help=help)


def diversity_option(command: Command) -> Command:
    """Give a command ``--diversity``."""
    kind = choice("diversity", DIVERSITIES)
    text = ("How far from the source's layout; sets --coarsest, --noise and how much may stay in place."
            "  [default: the preset's own]")
    return click.option("--diversity", type=kind, metavar=kind.name, help=text)(command)


def _one_of(name: str, choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ParameterError(explain(name, repr(text), "must be one of " + ", ".join(choices)))
    return text


def as_params(values: Mapping[str, Any], presets: tuple[str, ...]) -> GPNNParams:
    """Return the numbers that the options say: the preset's, then the diversity's, then the given ones.

    The patch size comes first: `coarsest` keeps as many patches, and the diversity counts in patches.
    """
    given = {name: values[name] for name in numbers() if values.get(name) is not None}
    params = PRESETS[values.get("preset") or presets[0]]
    params = with_patch_size(params, given.get("patch_size", params.patch_size))
    if values.get("diversity") is not None:
        params = with_diversity(params, values["diversity"])
    return replace(params, **given)


def as_count(text: str) -> int:
    """Return a number of pictures."""
    count = as_number(text)
    if not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise ParameterError(explain("count", text, f"must be a whole number, 1 to {MAX_COUNT}"))
    return count


Side = tuple[float, bool]


def as_size_request(text: str) -> tuple[Side, Side]:
    """Return what ``300x200``, ``150%`` or ``150%x100%`` says (width first), as (rows, columns).

    Each is (number, whether it is a percentage).
    """
    parts = re.split("[xX×]", text.replace(" ", ""))
    sides = [_SIDE.fullmatch(part) for part in parts]
    found = [(float(side["number"]), bool(side["percent"])) for side in sides if side]
    whole = all(percent or number.is_integer() for number, percent in found)
    if len(found) != len(parts) or not whole or len(parts) > 2 or (len(parts) == 1 and not found[0][1]):
        raise ParameterError(
            explain("size", repr(text), "must be WIDTHxHEIGHT in pixels or a percentage",
                    "try 300x200, 150% or 150%x100%")
        )
    if any(number > MAX_SIDE * (100 if percent else 1) for number, percent in found):
        raise ParameterError(
            explain("size", repr(text), f"a side has at most {MAX_SIDE} pixels", "ask for less")
        )
    return found[-1], found[0]


def resolve_size(request: tuple[Side, Side] | None, own: Size) -> Size:
    """Return (rows, columns) of the result from what was asked for and the picture's own size."""
    if request is None:
        return own
    rows, cols = (
        int(side * number / 100 + 0.5) if percent else int(number)
        for (number, percent), side in zip(request, own, strict=True)
    )
    return rows, cols


def as_pair(what: str, text: str) -> tuple[str, str]:
    """Return (name, rest) of ``NAME=REST``; the name becomes part of a file's."""
    name, equals, rest = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise ParameterError(
            explain(what, repr(text), f"must be NAME={'NUMBER' if what == 'map_weight' else 'FILE'}, the name of "
                    "letters, digits, - and _", "try normal=1" if what == "map_weight" else "try normal=normal.png")
        )
    return name, rest


def as_map_weight(text: str) -> tuple[str, float]:
    """Return (name, weight) of ``NAME=NUMBER``."""
    name, rest = as_pair("map_weight", text)
    try:
        return name, float(rest)
    except ValueError:
        raise ParameterError(explain("map_weight", repr(text), "must be NAME=NUMBER", "try normal=1")) from None


def gathered(pairs: Sequence[tuple[str, T]]) -> dict[str, list[T]]:
    """Return pairs as a mapping to all that came with a name, in order."""
    found: dict[str, list[T]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def by_name(what: str, pairs: Sequence[tuple[str, T]]) -> dict[str, T]:
    """Return pairs as a mapping; a name that comes twice is an error."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParameterError(explain(what, repr(twice), "was given twice", "give each map a name of its own"))
    return found
