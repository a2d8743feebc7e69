"""Models of `patchloom.singan` <-> safetensors files; torch is loaded by the calls, not by the import."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileError, explain
from .formats import shown
from .reading import read_bytes
from .writing import check_writable, place

if TYPE_CHECKING:
    from ..singan import Model

MODEL_SUFFIXES = (".safetensors",)
"""Suffixes of models, for `check_writable`."""

_MOST = 1 << 33                                           # 8 GiB: 32 scales of the widest networks take less than 4


def save_model(path: str | os.PathLike[str], model: Model, *, force: bool = False) -> None:
    """Write a model: to a temporary name in its folder, then renamed; the same model gives the same bytes.

    It returns once the disk has the file: a power cut or a kill leaves the old one or the new one, whole. What a kill
    leaves of the temporary one goes when the model is next written.

    Parameters
    ----------
    path : path
        Ends with ``.safetensors``. Folders are made.
    model : Model
        Of `patchloom.singan.train`, or of a step of a training: that can go on from the file.
    force : bool
        Replace an existing file.

    Raises
    ------
    FileError
        If it cannot be written; nothing is left behind.
    InputError
        If it is no model with a trained scale.
    MissingExtraError
        If torch is not installed.
    """
    from ..singan.files import pack

    check_writable(path, force=force, suffixes=MODEL_SUFFIXES)
    place(path, pack(model), force=force, durable=True)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save_model` or ``patchloom singan train`` wrote; nothing in the file is run.

    Raises
    ------
    FileError
        If the file cannot be read, is no model, is damaged, or of a later version.
    MissingExtraError
        If torch is not installed.
    """
    return read_model(path)[0]


def read_model(path: str | os.PathLike[str]) -> tuple[Model, str]:
    """Return what `load_model` does, and the SHA-256 of the very bytes that it was read from.

    Errors are those of `load_model`.
    """
    from ..singan.files import unpack

    size = 0
    with contextlib.suppress(OSError, ValueError):        # told when it is read
        size = Path(path).stat().st_size
    if size > _MOST:
        raise FileError(explain("model", f"{shown(path)} ({size} bytes)", f"must have at most {_MOST}",
                                "pass a model of patchloom singan train"))
    data = read_bytes(path, "model")
    return unpack(data, shown(path)), hashlib.sha256(data).hexdigest()
