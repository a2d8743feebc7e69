"""What is done with which pictures, and the files that come of it: the same wherever a result is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .. import io
from ..checks import size_of
from ..errors import PatchloomError
from ..params import GPNNParams
from ..types import Plan, Result
from .metadata import PART, entry, metadata
from .sizes import Side, resolve_size
from .task import MAP, Options, Pictures, Task

BESIDE = "patchloom:beside"
"""What a file's metadata calls the list of what was written beside it on request, such as a preview."""

FIELD = "field"
"""The part of a result that is its nearest-neighbour field; the picture itself is ``""``, and a map ``map NAME``."""


@dataclass(frozen=True, eq=False)
class Given:
    """One of the pictures that decide a result, read.

    Attributes
    ----------
    role : str
        Its part in it, as files record it: an argument's, a companion's or a map's.
    picture : Picture
        What was read.
    path : str
        Where files say that it is; empty where that is nobody's business (`patchloom.catalogue.told`).
    """

    role: str
    picture: io.Picture
    path: str = ""


@dataclass(frozen=True, eq=False)
class Loaded:
    """All pictures that decide a result."""

    given: tuple[Given, ...]

    @property
    def pictures(self) -> tuple[io.Picture, ...]:
        """The pictures alone."""
        return tuple(one.picture for one in self.given)

    def of(self, role: str) -> list[io.Picture]:
        """Return the pictures of a role."""
        return [one.picture for one in self.given if one.role == role]

    def lead(self, task: Task) -> io.Picture:
        """Return the picture that names the result: the one that changes, or the first of many."""
        return self.of(task.takes[-1])[0]

    def maps(self) -> dict[str, list[io.Picture]]:
        """Return the pictures of each map, by its name."""
        roles = dict.fromkeys(one.role for one in self.given if one.role.startswith(MAP))
        return {role.removeprefix(MAP): self.of(role) for role in roles}

    def for_plan(self, task: Task, map_weights: Mapping[str, float]) -> Pictures:
        """Return the pixels as a plan takes them."""
        return task.pictures([(one.role, one.picture.pixels) for one in self.given], map_weights)

    def entries(self) -> list[dict[str, str]]:
        """Return what is recorded of all of them."""
        return [entry(one.role, one.picture.name, one.picture.sha256, one.path) for one in self.given]


@dataclass(frozen=True, eq=False)
class Work:
    """What is done with which pictures; a seed makes it a plan.

    Attributes
    ----------
    task : Task
        What is done.
    options : mapping
        The task's own, but for the size.
    params : GPNNParams
        All numbers.
    map_weights : mapping of str to float
        By the map's name.
    size : pair of sides, optional
        See `patchloom.catalogue.resolve_size`.
    beside : mapping of str to callable
        More files: name -> what makes their pixels of the result's.
    """

    task: Task
    options: Options
    params: GPNNParams
    map_weights: Mapping[str, float] = field(default_factory=dict)
    size: tuple[Side, Side] | None = None
    beside: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def resolved(self, loaded: Loaded) -> Options:
        """Return the options with the size in pixels."""
        own = size_of(loaded.lead(self.task).pixels)
        size = None if self.size is None else resolve_size(self.size, own)
        return {**self.options, "size": size}

    def plan(self, loaded: Loaded, seed: int) -> Plan:
        """Return what a run needs."""
        pictures = loaded.for_plan(self.task, self.map_weights)
        return self.task.plan(pictures, self.resolved(loaded), self.params, seed)

    def metadata(self, loaded: Loaded, plan: Plan) -> dict[str, str]:
        """Return what the result's file says about itself."""
        about = metadata(
            self.task, options=self.resolved(loaded), params=self.params, map_weights=self.map_weights,
            sources=loaded.entries(), plan=plan,
        )
        return {**about, **({BESIDE: json.dumps(list(self.beside))} if self.beside else {})}

    def suffix(self, loaded: Loaded, pixels: Any) -> str:
        """Return what the result's default name ends with: the first that holds such pixels."""
        delivery = self.task.delivery
        likely = [delivery.suffix(picture) for picture in (loaded.lead(self.task), loaded.pictures[0])]
        return delivery.first_that_holds(pixels, likely)

    def besides(self, loaded: Loaded, suffix: str, *, save_nnf: bool) -> dict[str, str]:
        """Return what lies beside a result: part -> what its name ends with, after the result's without suffix.

        Parameters
        ----------
        loaded : Loaded
            The inputs.
        suffix : str
            Of the result.
        save_nnf : bool
            Whether its field is asked for.
        """
        alike = suffix if self.task.delivery.moving else ""
        return {
            **({FIELD: io.FIELD_SUFFIXES[0]} if save_nnf else {}),
            **{MAP + name: f"_{name}{alike or found[0].suffix}" for name, found in loaded.maps().items()},
            **{name: f"_{name}{suffix}" for name in self.beside},
        }

    def check(self, loaded: Loaded, pixels: Any, suffix: str) -> None:
        """Refuse a suffix whose files cannot hold the result, or what lies beside it.

        Raises
        ------
        PatchloomError
            If it is so.
        """
        delivery = self.task.delivery
        delivery.check(pixels, suffix)
        for name, found in loaded.maps().items() if delivery.moving else ():
            delivery.check_map(name, found[0].pixels, suffix)

    def encode(
        self, part: str, result: Result, loaded: Loaded, suffix: str, about: Mapping[str, str]
    ) -> bytes:
        """Return the bytes of a file: ``""`` is the result's, and else a part of `besides`.

        Parameters
        ----------
        part : str
            Which file.
        result : Result
            Of the run.
        loaded : Loaded
            What it was made from, with the colour profiles.
        suffix : str
            Of the file.
        about : mapping of str to str
            What the result's file says about itself.
        """
        icc = loaded.pictures[0].icc                      # of the picture that the colours come from
        delivery = self.task.delivery
        if not part:
            return delivery.encode(result, self.resolved(loaded), suffix, icc, about)
        if part == FIELD:
            return io.encode_field(result.transform, metadata=about)
        more = said_by(part, about)
        if part in self.beside:
            return io.encode(self.beside[part](result.image), suffix, icc=icc, metadata=more)
        name = part.removeprefix(MAP)
        profile = loaded.maps()[name][0].icc
        return delivery.encode_map(result, self.resolved(loaded), name, suffix, profile, more)


@contextmanager
def called(part: str) -> Iterator[None]:
    """Have errors about a picture call it by its part."""
    try:
        yield
    except PatchloomError as error:
        text = str(error)
        raise type(error)(part + text.removeprefix("image") if text.startswith("image=") else text) from error


def said_by(part: str, about: Mapping[str, str]) -> dict[str, str]:
    """Return what the file of a part says about itself.

    Parameters
    ----------
    part : str
        ``""`` for the result itself, or of `Work.besides`.
    about : mapping of str to str
        What the result's file says.
    """
    return {**about, **({PART: part} if part not in ("", FIELD) else {})}
