"""Commands that make pictures with a MODEL: what is the same for all of them.

A command is one function in a file of its own; its docstring is the help, its click options are its own ones, and it
is handed to `patchloom.cli.singan` with one line there::

    @making("paint", takes="painting", size=False, short_help="...", epilog=EXAMPLES,
            roles=(Role("mask", "White where ..."),))
    @click.option("--start-scale", type=whole("start_scale", 0, MOST_SCALES), default="1", help="...  [default: 1]")
    def paint(call: Call) -> Sample:
        \"\"\"Make MODEL's picture of each PAINTING.\"\"\"
        from ... import singan

        return singan.paint(call.model, call.picture, mask=call.get("mask"),
                            start_scale=call.options["start_scale"], **call.how)

Given for free: the arguments MODEL and (with `takes`) PICTURE..., which are files, folders or ``-``; companions
(`roles`: a file, a folder with one of the same name for each picture, or a template); ``--count``, ``--seed``,
``--size`` in pixels or per cent (``options["size"]`` is (rows, columns) or None), ``--device``, ``--threads``,
``--out``, ``--force``, ``--json``, ``--quiet``; a bar, metadata, ``rerun``, and errors of one line before anything is
written.

`Call.how` holds `seed`, `device` and `threads`, to be passed on as they are. `Call.tell(share, text)` moves the bar:
how much of the result is done, 0 to 1, and what is being done. Own options are read by `Checked`, `choice` or
`whole`, or are flags, so that a file can record them and `rerun` read them again (see `patchloom.cli.record`).

What differs besides is a field of `Making`: ``like="picture"`` if the result has the pixels of PICTURE and not those of
the picture that the model was trained on; `sized` if its size is another; `delivery` if it is no still picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ...catalogue import Delivery, Options, Role
from ...types import Size
from ..command import output_options
from ..options import THREADS, Checked, result_options, role_options
from .opened import Opened, open_model

if TYPE_CHECKING:
    from ...singan import Model, Sample

MODEL_TASK = "singan "
"""What the name of a command with a model begins with, where a file says that it made it."""


@dataclass(frozen=True, eq=False)
class Call:
    """What one result is made from.

    Attributes
    ----------
    model : Model
        Of the argument.
    picture : array or PIL image
        Of a command that takes pictures, as `patchloom.io.read` gives it; else None.
    companions : mapping
        Pictures of the roles that were given, by the role's name.
    options : mapping
        The command's own by name; ``size`` is (rows, columns) or None.
    how : mapping
        ``seed``, ``device`` and ``threads``.
    tell : callable
        (share of this result that is done, what is being done) -> nothing.
    """

    model: Model
    picture: Any
    companions: Mapping[str, Any]
    options: Options
    how: Mapping[str, Any]
    tell: Callable[[float, str], None]

    def get(self, role: str) -> Any:
        """Return the companion of that role, or None."""
        return self.companions.get(role)


def usual_size(model: Model, picture: Any, options: Options) -> Size:
    """Return (rows, columns) of a result: what was asked for, or that of the model's picture."""
    return options.get("size") or model.size


@dataclass(frozen=True)
class Making:
    """One command.

    Attributes
    ----------
    name : str
        Of the command, in ``patchloom singan``.
    make : callable
        `Call` -> `Sample`.
    takes : str
        What the pictures of the second argument are; empty for none.
    roles : tuple of Role
        Companions.
    size : bool
        ``--size`` is offered.
    like : {"model", "picture"}
        Whose kind of pixels and colour profile the result has.
    sized : callable
        (model, picture, options) -> (rows, columns) of the result.
    opens : callable
        (path, all options) -> the model.
    training : tuple of str
        Own options of a training that `opens` may lead to: nothing to the result where a model was there.
    delivery : Delivery
        How the result becomes a file: `run` and `suffix` are not used.
    """

    name: str
    make: Callable[[Call], Sample]
    takes: str = ""
    roles: tuple[Role, ...] = ()
    size: bool = False
    like: Literal["model", "picture"] = "model"
    sized: Callable[[Model, Any, Options], Size] = usual_size
    opens: Callable[[Path, Mapping[str, Any]], Opened] = open_model
    training: tuple[str, ...] = ()
    delivery: Delivery = field(default_factory=Delivery)

    @property
    def task(self) -> str:
        """What a file says that it is a result of."""
        return MODEL_TASK + self.name

    @property
    def template(self) -> str:
        """Default name of a result."""
        return f"{{stem}}_{self.name}_{{seed}}{{suffix}}"


class ModelCommand(click.Command):
    """A command that makes pictures with a model.

    Parameters
    ----------
    made : Making
        What it does.
    own : list of click options
        Options that only this command has, in the order that help shows.
    help, epilog, short_help : str
        As for click.
    """

    def __init__(self, made: Making, own: list[click.Option], **texts: Any) -> None:
        self.made = made
        self.own = own
        super().__init__(
            made.name, params=[*_arguments(made), *own, *_shared_options(made)], callback=partial(_invoke, self),
            **texts
        )


def making(
    name: str, *, short_help: str, epilog: str, **made: Any
) -> Callable[[Callable[[Call], Sample]], ModelCommand]:
    """Make a command of the function that makes its pictures.

    Parameters
    ----------
    name : str
        Of the command.
    short_help, epilog : str
        As for click.
    **made
        See `Making`.
    """

    def command(make: Callable[[Call], Sample]) -> ModelCommand:
        own = list(reversed(getattr(make, "__click_params__", [])))
        return ModelCommand(Making(name, make, **made), own, help=make.__doc__, epilog=epilog, short_help=short_help)

    return command


def machine_options() -> list[click.Option]:
    """Return ``--device`` and ``--threads``."""
    return [
        click.Option(["--device"], type=Checked("DEVICE", _as_device), default="auto",
                     help="Where torch computes: auto, cpu, cuda, cuda:NUMBER or mps.  [default: auto, the first of "
                          "CUDA, MPS and the CPU that is there]"),
        click.Option(["--threads"], type=THREADS, default="0",
                     help="Threads of the CPU; the last bits of torch's sums may depend on their number."
                          "  [default: 0, which means PATCHLOOM_THREADS or else all cores; 0 to 1024]"),
    ]


def _as_device(name: str) -> str:
    """Return the name of a device that is there."""
    from ...singan.devices import as_device

    as_device(name)
    return name


def _arguments(made: Making) -> list[click.Parameter]:
    found: list[click.Parameter] = [click.Argument(["model"], metavar="MODEL")]
    if made.takes:
        name = made.takes.upper()
        found.append(click.Argument(["images"], nargs=-1, required=True, metavar=f"{name}..."))
    return found


def _shared_options(made: Making) -> list[click.Option]:
    """Return the options that all these commands have."""
    return [
        *role_options(made.roles, f"each {made.takes or 'model'}"),
        *result_options("result", " of each" if made.takes else "", size="the model's picture" if made.size else ""),
        *machine_options(),
        *output_options(made.template),
    ]


def _invoke(command: ModelCommand, **values: Any) -> int:
    """Do what a command line asks for, and return its exit code."""
    from .made import carry_out

    return carry_out(command, Path(values["model"]), values)
