"""Which pictures a batch reads: those of its arguments, and the partners of each."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ... import io
from ...batch import files
from ...batch.job import Source
from ...catalogue import MAP, Task, told
from ...errors import FileError, ParameterError, explain
from ..inputs import filled, is_template
from ..output import STDOUT

_MOST_LOOKS = 100_000                                     # files in subfolders


@dataclass(frozen=True, slots=True)
class Lead:
    """A picture of which results are made.

    Attributes
    ----------
    path : str
        Absolute, or a URL.
    root : str
        The folder, or the fixed part of the glob, that it was found below.
    told : str
        Where files say that it is.
    """

    path: str
    root: str
    told: str = ""

    @property
    def name(self) -> str:
        """Its file name."""
        return files.name_of(self.path)

    @property
    def stem(self) -> str:
        """Its name without suffix."""
        return stem_of(self.name)

    @property
    def folder(self) -> str:
        """Its folder below `root`; ``.`` for `root` itself."""
        # A protocol may have several names, of which what is found has one.
        above, root = (files.chained(path)[0].rpartition("://")[2] for path in (self.path, self.root))
        return above.removeprefix(root).replace(os.sep, "/").rpartition("/")[0].strip("/") or "."


def stem_of(name: str) -> str:
    """Return a file's name without its suffix, as `pathlib` has it."""
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def leads(images: Sequence[str]) -> list[Lead]:
    """Return the pictures that arguments name: files, folders, globs and URLs of these, in their order.

    Raises
    ------
    FileError
        If one names nothing, or is ``-``.
    """
    found = []
    for image in images:
        if image == STDOUT:
            raise FileError(explain("image", STDOUT, "workers cannot read standard input", "pass files"))
        paths = files.expand(image)
        root = _root(files.local(image), paths)
        found += [Lead(path, root, _told(image, path)) for path in paths]
    return found


def check_once(found: Sequence[Lead]) -> None:
    """Refuse a picture that is given twice: its results would have the same names.

    Raises
    ------
    FileError
        It names the picture.
    """
    seen: set[tuple[str, str]] = set()
    for lead in found:
        one = lead.path, lead.root
        if one in seen:
            raise FileError(explain("image", io.shown(lead.path), "is given twice",
                                    "give it once; --count makes several results of it"))
        seen.add(one)


def left_out(image: str, out: str) -> int:
    """Return how many pictures lie in subfolders of an argument that is a local folder; `out` and below do not count.

    Of very many files only the first are looked at.
    """
    if files.is_url(image) or not os.path.isdir(image):   # noqa: PTH112  # Path.is_dir raises for long globs
        return 0
    count, looks = 0, _MOST_LOOKS
    for folder, below, names in os.walk(image):
        below[:] = [name for name in below if name[0] != "." and files.absolute(files.joined(folder, name)) != out]
        if folder != image:
            count += sum(files.counts(name) for name in names)
            looks -= len(names) + 1
        if looks < 0:
            break
    return count


def _told(given: str, path: str) -> str:
    """Return where files say that a picture is: where they lie, if that is how it was given, and no private folder."""
    return "" if files.is_url(given) or Path(given).is_absolute() else told(Path(path))


def _root(image: str, paths: Sequence[str]) -> str:
    start = -1 if not files.is_url(image) and os.path.lexists(image) else files.glob_at(image)
    if start < 0:
        return files.folder_of(paths[0])
    return files.folder_of(files.absolute(image[:start] + "x"))      # "x": whatever the glob stands for is no folder


class Partners:
    """What goes with each picture: a file for all, one of a folder's of the same stem, or a template's.

    Parameters
    ----------
    text : str
        What was given.
    role : str
        Its part, as `patchloom.batch.Source` has it.
    word : str
        What messages call it.
    """

    def __init__(self, text: str, role: str, word: str) -> None:
        if text in ("", STDOUT):
            raise FileError(
                explain(word, repr(text), "must be a file, a folder or a template", "try masks/{stem}.png")
            )
        text = files.local(text)
        self.text, self.role, self.word = text, role, word
        self._url = files.is_url(text)
        self._template = "{" in text if self._url else is_template(text)
        self._folder = not self._template and (
            files.chained(text)[0].endswith("/") if self._url else io.is_folder(text, word)
        )
        if self._folder:
            self._check(self._stems)
        elif not self._template:
            files.check_there(files.absolute(text), word)

    @property
    def for_each(self) -> bool:
        """Whether there is another one for each picture."""
        return self._template or self._folder

    @cached_property
    def _stems(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in files.expand(self.text):
            found[stem_of(files.name_of(path))].append(path)
        return found

    def _check(self, stems: Mapping[str, Sequence[str]]) -> None:
        for stem, same in stems.items():
            if len(same) > 1:
                names = ", ".join(io.shown(files.name_of(path)) for path in same)
                raise FileError(
                    explain(self.word, f"{io.shown(self.text)} ({names})",
                            f"the folder must have one picture called {io.shown(stem)}", "take the others out")
                )

    def of(self, lead: Lead) -> Source:
        """Return the one that goes with a picture; where a folder has none, its worker will say that it is missing."""
        path = self.text
        if self._template:
            path = filled(path, {"stem": lead.stem, "name": lead.name, "folder": lead.folder}, self.word)
            path = path.replace("/./", "/")               # where the folder is none
        elif self._folder:
            same = self._stems.get(lead.stem)
            path = same[0] if same else files.missing(path, lead.stem)
        path = files.absolute(path)
        return Source(self.role, path, _told(self.text, path))


@dataclass(frozen=True)
class Pairing:
    """Which pictures make one result.

    Attributes
    ----------
    task : Task
        What is done.
    fixed : Partners, optional
        The first picture of a pair.
    companions : sequence of Partners
        Those of the task's roles that were given.
    maps : mapping of str to sequence of Partners
        By name: one for all pictures, or one for each.
    """

    task: Task
    fixed: Partners | None = None
    companions: Sequence[Partners] = ()
    maps: Mapping[str, Sequence[Partners]] = field(default_factory=dict)

    def of(self, group: Sequence[Lead]) -> tuple[Source, ...]:
        """Return all pictures of one result, made of `group`, as `patchloom.cli.inputs.inputs_of` orders them."""
        return tuple(self._of(group))

    def _of(self, group: Sequence[Lead]) -> Iterator[Source]:
        if self.fixed is not None:
            yield self.fixed.of(group[0])
        for lead in group:
            yield Source(self.task.takes[-1], lead.path, lead.told)
        for partners in self.companions:
            yield partners.of(group[0])
        for same in self.maps.values():
            for at, lead in enumerate(group):
                yield same[at % len(same)].of(lead)


def pairing(
    task: Task, count: int, fixed: str | None, companions: Mapping[str, str], maps: Mapping[str, Sequence[str]]
) -> Pairing:
    """Return what goes together.

    Parameters
    ----------
    task : Task
        What is done.
    count : int
        How many pictures make one result.
    fixed : str, optional
        The first picture of a pair: a file, or a folder with a partner for each.
    companions, maps : mapping
        What was given, by name; of maps of a task that takes many pictures once, or once for each.

    Raises
    ------
    InputError
        If a folder has several partners for a picture; or maps are given neither once nor for each.
    """
    words = {role.name: role.word for role in task.roles}
    found = {name: [Partners(text, MAP + name, MAP + name) for text in texts] for name, texts in maps.items()}
    for name, same in found.items():
        if len(same) != count and not (len(same) == 1 and same[0].for_each):
            times = "once" if len(same) == 1 else f"{len(same)} times"
            raise ParameterError(
                explain(MAP + name, f"given {times}", f"must be once for each of {count} pictures, in their order",
                        "or give one folder or template")
            )
    return Pairing(
        task, None if fixed is None else Partners(fixed, task.takes[0], task.takes[0]),
        [Partners(text, role, words[role]) for role, text in companions.items()], found,
    )
