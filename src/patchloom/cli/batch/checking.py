"""What is refused before anything runs: files of one name, results among inputs, and places in one process's memory."""

from __future__ import annotations

import os
import posixpath
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from ... import io
from ...batch import files
from ...batch.job import Job
from ...catalogue import MAP
from ...errors import FileError, explain

_MARK = "\0"                                              # before a field that is not filled in yet; no path holds it
_LATE_SUFFIX = _MARK + "suffix"
_FIELD_SUFFIX = io.FIELD_SUFFIXES[0]
_PATTERNS = {"width": "[0-9]+", "height": "[0-9]+", "suffix": r"\.[A-Za-z]+"}
_MEMORY = re.compile("(^|::)memory://")


@dataclass(frozen=True, slots=True)
class Named:
    """The files of one result.

    Attributes
    ----------
    folder, out : str
        As `patchloom.batch.Job` has them.
    maps : tuple of str
        Names of the maps that are written beside it.
    save_nnf : bool
        Whether the field is.
    """

    folder: str
    out: str
    maps: tuple[str, ...] = ()
    save_nnf: bool = False


def check_shared(path: str, word: str) -> str:
    """Return a path, unless it is in the memory of one process, where no other finds it.

    Raises
    ------
    FileError
        If it is.
    """
    if _MEMORY.search(path):
        raise FileError(explain(word, io.shown(path), "must be where other processes find it, and memory:// is not",
                                "choose another place"))
    return path


def check_no_archive(path: str, word: str) -> str:
    """Return a path, unless it is in an archive, as URLs chain them; a cache before a URL is none.

    Raises
    ------
    FileError
        If it is.
    """
    if files.is_url(path) and files.chained(path)[1]:
        raise FileError(explain(word, io.shown(path), "must be no place in an archive, which is only read",
                                "choose a folder, and pack that afterwards"))
    return path


def check_manifest(path: str) -> str:
    """Return the path of a list, unless a result, or what lies beside one, could have it.

    Raises
    ------
    FileError
        If one could, or it is in an archive or in the memory of one process.
    """
    suffix = files.suffix_of(path).lower()
    if suffix in (*io.READABLE, *io.ANIMATED, *io.FIELD_SUFFIXES):
        raise FileError(explain("manifest", io.shown(path), f"is a list of lines, and results may end with {suffix}",
                                "try manifest.jsonl"))
    return check_shared(check_no_archive(path, "manifest"), "manifest")


def check_jobs(jobs: Iterable[Job]) -> None:
    """Refuse what `check_places` does; each job is looked at."""
    inputs: set[str] = set()

    def named() -> Iterator[Named]:
        for job in jobs:
            inputs.update(files.folder_of(source.path) for source in job.sources)
            maps = (source.role.removeprefix(MAP) for source in job.sources if source.role.startswith(MAP))
            yield Named(job.folder, job.out, tuple(dict.fromkeys(maps)), job.save_nnf)

    check_places(list(named()), inputs)


def check_places(named: Iterable[Named], inputs: Iterable[str]) -> None:
    """Refuse two files of one name, and results in a folder of inputs.

    Parameters
    ----------
    named : iterable of Named
        All results that may be alike.
    inputs : iterable of str
        The inputs' folders.

    Raises
    ------
    FileError
        If two files would have one name; if a later run would take results for inputs, or replace an input; or if
        something is in the memory of this process.
    """
    names, folders = _Names(), set[tuple[str, str]]()
    for result in named:
        folders.add((result.folder, result.out.rpartition("/")[0]))
        names.add(result)
    names.check_late()
    for folder in {folder for folder, _ in folders}:
        check_shared(folder, "out")
    kept = {_real(check_shared(folder, "image")).rstrip("/") for folder in inputs}
    for folder, below in folders:
        place = _marked(folder, below).rstrip("/")
        found = filter(_pattern(place).fullmatch, kept) if _MARK in place else iter({place} & kept)
        for folder in found:
            raise FileError(
                explain("out", io.shown(folder), "holds inputs, for which a later run would take the results",
                        "choose another folder")
            )


class _Names:
    """All files by their paths without suffix: a late one may be any picture's, of which none is a field's."""

    def __init__(self) -> None:
        self._pictures: set[str] = set()                  # with their suffixes, as far as those are known
        self._known: set[str] = set()                     # those with known suffixes, without them
        self._any: set[str] = set()                       # those with late ones, without them
        self._fields: set[str] = set()

    def add(self, one: Named) -> None:
        """Take the files of one result, of which none may be there already."""
        path = _marked(one.folder, one.out)
        late = path.endswith(_LATE_SUFFIX)
        suffix = "" if late else files.suffix_of(path)
        stem = path.removesuffix(_LATE_SUFFIX) if late else path.removesuffix(suffix)
        if self._taken(stem, suffix):
            raise _several(one.out)
        for name in one.maps:
            if self._taken(f"{stem}_{name}", ""):         # its suffix is known once it has been read
                raise _beside(one.out, name)
        if one.save_nnf:
            if stem in self._fields:
                raise _beside(one.out, "the field")
            self._fields.add(stem)

    def _taken(self, stem: str, suffix: str) -> bool:
        """Whether a picture may have the name of another; then it is noted."""
        path = stem + suffix
        if stem in self._any or (path in self._pictures if suffix else stem in self._known):
            return True
        if suffix:
            self._pictures.add(path)
            self._known.add(stem)
        else:
            self._any.add(stem)
        return False

    def check_late(self) -> None:
        """Refuse names that are not known yet and may become one that is."""
        for stems, fields in (((self._known, self._any), False), ((self._fields,), True)):
            found = _one_that_another_may_be(stems)
            if found is not None:
                raise _beside(io.shown(found), "the field") if fields else _several(io.shown(found))


def _one_that_another_may_be(sets: tuple[set[str], ...]) -> str | None:
    """Return a whole name that one with marks may become; only those that begin alike are compared."""
    late: dict[str, list[str]] = defaultdict(list)
    for stem in chain(*sets):
        if _MARK in stem:
            late[stem.partition(_MARK)[0]].append(stem)
    lengths, pattern = sorted({len(begin) for begin in late}), cache(_pattern)
    for stem in chain(*sets) if late else ():
        if _MARK not in stem:
            begins = (stem[:length] for length in lengths if length <= len(stem))
            if any(pattern(one).fullmatch(stem) for begin in begins for one in late.get(begin, ())):
                return stem
    return None


def _several(out: str) -> FileError:
    return FileError(
        explain("out", repr(out), "several results would have this name",
                'try --out "out/{name}_{seed}{suffix}", or {folder} where inputs come from several')
    )


def _beside(out: str, what: str) -> FileError:
    return FileError(
        explain("out", repr(out), f"what is written beside it ({what}) would have the name of another file",
                'try --out "out/{name}_{seed}/{stem}{suffix}"')
    )


def _marked(folder: str, out: str) -> str:
    """Return a path in which fields that are not filled in yet are marked, whatever their format."""
    if "{" in out or "}" in out:
        out = "".join(
            literal + ("" if name is None else _MARK + name) for literal, name, _, _ in string.Formatter().parse(out)
        )
    if not out:
        return _real(folder)
    if files.is_url(folder):
        return files.joined(folder, posixpath.normpath(out))
    return posixpath.normpath(f"{_real(folder)}/{out}")


def _pattern(marked: str) -> re.Pattern[str]:
    """Return what finds the paths that a marked one may become."""
    first, *rest = re.split(f"{_MARK}({'|'.join(_PATTERNS)})", marked)
    names, literals = rest[::2], rest[1::2]
    parts = (_PATTERNS[name] + re.escape(text) for name, text in zip(names, literals, strict=True))
    return re.compile(re.escape(first) + "".join(parts))


@lru_cache(maxsize=4096)
def _real(folder: str) -> str:
    return folder.rstrip("/") if files.is_url(folder) else os.path.realpath(folder)
