"""Named arrays <-> ``.npz`` files; no pickles, and the same arrays give the same bytes."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from ..errors import FileError, explain
from .formats import shown


def pack_arrays(arrays: Mapping[str, Any]) -> bytes:
    """Return the bytes of an archive of arrays, in their order."""
    file = BytesIO()
    # numpy.savez would write the time into the archive.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(name + ".npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
    return file.getvalue()


def unpack_arrays(
    path: str | os.PathLike[str], what: str, allowed: str, remedy: str, *, most: int, data: bytes | None = None
) -> dict[str, Any]:
    """Return all arrays of a file as they are.

    Parameters
    ----------
    path : path
        The file.
    what, allowed, remedy : str
        What errors call it, what it must be, and what to do if it is not.
    most : int
        Bytes that it may have when unpacked.
    data : bytes, optional
        What the file holds, if that has been read already.

    Raises
    ------
    FileError
        If the file cannot be read, or is no archive of arrays.
    """
    try:
        with zipfile.ZipFile(_opened(path, data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > most:
            raise FileError(explain(what, f"{shown(path)} ({size} bytes when unpacked)", allowed, remedy))
        with np.load(_opened(path, data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileError:
        raise
    except OSError as error:
        raise unreadable(path, what, error) from error
    # A damaged archive fails in the reader of zip, deflate or npy.
    except Exception as error:
        got = f"{shown(path)} ({shown(' '.join(str(error).split()))})"
        raise FileError(explain(what, got, allowed, remedy)) from error


def _opened(path: str | os.PathLike[str], data: bytes | None) -> Any:
    return path if data is None else BytesIO(data)


def unreadable(path: str | os.PathLike[str], what: str, error: OSError) -> FileError:
    """Return the error that says why a file could not be read."""
    reason = (error.strerror or str(error)).lower()
    return FileError(explain(what, f"{shown(path)} ({reason})", "must be a file that can be read", "check the path"))
