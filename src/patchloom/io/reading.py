"""Files -> pictures; the rules are in the package's docstring."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, ImageError, PatchloomError, explain
from . import deep, headers, plain, plain_png, shallow
from .formats import MAX_PIXELS, READABLE, check_single, check_size, check_tile, shown

_WHOLE = "must be a whole picture"
_KNOWN = "must be PNG, JPEG, WebP, TIFF, BMP, a still GIF or EXR"

_TIFF_BITS = {headers.UNSIGNED: (1, 2, 4, 8, 16), headers.FLOAT: (16, 32)}
_DEEP_COLOURS = ((headers.BLACK_IS_ZERO, 1), (headers.RGB, 3))
_MOST_NAMES = 1000                                        # parts of an EXR, and attributes and channels of one


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read from a file.

    Attributes
    ----------
    pixels : PIL image or array
        What `patchloom.generate` takes: a PIL image of mode 1, L, LA, P, RGB, RGBA
        or CMYK for 8 bits and fewer; for deeper files an array (H, W) or (H, W, C)
        of uint16, float32 or, for half floats, float16.
    name : str
        File name without folders; ``stdin`` for standard input.
    stem : str
        Name without its suffix.
    sha256 : str
        Of the file's bytes, in hexadecimal.
    icc : bytes or None
        Colour profile.
    suffix : str
        For files made from it: ``.png``; ``.tif`` for CMYK and for float TIFF;
        ``.exr`` for EXR.
    """

    pixels: Any
    name: str
    stem: str
    sha256: str
    icc: bytes | None
    suffix: str


def read(
    path: str | os.PathLike[str] | None, *, data: bytes | None = None, most_pixels: int = MAX_PIXELS
) -> Picture:
    """Read a picture, upright and whole.

    Parameters
    ----------
    path : path or None
        None means standard input.
    data : bytes, optional
        The file's bytes, if they have been read already.
    most_pixels : int
        Of the picture, by its header; at most `MAX_PIXELS`.

    Returns
    -------
    Picture

    Raises
    ------
    FileError
        If the file cannot be read.
    ImageError
        If it is not a picture, is damaged, has several frames or pages, is too
        large, or is of a kind that the table in `patchloom.io` does not have.
    MissingExtraError
        If it has more than 8 bits per channel and OpenImageIO is not installed.
    """
    if data is None:
        if path is None:
            raise FileError(explain("path", None, "must be a file, or data must be given", "pass data=bytes"))
        data = read_bytes(path)
    name = "stdin" if path is None else Path(path).name
    label = "stdin" if path is None else shown(path)
    pixels, icc, suffix = _decode(data, label, most_pixels)
    return Picture(pixels, name, Path(name).stem, hashlib.sha256(data).hexdigest(), icc, suffix)


def find_images(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the pictures of a folder by suffix, sorted by name.

    Hidden files and folders inside are left out.

    Raises
    ------
    FileError
        If it is not a folder that can be listed.
    """
    try:
        found = [file for file in Path(folder).iterdir() if file.suffix.lower() in READABLE]
        return sorted((file for file in found if not file.name.startswith(".") and file.is_file()), key=_by_name)
    except (OSError, ValueError) as error:
        raise FileError(
            explain("folder", f"{shown(folder)} ({_reason(error)})", "must be a folder that can be listed",
                    "check the path")
        ) from error


def _by_name(file: Path) -> str:
    return file.name


def read_bytes(path: str | os.PathLike[str], what: str = "image") -> bytes:
    """Return what a file holds.

    Parameters
    ----------
    path : path
        Of the file.
    what : str
        What errors call it.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        remedy = "pass one of its files" if isinstance(error, IsADirectoryError) else "check the path"
        raise FileError(
            explain(what, f"{shown(path)} ({_reason(error)})", "must be a file that can be read", remedy)
        ) from error


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return shown(" ".join(text.split())).lower()


def _decode(data: bytes, label: str, most: int) -> tuple[Any, bytes | None, str]:
    """Return pixels, profile and the suffix for outputs."""
    kind = headers.sniff(data)
    if not kind:
        got = "not a picture of a known kind" if data else "0 bytes"
        raise ImageError(explain("image", f"{label} ({got})", _KNOWN, "convert it, or pass another file"))
    try:
        if kind == "EXR":
            return *_decode_exr(data, label, most), ".exr"
        if kind == "PNG":
            return _decode_png(data, label, most)
        if kind == "TIFF":
            return _decode_tiff(data, label, most)
        return shallow.load(data, kind, label, most)
    except (PatchloomError, MemoryError):
        raise
    # Decoders meet damage with whatever their parsers run into.
    except Exception as error:
        raise ImageError(
            explain("image", f"{label} ({kind}, {_reason(error)})", _WHOLE, "get an undamaged copy")
        ) from error


def _decode_exr(data: bytes, label: str, most: int) -> tuple[Any, bytes | None]:
    for what, count in headers.exr_counts(data, _MOST_NAMES).items():
        if count > _MOST_NAMES:
            # OpenEXR looks through all that it has for each new one.
            raise ImageError(
                explain("image", f"{label} (more than {_MOST_NAMES} {what})", f"an EXR must have at most {_MOST_NAMES}",
                        "save one flat part of it, without notes")
            )
    pixels, icc = deep.load(data, ".exr", label, most=most)
    plain.check_profile(icc, label)
    return pixels, icc


def _decode_png(data: bytes, label: str, most: int) -> tuple[Any, bytes | None, str]:
    rows, cols, bits = headers.png_header(data)
    if bits <= 8:
        return shallow.load(data, "PNG", label, most, tone=255 // (2**bits - 1))
    check_size(label, rows, cols, most)
    file = plain_png.png(data, label)
    plain_png.check_deep_png(file.data, label)
    pixels, _ = deep.load(file.data, ".png", label, most=most)
    return deep.upright(pixels, file.orientation), file.icc, ".png"


def _decode_tiff(data: bytes, label: str, most: int) -> tuple[Any, bytes | None, str]:
    pages = headers.tiff_pages(data)
    check_single(label, len(pages), "pages" if len(pages) < headers.MOST_PAGES else "pages or more")
    page = pages[0]
    check_size(label, page.rows, page.cols, most)
    _check_tiff(page, label)
    if page.bits <= 8:
        return shallow.load(data, "TIFF", label, most)
    file, associated = plain.tiff(data, label), page.extra == (headers.ASSOCIATED,)
    pixels, _ = deep.load(file.data, ".tif", label, associated=associated, most=most)
    return deep.upright(pixels, file.orientation), file.icc, ".tif" if page.format == headers.FLOAT else ".png"


def _check_tiff(page: headers.TiffPage, label: str) -> None:
    """Refuse what decoders would drop or change without a word."""
    colours = page.samples - len(page.extra)
    marks = (headers.ASSOCIATED, headers.UNASSOCIATED)
    got, allowed = "", "must be 1, 2, 4, 8 or 16-bit unsigned integers, or 16 or 32-bit float"
    remedy = "save it so"
    if page.bits not in _TIFF_BITS.get(page.format, ()):
        names = {headers.UNSIGNED: "unsigned", headers.SIGNED: "signed", headers.FLOAT: "float"}
        got = f"{page.bits}-bit {names.get(page.format, 'mixed')} samples" if page.bits else "mixed depths"
    elif len(page.extra) > 1 or (page.extra and page.extra[0] not in marks):
        got, allowed = f"{len(page.extra)} extra channels", "must be colour, and alpha that is marked as such"
        remedy = "save it as grey, RGB or RGBA"
    elif page.bits > 8 and (page.photometric, colours) not in _DEEP_COLOURS:
        # OpenImageIO would turn CMYK into RGB, and leave white-is-zero as it is.
        got = f"{page.bits} bits of another colour model"
        allowed, remedy = "deep files must be grey (black is zero) or RGB, or with alpha", "convert it to RGB"
    if got:
        raise ImageError(explain("image", f"{label} ({got})", allowed, remedy))
    check_tile(label, page.rows, page.cols, page.tile)
