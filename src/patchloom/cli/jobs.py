"""From arguments to jobs: which pictures are read, and what each result will be called."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import io
from ..checks import as_seed, is_pil
from ..errors import FileError, ImageError, ParameterError, explain
from ..params import MAX_SEED, GPNNParams
from ..types import Size
from .options import Side, resolve_size
from .output import STDOUT, Naming


@dataclass(frozen=True)
class Request:
    """What one command line asks for.

    Attributes
    ----------
    params : GPNNParams
        All numbers.
    size : pair of sides, optional
        See `patchloom.cli.options.resolve_size`.
    seeds : range
        One for each picture that is made of an input.
    naming : Naming
        Where the pictures go.
    threads : int
        At least 1.
    memory : int, optional
        Budget in bytes.
    force, save_nnf : bool
        Overwrite; write the field of each picture beside it.
    tell_seed : bool
        A fresh seed that only the line about a picture tells, or its metadata.
    """

    params: GPNNParams
    size: tuple[Side, Side] | None
    seeds: range
    naming: Naming
    threads: int
    memory: int | None
    force: bool
    save_nnf: bool
    tell_seed: bool = False


@dataclass(frozen=True)
class Source:
    """A picture to read: a path, or the bytes that came on standard input."""

    path: Path | None
    data: bytes | None = None

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdin" if self.path is None else io.shown(self.path)

    def kept(self) -> Source:
        """Return the source with its bytes, if they can be read only once (a pipe, ``/dev/stdin``)."""
        if self.path is None or self.data is not None or not self.path.exists() or self.path.is_file():
            return self
        return replace(self, data=io.read_bytes(self.path))

    def read(self) -> io.Picture:
        """Return the picture."""
        return io.read(self.path, data=self.data)


@dataclass(frozen=True)
class Target:
    """One result: its seed and where it goes; `path` is None for standard output."""

    seed: int
    path: Path | None
    nnf: Path | None

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdout" if self.path is None else io.shown(self.path)

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files that will be written."""
        return tuple(path for path in (self.path, self.nnf) if path is not None)


@dataclass(frozen=True)
class Job:
    """One input, the size of its results, and the results."""

    source: Source
    size: Size
    targets: tuple[Target, ...]


def as_seeds(seed: int | None, count: int) -> range:
    """Return the seeds of `count` pictures: the given one, or a fresh one, and those that follow."""
    first = as_seed(seed)
    if first + count - 1 > MAX_SEED:
        raise ParameterError(
            explain("seed", first, f"picture {count} of --count would have seed {first + count - 1}, above 2**64 - 1",
                    f"try {MAX_SEED - count + 1}")
        )
    return range(first, first + count)


def as_sources(images: Sequence[str]) -> list[Source]:
    """Return what is to be read: files, the pictures in folders, and standard input for ``-``."""
    if images.count(STDOUT) > 1:
        raise ParameterError(explain("image", "-", "standard input can be given once"))
    return [source for image in images for source in _sources(image)]


def _sources(image: str) -> Iterator[Source]:
    if not image:
        raise FileError(explain("image", "''", "must be a file, a folder or -", "try . for the current folder"))
    path = Path(image)
    if image == STDOUT:
        yield Source(None, _stdin())
    elif io.is_folder(path):
        found = io.find_images(path)
        if not found:
            readable = ", ".join(io.READABLE)
            raise FileError(explain("image", repr(image), "is a folder without pictures", f"these count: {readable}"))
        yield from map(Source, found)
    else:
        yield Source(path)


def _stdin() -> bytes:
    remedy = "pipe a picture in"
    if sys.stdin is None:                                 # the shell's <&-
        raise FileError(explain("image", STDOUT, "standard input is closed", remedy))
    if sys.stdin.isatty():
        raise FileError(explain("image", STDOUT, "standard input is a terminal", remedy))
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(explain("image", f"- ({reason})", "standard input must be a picture", remedy)) from error


def prepare(source: Source, request: Request) -> Job:
    """Read an input and check everything that can be checked before its run; writes nothing.

    Raises
    ------
    PatchloomError
        If it cannot be read, or a result could not be written.
    """
    source = source.kept()
    picture = source.read()
    size = resolve_size(request.size, pixel_size(picture.pixels))
    targets = tuple(_target(picture, size, index, seed, request) for index, seed in enumerate(request.seeds))
    if targets[0].path is not None:
        io.check_mode(picture.pixels, targets[0].path.suffix)
    else:
        _check_stdout(picture)
    for target in targets:
        if target.path is not None:
            io.check_writable(target.path, force=request.force)
        if target.nnf is not None:
            io.check_writable(target.nnf, force=request.force, suffixes=io.FIELD_SUFFIXES)
    return Job(source, size, targets)


def _check_stdout(picture: io.Picture) -> None:
    try:
        io.check_mode(picture.pixels, ".png")
    except ImageError:
        raise ImageError(
            explain("out", STDOUT, "standard output is PNG, which does not hold such pixels",
                    f"try --out FILE{picture.suffix}")
        ) from None


def check_inputs_kept(sources: Iterable[Source], jobs: Iterable[Job]) -> None:
    """Refuse to replace an input: it may be read again, and there is no other copy.

    Raises
    ------
    FileError
        If a result would have the place of an input; ``--force`` makes no difference.
    """
    inputs = {place for source in sources if source.path is not None for place in _places(source.path)}
    for target in (target for job in jobs for target in job.targets):
        for path in target.paths:
            if not inputs.isdisjoint(_places(path)):
                raise FileError(
                    explain("output", f"{io.shown(path)} (is an input)", "inputs are not replaced, even with --force",
                            "choose another name or folder")
                )


def _places(path: Path) -> Iterator[object]:
    """Give what two names of one file have in common."""
    yield os.path.realpath(path)
    with contextlib.suppress(OSError, ValueError):
        found = path.stat()
        yield found.st_dev, found.st_ino


def _target(picture: io.Picture, size: Size, index: int, seed: int, request: Request) -> Target:
    if request.naming.stdout:
        return Target(seed, None, None)
    rows, cols = size
    path = request.naming.path(
        {
            "stem": picture.stem, "name": picture.name, "seed": seed, "index": index, "width": cols, "height": rows,
            "suffix": picture.suffix,
        }
    )
    # A name without a suffix has no field beside it, and is refused as a picture's.
    return Target(seed, path, path.with_suffix(".npz") if request.save_nnf and path.suffix else None)


def pixel_size(pixels: Any) -> Size:
    """Rows and columns of what `patchloom.io.read` returns."""
    if is_pil(pixels):
        return pixels.height, pixels.width
    return pixels.shape[0], pixels.shape[1]
