"""From arguments to jobs: which pictures are read, and what each result will be called."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import io
from ..checks import as_seed, is_pil
from ..errors import FileError, ParameterError, explain
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
    """

    params: GPNNParams
    size: tuple[Side, Side] | None
    seeds: range
    naming: Naming
    threads: int
    memory: int | None
    force: bool
    save_nnf: bool


@dataclass(frozen=True)
class Source:
    """A picture to read: a path, or the bytes that came on standard input."""

    path: Path | None
    data: bytes | None = None

    @property
    def label(self) -> str:
        """What messages call it."""
        return "stdin" if self.path is None else io.shown(self.path)

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
    path = Path(image)
    if image == STDOUT:
        stream = sys.stdin.buffer
        if stream.isatty():
            raise FileError(explain("image", "-", "standard input is a terminal", "pipe a picture in"))
        yield Source(None, stream.read())
    elif path.is_dir():
        found = io.find_images(path)
        if not found:
            readable = ", ".join(io.READABLE)
            raise FileError(explain("image", repr(image), "is a folder without pictures", f"these count: {readable}"))
        yield from map(Source, found)
    else:
        yield Source(path)


def prepare(source: Source, request: Request) -> Job:
    """Read an input and check everything that can be checked before its run; writes nothing.

    Raises
    ------
    PatchloomError
        If it cannot be read, or a result could not be written.
    """
    picture = source.read()
    size = resolve_size(request.size, pixel_size(picture.pixels))
    targets = tuple(_target(picture, size, index, seed, request) for index, seed in enumerate(request.seeds))
    io.check_mode(picture.pixels, targets[0].path.suffix if targets[0].path is not None else ".png")
    for target in targets:
        if target.path is not None:
            io.check_writable(target.path, force=request.force)
        if target.nnf is not None:
            io.check_writable(target.nnf, force=request.force, suffixes=io.FIELD_SUFFIXES)
    return Job(source, size, targets)


def _target(picture: io.Picture, size: Size, index: int, seed: int, request: Request) -> Target:
    if request.naming.stdout:
        return Target(seed, None, None)
    rows, cols = size
    path = request.naming.path(
        {"stem": picture.stem, "seed": seed, "index": index, "width": cols, "height": rows, "suffix": picture.suffix}
    )
    return Target(seed, path, path.with_suffix(".npz") if request.save_nnf else None)


def pixel_size(pixels: Any) -> Size:
    """Rows and columns of what `patchloom.io.read` returns."""
    if is_pil(pixels):
        return pixels.height, pixels.width
    return pixels.shape[0], pixels.shape[1]
