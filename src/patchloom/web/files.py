"""Results -> bytes of files, when somebody asks for them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from .. import catalogue, io
from .job import Job
from .results import TYPES, Made

_PREFIX, _TEXTS = "patchloom:", (catalogue.VERSION, catalogue.TASK)


class File(NamedTuple):
    """A file that is sent."""

    data: bytes
    type: str
    name: str


class Files:
    """Encodes results, and keeps what was asked for last.

    All of its methods take up to seconds for large pictures: call them in threads of their own, few at a time.

    Parameters
    ----------
    most : int
        Bytes that it keeps.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[tuple[str, int, str], File] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def image(self, job: Job, made: Made, suffix: str | None = None) -> File:
        """Return the file of a result, with all that it says about itself.

        Parameters
        ----------
        job : Job
            That made it.
        made : Made
            One of its results.
        suffix : str, optional
            One of the task's; by default what fits the input.

        Raises
        ------
        InputError
            If such a file cannot hold these pixels.
        MissingExtraError
            If it needs what is not installed.
        """
        order = job.order
        suffix = suffix or made.suffix

        def encode() -> File:
            data = order.task.delivery.encode(made.result, order.options, suffix, order.icc, made.texts)
            return File(data, TYPES[suffix], _name(job, made) + suffix)

        return self._file((job.id, made.index, suffix), encode)

    def map(self, job: Job, made: Made, name: str) -> File:
        """Return the file of a map that followed a result; its name is one of ``made.result.maps``."""
        order, suffix = job.order, job.order.map_suffixes[name]

        def encode() -> File:
            icc, texts = order.map_iccs.get(name), {**made.texts, catalogue.PART: catalogue.MAP + name}
            data = order.task.delivery.encode_map(made.result, order.options, name, suffix, icc, texts)
            return File(data, TYPES[suffix], f"{_name(job, made)}_{name}{suffix}")

        return self._file((job.id, made.index, catalogue.MAP + name), encode)

    def field(self, job: Job, made: Made) -> File:
        """Return the file of the field that made a result, for ``patchloom apply``."""
        def encode() -> File:
            data = io.encode_field(made.result.transform, metadata=made.texts)
            return File(data, TYPES[".npz"], _name(job, made) + ".npz")

        return self._file((job.id, made.index, "field"), encode)

    def preview(self, job: Job, made: Made, side: int | None = None) -> File:
        """Return a result (of an animation the first frame) as PNG of 8 bits, its longer side at most `side` pixels."""
        def encode() -> File:
            return File(io.encode_preview(made.result.image, side), TYPES[".png"], _name(job, made) + "_preview.png")

        return self._file((job.id, made.index, f"preview {side}"), encode)

    def forget(self, job: str) -> None:
        """Let go of the files of a job, by its id."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == job]:
                self._bytes -= len(self._kept.pop(key).data)

    def _file(self, key: tuple[str, int, str], encode: Callable[[], File]) -> File:
        found = self._found(key)
        if found is None:
            found = encode()
            self._keep(key, found)
        return found

    def _found(self, key: tuple[str, int, str]) -> File | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[str, int, str], file: File) -> None:
        with self._lock:
            if key not in self._kept and len(file.data) <= self.most:
                self._kept[key] = file
                self._bytes += len(file.data)
            while self._bytes > self.most:
                self._bytes -= len(self._kept.popitem(last=False)[1].data)


def metadata(made: Made) -> dict[str, Any]:
    """Return what the file of a result says about itself, as values rather than texts."""
    return {
        key.removeprefix(_PREFIX): text if key in _TEXTS else json.loads(text) for key, text in made.texts.items()
    }


def _name(job: Job, made: Made) -> str:
    return f"{job.order.stem}_{job.order.task.name}_{made.seed}"
