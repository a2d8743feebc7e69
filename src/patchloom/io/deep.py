"""Pictures of more than 8 bits per channel, by OpenImageIO (the extra ``hdr``).

It works on files only, so bytes pass through a temporary folder; that also
keeps odd names (``%04d``, ``?``) away from its name patterns.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import FileError, ImageError, MissingExtraError, explain
from .formats import MAX_PIXELS, check_size, check_tile, shown
from .headers import PNG_SIGNATURE, png_chunk, png_chunks

Array = npt.NDArray[Any]

# What Exif writes for an unknown time. Left to itself, OpenImageIO writes the current one.
_NO_TIME = "    :  :     :  :  "
_NAMES = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
_TYPES = {"uint16": "uint16", "half": "float16", "float": "float32"}


def require(what: str, got: str) -> Any:
    """Return the module OpenImageIO.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import OpenImageIO
    except ImportError as error:
        raise MissingExtraError(
            explain(what, got, "needs OpenImageIO", 'pip install "patchloom[hdr]"')
        ) from error
    return OpenImageIO


def load(
    data: bytes, suffix: str, label: str, *, associated: bool = False, most: int = MAX_PIXELS
) -> tuple[Array, bytes | None]:
    """Decode the bytes of a PNG, TIFF or EXR.

    Parameters
    ----------
    data : bytes
        The file.
    suffix : {".png", ".tif", ".exr"}
        What kind of file it is.
    label : str
        What errors call it.
    associated : bool
        Colours are multiplied by alpha in the file, and are divided here. Always
        so in EXR.
    most : int
        Pixels of the picture, by its header.

    Returns
    -------
    array (H, W) or (H, W, 2 to 4) of uint16, float16 or float32
    bytes or None
        The ICC profile.

    Raises
    ------
    FileError
        If the temporary folder cannot be used.
    ImageError
        If it cannot be decoded, or holds what a picture cannot.
    MissingExtraError
        If OpenImageIO is not installed.
    """
    oiio = require("image", f"{label} (more than 8 bits per channel)")
    asked = oiio.ImageSpec()
    asked.attribute("oiio:UnassociatedAlpha", 1)
    with _temporary() as folder:
        file = Path(folder, "picture" + suffix)
        with _told(folder):
            file.write_bytes(data)
        opened = oiio.ImageInput.open(str(file), asked)
        if opened is None:
            raise _damaged(label, oiio.geterror(), folder)
        try:
            spec = opened.spec()
            _check_spec(spec, suffix, label, most)
            array = opened.read_image(format=_format(spec))
            if array is None:
                raise _damaged(label, opened.geterror(), folder)
        finally:
            opened.close()
    if array.shape[2] in (2, 4) and (associated or suffix == ".exr"):
        array = _divided(array, label)
    array = upright(array, spec.get_int_attribute("Orientation", 1))
    icc = spec.getattribute("ICCProfile")
    return array[..., 0] if array.shape[2] == 1 else array, None if icc is None else bytes(bytearray(icc))


def description(data: bytes, suffix: str, label: str) -> str:
    """Return ``ImageDescription`` of a TIFF or EXR, empty if it has none; arguments and errors as for `load`."""
    oiio = require("image", f"{label} (more than 8 bits per channel)")
    with _temporary() as folder:
        file = Path(folder, "picture" + suffix)
        with _told(folder):
            file.write_bytes(data)
        opened = oiio.ImageInput.open(str(file))
        if opened is None:
            raise _damaged(label, oiio.geterror(), folder)
        try:
            return str(opened.spec().get_string_attribute("ImageDescription"))
        finally:
            opened.close()


@contextlib.contextmanager
def _temporary() -> Iterator[str]:
    """Give a new temporary folder."""
    with contextlib.ExitStack() as stack:
        with _told(""):
            made = tempfile.TemporaryDirectory(prefix="patchloom-", ignore_cleanup_errors=True)
            folder = stack.enter_context(made)
        yield folder


@contextlib.contextmanager
def _told(folder: str) -> Iterator[None]:
    """Turn what the system refuses in the temporary folder into one line about that folder."""
    try:
        yield
    except OSError as error:
        raise _no_room(folder, error.strerror or str(error)) from error


def _no_room(folder: str, reason: str) -> FileError:
    where = Path(folder).parent if folder else tempfile.tempdir or "none"
    return FileError(
        explain("temporary folder", f"{shown(where)} ({shown(reason).lower()})",
                "must be writable and have room for a picture", "free some, or set TMPDIR to another folder")
    )


def _damaged(label: str, reason: str, folder: str) -> ImageError:
    # The temporary folder's name would differ at every call and tell nobody anything.
    reason = shown(" ".join(reason.replace(folder, "").split())) or "cannot be decoded"
    return ImageError(explain("image", f"{label} ({reason})", "must be a whole picture", "get an undamaged copy"))


def _format(spec: Any) -> str:
    # EXR may store channels in different depths: the deepest holds them all.
    return "float" if spec.channelformats else str(spec.format)


def _check_spec(spec: Any, suffix: str, label: str, most: int) -> None:
    """Refuse what the file's header already shows to be no single picture of ours."""
    check_size(label, spec.height, spec.width, most)
    check_tile(label, spec.height, spec.width, (spec.tile_height, spec.tile_width))
    names, format = tuple(spec.channelnames), str(spec.format)
    got, allowed, remedy = "", "", ""
    if spec.deep or spec.get_int_attribute("oiio:subimages", 1) > 1:
        got = "deep samples" if spec.deep else f"{spec.get_int_attribute('oiio:subimages', 1)} parts"
        allowed, remedy = "must be a single flat picture", "save one part of it"
    elif spec.depth > 1 or (spec.x, spec.y, spec.width, spec.height) != (
        spec.full_x, spec.full_y, spec.full_width, spec.full_height
    ):
        got, allowed = "data and display windows differ", "the data must fill the display window"
        remedy = "crop it or pad it to its display window"
    elif format not in _TYPES or any(str(item) not in _TYPES for item in spec.channelformats):
        got, allowed = f"{format} pixels", "must be 16-bit integers, half or float"
        remedy = "save it as 16-bit integers or 32-bit float"
    elif len(names) != 1 and (names not in _NAMES.values() if suffix == ".exr" else not 2 <= len(names) <= 4):
        got, allowed = shown(f"channels {', '.join(names[:8])}"), "must be one channel, Y A, R G B or R G B A"
        remedy = "save those only; patchloom.generate takes arrays of up to 32 channels"
    if got:
        raise ImageError(explain("image", f"{label} ({got})", allowed, remedy))


def _divided(array: Array, label: str) -> Array:
    """Divide colours by alpha; where alpha is 0 they are 0 already, or it is an error."""
    colour, alpha = array[..., :-1].astype(np.float64), array[..., -1:].astype(np.float64)
    glow = int(((alpha == 0) & (colour != 0)).any(axis=2).sum())
    if glow:
        raise ImageError(
            explain("image", f"{label} ({glow} pixels with colour where alpha is 0)",
                    "colour must be 0 there, as alpha is associated", "flatten it or remove its alpha channel")
        )
    top = 1.0 if array.dtype.kind == "f" else 65535.0
    colour = np.divide(colour * top, alpha, out=np.zeros_like(colour), where=alpha != 0)
    if array.dtype.kind != "f":
        colour = np.minimum(np.floor(colour + 0.5), top)
    return np.concatenate([colour, array[..., -1:]], axis=2).astype(array.dtype)


def _multiplied(array: Array) -> Array:
    colour = array[..., :-1].astype(np.float64) * array[..., -1:].astype(np.float64)
    return np.concatenate([colour, array[..., -1:]], axis=2).astype(array.dtype)


def upright(array: Array, orientation: int) -> Array:
    """Apply an Exif orientation, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def dump(array: Array, suffix: str, *, icc: bytes | None = None, description: str = "", chunks: bytes = b"") -> bytes:
    """Encode an array as the bytes of a PNG, TIFF or EXR.

    Parameters
    ----------
    array : array (H, W) or (H, W, 1 to 4) of uint16, float16 or float32
        Colours are not multiplied by alpha.
    suffix : {".png", ".tif", ".tiff", ".exr"}
        What kind of file to make.
    icc : bytes, optional
        Profile to embed (not in EXR, which has no place for it).
    description : str
        Goes into ``ImageDescription`` of TIFF and EXR.
    chunks : bytes
        Whole chunks for a PNG.

    Raises
    ------
    FileError
        If it cannot be encoded, or the temporary folder cannot be used.
    MissingExtraError
        If OpenImageIO is not installed.
    """
    oiio = require("output", f"more than 8 bits per channel as {suffix}")
    array = np.ascontiguousarray(array[..., None] if array.ndim == 2 else array)
    if suffix == ".exr" and array.shape[2] in (2, 4):
        array = _multiplied(array)
    spec = _spec(oiio, array, suffix, icc, description)
    with _temporary() as folder:
        file = Path(folder, "picture" + suffix)
        made = oiio.ImageOutput.create(str(file))
        done = made is not None and made.open(str(file), spec)
        done = done and made.write_image(array)
        if not (made is not None and made.close() and done):
            if shutil.disk_usage(folder).free < array.nbytes:
                raise _no_room(folder, "no space left on device")
            reason = " ".join((made.geterror() if made is not None else oiio.geterror()).replace(folder, "").split())
            raise FileError(explain("output", f"{suffix} ({reason})", "could not be encoded", "try another suffix"))
        with _told(folder):
            data = file.read_bytes()
    return _plain_png(data, icc, chunks) if suffix == ".png" else data


def _spec(oiio: Any, array: Array, suffix: str, icc: bytes | None, description: str) -> Any:
    rows, cols, channels = array.shape
    stored = next(name for name, type in _TYPES.items() if type == array.dtype.name)
    spec = oiio.ImageSpec(cols, rows, channels, stored)
    spec.channelnames = _NAMES[channels]
    spec.alpha_channel = channels - 1 if channels in (2, 4) else -1
    spec.attribute("oiio:UnassociatedAlpha", 1)
    spec.attribute("compression", "zip")
    spec.attribute("DateTime", _NO_TIME)
    if suffix != ".exr" and stored == "half":
        spec.attribute("tiff:half", 1)
    if description:
        spec.attribute("ImageDescription", description)
    if icc and suffix in (".tif", ".tiff"):
        spec.attribute("ICCProfile", oiio.TypeDesc(f"uint8[{len(icc)}]"), np.frombuffer(icc, np.uint8))
    return spec


def _plain_png(data: bytes, icc: bytes | None, chunks: bytes) -> bytes:
    """Keep header and pixels only: OpenImageIO adds colour chunks of its own, and text that is not in Latin-1."""
    import zlib

    kept = [(name, body) for name, body in png_chunks(data) if name in (b"IHDR", b"IDAT", b"IEND")]
    profile = png_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc)) if icc else b""
    rest = b"".join(png_chunk(name, body) for name, body in kept[1:])
    return PNG_SIGNATURE + png_chunk(*kept[0]) + profile + chunks + rest
