"""Pictures of at most 8 bits per channel, by Pillow."""

from __future__ import annotations

import importlib
import logging
import warnings
from io import BytesIO
from typing import Any

from ..errors import ImageError, explain
from . import headers, plain, plain_png
from .formats import check_single, check_size

log = logging.getLogger("patchloom")

# Called directly rather than by Image.open, whose limit on pixels is a global and warns where ours decides.
# JpegImageFile gives the first picture of a file that has more behind it (MPO: depth and gain maps of phones).
DECODERS = {
    "PNG": "PngImagePlugin.PngImageFile", "JPEG": "JpegImagePlugin.JpegImageFile",
    "WEBP": "WebPImagePlugin.WebPImageFile", "TIFF": "TiffImagePlugin.TiffImageFile",
    "BMP": "BmpImagePlugin.BmpImageFile", "GIF": "GifImagePlugin.GifImageFile",
}
_PLAIN = {"PNG": plain_png.png, "JPEG": plain.jpeg, "WEBP": plain.webp, "TIFF": plain.tiff, "GIF": plain.gif}
_KEPT = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")
_CONVERTED = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA", "YCbCr": "RGB"}
_TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
          7: "TRANSVERSE", 8: "ROTATE_90"}

# Scans of a JPEG: ten are usual. Each goes over all pixels, however little it holds: a small file could take hours.
_MOST_SCANS, _FEW_SCANS, _SCANNED = 100, 25, 10**9
_MOST_RUNS = 8_000_000                                    # pixels, bytes of a BMP of runs, which Pillow takes singly


def load(data: bytes, kind: str, label: str, most: int, *, tone: int = 1) -> tuple[Any, bytes | None, str]:
    """Decode the bytes of any file but EXR.

    Parameters
    ----------
    data : bytes
        The file.
    kind : str
        As `headers.sniff` calls it.
    label : str
        What errors call it.
    most : int
        Pixels of the picture, by its header.
    tone : int
        Step between grey levels.

    Returns
    -------
    PIL image
    bytes or None
        The ICC profile.
    str
        The suffix for outputs.

    Raises
    ------
    ImageError
        If it is too large, has several frames or is of a colour model that is not read.
    Exception
        Of any kind, if it is damaged.
    """
    file = _PLAIN[kind](data, label) if kind in _PLAIN else plain.Plain(data)
    module, name = DECODERS[kind].split(".")
    decoder = getattr(importlib.import_module(f"PIL.{module}"), name)
    # Pillow warns about oddities in metadata; they go to the log, and what matters raises.
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        with decoder(BytesIO(file.data)) as opened:
            check_size(label, opened.height, opened.width, most)
            check_single(label, getattr(opened, "n_frames", 1) if kind != "GIF" else 1)       # counted by plain.gif
            _check_work(file.data, kind, label, opened)
            opened.load()
            image = _canonical(_upright(opened, file.orientation), label, tone)
    for note in notes:
        log.info("%s: %s", label, note.message)
    return image, file.icc, ".tif" if image.mode == "CMYK" else ".png"


def _check_work(data: bytes, kind: str, label: str, opened: Any) -> None:
    """Refuse what takes long for its size."""
    got, allowed, pixels = "", "", opened.width * opened.height
    if kind == "JPEG":
        allowed_scans = min(_MOST_SCANS, max(_FEW_SCANS, _SCANNED // pixels))
        if (scans := headers.jpeg_scans(data)) > allowed_scans:
            got, allowed = f"{scans} scans", f"a JPEG of its size must have at most {allowed_scans}"
    elif kind == "BMP" and opened.tile[0][0] == "bmp_rle" and max(pixels, len(data)) > _MOST_RUNS:
        got, most = f"{opened.width} x {opened.height}, run-length coded", f"{_MOST_RUNS / 10**6:g}"
        allowed = f"such a BMP must have at most {most} megapixels and {most} MB"
    if got:
        raise ImageError(explain("image", f"{label} ({got})", allowed, "save it anew"))


def _upright(image: Any, orientation: int) -> Any:
    from PIL import Image

    turn = _TURNS.get(orientation)
    return image.copy() if turn is None else image.transpose(Image.Transpose[turn])


def _canonical(image: Any, label: str, tone: int) -> Any:
    """Return the image in one of the modes of the table, with no other baggage than a palette's transparency.

    `tone` is the step between grey levels: Pillow spreads greys of fewer bits to
    0..255 but leaves their transparent level as it was in the file (for 1 bit, older
    releases only).
    """
    mode, clear = image.mode, image.info.get("transparency")
    if mode in ("1", "L") and isinstance(clear, int):
        image.info["transparency"] = min(clear * tone, 255)
    if mode in ("1", "L", "RGB") and clear is not None:
        image = image.convert("RGBA" if mode == "RGB" else "LA")
    elif mode in _CONVERTED:
        image = image.convert(_CONVERTED[mode])
    elif mode not in _KEPT:
        raise ImageError(
            explain("image", f"{label} (colour mode {mode})",
                    "must be 1-bit, grey, palette, RGB or CMYK", "convert it to RGB")
        )
    clear = image.info.get("transparency") if image.mode == "P" else None
    image.info.clear()
    if clear is not None:
        image.info["transparency"] = clear
    return image
