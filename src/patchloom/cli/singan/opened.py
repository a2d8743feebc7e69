"""The MODEL that a command was given: read from its file, or still to be read or trained."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import io
from ..exits import say
from ..inputs import Source

if TYPE_CHECKING:
    from ...singan import Model


@dataclass(frozen=True, eq=False)
class Opened:
    """A model, and what is known of it.

    Attributes
    ----------
    source : Source
        The file that it came from.
    model : Model
        What it is; without scales until it is `ready`.
    sha256 : str
        Of the file.
    role : {"model", "image"}
        What the file holds: a model, or the picture that it is to be trained on.
    icc : bytes, optional
        The picture's colour profile.
    outputs : tuple of Path
        Files that training writes.
    ready : callable, optional
        Makes it ready to be used, by training or reading it, once everything else is checked.
    """

    source: Source
    model: Model
    sha256: str
    role: str = "model"
    icc: bytes | None = None
    outputs: tuple[Path, ...] = ()
    ready: Callable[[], Opened] | None = None

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.source.label


def open_model(path: Path, values: Mapping[str, Any]) -> Opened:
    """Return the model of a file; one whose training was stopped is said to be such.

    Parameters
    ----------
    path : Path
        Of the file.
    values : mapping
        All options of the command.
    """
    model, sha256 = io.read_model(path)
    trained = len(model.scales)
    if trained < model.count and not values["quiet"]:
        say(f"note: only {trained} of {model.count} scales of {io.shown(path.name)} are trained, and results come from "
            "the last of them; train --resume goes on")
    return Opened(Source(path), model, sha256, icc=model.icc)


class Shelf:
    """Models for a call that takes several: each is opened once for all that is made with it, and one is held."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._held: Opened | None = None
        self._later: dict[Hashable, Opened] = {}

    def take(self, key: Hashable, opens: Callable[[], Opened]) -> Opened:
        """Return the model that is held, if it has that key; otherwise the one that `opens` returns is held now."""
        if self._held is None or key != self._key:
            self._held = None                             # before there are two
            self._key, self._held = key, opens()
        return self._held

    def later(self, key: Hashable, file: Opened, opens: Callable[[], Opened]) -> Opened:
        """Return the model of a key without its weights: the same for all that is made with it."""
        if key not in self._later:
            bare = replace(file.model, scales=(), unfinished=None)
            again = replace(file, model=bare, ready=lambda: self.take(key, opens))
            self._later[key] = again if file.ready is None else file
        return self._later[key]
