"""Nearest-neighbour fields, with all that applying one takes, <-> ``.npz`` files; no pickles."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import FileError, InputError, explain
from ..params import GPNNParams, check_number
from ..types import NNF, Blend, Transform
from .arrays import pack_arrays, unpack_arrays
from .formats import MAX_PIXELS, shown
from .writing import check_writable, place

FIELD_SUFFIXES = (".npz",)
"""Suffixes of field files, for `check_writable`."""

_BYTES_PER_PATCH = 16
_WITHIN = "must be a field that --save-nnf or save_field wrote"
_REMEDY = "make it again with --save-nnf"


def save_field(
    path: str | os.PathLike[str],
    transform: Transform,
    *,
    metadata: Mapping[str, str] | None = None,
    force: bool = False,
) -> None:
    """Write what a run did to its source, to be done again by `patchloom.apply`; the same call gives the same bytes.

    Parameters
    ----------
    path : path
        Ends with ``.npz``.
    transform : Transform
        Its field is stored as ``index``, ``distance``, ``patch_size`` and ``wrap``, how it votes as
        ``fold``, and how the result was laid over its picture as ``blend`` (float32) and
        ``origin``, or ``parts``: rows of a box and of its place.
    metadata : mapping of str to str, optional
        Stored as JSON text under ``metadata``.
    force : bool
        Replace an existing file.

    Raises
    ------
    FileError
        If it cannot be written; nothing is left behind.
    """
    check_writable(path, force=force, suffixes=FIELD_SUFFIXES)
    place(path, encode_field(transform, metadata=metadata), force=force)


def encode_field(transform: Transform, *, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of the file that `save_field` writes.

    Parameters
    ----------
    transform, metadata
        As for `save_field`.
    """
    nnf, blend = transform.nnf, transform.blend
    arrays: dict[str, Any] = {
        "index": nnf.index, "distance": nnf.distance, "patch_size": np.array(nnf.patch_size),
        "wrap": np.array(nnf.wrap), "fold": np.array(transform.fold),
        "metadata": np.array(json.dumps(dict(metadata or {}))),
    }
    if blend is not None:
        parts = np.array([(*box, *place) for box, place in blend.parts], np.int64).reshape(-1, 6)
        arrays |= {"blend": blend.alpha, "origin": np.array(blend.origin), "parts": parts}
    return pack_arrays(arrays)


def load_field(path: str | os.PathLike[str]) -> Transform:
    """Read a field that `save_field` wrote; files that hold the bare field are read too.

    Raises
    ------
    FileError
        If the file cannot be read or is no such field.
    """
    arrays = load_arrays(path)
    try:
        index, distance = arrays["index"], arrays["distance"]
        patch_size = int(check_number("patch_size", arrays["patch_size"].item()))
        fold = float(check_number("fold", arrays["fold"].item() if "fold" in arrays else GPNNParams.fold))
        rows, cols = arrays.get("wrap", np.zeros(2, np.bool_)).tolist()
        blend = None
        if "blend" in arrays:
            blend = _blend(arrays)
    except InputError as error:
        raise _not_a_field(path, str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_field(path, shown(" ".join(str(error).split()))) from error
    nnf = NNF(index, distance, patch_size, (bool(rows), bool(cols)))
    if (
        (index.dtype, distance.dtype) != (np.int32, np.float32)
        or index.ndim != 3 or index.shape != (*distance.shape, 2) or index.size == 0 or index.min() < 0
    ):
        raise _not_a_field(path, f"index {index.dtype} {index.shape}, distance {distance.dtype} {distance.shape}")
    if blend is not None and not _fits(blend, nnf):
        got = f"blend {blend.alpha.dtype} {blend.alpha.shape}, origin {blend.origin}, {len(blend.parts)} parts"
        raise _not_a_field(path, got)
    return Transform(nnf, blend, fold)


def load_arrays(path: str | os.PathLike[str], data: bytes | None = None) -> dict[str, Any]:
    """Return all arrays of a field file as they are; `data` is what it holds, if that has been read already.

    Raises
    ------
    FileError
        If the file cannot be read, or is no archive of arrays.
    """
    return unpack_arrays(path, "field", _WITHIN, _REMEDY, most=MAX_PIXELS * _BYTES_PER_PATCH, data=data)


def _blend(arrays: dict[str, Any]) -> Blend:
    (top, left), parts = arrays["origin"].tolist(), []
    for numbers in arrays["parts"].tolist() if "parts" in arrays else ():
        box_row, box_col, rows, cols, row, col = (int(number) for number in numbers)
        parts.append(((box_row, box_col, rows, cols), (row, col)))
    return Blend(arrays["blend"], (int(top), int(left)), tuple(parts))


def _fits(blend: Blend, nnf: NNF) -> bool:
    """Whether a blend has the size of the field's result, and nothing but shares; and its parts lie within."""
    alpha = blend.alpha
    less = (0 if round_ else nnf.patch_size - 1 for round_ in nnf.wrap)
    size = tuple(side + more for side, more in zip(nnf.distance.shape, less, strict=True))
    shares = alpha.dtype == np.float32 and alpha.shape == size and bool(((alpha >= 0) & (alpha <= 1)).all())
    within = all(
        min(*box, *place) >= 0 and place[0] + box[2] <= size[0] and place[1] + box[3] <= size[1]
        for box, place in blend.parts
    )
    return shares and within and min(blend.origin) >= 0


def _not_a_field(path: str | os.PathLike[str], got: str) -> FileError:
    return FileError(explain("field", f"{shown(path)} ({got})", _WITHIN, _REMEDY))
