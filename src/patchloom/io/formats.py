"""What each kind of file can hold, and how names appear in messages."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..checks import MAX_SIDE, is_pil
from ..errors import FileError, ImageError, PatchloomError, explain

MAX_PIXELS = 400_000_000
"""Pixels of the largest picture that is decoded; larger ones are refused by their header."""

_LARGE_TILE = 2048 * 2048                                 # pixels; one as large is nothing unusual

JPEG_QUALITY = 95
"""Of 100; together with 4:4:4 colour, losses are below what patches differ by."""

READABLE = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".exr")
"""Suffixes that `find_images` looks for; `read` itself goes by the content."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "1": "1-bit", "L": "grey", "LA": "grey with alpha", "P": "palette", "PA": "palette with transparency",
        "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK", "U16": "16 bits per channel", "F": "float",
    }
)
"""What pixels can be, and what messages call it."""

HOLDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ".png": ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "U16"),
        ".jpg": ("L", "RGB", "CMYK"),
        ".jpeg": ("L", "RGB", "CMYK"),
        ".webp": ("RGB", "RGBA"),
        ".tif": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "U16", "F"),
        ".tiff": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "U16", "F"),
        ".bmp": ("1", "L", "P", "RGB"),
        ".exr": ("F",),
    }
)
"""Suffix -> what a file of it holds without a change to any pixel (JPEG: but for its losses)."""

WRITABLE = tuple(HOLDS)
"""Suffixes that `write` knows."""

UNMARKED = (".bmp",)
"""Suffixes of files that have no place for metadata."""

DEEP = ("U16", "F")
"""Kinds that go through OpenImageIO."""


def belongs(stem: str, source: str) -> bool:
    """Return whether a file's stem is that of its source, alone or before something that is no letter or digit.

    Examples
    --------
    >>> [belongs(stem, "flowers") for stem in ("flowers", "flowers_7", "flowers-7", "flowers7")]
    [True, True, True, False]
    """
    return stem.startswith(source) and not stem[len(source) : len(source) + 1].isalnum()


def shown(name: object) -> str:
    """Return a name that fits on one line and that every terminal can print."""
    text = os.fspath(name) if isinstance(name, os.PathLike) else str(name)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


@contextlib.contextmanager
def encoding(suffix: str) -> Iterator[None]:
    """Tell as one error what an encoder refuses: sides, lengths of metadata, with errors of many kinds."""
    try:
        yield
    except (PatchloomError, MemoryError):
        raise
    except Exception as error:
        reason = shown(" ".join(str(error).split()))
        raise FileError(
            explain("output", f"{suffix} ({reason})", "could not be encoded", "try another suffix")
        ) from error


def is_folder(path: str | os.PathLike[str], what: str = "image") -> bool:
    """Whether a folder is there.

    Parameters
    ----------
    path : path
        Need not exist.
    what : str
        What errors call it.

    Raises
    ------
    FileError
        If the system cannot tell: a name that is too long, a folder on the way that may not be entered.
    """
    try:
        return stat.S_ISDIR(Path(path).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        reason = shown(error.strerror or str(error)).lower()
        raise FileError(
            explain(what, f"{shown(path)} ({reason})", "must be a path that can be followed", "choose another")
        ) from error


def check_size(label: str, rows: int, cols: int, most: int = MAX_PIXELS) -> None:
    """Refuse a picture by its size before anything is decoded.

    Raises
    ------
    ImageError
        If a side is under 1 or over `MAX_SIDE`, or the area over `most`.
    """
    if min(rows, cols) < 1 or max(rows, cols) > MAX_SIDE or rows * cols > most:
        raise ImageError(
            explain("image", f"{label} ({cols} x {rows})",
                    f"sides must be 1 to {MAX_SIDE} pixels, {most / 10**6:g} megapixels in all",
                    "make it smaller first")
        )


def check_tile(label: str, rows: int, cols: int, tile: tuple[int, int]) -> None:
    """Refuse a picture in tiles far larger than itself, each of which is decoded whole, or in endless small ones.

    Parameters
    ----------
    label : str
        What errors call it.
    rows, cols : int
        Of the picture.
    tile : (int, int)
        Rows and columns of one; (0, 0): there are none.

    Raises
    ------
    ImageError
        If it is.
    """
    high, wide = tile
    many = high * wide and -(-rows // high) * -(-cols // wide)
    if high * wide > rows * cols + _LARGE_TILE or 64 * many > max(rows * cols, _LARGE_TILE):
        raise ImageError(
            explain("image", f"{label} ({cols} x {rows}, in tiles of {wide} x {high})",
                    "tiles must be at least 16 x 16 and not much larger than the picture",
                    "save it without tiles, or in tiles of 256 x 256")
        )


def check_single(label: str, frames: int, word: str = "frames") -> None:
    """Refuse a file of several pictures.

    Raises
    ------
    ImageError
        If there are more than one.
    """
    if frames > 1:
        raise ImageError(
            explain("image", f"{label} ({frames} {word})", "must be a single picture", "save the one you mean")
        )


def kind_of(pixels: Any) -> str:
    """Return the entry of `KINDS` that `pixels` are.

    Raises
    ------
    ImageError
        If no file format of ours holds such pixels.
    """
    if is_pil(pixels):
        mode = str(pixels.mode)
        if mode == "P" and pixels.has_transparency_data:
            return "PA"
        kind = "U16" if mode.startswith("I;16") else mode
        if kind in KINDS and mode != "PA":
            return kind
        raise ImageError(explain("output", f"PIL mode {mode}", "must be " + ", ".join(KINDS.values()), "convert it"))
    array = np.asarray(pixels)
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    by_type = {"uint8": ("", "L", "LA", "RGB", "RGBA"), "bool": ("", "1"), "uint16": ("", *["U16"] * 4)}
    by_type |= dict.fromkeys(("float16", "float32"), ("", *["F"] * 4))
    kinds = by_type.get(array.dtype.name, ())
    if array.size and 0 < channels < len(kinds):
        return kinds[channels]
    raise ImageError(
        explain("output", f"{array.dtype} array of shape {array.shape}",
                "must be uint8, uint16, float16 or float32 with 1 to 4 channels, or bool with one",
                "pick or convert channels first, or save it with numpy.save")
    )


def check_mode(pixels: Any, suffix: str) -> None:
    """Refuse pixels that a file of this suffix cannot hold as they are.

    Parameters
    ----------
    pixels : array or PIL image
        What would be written, or anything of the same mode or dtype and channels.
    suffix : str
        One of `WRITABLE`, such as ``".png"``; case does not matter.

    Raises
    ------
    ImageError
        If the pixels would have to be converted.
    FileError
        If the suffix is unknown.
    MissingExtraError
        If they are deeper than 8 bits and OpenImageIO is not installed.
    """
    suffix = check_suffix(suffix)
    kind = kind_of(pixels)
    if kind not in HOLDS[suffix]:
        fits = [other for other, kinds in HOLDS.items() if kind in kinds]
        raise ImageError(
            explain("output", f"{KINDS[kind]} as {suffix}",
                    f"{suffix} holds {', '.join(KINDS[held] for held in HOLDS[suffix])}", f"use {' or '.join(fits)}")
        )
    if kind in DEEP:
        from .deep import require

        require("output", f"{KINDS[kind]} as {suffix}")


def check_suffix(suffix: str, allowed: tuple[str, ...] = WRITABLE) -> str:
    """Return the suffix in lower case.

    Raises
    ------
    FileError
        If it is not one of `allowed`.
    """
    if suffix.lower() not in allowed:
        got = repr(shown(suffix)) if suffix else "none"
        raise FileError(
            explain("output suffix", got, f"must be one of {', '.join(allowed)}", f"try {allowed[0]}")
        )
    return suffix.lower()
