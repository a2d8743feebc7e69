"""What makes one command different from another: its pictures, its own options, and how they become a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from .. import io, tasks
from ..params import GPNNParams
from ..types import Plan, Result
from .output import DEFAULT_NAME

Options: TypeAlias = Mapping[str, Any]
"""A command's own options by name; ``size`` is (rows, columns) or None, brought to pixels."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """What a plan is made from: pixels as `patchloom.io.read` gives them.

    Attributes
    ----------
    images : tuple
        The pictures of the command's arguments, in order.
    companions : mapping
        Those of its roles that were given, by the role's name.
    maps : mapping
        Maps by name; of a command that takes many pictures, a tuple with one for each.
    map_weights : mapping
        How much each counts in the search.
    """

    images: tuple[Any, ...]
    companions: Mapping[str, Any]
    maps: Mapping[str, Any]
    map_weights: Mapping[str, float]

    @property
    def image(self) -> Any:
        """The picture that changes from job to job: of a pair the second."""
        return self.images[-1]

    @property
    def source(self) -> Any:
        """The first picture: of a pair the one that patches come from."""
        return self.images[0]

    def get(self, role: str) -> Any:
        """Return the companion of that role, or None."""
        return self.companions.get(role)


@dataclass(frozen=True)
class Role:
    """A picture that goes with another: a file for all inputs, a folder with one for each, or a template.

    Attributes
    ----------
    name : str
        Of the option, with ``_`` for ``-``.
    help : str
        One sentence.
    required : bool
        The command does not go without it.
    """

    name: str
    help: str
    required: bool = False


def _encode(result: Result, options: Options, suffix: str, icc: bytes | None, metadata: Mapping[str, str]) -> bytes:
    return io.encode(result.image, suffix, icc=icc, metadata=metadata)


def _same_pixels(data: bytes, other: bytes) -> bool:
    if data == other:
        return True
    made, was = (io.read(None, data=one).pixels for one in (data, other))
    arrays = np.asarray(made), np.asarray(was)
    return arrays[0].dtype == arrays[1].dtype and np.array_equal(*arrays)


def _run(plan: Plan, options: Options, **how: Any) -> Result:
    return tasks.run(plan, **how)


def _own_suffix(picture: io.Picture) -> str:
    return picture.suffix


@dataclass(frozen=True)
class Delivery:
    """How a plan becomes a file.

    Attributes
    ----------
    suffixes : tuple of str
        What ``--out`` may end with.
    suffix : callable
        Picture that was read -> suffix of the default name.
    check : callable
        (pixels, suffix) -> nothing, or an error if the file could not hold such pixels.
    run : callable
        (plan, options, threads=, memory=, on_step=) -> `Result`.
    encode : callable
        (result, options, suffix, profile, metadata) -> the file's bytes.
    same : callable
        (bytes, bytes) of two files -> whether they look the same.
    moving : bool
        Results are frames; so are those of their maps, in files of the same kind.
    """

    suffixes: tuple[str, ...] = io.WRITABLE
    suffix: Callable[[io.Picture], str] = _own_suffix
    check: Callable[[Any, str], None] = io.check_mode
    run: Callable[..., Result] = _run
    encode: Callable[[Result, Options, str, bytes | None, Mapping[str, str]], bytes] = _encode
    same: Callable[[bytes, bytes], bool] = _same_pixels
    moving: bool = False


@dataclass(frozen=True)
class Task:
    """One command.

    Attributes
    ----------
    name : str
        Of the command.
    plan : callable
        (pictures, options, numbers, seed) -> `Plan`.
    takes : tuple of str
        Roles of the arguments: one picture, or a fixed one and another that may be many files.
    many : bool
        All arguments together make one result.
    roles : tuple of Role
        Companions.
    presets : tuple of str
        Names in `PRESETS`, the default first; ``--preset`` is offered where there are several.
    size : {"optional", "required", ""}
        Whether ``--size`` is offered, relative to the picture that changes (of many, the first).
    beside : mapping of str to callable
        More files: of a flag's name, pixels of the result -> those of a picture beside it.
    template : str
        Default name of a result.
    delivery : Delivery
        How the result becomes a file.
    """

    name: str
    plan: Callable[[Pictures, Options, GPNNParams, int], Plan]
    takes: tuple[str, ...] = ("image",)
    many: bool = False
    roles: tuple[Role, ...] = ()
    presets: tuple[str, ...] = ()
    size: Literal["optional", "required", ""] = "optional"
    beside: Mapping[str, Callable[[Any], Any]] = field(default_factory=lambda: MappingProxyType({}))
    template: str = ""
    delivery: Delivery = field(default_factory=Delivery)

    def __post_init__(self) -> None:
        object.__setattr__(self, "presets", self.presets or (self.name,))
        template = self.template or DEFAULT_NAME.replace("{stem}", f"{{stem}}_{self.name}")
        object.__setattr__(self, "template", template)
