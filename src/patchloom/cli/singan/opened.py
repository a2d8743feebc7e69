"""The MODEL that a command was given: read from its file, or still to be trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
        What it is; without scales if it is to be trained.
    sha256 : str
        Of the file.
    role : {"model", "image"}
        What the file holds: a model, or the picture that it is to be trained on.
    icc : bytes, optional
        The picture's colour profile.
    outputs : tuple of Path
        Files that training writes.
    train : callable, optional
        Makes it ready to be used, once everything else is checked.
    """

    source: Source
    model: Model
    sha256: str
    role: str = "model"
    icc: bytes | None = None
    outputs: tuple[Path, ...] = ()
    train: Callable[[], Opened] | None = None

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
