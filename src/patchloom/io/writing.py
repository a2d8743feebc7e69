"""Pictures -> files, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import is_pil
from ..errors import FileError, PatchloomError, explain
from . import deep, headers
from .formats import DEEP, JPEG_QUALITY, WRITABLE, check_mode, check_suffix, encoding, is_folder, kind_of, shown

PathLike = str | os.PathLike[str]

STALE = 60.0
"""Seconds after which a temporary file that nobody has written to was left by a process that was killed."""

_HEX = "[0-9a-f]" * 16
_IMAGE_DESCRIPTION = 270
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}


def check_writable(path: PathLike, *, force: bool = False, suffixes: tuple[str, ...] = WRITABLE) -> None:
    """Refuse a path that could not be written, before the work for it starts.

    Nothing is written or created.

    Parameters
    ----------
    path : path
        Where a file is to go; folders that do not exist yet are made by `write`.
    force : bool
        An existing file may be replaced.
    suffixes : tuple of str
        Allowed suffixes.

    Raises
    ------
    FileError
        If the suffix is unknown, the file exists, or its folder cannot be written.
    """
    path = Path(path)
    check_suffix(path.suffix, suffixes)
    if is_folder(path, "output"):
        raise _refused(path, "is a folder", "must be a file", "add a file name")
    if os.path.lexists(path) and not force:
        raise _exists(path)
    if path.exists() and not path.is_file():
        raise _refused(path, "is not a regular file", "only those are replaced", "choose another name")
    target, missing = _followed(path), []
    folder = target.parent
    while not os.path.lexists(folder) and folder != folder.parent:
        missing.append(folder.name)
        folder = folder.parent
    if not is_folder(folder, "output"):
        raise _refused(path, f"{shown(folder)} is not a folder", "must be in a folder", "choose another folder")
    for name in (target.name, *missing):
        is_folder(folder / name, "output")                # refuses a name that is too long
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(path, f"{shown(folder)} is not writable", "must be in a writable one", "choose another folder")


def write(
    path: PathLike,
    pixels: Any,
    *,
    icc: bytes | None = None,
    metadata: Mapping[str, str] | None = None,
    force: bool = False,
) -> None:
    """Write a picture: to a temporary name in its folder, then renamed.

    Parameters
    ----------
    path : path
        Its suffix, one of `WRITABLE`, decides the format. Folders are made.
    pixels, icc, metadata
        As for `encode`.
    force : bool
        Replace an existing file. The new one has its permissions; where the path is
        a symbolic link, what it leads to is replaced.

    Raises
    ------
    FileError
        If it cannot be written; nothing is left behind.
    ImageError
        If the format cannot hold the pixels as they are.
    MissingExtraError
        If they are deeper than 8 bits and OpenImageIO is not installed.
    """
    check_writable(path, force=force)
    place(path, encode(pixels, Path(path).suffix, icc=icc, metadata=metadata), force=force)


def place(
    path: PathLike, data: bytes | Iterable[bytes], *, force: bool, durable: bool = False, tidy: bool = True
) -> None:
    """Put bytes into a new file in one step; without `force` an existing one stays, whenever it appeared.

    Parameters
    ----------
    path : path
        Of the file. Folders are made.
    data : bytes or iterable of bytes
        All that it is to hold.
    force : bool
        Replace an existing file.
    durable : bool
        Return once the disk has them, so that a power cut leaves the old file or the new one.
    tidy : bool
        With `durable`: clear away what was left of this file by processes that were killed. All names in its folder
        are looked at for that.

    Raises
    ------
    FileError
        If it cannot be written; nothing is left behind.
    """
    path = _followed(Path(path)) if force else Path(path)
    begin = _temporary(path)
    temporary = path.parent / f"{begin}{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if durable and tidy:
            clear(path.parent, begin)
        try:
            # "x" makes the file with the permissions of the umask; mkstemp would make it private.
            with temporary.open("xb") as file:
                file.writelines((data,) if isinstance(data, bytes) else data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            with contextlib.suppress(OSError):            # nothing is replaced, or modes cannot be set here
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            _rename(temporary, path, force)
        finally:
            temporary.unlink(missing_ok=True)
        if durable:
            _sync_folder(path.parent)
    except PatchloomError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refused(path, shown(reason).lower(), "must be a writable place", "choose another folder") from error


def _temporary(path: Path) -> str:
    """Return what the temporary names of a file begin with: of one length, as its own may be as long as is allowed."""
    return f".patchloom-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}-"


def clear(folder: Path, begin: str = f".patchloom-{_HEX}-") -> None:
    """Remove what killed processes left of files; what another may still be writing is young, and stays."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f"{begin}{_HEX}.tmp"):
            if time.time() - left.stat().st_mtime > STALE:
                left.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the disk know a file's new name, where folders can be opened."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _followed(path: Path) -> Path:
    """Return where a symbolic link leads, and any other path as it is."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _rename(temporary: Path, path: Path, force: bool) -> None:
    if not force:
        try:
            os.link(temporary, path)
            return
        except FileExistsError:
            raise _exists(path) from None
        except OSError:
            # No hard links here (FAT, some network drives): the check comes as late as it can.
            if os.path.lexists(path):
                raise _exists(path) from None
    temporary.replace(path)


def _exists(path: Path) -> FileError:
    return _refused(path, "exists", "is not overwritten", "pass --force (force=True in Python)")


def _refused(path: Path, got: str, allowed: str, remedy: str) -> FileError:
    return FileError(explain("output", f"{shown(path)} ({got})", allowed, remedy))


def encode(
    pixels: Any, suffix: str, *, icc: bytes | None = None, metadata: Mapping[str, str] | None = None
) -> bytes:
    """Return the bytes of a file; the same call gives the same bytes.

    Parameters
    ----------
    pixels : array or PIL image
        As `Picture.pixels`; also arrays (H, W) or (H, W, 1 to 4) of uint8, and
        bool (H, W).
    suffix : str
        One of `WRITABLE`, such as ``".png"``.
    icc : bytes, optional
        Colour profile to embed (BMP and EXR have no place for it).
    metadata : mapping of str to str, optional
        Text chunks in PNG; one JSON text as ``ImageDescription`` in the Exif of
        JPEG and WebP, in TIFF and in EXR; not carried by BMP.

    Raises
    ------
    ImageError
        If the format cannot hold the pixels as they are.
    FileError
        If the suffix is unknown or the encoder fails.
    MissingExtraError
        If the pixels are deeper than 8 bits and OpenImageIO is not installed.
    """
    suffix = check_suffix(suffix)
    check_mode(pixels, suffix)
    texts = {key: _encodable(value) for key, value in (metadata or {}).items()}
    description = json.dumps(texts) if texts else ""
    with encoding(suffix):
        if kind_of(pixels) in DEEP:
            chunks = b"".join(headers.png_chunk(*chunk[:2]) for chunk in _png_info(texts).chunks)
            return deep.dump(_deep_array(pixels), suffix, icc=icc, description=description, chunks=chunks)
        return _by_pillow(pixels, suffix, icc, texts, description)


def _encodable(text: str) -> str:
    # File names that are not in the file system's encoding hold lone surrogates.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _png_info(texts: Mapping[str, str]) -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, value in texts.items():
        info.add_text(key, value)
    return info


def _deep_array(pixels: Any) -> Any:
    array = np.asarray(pixels)
    # Pillow's I;16B is big-endian.
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _by_pillow(pixels: Any, suffix: str, icc: bytes | None, texts: Mapping[str, str], description: str) -> bytes:
    from PIL import Image

    image = pixels.copy() if is_pil(pixels) else _as_pil(pixels)
    # Pillow writes what it finds here; only a palette's transparency is part of the picture.
    image.info = {key: image.info[key] for key in ("transparency",) if image.mode == "P" and key in image.info}
    exif = Image.Exif()
    if description:
        exif[_IMAGE_DESCRIPTION] = description
    options: dict[str, dict[str, Any]] = {
        "PNG": {"icc_profile": icc, "pnginfo": _png_info(texts)},
        "JPEG": {"icc_profile": icc, "exif": exif, "quality": JPEG_QUALITY, "subsampling": "4:4:4"},
        "WEBP": {"icc_profile": icc, "exif": exif, "lossless": True, "exact": True},
        "TIFF": {"icc_profile": icc, "compression": "tiff_adobe_deflate",
                 "tiffinfo": {_IMAGE_DESCRIPTION: description} if description else {}},
        "BMP": {},
    }
    form = _FORMATS.get(suffix, suffix[1:].upper())
    file = BytesIO()
    image.save(file, form, **{key: value for key, value in options[form].items() if value})
    return file.getvalue()


def _as_pil(pixels: Any) -> Any:
    from PIL import Image

    array = np.asarray(pixels)
    array = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if array.dtype == np.bool_:
        return Image.fromarray(array.astype(np.uint8) * 255).convert("1", dither=Image.Dither.NONE)
    return Image.fromarray(np.ascontiguousarray(array))
