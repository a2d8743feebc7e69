"""Where a batch's results go: a folder or a URL, and a template below it, filled in but for what workers know."""

from __future__ import annotations

import os
import posixpath
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import io
from ...batch import files
from ...catalogue import Task
from ...errors import ParameterError, explain
from ..output import FIELDS, STDOUT, Naming, as_naming, check_template, does_not_fit
from .checking import check_no_archive

LATE = ("width", "height", "suffix")
"""What a template may hold that only the worker knows, which reads the input."""

_SAMPLES = {
    "stem": "a", "name": "a.png", "seed": 0, "index": 0, "task": "tile", "folder": "a", "width": 1, "height": 1,
    "suffix": ".png",
}
BATCH_FIELDS = (*FIELDS, "folder")
"""What a template may hold; ``folder`` is where an input lies below the folder or the fixed part of the glob."""


@dataclass(frozen=True)
class Place:
    """Where results go.

    Attributes
    ----------
    folder : str
        An absolute path, or a URL.
    template : str
        Of names below it, with `BATCH_FIELDS` in braces.
    """

    folder: str
    template: str

    def out(self, values: Mapping[str, Any]) -> str:
        """Return the template with `values` filled in; other fields stay, other braces are doubled.

        Raises
        ------
        ParameterError
            If a format does not fit, or what results is not below the folder.
        """
        found = _with_values(self.template, values, self.template)
        if "{folder" not in self.template:
            return found
        found = posixpath.normpath(found)
        if _rises(found):
            raise _not_below(f"{self.template!r} ({found})", self.folder)
        return found

    def below(self, own: str, default: str) -> Place:
        """Return what a job's own ``out`` says: a place below this folder.

        Raises
        ------
        ParameterError
            If it is not below, or is no place.
        """
        if not own or own == STDOUT:
            raise ParameterError(explain("out", repr(own), "must be a folder or a template", "leave it out"))
        whole = own
        if not (files.is_url(own) or Path(own).is_absolute()):
            whole = f"{doubled(self.folder) if '{' in self.folder + own else self.folder}/{own}"
        place = as_place(whole, default)
        if place.folder == self.folder and not _rises(place.template):
            return place
        above = files.within(place.folder, self.folder)
        if above == place.folder or _rises(f"{above}/{place.template}"):
            raise _not_below(repr(own), self.folder)
        return Place(self.folder, f"{doubled(above)}/{place.template}")

    def naming(self) -> Naming:
        """Return what `patchloom.cli.output.check_many` looks at."""
        return Naming(Path(), self.template)


def as_place(out: str, default: str) -> Place:
    """Return what ``--out`` says: a folder, whose results are called `default`, or a template; both may be URLs.

    Raises
    ------
    ParameterError
        If it is neither.
    """
    if out == STDOUT:
        raise ParameterError(explain("out", STDOUT, "must be a folder or a template", "try --out out/"))
    out = files.local(out)
    if files.is_url(out):
        check_no_archive(out, "out")
        whole = _at_url(out, default)
    else:
        naming = as_naming(out, default, BATCH_FIELDS)
        folder = "" if naming.folder == Path() else doubled(str(naming.folder))
        whole = os.path.abspath(Path(doubled(str(Path.cwd())), folder, naming.template))  # noqa: PTH100  # no links
        whole = whole.replace(os.sep, "/")
    place = _split(whole)
    _with_values(place.template, _SAMPLES, out)
    return place


def check_ending(task: Task, folder: str, out: str) -> None:
    """Refuse a name, filled in but for `LATE`, whose suffix no result of a task has.

    Raises
    ------
    ParameterError
        If it is so.
    """
    suffixes = task.delivery.suffixes
    name = out.format_map({"width": 1, "height": 1, "suffix": suffixes[0]})
    if files.suffix_of(files.joined(folder, name)).lower() not in suffixes:
        raise ParameterError(explain("out", repr(out), f"must end with {{suffix}} or one of {', '.join(suffixes)}",
                                     'try "out/{stem}_{seed}{suffix}"'))


def doubled(text: str) -> str:
    """Return a text that means itself in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _at_url(out: str, default: str) -> str:
    if "{" in out or "}" in out:
        check_template(out, BATCH_FIELDS)
        if "{" in out.partition("://")[2].partition("/")[0]:
            raise ParameterError(explain("out", repr(out), "what follows :// must be a name", "try s3://bucket/{stem}"))
        return out + default if out.endswith("/") else out
    last = out.partition("://")[2].rpartition("/")[2]
    return out if Path(last).suffix else out.rstrip("/") + "/" + default


def _rises(template: str) -> bool:
    """Whether a template leads above its folder: ``..`` of a URL stay as they are."""
    return posixpath.normpath(template).startswith("../")


def _split(whole: str) -> Place:
    """Return the folder before the first field, and the template below it."""
    before = ""
    for literal, name, _, _ in string.Formatter().parse(whole):
        before += literal
        if name is not None:
            break
    folder = before[: before.rfind("/") + 1]
    return Place(folder.rstrip("/") or "/", whole[len(doubled(folder)) :])


def _not_below(got: str, folder: str) -> ParameterError:
    return ParameterError(explain("out", got, f"must be below {io.shown(folder)}, the folder of --out",
                                  "leave out the .. or what comes before its name"))


def _with_values(template: str, values: Mapping[str, Any], given: str) -> str:
    """Return a template with values filled in; errors name what was given."""
    try:
        return "".join(_filled(template, values))
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError):
        raise does_not_fit(given) from None


def _filled(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    for literal, name, form, conversion in string.Formatter().parse(template):
        yield doubled(literal)
        if name is not None:
            field = "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
            yield doubled(field.format_map(values)) if name in values else field
