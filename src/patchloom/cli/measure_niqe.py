"""Fitting what NIQE compares with, to the pictures of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .. import io, metrics
from ..errors import FileError, ParameterError, PatchloomError, explain
from ..metrics import NiqeModel
from .exits import say
from .inputs import Input, Source, as_sources
from .measure_work import as_rgb
from .output import STDOUT
from .progress import Progress


def as_pristine(folder: str, target: str | None, *, force: bool) -> list[Source]:
    """Return the pictures to fit, if what is fitted has somewhere to go.

    Raises
    ------
    InputError
        If there are none, or the file cannot be written.
    """
    if target is None:
        raise ParameterError(
            explain("fit_niqe", io.shown(folder), "needs a file to write to", "pass --niqe with a new one, such as"
                    " pristine.npz")
        )
    if folder == STDOUT or not io.is_folder(folder, "fit_niqe"):
        raise FileError(explain("fit_niqe", io.shown(folder), "must be a folder of pictures", "check the path"))
    pictures = as_sources([folder])
    io.check_writable(target, force=force, suffixes=io.NIQE_SUFFIXES)
    io.check_inputs_kept([one.path for one in pictures], [Path(target)])
    return pictures


def fitted(pictures: Sequence[Source], target: str, *, rgb: bool, force: bool, quiet: bool) -> NiqeModel:
    """Return the model of pictures, written to a file."""
    now = [pictures[0].label]

    def read(progress: Progress) -> Iterator[Any]:
        for at, one in enumerate(pictures):
            now[0] = one.label
            progress.piece(f"fitting {one.label}", float(at > 0), f"fitting {one.label}")
            pixels = Input("picture", one).read().pixels
            yield as_rgb(pixels) if rgb else pixels

    with Progress(len(pictures), quiet=quiet) as progress:
        try:
            model = metrics.fit_niqe(read(progress), origin=f"{len(pictures)} pictures")
        except PatchloomError as error:
            text = str(error)
            raise type(error)(f"{now[0]}: {text}" if text.startswith("picture ") else text) from error
    io.save_niqe(target, model, force=force)
    if not quiet:
        say(f"{io.shown(target)}  {model.blocks} blocks of {len(pictures)} pictures")
    return model
