"""What went wrong, as the interface tells it: one shape for every error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import (
    Cancelled,
    DeviceError,
    FileError,
    ImageError,
    MemoryBudgetError,
    MissingExtraError,
    ParameterError,
    PatchloomError,
    explain,
)

_WORD = re.compile(r"[A-Za-z_][\w.\-]*")
_KINDS: tuple[tuple[type[PatchloomError], int, str], ...] = (
    (ParameterError, 422, "parameter"), (ImageError, 422, "image"), (FileError, 422, "file"),
    (MemoryBudgetError, 422, "memory"), (MissingExtraError, 422, "extra"), (Cancelled, 409, "cancelled"),
    (DeviceError, 500, "device"),
)


class QueueFull(PatchloomError):
    """There is no place for another job now.

    Parameters
    ----------
    message : str
        What, got, allowed, remedy.
    retry_after : int
        Seconds after which there probably is one.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Closing(QueueFull):
    """The studio ends, and takes nothing more.

    Parameters
    ----------
    message : str
        What, got, allowed, remedy.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, 5)


class TimeLimitError(PatchloomError):
    """A job took longer than it may."""


@dataclass(frozen=True)
class Problem:
    """An error as JSON tells it.

    Attributes
    ----------
    status : int
        Of HTTP, as if the request had met it.
    code : str
        Its kind, for programs.
    message : str
        What, got, allowed, remedy, in one line for people.
    field : str or None
        The parameter or file that it is about.
    """

    status: int
    code: str
    message: str
    field: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


INTERNAL = Problem(500, "internal", "the studio failed at this job: the fault is not in what you sent; "
                   "its log has the details")


def problem_of(error: BaseException, fields: Mapping[str, str] | None = None) -> Problem:
    """Return what is told of an error; of one that nobody expected, nothing that it says.

    Parameters
    ----------
    error : exception
        Any.
    fields : mapping of str to str, optional
        As for `field_of`.
    """
    if isinstance(error, Closing):
        return Problem(503, "unavailable", str(error))
    if isinstance(error, QueueFull):
        return Problem(429, "queue", str(error))
    if isinstance(error, TimeLimitError):
        return Problem(422, "time", str(error))
    if isinstance(error, MemoryError):
        told = explain("memory", "used up", "the machine has too little for this job", "ask for a smaller size")
        return Problem(422, "memory", told)
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            return Problem(status, code, str(error), field_of(str(error), fields))
    return INTERNAL


def field_of(message: str, fields: Mapping[str, str] | None = None) -> str | None:
    """Return the parameter or file that a message of `patchloom.errors.explain` is about, if it names one.

    Parameters
    ----------
    message : str
        One line.
    fields : mapping of str to str, optional
        What it may begin with, and the field of the request that it is about then; otherwise any word.

    Examples
    --------
    >>> field_of("patch_size=8: must be odd"), field_of("no such job")
    ('patch_size', None)
    >>> field_of("map normal=2 x 2: must be 3 x 3", {"map.normal": "map.normal"}), field_of("memory=1: more", {})
    ('map.normal', None)
    """
    name = re.split("[=:]", message, maxsplit=1)[0].strip()
    if fields is None:
        return name if _WORD.fullmatch(name) and message.startswith(f"{name}=") else None
    forms = (name, name.replace(" ", "."), name.replace("-", "_"), name.partition(" ")[0].partition("[")[0])
    return next((fields[form] for form in forms if form in fields), None)
