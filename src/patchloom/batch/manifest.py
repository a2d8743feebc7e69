"""The list of what a batch has made: one JSON object in a line for each job, with the hashes of all its files.

It holds no times and no hosts, so that the same jobs give the same bytes wherever they were done. While a batch runs,
lines are added as jobs end: a run that is killed leaves what it did, and at most the torn beginning of one more line.
At the end the list is written anew, in the order of the jobs; after them come the lines of other batches whose files
stand. One batch at a time writes a list: a local one is locked.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from .. import io
from ..errors import FileError, explain
from . import files
from .job import Outcome
from .recalling import Earlier, check_regular, note, one_error, whole_lines

try:
    import fcntl
except ImportError:                                       # Windows, which has no such locks
    fcntl = None  # type: ignore[assignment]

EVERY = 60.0
"""Seconds between two times that a list at a URL is written: whole each time, as nothing can be added there."""


class Manifest:
    """The list of a batch, from its first job to its last; a context manager.

    Parameters
    ----------
    path : str
        Of the list: an absolute path, or a URL.
    folder : str
        Where results go; the list has their paths below it.
    clock : callable
        Seconds.

    Attributes
    ----------
    earlier : mapping of str to mapping
        What earlier runs made, by the jobs' keys.

    Raises
    ------
    FileError
        If it cannot be read or written, is something else, or another batch writes it.
    """

    def __init__(self, path: str, folder: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path, self._folder, self._clock = path, folder, clock
        self._file, self._end = _opened(path)             # to be read, and to be added to: nothing is held back
        self._written, self._ended = clock(), False
        self._mine: dict[int, int] = {}                   # number of a job -> where its line begins
        self._others: dict[bytes, tuple[int, int]] = {}   # keys of earlier runs -> number, and where the line begins
        made: dict[bytes, int] = {}
        for start, entry in self._whole_lines():
            key = bytes.fromhex(entry["key"])
            self._others[key] = entry["number"], start
            note(made, start, entry)
        self.earlier: Mapping[str, Mapping[str, Any]] = Earlier(self._file, folder, made)

    def __enter__(self) -> Manifest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the list, unless that was done or tried."""
        self.leave()

    def add(self, outcome: Outcome) -> None:
        """Note what became of a job, at once: what is told here outlives the process.

        Parameters
        ----------
        outcome : Outcome
            Its last.
        """
        line = json.dumps(self._entry(outcome)).encode() + b"\n"
        with one_error(self.path):
            self._end.seek(0, os.SEEK_END)
            left = memoryview(line)
            while left:
                left = left[self._end.write(left):]
        self._mine[outcome.number] = self._end.tell() - len(line)
        self._others.pop(bytes.fromhex(outcome.key), None)
        if isinstance(self._file, BytesIO) and self._clock() - self._written >= EVERY:
            files.place(self.path, self._file.getvalue(), force=True)
            self._written = self._clock()

    def finish(self) -> None:
        """Write the list in order, now that all jobs are in it; then what stands of other batches."""
        self._write([start for _, start in sorted(self._mine.items())] + self._of_others())

    def leave(self) -> None:
        """Write the list in order, with what earlier runs made of the jobs that were not reached.

        Nothing happens if that was done, or tried: what was added is in the list all the same.
        """
        if not self._ended:
            self._write([start for _, start in sorted([*self._mine.items(), *self._others.values()])])

    def _entry(self, outcome: Outcome) -> dict[str, Any]:
        """Return what a line says; of a job that fails also what it once made, or what is damaged might count again."""
        made = (not outcome.good and self.earlier.get(outcome.key)) or asdict(outcome)
        told = [{**one, "path": files.within(one["path"], self._folder)} for one in made["files"]]
        return {
            "number": outcome.number, "key": outcome.key, "state": "made" if outcome.good else "failed",
            "task": outcome.task, "seed": outcome.seed, "sources": list(made["sources"]), "files": told,
            "width": made["width"], "height": made["height"], "error": outcome.error,
        }

    def _of_others(self) -> list[int]:
        """Return where the lines begin that other batches left of files that stand, whatever order those ran in."""
        stand: dict[bytes, tuple[int, int]] = {}
        whose: dict[str, list[bytes]] = defaultdict(list)

        def replaced(paths: list[str]) -> None:           # whoever made a file last has it
            for path in paths:
                for key in whose.pop(path, ()):
                    stand.pop(key, None)

        for key, (number, start) in sorted(self._others.items(), key=lambda one: one[1][1]):
            paths, made = self._paths(start)
            if paths and all(files.is_url(path) or os.path.lexists(path) for path in paths):
                if made:
                    replaced(paths)
                stand[key] = number, start
                for path in paths:
                    whose[path].append(key)
        for start in self._mine.values() if whose else ():
            paths, made = self._paths(start)
            if made:
                replaced(paths)
        return [start for _, _, start in sorted((number, key, start) for key, (number, start) in stand.items())]

    def _paths(self, start: int) -> tuple[list[str], bool]:
        """Return the files of a line, and whether its job made them: one that failed has what it once made."""
        self._file.seek(start)
        entry = json.loads(self._file.readline())
        return [files.joined(self._folder, one["path"]) for one in entry["files"]], entry["state"] == "made"

    def _write(self, starts: Iterable[int]) -> None:
        """Write the lines that begin at some places, and close the list."""
        self._ended = True
        try:
            if isinstance(self._file, BytesIO):
                files.place(self.path, b"".join(self._lines(starts)), force=True)
            else:
                io.place(self.path, self._lines(starts), force=True, durable=True)
        finally:
            _close(self._file, self._end)                 # and no earlier, as nobody else may write it until then

    def _lines(self, starts: Iterable[int]) -> Iterator[bytes]:
        for start in starts:
            self._file.seek(start)
            yield self._file.readline()
        if fcntl is None:                                 # Windows puts nothing in the place of an open file
            _close(self._file, self._end)

    def _whole_lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give the lines of the list and where they begin. Damaged ones do not count; a torn last one is cut off."""
        try:
            torn = yield from whole_lines(self._file, self.path)
        except FileError:
            _close(self._file, self._end)
            raise
        if torn >= 0:
            self._end.truncate(torn)
            if self._file is not self._end:               # it may have read ahead what is no more
                self._file.close()
                self._file = Path(self.path).open("rb")   # noqa: SIM115


def _opened(path: str) -> tuple[BinaryIO, BinaryIO]:
    """Return a list, open for reading and for adding; a local one is locked."""
    if files.is_url(path):
        held = BytesIO(files.read_standing(path) or b"")
        return held, held
    with one_error(path):
        check_regular(path)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        while True:
            end = Path(path).open("ab", buffering=0)      # noqa: SIM115  # open for as long as the batch runs
            free = _lock(end)
            if free and os.path.lexists(path) and os.path.samestat(os.fstat(end.fileno()), Path(path).stat()):
                return Path(path).open("rb"), end
            end.close()                                   # whoever had it has put another file in its place
            if not free:
                break
    raise FileError(explain("manifest", f"{io.shown(path)} (in use)", "another batch writes this list",
                            "wait until that has ended, or choose another folder or --manifest"))


def _close(*open_files: BinaryIO) -> None:
    for file in open_files:
        file.close()


def _lock(file: BinaryIO) -> bool:
    """Lock a file for as long as it is open, where it can be locked; return whether nobody else has."""
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:                                       # a file system without locks
        pass
    return True
