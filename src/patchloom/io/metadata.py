"""What a file of ours says about itself, read back from where `patchloom.io.write` puts it."""

from __future__ import annotations

import importlib
import json
import os
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import FileError, PatchloomError, explain
from . import animation, deep, headers
from .fields import FIELD_SUFFIXES, load_arrays
from .formats import shown
from .reading import read_bytes
from .shallow import DECODERS

_DESCRIPTION = 270


def read_metadata(path: str | os.PathLike[str], *, data: bytes | None = None) -> dict[str, str]:
    """Return what `write` or `save_field` recorded in a file; empty if that is nothing.

    Parameters
    ----------
    path : path
        A picture, or a field (``.npz``).
    data : bytes, optional
        What the file holds, if that has been read already.

    Returns
    -------
    dict of str to str
        Texts by name.

    Raises
    ------
    FileError
        If the file cannot be read.
    MissingExtraError
        If it has more than 8 bits per channel, is TIFF or EXR, and OpenImageIO is not installed; or is
        MP4, and PyAV is not.
    """
    if Path(path).suffix.lower() in FIELD_SUFFIXES:
        arrays = load_arrays(path, data)
        return _texts(str(arrays["metadata"])) if "metadata" in arrays else {}
    data = read_bytes(path) if data is None else data
    kind = headers.sniff(data)
    try:
        if kind == "EXR" or (kind == "TIFF" and headers.tiff_pages(data)[0].bits > 8):
            return _texts(deep.description(data, ".exr" if kind == "EXR" else ".tif", shown(path)))
        if animation.is_video(data):
            return _texts(animation.video_comment(data))
        return _by_pillow(data, kind) if kind else {}
    except PatchloomError:
        raise
    # Decoders meet damage with whatever their parsers run into.
    except Exception as error:
        reason = shown(" ".join(str(error).split()))
        raise FileError(
            explain("file", f"{shown(path)} ({reason})", "must be a whole picture", "get an undamaged copy")
        ) from error


def _by_pillow(data: bytes, kind: str) -> dict[str, str]:
    module, name = DECODERS[kind].split(".")
    decoder = getattr(importlib.import_module(f"PIL.{module}"), name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with decoder(BytesIO(data)) as file:
            if kind == "PNG":                             # texts before the pixels, where ours are
                return {key: str(value) for key, value in file.info.items() if isinstance(value, str)}
            if kind == "GIF":
                return _texts(file.info.get("comment", b""))
            return _texts(file.getexif().get(_DESCRIPTION, ""))


def _texts(description: Any) -> dict[str, str]:
    """Return the texts of a description, if it is one of ours."""
    try:
        found = json.loads(description)
    except (TypeError, ValueError):
        return {}
    whole = isinstance(found, dict) and all(isinstance(value, str) for value in found.values())
    return found if whole else {}
