"""The names of files: parts of local paths and of URLs, put together and taken apart."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from .. import io
from ..errors import FileError, explain

_GLOB = re.compile(r"[*?\[]")
_NEXT = re.compile(r"(?<=:/).*?(::)(?![^/]*\])")          # in brackets it is a host's address


def is_url(path: str) -> bool:
    """Return whether a path is for fsspec."""
    return "://" in path


def absolute(path: str) -> str:
    """Return a path that means the same in any process: URLs as they are, but for those that `local` knows."""
    path = local(path)
    return path if is_url(path) else os.path.abspath(path)       # noqa: PTH100  # links stay as they are


def local(path: str) -> str:
    """Return the path that a URL such as ``file:///x.png`` is, and any other as it is.

    Raises
    ------
    FileError
        If it names another machine, or no folder.
    """
    protocol, _, rest = path.partition("://")
    if protocol not in ("file", "local") or not is_url(path):
        return path
    host, slash, below = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise FileError(
            explain("path", io.shown(path), "is of no file on this machine", f"try {protocol}:///folder/x.png")
        )
    return unquote(slash + below)


def chained(url: str) -> tuple[str, str]:
    """Return a URL as far as it names the file, and what follows: the archive that it is in, as fsspec chains them."""
    found = _NEXT.search(url)
    return (url[: found.start(1)], url[found.start(1) :]) if found else (url, "")


def glob_at(path: str) -> int:
    """Return where a path begins to be a glob, or -1: of a chain only what names the files may be one."""
    found = _GLOB.search(chained(path)[0] if is_url(path) else path)
    return found.start() if found else -1


def name_of(path: str) -> str:
    """Return a file's name without folders, and without what a web address or a chain says after it."""
    path = chained(path)[0] if is_url(path) else path
    if path.startswith(("http://", "https://")):
        return unquote(PurePosixPath(urlsplit(path).path).name)
    return PurePosixPath(path).name if is_url(path) else os.path.basename(path)     # noqa: PTH119  # Path takes longer


def suffix_of(path: str) -> str:
    """Return the suffix of a file's name."""
    return Path(name_of(path)).suffix


def joined(folder: str, name: str) -> str:
    """Return the path of what is called `name` in a folder; names may have folders in them."""
    if is_url(folder) and not is_url(name):
        url, rest = chained(folder)
        return (url if url.endswith("://") else url.rstrip("/") + "/") + name + rest
    return name if is_url(name) else os.path.join(folder, name)  # noqa: PTH118  # Path would take the // out of URLs


def folder_of(path: str) -> str:
    """Return the folder that a file is in."""
    if not is_url(path):
        return os.path.dirname(path)                      # noqa: PTH120  # Path takes longer
    url, rest = chained(path)
    folder = url.rpartition("/")[0]
    return (folder + "/" if folder.endswith(":/") else folder) + rest


def renamed(path: str, ending: str) -> str:
    """Return the path beside a file whose name is that file's without its suffix, and `ending` after it."""
    return path.removesuffix(suffix_of(path)) + ending


def within(path: str, folder: str) -> str:
    """Return a path as seen from a folder that it is in, and any other as it is."""
    start = folder.rstrip("/" if is_url(folder) else "/" + os.sep) + "/"
    return path.removeprefix(start) if path.startswith(start) else path
