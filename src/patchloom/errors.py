"""The exception tree.

::

    PatchloomError
    |- InputError (ValueError)     an argument, picture or file that cannot be used
    |  |- ParameterError           a number or a name out of its range
    |  |- ImageError               not a picture, or one that does not fit
    |  '- FileError                a file that cannot be read or written
    |- MissingExtraError           needs an optional dependency that is not installed
    |- MemoryBudgetError           needs more memory than `memory` allows
    |  '- DeviceMemoryError        needs more memory than a GPU has left
    |- DeviceError                 a GPU failed in the middle of a run
    '- Cancelled                   the run was asked to stop

Every message is one line: what, got, allowed, remedy.
"""

from __future__ import annotations


class PatchloomError(Exception):
    """Base of every error that Patchloom raises on purpose."""


class InputError(PatchloomError, ValueError):
    """Something that was passed cannot be used."""


class ParameterError(InputError):
    """A number or a name is outside what is allowed."""


class ImageError(InputError):
    """A picture cannot be used as one, or does not fit the others."""


class FileError(InputError):
    """A file cannot be read or written."""


class MissingExtraError(PatchloomError):
    """An optional dependency is needed and not installed."""


class MemoryBudgetError(PatchloomError):
    """The work needs more memory than the budget allows."""


class DeviceMemoryError(MemoryBudgetError):
    """A device has too little memory left. It may have more later, if others use it too."""


class DeviceError(PatchloomError):
    """A device failed in the middle of a run, or a batch. Until this process ends it may not be of use again."""


class Cancelled(PatchloomError):
    """The run was asked to stop, and did."""


def explain(what: str, got: object, allowed: str, remedy: str = "") -> str:
    """Build the one line that every error is: ``what=got: allowed; remedy``."""
    line = f"{what}={' '.join(str(got).splitlines())}: {allowed}"
    return f"{line}; {remedy}" if remedy else line
