"""Local paths and URLs alike: what fsspec knows (``s3://``, ``gs://``, ``https://`` ...) is a place like any other."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from .. import io
from ..errors import FileError, MissingExtraError, PatchloomError, explain
from .job import File
from .paths import absolute, chained, folder_of, glob_at, is_url, joined, local, name_of, renamed, suffix_of, within

__all__ = [
    "OBJECT_STORES", "absolute", "as_file", "chained", "check_there", "expand", "folder_of", "glob_at", "is_url",
    "joined", "local", "name_of", "place", "read_bytes", "read_standing", "renamed", "suffix_of", "tidy", "within",
]

OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "tos", "r2", "memory")
"""Protocols of stores in which an object appears as a whole or not at all. Elsewhere a name is given at the end."""

_MISSING = ".*"                                           # in the place of a suffix


def read_bytes(path: str, what: str = "image") -> bytes:
    """Return what a file holds.

    Parameters
    ----------
    path : str
        A path, or a URL.
    what : str
        What errors call it.

    Raises
    ------
    FileError
        If it cannot be read.
    MissingExtraError
        If it is a URL, and what its protocol needs is not installed.
    """
    if not is_url(path):
        return io.read_bytes(path, what)
    with _told(what, path, "must be a file that can be read", "check the address and what it needs to be let in"):
        system, name = _system(path)
        return bytes(system.cat_file(name))


def check_there(path: str, what: str = "image") -> None:
    """Refuse a local file that is not there; URLs are not asked.

    Parameters
    ----------
    path : str
        A path, or a URL.
    what : str
        What errors call it.

    Raises
    ------
    FileError
        If it is not there.
    """
    if not is_url(path) and not os.path.exists(path):            # noqa: PTH110  # Path takes longer
        raise FileError(
            explain(what, f"{io.shown(path)} (no such file)", "must be a file that can be read", "check the path")
        )


def missing(folder: str, stem: str) -> str:
    """Return what stands for a picture of a stem where a folder has none: `check_found` tells."""
    return joined(folder, stem + _MISSING)


def check_found(path: str) -> None:
    """Refuse what `missing` returns."""
    if name_of(path).endswith(_MISSING):
        got = f"{io.shown(folder_of(path))} (no picture called {io.shown(name_of(path).removesuffix(_MISSING))})"
        raise FileError(explain("image", got, "the folder must have one for each picture", "add it"))


def read_standing(path: str) -> bytes | None:
    """Return what a file holds, or None where there is none.

    Raises
    ------
    FileError
        If nobody can tell, or it cannot be read.
    """
    if not is_url(path):
        return io.read_bytes(path, "output") if os.path.lexists(path) else None
    try:
        return read_bytes(path, "output")
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


@lru_cache(maxsize=4096)
def tidy(folder: str) -> None:
    """Clear away, once in this process, what killed processes left in a folder; stores of URLs keep no halves."""
    if not is_url(folder):
        io.clear(Path(folder))


def place(path: str, data: bytes, *, force: bool, durable: bool = False) -> None:
    """Put bytes into a file in one step: nobody ever sees half of them.

    In an object store a file appears at once; elsewhere it is written under another name, and then gets its own.

    Parameters
    ----------
    path : str
        A path, or a URL.
    data : bytes
        All that it is to hold.
    force : bool
        Replace an existing file. Without, one that appears at a URL just now may be replaced all the same.
    durable : bool
        As for `patchloom.io.place`, without looking at other files; the stores of URLs see to that themselves.

    Raises
    ------
    FileError
        If it cannot be written.
    MissingExtraError
        If it is a URL, and what its protocol needs is not installed.
    """
    if not is_url(path):
        # To look through a folder for each of a million files in it would take longer than to make them.
        io.place(path, data, force=force, durable=durable, tidy=False)
        return
    with _told("output", path, "must be a place that can be written", "choose another, or see what it needs"):
        system, name = _system(path)
        if not force and system.exists(name):
            raise FileError(explain("output", f"{io.shown(path)} (exists)", "is not overwritten", "pass --force"))
        if path.partition("://")[0] in OBJECT_STORES:
            system.pipe_file(name, data)
            return
        folder = name.rpartition("/")[0]
        system.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.patchloom-{secrets.token_hex(8)}.tmp"
        try:
            system.pipe_file(temporary, data)
            system.mv(temporary, name)
        except BaseException:
            if system.exists(temporary):
                system.rm_file(temporary)
            raise


def as_file(path: str, data: bytes) -> File:
    """Return what is known of a file that holds these bytes."""
    return File(path, hashlib.sha256(data).hexdigest(), len(data))


def expand(text: str) -> list[str]:
    """Return the pictures that a file, a folder or a glob stands for, sorted by name; ``**`` is any depth of folders.

    Files are taken as they are. In folders, and among what a glob finds, what has a picture's suffix and is not hidden
    counts.

    Parameters
    ----------
    text : str
        A path, or a URL.

    Raises
    ------
    FileError
        If it is a folder or a glob without pictures, or a file that is not there, or cannot be looked into.
    MissingExtraError
        If it is a URL, and what its protocol needs is not installed.
    """
    if not text:
        raise FileError(explain("image", "''", "must be a file, a folder or a glob", "try . for the current folder"))
    place = absolute(text)
    found = _at_url(place) if is_url(place) else _local(place)
    if not found:
        raise FileError(explain("image", repr(text), "stands for no picture", f"these count: {', '.join(io.READABLE)}"))
    return found


def _local(path: str) -> list[str]:
    if io.is_folder(path):
        whole = (str(file) for file in io.find_images(path))
        return sorted([*whole, *filter(_leads_nowhere, glob.iglob(f"{glob.escape(path)}/*"))], key=name_of)  # noqa: PTH207
    if glob_at(path) < 0 or os.path.lexists(path):
        check_there(path)
        return [path]
    found = (name for name in glob.iglob(path, recursive=True) if counts(name))     # noqa: PTH207  # hidden ones stay
    return sorted(name for name in found if Path(name).is_file() or _leads_nowhere(name))


def _leads_nowhere(path: str) -> bool:
    """Whether what counts as a picture is a link to no file: its job is to say so."""
    return counts(path) and os.path.islink(path) and not os.path.exists(path)      # noqa: PTH110, PTH114  # Path takes longer


def _at_url(url: str) -> list[str]:
    if counts(url) and glob_at(url) < 0:                # one file; to ask for each whether it is a folder takes long
        return [url]
    with _told("image", url, "must be a file, a folder or a glob", "check the address and what it needs to be let in"):
        system, name = _system(url)
        if glob_at(url) >= 0:
            entries = system.glob(name, detail=True).values()
        elif system.isdir(name):
            entries = system.ls(name, detail=True)
        else:
            return [url]
        names = (str(entry["name"]) for entry in entries if entry["type"] == "file")
        return sorted(_as_given(system, url, name, found) for found in names if counts(found))


def _as_given(system: Any, url: str, name: str, found: str) -> str:
    """Return the URL of what was found at a URL: systems drop hosts, the rest of a chain and other parts from names."""
    url, rest = chained(url)
    name = name.rstrip("/")
    url = url.rstrip("/") if name else url
    return (url.removesuffix(name) + found if url.endswith(name) else str(system.unstrip_protocol(found))) + rest


def counts(path: str) -> bool:
    """Return whether a file of a folder is taken for a picture by its name."""
    name = name_of(path)
    return Path(name).suffix.lower() in io.READABLE and not name.startswith(".")


def _system(url: str) -> tuple[Any, str]:
    """Return fsspec's file system of a URL, and what that calls the file.

    Raises
    ------
    MissingExtraError
        If it cannot be had.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError(
            explain("path", io.shown(url), "needs fsspec", "pip install 'patchloom[batch]'")
        ) from None
    try:
        system, name = url_to_fs(url)
    except (ImportError, ValueError) as error:            # "Install s3fs to access S3"; "Protocol not known: x"
        protocol = url.partition("://")[0]
        raise MissingExtraError(
            explain("path", io.shown(url), f"fsspec cannot open {io.shown(protocol)}:// ({_reason(error)})",
                    "install what it names, on every worker")
        ) from None
    return system, str(name)


@contextmanager
def _told(what: str, path: str, allowed: str, remedy: str) -> Iterator[None]:
    """Tell as one error whatever a file system raises: each has errors of its own."""
    try:
        yield
    except (PatchloomError, MemoryError):
        raise
    except Exception as error:
        got = f"{io.shown(path)} ({_reason(error)})"
        raise FileError(explain(what, got, allowed, remedy)) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return io.shown(" ".join(text.split()))[:200] or type(error).__name__
