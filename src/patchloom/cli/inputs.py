"""Which pictures are read: those of the arguments, their partners, companions and maps."""

from __future__ import annotations

import os
import string
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import io
from ..catalogue import MAP, Given, Loaded, Task, called, told
from ..errors import FileError, ParameterError, explain
from .output import STDOUT, check_local


@dataclass(frozen=True)
class Source:
    """A picture to read: a path, or the bytes that came on standard input."""

    path: Path | None
    data: bytes | None = None

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdin" if self.path is None else io.shown(self.path)

    @property
    def name(self) -> str:
        """Its file name."""
        return "stdin" if self.path is None else self.path.name

    def kept(self) -> Source:
        """Return the source with its bytes, if they can be read only once (a pipe, ``/dev/stdin``)."""
        if self.path is None or self.data is not None or not self.path.exists() or self.path.is_file():
            return self
        return replace(self, data=io.read_bytes(self.path))

    def read(self) -> io.Picture:
        """Return the picture."""
        return io.read(self.path, data=self.data)


@dataclass(frozen=True)
class Input:
    """One of the pictures that decide a result.

    Attributes
    ----------
    role : str
        Its part in it, as files record it: an argument's, a companion's or a map's.
    source : Source
        Where it is.
    word : str
        What messages call its part where that is another word.
    """

    role: str
    source: Source
    word: str = ""

    def read(self) -> io.Picture:
        """Return the picture; errors call it by its part."""
        with called(self.word or self.role):
            return self.source.read()


def load(inputs: Sequence[Input]) -> Loaded:
    """Read all of them."""
    return Loaded(tuple(Given(one.role, one.read(), told(one.source.path)) for one in inputs))


def label(sources: Sequence[Source]) -> str:
    """Return what messages call the pictures of one result."""
    more = len(sources) - 1
    return sources[0].label + (f" and {more} more" if more else "")


def as_sources(images: Sequence[str], fixed: str | None = None) -> list[Source]:
    """Return what is to be read: files, the pictures in folders, and standard input for ``-``."""
    check_stdin_once([*images, fixed])
    return [source for image in images for source in _sources(image)]


def check_stdin_once(images: Sequence[str | None]) -> None:
    """Refuse to read standard input for several pictures."""
    if images.count(STDOUT) > 1:
        raise ParameterError(explain("image", "-", "standard input can be given once", "pass the other as a file"))


def as_fixed(image: str | None) -> str | Source | None:
    """Return the first picture of a pair: one for all, or the name of a folder with a partner for each."""
    if image is None or (image != STDOUT and io.is_folder(image)):
        return image
    return next(_sources(image)).kept()


def _sources(image: str) -> Iterator[Source]:
    if not image:
        raise FileError(explain("image", "''", "must be a file, a folder or -", "try . for the current folder"))
    check_local(image, "image")
    path = Path(image)
    if image == STDOUT:
        yield Source(None, _stdin())
    elif io.is_folder(path):
        found = io.find_images(path)
        if not found:
            readable = ", ".join(io.READABLE)
            raise FileError(explain("image", repr(image), "is a folder without pictures", f"these count: {readable}"))
        yield from map(Source, found)
    else:
        yield Source(path)


def _stdin() -> bytes:
    remedy = "pipe a picture in"
    if sys.stdin is None:                                 # the shell's <&-
        raise FileError(explain("image", STDOUT, "standard input is closed", remedy))
    if sys.stdin.isatty():
        raise FileError(explain("image", STDOUT, "standard input is a terminal", remedy))
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(explain("image", f"- ({reason})", "standard input must be a picture", remedy)) from error


def inputs_of(
    task: Task, leads: Sequence[Source], fixed: str | Source | None, companions: Mapping[str, str],
    maps: Mapping[str, Sequence[str]],
) -> tuple[Input, ...]:
    """Return all pictures that decide one job's results: the arguments', then companions, then maps.

    Parameters
    ----------
    task : Task
        What is done.
    leads : sequence of Source
        The picture that changes; all of them for a task that takes many.
    fixed : str or Source, optional
        Of `as_fixed`.
    companions : mapping of str to str
        What was given for each role: a file, a folder or a template.
    maps : mapping of str to sequence of str
        The same for each map: once for all pictures, or once for each.

    Raises
    ------
    InputError
        If a folder has no partner, or several, for a picture; or maps are given neither once nor for each.
    """
    for name, texts in maps.items():
        if len(texts) != len(leads) and not (len(texts) == 1 and _for_each(texts[0], MAP + name)):
            times = "once" if len(texts) == 1 else f"{len(texts)} times"
            raise ParameterError(
                explain(MAP + name, f"given {times}", f"must be once for each of {len(leads)} pictures, in their order",
                        "or give one folder or template")
            )
    found = [Input(task.takes[-1], lead) for lead in leads]
    if fixed is not None:
        first = fixed if isinstance(fixed, Source) else partner(fixed, leads[0], task.takes[0])
        found.insert(0, Input(task.takes[0], first))
    words = {role.name: role.word for role in task.roles}
    found += [Input(role, partner(text, leads[0], words[role]).kept(), words[role])
              for role, text in companions.items()]
    return *found, *(
        Input(MAP + name, partner(texts[at % len(texts)], lead, MAP + name).kept())
        for name, texts in maps.items() for at, lead in enumerate(leads)
    )


def partner(text: str, lead: Source, role: str) -> Source:
    """Return the picture that goes with `lead`: a file as it is, a folder's of the same stem, or a template's."""
    if not text:
        raise FileError(explain(role, "''", "must be a file, a folder or a template", "try masks/{stem}.png"))
    if text == STDOUT:
        raise FileError(explain(role, STDOUT, "must be a file, a folder or a template",
                                "only an argument can come from standard input"))
    check_local(text, role)
    stem = Path(lead.name).stem
    if io.is_folder(text, role):
        same = [path for path in io.find_images(text) if path.stem == stem]
        if len(same) != 1:
            got = ", ".join(io.shown(path.name) for path in same) or "nothing"
            raise FileError(
                explain(role, f"{io.shown(text)} ({got} of that name)",
                        f"the folder must have one picture called {io.shown(stem)}", "add it, or pass a file")
            )
        return Source(same[0])
    if is_template(text):
        return Source(Path(filled(text, {"stem": stem, "name": lead.name}, role)))
    return Source(Path(text))


def _for_each(text: str, role: str) -> bool:
    """Whether what was given is a picture for each, and not a file for all."""
    return io.is_folder(text, role) or is_template(text)


def is_template(text: str) -> bool:
    """Whether what was given for a partner is a template, and not the name of a file."""
    return "{" in text and not os.path.lexists(text)


def filled(template: str, values: Mapping[str, str], role: str) -> str:
    """Return the name of a partner, with `values` in the template's fields; `role` is what errors call it."""
    try:
        fields = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        fields = [("", "", None)]
    if any(name not in values or form or conversion for name, form, conversion in fields):
        braced = " and ".join(f"{{{name}}}" for name in values)
        raise ParameterError(explain(role, repr(template), f"a template may hold {braced}"))
    return template.format_map(values)
