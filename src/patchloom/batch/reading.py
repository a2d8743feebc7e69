"""Jobs from a JSON Lines file: one object in a line, each with the results of some seeds."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from .. import io
from ..catalogue import MAP, TASKS, Asked, Side, Task, as_asked, as_seeds, as_size_request, check_weights, told
from ..checks import as_whole
from ..errors import FileError, ParameterError, PatchloomError, explain
from ..types import Size
from . import files
from .job import Job, Source

MOST_RESULTS = 100_000_000
"""Of a line."""

Naming: TypeAlias = Callable[[str | None, Mapping[str, Any]], tuple[str, str]]
"""(a line's own template or None, what fields stand for) -> a job's folder and template."""

_MAP_NAME = re.compile(r"[\w-]+")
_OTHERS = ("task", "maps", "parameters", "out")


@dataclass(frozen=True)
class _Line:
    """What one line asks for."""

    task: Task
    sources: tuple[Source, ...]
    asked: Asked
    size: tuple[Side, Side] | None
    out: str | None


class Lines:
    """The jobs of a file, each made when it is looked at; all lines have been checked before.

    A line is ``{"task": ..., "image": ..., "maps": {name: path}, "parameters": {...}, "out": ...}``: the pictures that
    the task takes by their names in Python, or ``images`` for several that make one result; its masks and companions
    by their names in Python or on the command line; the parameters as `POST /api/jobs` of the studio takes them, and
    all other numbers too, with the size as [rows, columns] or as text (``150%``). Paths are relative to the file's
    folder. Where no seed is given, it is 0.

    Parameters
    ----------
    path : str
        Of the file: a path, or a URL.
    naming : callable
        What gives jobs their names; fields are ``stem``, ``name`` and ``folder`` (below the file's) of the picture that
        changes, ``seed``, ``index`` and ``task``.
    save_nnf : bool
        Write the field of each result beside it.
    here : bool
        Refuse local files that are not there, as only workers of this machine are to read them.

    Raises
    ------
    PatchloomError
        If the file cannot be read, or a line cannot be used: it is named.
    """

    def __init__(self, path: str, naming: Naming, *, save_nnf: bool = False, here: bool = False) -> None:
        self.path = files.absolute(path)
        self._naming, self._save_nnf = naming, save_nnf
        self._folder = files.folder_of(self.path)
        self._data = files.read_bytes(self.path, "jobs")
        self._starts: list[int] = []                      # byte at which a line begins
        self._numbers: list[int] = []                     # and the number of the first job after it
        self._held: tuple[int, _Line] | None = None
        self._count = 0
        for number, start in enumerate(self._line_starts(), 1):
            if not self._text(start).strip():
                continue
            with _named(path, number):
                line = self._line(start)
                self._job(line, 0, 0)                     # its name, too, must be one
                for source in line.sources if here else ():
                    files.check_there(source.path, source.role)
            self._starts.append(start)
            self._numbers.append(self._count)
            self._count += len(line.asked.seeds)
        if not self._count:
            raise FileError(explain("jobs", f"{io.shown(path)} (no lines)", "must have a job in each line",
                                    'try {"task": "generate", "image": "photo.jpg"}'))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Job]:
        for number in range(self._count):
            yield self[number]

    def __getitem__(self, number: int) -> Job:
        """Return one job, by its place in the batch."""
        if not 0 <= number < self._count:
            raise IndexError(number)
        at = bisect.bisect_right(self._numbers, number) - 1
        if self._held is None or self._held[0] != at:     # the jobs of a line follow one another
            self._held = at, self._line(self._starts[at])
        return self._job(self._held[1], number, number - self._numbers[at])

    def _line_starts(self) -> Iterator[int]:
        start = 0
        while start < len(self._data):
            yield start
            end = self._data.find(b"\n", start)
            start = len(self._data) if end < 0 else end + 1

    def _text(self, start: int) -> bytes:
        end = self._data.find(b"\n", start)
        return self._data[start : None if end < 0 else end]

    def _line(self, start: int) -> _Line:
        return _as_line(_as_object(self._text(start)), self._folder)

    def _job(self, line: _Line, number: int, index: int) -> Job:
        task, asked, seed = line.task, line.asked, line.asked.seeds[index]
        lead = next(source.path for source in line.sources if source.role == task.takes[-1])
        name, above = files.name_of(lead), files.within(files.folder_of(lead), self._folder)
        inside = above != files.folder_of(lead)
        folder, out = self._naming(line.out, {
            "stem": PurePath(name).stem, "name": name, "folder": above if inside else ".", "seed": seed, "index": index,
            "task": task.name,
        })
        return Job(number, task.name, line.sources, asked.options, asked.params, seed, folder, out, line.size,
                   asked.map_weights, self._save_nnf)


@contextmanager
def _named(path: str, number: int) -> Iterator[None]:
    """Tell what is wrong with a line by its number."""
    try:
        yield
    except PatchloomError as error:
        raise ParameterError(f"{io.shown(path)}, line {number}: {error}") from error


def _as_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_each_once)
    except PatchloomError:
        raise
    except (ValueError, RecursionError) as error:
        reason = io.shown(" ".join(str(error).split()))
        raise ParameterError(explain("line", reason, "must be an object in JSON, all on one line")) from None
    if not isinstance(found, dict):
        raise ParameterError(explain("line", type(found).__name__, "must be an object in JSON",
                                     'try {"task": "generate", "image": "photo.jpg"}'))
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; of two values for one name only the last would count."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParameterError(explain(io.shown(twice)[:60], "given twice", "must be given once", "take one out"))
    return found


def _check_name(text: str, word: str) -> None:
    """Refuse what no file can be called."""
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise ParameterError(explain(word, ascii(text)[:60], "may hold neither NUL nor half a surrogate pair"))


def _as_line(given: Mapping[str, Any], folder: str) -> _Line:
    """Return what one line asks for; paths are relative to `folder`."""
    name = given.get("task")
    if not isinstance(name, str) or name not in TASKS:
        got = "none" if name is None else repr(name)[:60]
        raise ParameterError(explain("task", got, f"must be one of {', '.join(TASKS)}"))
    task, out = TASKS[name], given.get("out")
    words = {role.word: role.name for role in task.roles}
    pictures = [*task.takes[:-1], "images" if task.many else task.takes[-1]]
    known = (*_OTHERS, *pictures, *words, *(name for name in words.values() if name not in words))
    for field in given:
        if field not in known:
            raise ParameterError(explain(field[:60], "given", f"{task.name} has no such field",
                                         f"these are: {', '.join(known)}"))
    if out is not None and (not isinstance(out, str) or not out):
        raise ParameterError(explain("out", repr(out)[:60], "must be a template for the result's name"))
    _check_name(out or "", "out")
    asked, size = _asked(task, given.get("parameters"))
    companions = list(_companions(task, given, folder))
    if task.check:
        task.check([source.role for source in companions], {**asked.options, "size": size})
    sources = [*_pictures(task, given, folder), *companions]
    maps = _maps(given.get("maps"), len([one for one in sources if one.role == task.takes[-1]]), folder)
    check_weights(asked.map_weights, maps, 'give it as "maps": {NAME: path}')
    return _Line(task, (*sources, *(source for found in maps.values() for source in found)), asked, size, out)


def _pictures(task: Task, given: Mapping[str, Any], folder: str) -> Iterator[Source]:
    """Give the pictures that a task takes."""
    for role in task.takes:
        if task.many and role == task.takes[-1]:
            found = given.get("images")
            if not isinstance(found, list) or not found:
                raise ParameterError(explain("images", repr(found)[:60], "must be a list of paths"))
            yield from (_source(role, path, folder, "images") for path in found)
        else:
            yield _source(role, given.get(role), folder, role)


def _companions(task: Task, given: Mapping[str, Any], folder: str) -> Iterator[Source]:
    """Give the pictures that go with others."""
    for role in task.roles:
        names = [name for name in dict.fromkeys((role.name, role.word)) if given.get(name) is not None]
        if len(names) > 1:
            raise ParameterError(explain(names[1], "given", f"is the same as {names[0]}", "leave out one of the two"))
        if role.required and not names:
            raise ParameterError(explain(role.word, "none", f"{task.name} needs this picture", "give its path"))
        yield from (_source(role.name, given[name], folder, name) for name in names)


def _maps(given: Any, count: int, folder: str) -> dict[str, list[Source]]:
    """Return the maps by name, each with one picture for each of those that make the result."""
    if given is not None and not isinstance(given, dict):
        raise ParameterError(explain("maps", repr(given)[:60], "must be an object of names and paths"))
    found = {}
    for name, paths in (given or {}).items():
        if not _MAP_NAME.fullmatch(name):
            raise ParameterError(explain("maps", repr(name)[:60], "names must be of letters, digits, - and _"))
        paths = paths if isinstance(paths, list) else [paths]
        if len(paths) != count:
            raise ParameterError(
                explain(f"map {name}", f"{len(paths)} paths", f"must be one for each of {count} pictures")
            )
        found[name] = [_source(MAP + name, path, folder, f"map {name}") for path in paths]
    return found


def _source(role: str, path: Any, folder: str, word: str) -> Source:
    if not isinstance(path, str) or not path:
        raise ParameterError(explain(word, "none" if path is None else repr(path)[:60], "must be a path or a URL"))
    _check_name(path, word)
    place = files.absolute(files.joined(folder, path))
    private = files.is_url(place) or Path(path).is_absolute()
    return Source(role, place, "" if private else told(Path(place)))


def _asked(task: Task, given: Any) -> tuple[Asked, tuple[Side, Side] | None]:
    """Return what parameters ask for, with the size apart: it may be in per cent."""
    if given is not None and not isinstance(given, dict):
        raise ParameterError(explain("parameters", repr(given)[:60], "must be an object of names and values"))
    rest = dict(given or {})
    seed, count = rest.pop("seed", None), rest.pop("count", None)
    for name, value in (("seed", seed), ("count", count)):
        if isinstance(value, float):
            raise ParameterError(explain(name, repr(value), "must be a whole number", "write it without a point"))
    asked, size = _alike(task.name, json.dumps(rest))
    whole = 1 if count is None else as_whole(count, "count", 1, MOST_RESULTS)
    return replace(asked, seeds=as_seeds(0 if seed is None else seed, whole)), size


@lru_cache(maxsize=256)
def _alike(name: str, text: str) -> tuple[Asked, tuple[Side, Side] | None]:
    """Return what parameters in JSON ask for besides seeds: those of many lines are alike."""
    task, given = TASKS[name], json.loads(text)
    words = given.pop("size") if task.size and isinstance(given.get("size"), str) else None
    asked = as_asked(task, {**given, "seed": 0}, most=1, expert=True)
    pixels = asked.options["size"]
    size = as_size_request(words) if words is not None else None if pixels is None else _in_pixels(pixels)
    if task.size == "required" and size is None:
        raise ParameterError(explain("size", "none", f"{name} needs the size of the result", 'try "150%"'))
    return replace(asked, options={**asked.options, "size": None}), size


def _in_pixels(size: Size) -> tuple[Side, Side]:
    return (size[0], False), (size[1], False)
