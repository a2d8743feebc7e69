"""A result of `patchloom.cli.singan.making` once more, from what its own file says about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ... import catalogue, io
from ...catalogue import as_size_request, resolve_size
from ...checks import as_seed
from ...errors import FileError, ParameterError, explain
from .. import record
from ..inputs import Input, Source
from ..jobs import Origin, Request
from .made import Job, prepared
from .making import ModelCommand
from .opened import Shelf


def again(
    command: ModelCommand, origin: Origin, find: Callable[[Mapping[str, str]], Path], request: Request, shelf: Shelf,
    *, quiet: bool,
) -> Job:
    """Return what makes a file again.

    Parameters
    ----------
    command : ModelCommand
        That made it.
    origin : Origin
        The file and what it says about itself.
    find : callable
        What is recorded of an input -> where it is now.
    request : Request
        Where results go; its seed is the file's.
    shelf : Shelf
        Of the models that results are made again with.
    quiet : bool
        Say nothing but errors.

    Raises
    ------
    FileError
        If it was made on a device that is not there.
    AttributeError, KeyError, TypeError, ValueError or click.UsageError
        If the file says something else than a command wrote.
    """
    options = json.loads(origin.about[catalogue.OPTIONS])
    size, device = options.pop("size", None), _device(origin, options.pop("device", "auto"))
    own = record.given_again(command.own, options)
    asked = None if size is None else as_size_request(size)
    first, *rest = _sources(command, json.loads(origin.about[catalogue.SOURCES]))
    seed = as_seed(int(origin.about[catalogue.SEED]))
    values: dict[str, Any] = {"quiet": quiet, "force": request.force, "seed": seed, "count": 1, "device": device,
                              "threads": request.threads}
    path = find(first)
    training = () if first["role"] == "model" else (seed, device, *(own[name] for name in command.made.training))
    key, opens = (path, first["role"], *training), partial(command.made.opens, path)
    file = shelf.take(key, partial(opens, {**own, **values}))
    inputs = tuple(Input(one["role"], Source(find(one))) for one in rest)
    wanted = {**own, "size": None if asked is None else resolve_size(asked, file.model.size)}
    job = prepared(Job(command, file, inputs, wanted, device, request.threads, (0, 0), (), origin), 0, request)
    return replace(job, file=shelf.later(key, file, partial(opens, {**own, **values, "quiet": True})))


def check_again(values: Mapping[str, Any]) -> None:
    """Refuse options of `rerun` that are for the other engine."""
    for name, usual in (("save_nnf", False), ("dry_run", False), ("memory", None), ("device", "cpu")):
        if values[name] != usual:
            option = "--" + name.replace("_", "-")
            raise ParameterError(explain("output", "made with a trained model", f"{option} is for results of patches",
                                         "leave it out"))


def _device(origin: Origin, name: Any) -> str:
    """Return where a result was asked to be made, if that is on this machine: elsewhere it would be another."""
    from ...singan.devices import as_device

    if not isinstance(name, str):
        raise ValueError(f"device {name}")
    try:
        as_device(name)
    except ParameterError:
        raise FileError(explain("output", f"{io.shown(origin.path)} (made with --device {io.shown(name)})",
                                "that device is not on this machine", "run its command again with another")) from None
    return name


def _sources(command: ModelCommand, found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what a file records of its inputs, if they are what the command takes: the model, then the picture."""
    made, roles = command.made, [one["role"] for one in found]
    known = [made.takes] * bool(made.takes) + [role.name for role in made.roles]
    texts = [one[key] for one in found for key in ("role", "name", "sha256")] + [one.get("path", "") for one in found]
    if (
        roles[:1] not in (["model"], ["image"]) or not set(roles[1:]) <= set(known)
        or (made.takes and roles[1:2] != [made.takes]) or not all(isinstance(text, str) for text in texts)
    ):
        raise ValueError(f"inputs {', '.join(map(str, roles))}")
    return found
