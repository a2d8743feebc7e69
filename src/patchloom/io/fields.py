"""Nearest-neighbour fields <-> ``.npz`` files; no pickles."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from io import BytesIO

import numpy as np

from ..errors import FileError, InputError, explain
from ..params import check_number
from ..types import NNF
from .formats import MAX_PIXELS, shown
from .writing import check_writable, place

FIELD_SUFFIXES = (".npz",)
"""Suffixes of NNF files, for `check_writable`."""

_BYTES_PER_PATCH = 12
_WITHIN = "must be a field that save_nnf wrote"


def save_nnf(
    path: str | os.PathLike[str], nnf: NNF, *, metadata: Mapping[str, str] | None = None, force: bool = False
) -> None:
    """Write a field; the same call gives the same bytes.

    Parameters
    ----------
    path : path
        Ends with ``.npz``.
    nnf : NNF
        Stored as ``index``, ``distance`` and ``patch_size``.
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
    arrays = {
        "index": nnf.index, "distance": nnf.distance, "patch_size": np.array(nnf.patch_size),
        "metadata": np.array(json.dumps(dict(metadata or {}))),
    }
    file = BytesIO()
    # numpy.savez would write the time into the archive.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + ".npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
    place(path, file.getvalue(), force=force)


def load_nnf(path: str | os.PathLike[str]) -> NNF:
    """Read a field that `save_nnf` wrote.

    Raises
    ------
    FileError
        If the file cannot be read or is no such field.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_PIXELS * _BYTES_PER_PATCH:
            raise _not_a_field(path, f"{size} bytes when unpacked")
        with np.load(path, allow_pickle=False) as file:
            index, distance, patch_size = (file[name] for name in ("index", "distance", "patch_size"))
        patch_size = int(check_number("patch_size", patch_size.item()))
    except InputError as error:
        raise error if isinstance(error, FileError) else _not_a_field(path, str(error)) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(
            explain("field", f"{shown(path)} ({reason})", "must be a file that can be read", "check the path")
        ) from error
    # A damaged archive fails in the reader of zip, deflate or npy.
    except Exception as error:
        raise _not_a_field(path, shown(" ".join(str(error).split()))) from error
    if (
        (index.dtype, distance.dtype) != (np.int32, np.float32)
        or index.ndim != 3 or index.shape != (*distance.shape, 2) or index.size == 0 or index.min() < 0
    ):
        raise _not_a_field(path, f"index {index.dtype} {index.shape}, distance {distance.dtype} {distance.shape}")
    return NNF(index, distance, patch_size)


def _not_a_field(path: str | os.PathLike[str], got: str) -> FileError:
    return FileError(explain("field", f"{shown(path)} ({got})", _WITHIN, "make it again with --save-nnf"))
