"""Where pictures go: a file, a folder, a template or standard output."""

from __future__ import annotations

import os
import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, ParameterError, explain

FIELDS = ("stem", "name", "seed", "index", "width", "height", "suffix", "task")
"""What a template may hold; ``stem`` is the input's name without its suffix, ``name`` with it."""

DEFAULT_NAME = "{stem}_{seed}{suffix}"
STDOUT = "-"

_PICTURE_FIELDS = ("seed", "index")
_MAX_WIDTH = 255


@dataclass(frozen=True)
class Naming:
    """How outputs are called.

    Attributes
    ----------
    folder : Path
        Taken as it is.
    template : str
        Name below `folder`, with `FIELDS` in braces; `STDOUT` for standard output.
    """

    folder: Path
    template: str

    @property
    def stdout(self) -> bool:
        """Whether the picture goes to standard output."""
        return self.template == STDOUT

    def path(self, values: Mapping[str, Any]) -> Path:
        """Return the path of the picture that `values` (one for each of `FIELDS`) describe."""
        try:
            return self.folder / self.template.format_map(values)
        except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError):
            raise does_not_fit(self.template) from None


def as_naming(out: str | None, default: str = DEFAULT_NAME, fields: tuple[str, ...] = FIELDS) -> Naming:
    """Return what ``--out`` says.

    Standard output for ``-``; a folder if it exists as one, ends with a slash or has no
    suffix; a template if it holds braces; else one file. A folder's pictures are called
    `default`, and so are those of the current folder without ``--out``.
    """
    if out is None:
        return Naming(Path(), default)
    if out == STDOUT:
        return Naming(Path(), STDOUT)
    if not out:
        raise ParameterError(explain("out", "''", "must be a file, a folder or a template", f"try {default}"))
    check_local(out, "out")
    path, slash = Path(out), out.endswith(("/", os.sep))
    if os.path.isdir(out):                                # noqa: PTH112  # Path.is_dir raises for long templates
        return Naming(path, default)
    if "{" in out or "}" in out:
        check_template(out, fields)
        return Naming(Path(), out + default if slash else out)
    if slash or not path.suffix:
        return Naming(path, default)
    return Naming(path.parent, path.name)


def check_local(path: str, what: str) -> None:
    """Refuse a URL: as a path it would be a strange folder.

    Raises
    ------
    FileError
        If it is one.
    """
    if "://" in path and not os.path.lexists(path):
        raise FileError(explain(what, repr(path), "must be a path, and is a URL", "URLs are for patchloom batch"))


def check_template(template: str, fields: tuple[str, ...]) -> None:
    """Refuse a template whose braces do not match, with an unknown field, or with a format that asks for too much."""
    allowed = "may hold " + ", ".join(f"{{{name}}}" for name in fields)
    try:
        parts = [(name, form or "") for _, name, form, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        raise ParameterError(explain("out", repr(template), f"braces do not match; {allowed}")) from None
    unknown = [name for name, _ in parts if name not in fields]
    if unknown:
        raise ParameterError(explain("out", repr(template), f"unknown field {{{unknown[0]}}}; {allowed}"))
    forms = [form for _, form in parts]
    widths = [width for form in forms for width in re.findall("[0-9]+", form)]
    if any("{" in form for form in forms) or any(len(width) > 4 or int(width) > _MAX_WIDTH for width in widths):
        raise does_not_fit(template)


def does_not_fit(template: str) -> ParameterError:
    """Return the error of a template with a format that its field cannot have."""
    return ParameterError(
        explain("out", repr(template), "has a field with a format that does not fit", "try {index:03d}")
    )


def check_many(naming: Naming, inputs: int, count: int, given: str = "") -> None:
    """Refuse a name for one picture where several result; `given` is what was typed, if it was more than the name.

    Raises
    ------
    ParameterError
        For a single file, standard output, or a template that does not tell pictures apart.
    """
    results = inputs * count
    fixed = "{" not in naming.template
    same = count > 1 and not any("{" + name in naming.template for name in _PICTURE_FIELDS)
    if results > 1 and (fixed or same):
        remedy = f"use a folder or a template such as {DEFAULT_NAME}"
        raise ParameterError(
            explain("out", repr(given or naming.template), f"is one name, and {results} pictures result", remedy)
        )


def check_distinct(paths: Iterable[Path]) -> None:
    """Refuse two outputs of the same name.

    Raises
    ------
    FileError
        It names one of them.
    """
    for name, times in Counter(os.path.realpath(path) for path in paths).items():
        if times > 1:
            raise FileError(
                explain("out", repr(name), f"{times} results would have this name",
                        'try --out "out/{name}_{seed}.png", or a run for each input')
            )
