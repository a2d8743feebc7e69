"""What makes one task different from another: its pictures, its own options, and how they become a plan and a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from .. import io, tasks
from ..checks import from_image
from ..errors import ImageError, InputError
from ..params import GPNNParams
from ..types import Plan, Result
from .option import Option

Options: TypeAlias = Mapping[str, Any]
"""A task's own options by name, canonical; ``size`` is (rows, columns) or None."""

MAP = "map "
"""What a map's role begins with; its name follows."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """What a plan is made from: pixels as `patchloom.io.read` gives them.

    Attributes
    ----------
    images : tuple
        The pictures that the task takes, in order.
    companions : mapping
        Those of its roles that were given, by the role's name.
    maps : mapping
        Maps by name; of a task that takes many pictures, a tuple with one for each.
    map_weights : mapping
        How much each counts in the search.
    """

    images: tuple[Any, ...]
    companions: Mapping[str, Any] = field(default_factory=dict)
    maps: Mapping[str, Any] = field(default_factory=dict)
    map_weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def image(self) -> Any:
        """The picture that changes: of a pair the second."""
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
    """A picture that goes with another.

    Attributes
    ----------
    name : str
        As in the Python call; in a request and in files' metadata too.
    help : str
        One sentence.
    required : bool
        The task does not go without it.
    kind : {"mask", "picture"}
        Whether only black and white count.
    flag : str
        What the command line calls it where that is not its name, with ``_`` for ``-``.
    """

    name: str
    help: str
    required: bool = False
    kind: Literal["mask", "picture"] = "mask"
    flag: str = ""

    @property
    def word(self) -> str:
        """What the command line calls it, with ``_`` for ``-``."""
        return self.flag or self.name


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
        What its name may end with.
    suffix : callable
        Picture that was read -> suffix of the default name.
    check : callable
        (pixels, suffix) -> nothing, or an error if the file could not hold such pixels.
    run : callable
        (plan, options, threads=, memory=, on_step=, cancel=) -> `Result`.
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

    def holds(self, pixels: Any, suffix: str) -> bool:
        """Return whether a file of that suffix, one of `suffixes`, can hold such pixels."""
        try:
            self.check(pixels, suffix)
        except InputError:
            return False
        return suffix in self.suffixes

    def first_that_holds(self, pixels: Any, suffixes: Sequence[str]) -> str:
        """Return the first suffix whose files hold such pixels (a pair may differ in kind), else the last."""
        return next((suffix for suffix in suffixes if self.holds(pixels, suffix)), suffixes[-1])

    def check_map(self, name: str, pixels: Any, suffix: str) -> None:
        """Refuse a map that a file of that suffix cannot hold, by its name."""
        try:
            self.check(pixels, suffix)
        except InputError as error:
            raise ImageError(f"map {name}: {error}") from None

    def encode_map(
        self, result: Result, options: Options, name: str, suffix: str, icc: bytes | None, metadata: Mapping[str, str]
    ) -> bytes:
        """Return the bytes of a map's file."""
        pixels = result.maps[name]
        if self.moving:
            return self.encode(replace(result, image=pixels[0], frames=pixels), options, suffix, icc, metadata)
        return io.encode(pixels, suffix, icc=icc, metadata=metadata)


def sample(plan: Plan) -> Any:
    """Return a pixel of what a run will return: its mode, or dtype and channels."""
    layer = plan.layers[""]
    return from_image(np.zeros((1, 1, layer.value.shape[2]), np.float32), layer.kind)


@dataclass(frozen=True)
class Task:
    """One application.

    Attributes
    ----------
    name : str
        Of the function, the command and the request.
    title : str
        A few words for people.
    help : str
        One sentence.
    plan : callable
        (pictures, options, numbers, seed) -> `Plan`.
    takes : tuple of str
        Roles of the pictures: one, or a fixed one and another that may be many files.
    many : bool
        All pictures together make one result.
    roles : tuple of Role
        Companions.
    options : tuple of Option
        Its own parameters.
    presets : tuple of str
        Names in `PRESETS`, the default first; by default the task's own.
    diversity : bool
        Whether a word of `DIVERSITIES` may set its numbers.
    size : {"optional", "required", ""}
        Whether a size may be asked for.
    delivery : Delivery
        How the result becomes a file.
    check : callable, optional
        (names of the roles that are given, options, of which ``size`` may be of any kind) -> nothing, or an error where
        they say too little or too much; what it takes no pictures to know.
    """

    name: str
    title: str
    help: str
    plan: Callable[[Pictures, Options, GPNNParams, int | None], Plan]
    takes: tuple[str, ...] = ("image",)
    many: bool = False
    roles: tuple[Role, ...] = ()
    options: tuple[Option, ...] = ()
    presets: tuple[str, ...] = ()
    diversity: bool = False
    size: Literal["optional", "required", ""] = "optional"
    delivery: Delivery = field(default_factory=Delivery)
    check: Callable[[Collection[str], Options], None] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "presets", self.presets or (self.name,))

    def pictures(self, found: Sequence[tuple[str, Any]], map_weights: Mapping[str, float]) -> Pictures:
        """Return pixels as the plan takes them.

        Parameters
        ----------
        found : sequence of (str, picture)
            By their roles: of `takes`, of `roles`, or ``map NAME``.
        map_weights : mapping of str to float
            By the map's name.
        """
        by_role: dict[str, tuple[Any, ...]] = {}
        for role, pixels in found:
            by_role[role] = (*by_role.get(role, ()), pixels)
        return Pictures(
            tuple(pixels for role in self.takes for pixels in by_role[role]),
            {role.name: by_role[role.name][0] for role in self.roles if role.name in by_role},
            {role.removeprefix(MAP): layers if self.many else layers[0]
             for role, layers in by_role.items() if role.startswith(MAP)},
            map_weights,
        )

    @property
    def words(self) -> Mapping[str, str]:
        """What errors may call its companions and options where that is not the name -> the name."""
        found = {role.flag: role.name for role in self.roles if role.flag}
        for option in self.options:
            found.update({word: option.name for word in (option.flag, *option.words) if word})
        return found
