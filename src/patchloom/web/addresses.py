"""What the studio may be called by, and where a reverse proxy may put it."""

from __future__ import annotations

import re

from ..errors import ParameterError, explain

_NAME = re.compile(r"(?P<host>[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?")
_OWN = ("api", "docs", "openapi.json", "static")          # a request's path must show whether the root path is in it
_ROOT = re.compile(r"(/[A-Za-z0-9._~-]+)*")


def as_host(text: str) -> str:
    """Return ``NAME`` or ``NAME:PORT`` in lower case: what a browser calls a reverse proxy.

    Raises
    ------
    ParameterError
        If it is neither.
    """
    found = _NAME.fullmatch(text.strip().lower())
    if not found or int((found["port"] or ":1")[1:]) not in range(1, 65536):
        raise ParameterError(explain("allow_host", repr(text), "must be NAME or NAME:PORT, no scheme and no path",
                                     "try studio.example.org"))
    return found[0]


def as_root_path(text: str) -> str:
    """Return the path that a reverse proxy serves the studio under: empty, or ``/`` and a name, without a last slash.

    Raises
    ------
    ParameterError
        If it is no path, or begins like one of the studio's own.
    """
    path = text.strip().rstrip("/")
    if not _ROOT.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ParameterError(explain("root_path", repr(text), "must be a path of letters, digits and . _ ~ -",
                                     "try /studio"))
    if path.split("/")[1:2] and path.split("/")[1] in _OWN:
        raise ParameterError(explain("root_path", repr(text), f"must begin otherwise than /{', /'.join(_OWN)}",
                                     "try /studio"))
    return path
