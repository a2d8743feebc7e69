"""Commands that are imported when they are asked for: a batch of thumbnails need not wait for the studio's imports."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, MutableMapping

import click


class Commands(MutableMapping[str, click.Command]):
    """Commands by name, for a group; each is imported at its first use.

    Parameters
    ----------
    homes : mapping of str to str
        By a command's name, where it is: ``"package.module:attribute"``.
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._found: dict[str, str | click.Command] = dict(homes)

    def __getitem__(self, name: str) -> click.Command:
        found = self._found[name]
        if isinstance(found, str):
            module, attribute = found.split(":")
            found = self._found[name] = getattr(importlib.import_module(module), attribute)
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
