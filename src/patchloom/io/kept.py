"""No input is ever replaced by what is made of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import FileError, explain
from .formats import shown


def check_inputs_kept(inputs: Iterable[Path | None], outputs: Iterable[Path]) -> None:
    """Refuse to replace an input: it may be read again, and there is no other copy.

    Raises
    ------
    FileError
        If a result would have the place of an input; ``--force`` makes no difference.
    """
    kept = {place for path in inputs if path is not None for place in _places(path)}
    for path in outputs:
        if not kept.isdisjoint(_places(path)):
            raise FileError(
                explain("output", f"{shown(path)} (is an input)", "inputs are not replaced, even with --force",
                        "choose another name or folder")
            )


def _places(path: Path) -> Iterator[object]:
    """Give what two names of one file have in common."""
    yield os.path.realpath(path)
    with contextlib.suppress(OSError, ValueError):
        found = path.stat()
        yield found.st_dev, found.st_ino
