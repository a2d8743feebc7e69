"""What the list of a batch says: which jobs earlier runs made, as a run and a dry run read it."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from .. import io
from ..errors import FileError, explain
from . import files

_BEGIN = b'{"number": '
_FIELDS: Mapping[str, type] = {
    "number": int, "key": str, "state": str, "task": str, "seed": int, "sources": list, "files": list, "width": int,
    "height": int, "error": str,
}
_STATES = ("made", "failed")
_COUNTS = ("number", "seed", "width", "height")
_SOURCE: Mapping[str, type] = {"role": str, "name": str, "sha256": str}
_FILE: Mapping[str, type] = {"path": str, "sha256": str, "bytes": int}


class Earlier(Mapping[str, Mapping[str, Any]]):
    """What earlier runs made, by the jobs' keys. A line is read when it is asked for: a million fit.

    Parameters
    ----------
    file : file
        The list.
    folder : str
        Which the lines' paths are below.
    places : mapping of bytes to int
        Where the line of a key begins.
    """

    def __init__(self, file: BinaryIO, folder: str, places: Mapping[bytes, int]) -> None:
        self._file, self._folder, self._places = file, folder, places

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        self._file.seek(self._places[bytes.fromhex(key)])
        entry = json.loads(self._file.readline())
        told = [{**one, "path": files.joined(self._folder, one["path"])} for one in entry["files"]]
        return {**entry, "files": told}

    def __iter__(self) -> Iterator[str]:
        return (key.hex() for key in self._places)

    def __len__(self) -> int:
        return len(self._places)


@contextmanager
def recalled(path: str, folder: str) -> Iterator[Earlier]:
    """Give what a list says, as `patchloom.batch.manifest.Manifest` does, without a lock and a byte's change.

    Parameters
    ----------
    path : str
        Of the list: an absolute path, or a URL. There may be none.
    folder : str
        Where results go.

    Raises
    ------
    FileError
        If it cannot be read, or is something else.
    """
    with _reading(path) as file:
        places: dict[bytes, int] = {}
        for start, entry in whole_lines(file, path):
            note(places, start, entry)
        yield Earlier(file, folder, places)


def note(places: dict[bytes, int], start: int, entry: Mapping[str, Any]) -> None:
    """Note where the line of a key begins, if it has files; of several the last one counts."""
    key = bytes.fromhex(entry["key"])
    places.pop(key, None)
    if entry["files"]:
        places[key] = start


def whole_lines(file: BinaryIO, path: str) -> Generator[tuple[int, dict[str, Any]], None, int]:
    """Give the lines of a list and where they begin, but for damaged ones; return where a torn last one does, or -1.

    Raises
    ------
    FileError
        If it is something else.
    """
    file.seek(0)
    start, damaged, torn, seen = 0, -1, -1, False
    while line := file.readline():
        entry = _as_entry(line)
        if entry is not None:
            seen = True
            yield start, entry
        elif not _is_ours(line, seen):
            raise _refused(path, start)
        elif line.endswith(b"\n"):
            damaged = start if damaged < 0 else damaged
        else:
            torn = start
        start += len(line)
    if damaged >= 0 and not seen:
        raise _refused(path, damaged)
    return torn


def check_regular(path: str) -> None:
    """Refuse a local path of a pipe or a device; whoever opens a folder tells of that. For `one_error`."""
    if os.path.lexists(path) and not (Path(path).is_file() or Path(path).is_dir()):
        raise ValueError("is not a regular file")


@contextmanager
def one_error(path: str) -> Iterator[None]:
    """Tell as one error that a list cannot be used."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(explain("manifest", f"{io.shown(path)} ({io.shown(reason).lower()})",
                                "must be a file that can be written", "choose another path")) from error


def _reading(path: str) -> BinaryIO:
    if files.is_url(path):
        return BytesIO(files.read_standing(path) or b"")
    with one_error(path):
        check_regular(path)
        return Path(path).open("rb") if os.path.lexists(path) else BytesIO()


def _refused(path: str, start: int) -> FileError:
    return FileError(explain("manifest", f"{io.shown(path)} (line at byte {start})",
                             "must be a list that patchloom batch wrote", "choose another path"))


def _is_ours(line: bytes, seen: bool) -> bool:
    """Whether a line that says nothing may be one of a list; after whole ones, a power cut may leave zeros."""
    begin = line.strip(b"\0")[: len(_BEGIN)] if seen else line[: len(_BEGIN)]
    return begin == _BEGIN[: len(begin)]


def _as_entry(line: bytes) -> dict[str, Any] | None:
    """Return what a line says, if it is whole and one of ours."""
    try:
        entry = json.loads(line) if line.endswith(b"\n") else None
        if not isinstance(entry, dict) or len(bytes.fromhex(entry["key"])) != 32:
            return None
        right = _has(entry, _FIELDS) and all(entry[name] >= 0 for name in _COUNTS) and entry["state"] in _STATES
        right = right and all(_has(one, _SOURCE) for one in entry["sources"])
        return entry if right and all(_has(one, _FILE) for one in entry["files"]) else None
    except (KeyError, RecursionError, TypeError, ValueError):
        return None


def _has(one: Any, kinds: Mapping[str, type]) -> bool:
    return isinstance(one, dict) and all(type(one.get(name)) is kind for name, kind in kinds.items())
