"""Options made from `params`: names, defaults, bounds, units, help and errors are typed nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

import click

from ..catalogue import Option, Role, as_size_request
from ..checks import as_real, as_seed, as_threads, as_whole
from ..device.choosing import DEVICES, as_device
from ..errors import ParameterError, explain
from ..params import DIVERSITIES, GPNNParams, Number, check
from ..regions import MOST_FEATHER, as_feather

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")

MAX_COUNT = 10_000

_NAME = re.compile(r"[\w-]+")


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
    """

    def __init__(self, name: str, check: Callable[[str], Any], choices: tuple[str, ...] = ()) -> None:
        self.name = name
        self.check = check
        self.choices = choices

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


def whole(name: str, low: int, high: int, unit: str = "") -> Checked:
    """Return the type of an option that is a whole number."""
    return Checked("INTEGER", lambda text: as_whole(as_number(text), name, low, high, unit))


def real(name: str, low: float, high: float, unit: str = "") -> Checked:
    """Return the type of an option that is any number."""
    return Checked("NUMBER", lambda text: as_real(as_number(text), name, low, high, unit=unit))


SEED = Checked("INTEGER", lambda text: as_seed(as_number(text)))
THREADS = Checked("INTEGER", lambda text: as_threads(as_number(text)))
"""The types of ``--seed`` and ``--threads``."""


def _device(text: str) -> str:
    """Return the name of a device that is there, ``cpu`` for the compiled kernels."""
    found = as_device(text)
    return "cpu" if found is None else str(found)


DEVICE = Checked("[" + "|".join(DEVICES) + "]", _device, DEVICES)
"""The type of ``--device``, whose value is that of a device which is there."""


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


def role_options(roles: Sequence[Role], each: str) -> list[click.Option]:
    """Return an option for every picture that goes with another, or with `each` of them in a folder."""
    return [
        click.Option(
            ["--" + role.word.replace("_", "-"), role.name], metavar="PATH", required=role.required,
            help=f"{role.help} A file, a folder with one of the same name for {each}, or a template."
                 + ("" if role.required else "  [default: none]"),
        )
        for role in roles
    ]


def result_options(
    what: str, of: str, *, size: str, required: bool = False, seed: str = "a fresh one, which is told",
    most: int = MAX_COUNT,
) -> list[click.Option]:
    """Return ``--count``, ``--size`` in per cent of what `size` says, unless that is empty, and ``--seed``.

    Parameters
    ----------
    what, of : str
        What is made, and of each of what.
    size : str
        What a size is in per cent of; empty: there is no ``--size``.
    required : bool
        Whether the size must be given.
    seed : str
        The default of ``--seed``, in words.
    most : int
        The largest ``--count``.
    """
    sides = click.Option(
        ["--size"], metavar="WxH", type=Checked("WxH", as_size_request), required=required,
        help=f"WIDTHxHEIGHT of the results, in pixels or per cent of {size}: 640x480, 150%, 200%x100%."
             + ("" if required else "  [default: 100%]"))
    return [
        click.Option(["--count"], type=Checked("INTEGER", partial(as_count, most=most)), default="1",
                     help=f"{what.capitalize()}s to make{of}.  [default: 1; 1 to {most}]"),
        *([sides] if size else []),
        click.Option(["--seed"], type=SEED,
                     help=f"Decides everything random; {what} i of --count has seed S + i."
                          f"  [default: {seed}; 0 to 2**64 - 1]"),
    ]


def own_option(option: Option) -> click.Option:
    """Return the option of a command for one of its task's parameters."""
    flag = "--" + (option.flag or option.name).replace("_", "-")
    if option.kind == "flag":
        return click.Option([flag, option.name], is_flag=True, help=option.help)
    kind = _own_type(option)
    return click.Option(
        [flag, option.name], type=kind, metavar=kind.name, help=f"{option.help}  [{_own_limits(option)}]"
    )


def _own_type(option: Option) -> Checked:
    if option.kind == "choice":
        return choice(option.name, option.choices)
    if option.kind == "fill":
        return Checked("[" + "|".join((*option.choices, "COLOR")) + "]", option.check, option.choices)
    if option.kind not in ("integer", "number"):
        raise AssertionError(f"the command says itself how {option.name} is typed")
    return Checked(option.kind.upper(), lambda text: option.check(as_number(text)))


def _own_limits(option: Option) -> str:
    """Default, range and unit of a task's own parameter, as help shows them."""
    shown = f"{option.default:g}" if isinstance(option.default, int | float) else option.default
    found = f"default: {option.told or shown}"
    if option.kind not in ("integer", "number"):
        return found
    return f"{found}; {option.low:g} to {option.high:g}" + (f" {option.unit}" if option.unit else "")


def feather_option(text: str, default: int | None = 0, told: str = "") -> Callable[[Command], Command]:
    """Give a command ``--feather``: what help says of it, and its default, told in words where it is none."""
    kind = Checked("INTEGER", lambda given: as_feather(as_number(given)))
    help = f"{text}  [default: {told or default}; 0 to {MOST_FEATHER}]"
    return click.option("--feather", type=kind, default=None if default is None else str(default), help=help)


def diversity_option() -> click.Option:
    """Return ``--diversity``."""
    kind = choice("diversity", DIVERSITIES)
    text = ("How far from the source's layout; sets --coarsest, --noise and how much may stay in place."
            "  [default: the preset's own]")
    return click.Option(["--diversity"], type=kind, metavar=kind.name, help=text)


def _one_of(name: str, choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ParameterError(explain(name, repr(text), "must be one of " + ", ".join(choices)))
    return text


def as_count(text: str, most: int = MAX_COUNT) -> int:
    """Return a number of pictures, at most `most`."""
    count = as_number(text)
    if not isinstance(count, int) or not 1 <= count <= most:
        raise ParameterError(explain("count", text, f"must be a whole number, 1 to {most}"))
    return count


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
