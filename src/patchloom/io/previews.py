"""Pictures of any kind -> small ones of 8 bits, for pages that show nothing else."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import is_pil

_QUALITY = 85
_BRIGHTEST = 99.5                                         # per cent of the values that are not brighter than white
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def encode_preview(pixels: Any, side: int | None = None) -> bytes:
    """Return a picture as PNG of 8 bits.

    Parameters
    ----------
    pixels : array or PIL image
        As `Picture.pixels`. Floats that leave [0, 1] are shown from their least to nearly their
        greatest value; of more than four channels the first three are shown.
    side : int, optional
        Pixels of the longer side at most.
    """
    file = BytesIO()
    as_shown(pixels, side).save(file, "PNG", compress_level=3)
    return file.getvalue()


def encode_small(pixels: Any) -> tuple[bytes, str]:
    """Return a small picture, quickly, as bytes and their type: JPEG, or PNG if it is transparent."""
    image, file = as_shown(pixels, None), BytesIO()
    if image.mode in ("L", "RGB"):
        image.save(file, "JPEG", quality=_QUALITY)
        return file.getvalue(), "image/jpeg"
    image.save(file, "PNG", compress_level=1)
    return file.getvalue(), "image/png"


def channels_and_range(pixels: Any) -> tuple[int, float, float]:
    """Return what a preview hides of a picture: its channels of colour, its least and its greatest value.

    Parameters
    ----------
    pixels : array or PIL image
        As `Picture.pixels`. A palette has three channels; values that do not leave [0, 1], as whole numbers
        do not, are told as 0 and 1.
    """
    if is_pil(pixels):
        return {"P": 3, "LA": 1, "RGBA": 3}.get(pixels.mode, len(pixels.getbands())), 0.0, 1.0
    count = pixels.shape[2] if pixels.ndim == 3 else 1
    count -= count in (2, 4)                              # the last is alpha
    if pixels.dtype.kind != "f":
        return count, 0.0, 1.0
    return count, min(0.0, float(pixels.min())), max(1.0, float(pixels.max()))


def as_shown(pixels: Any, side: int | None) -> Any:
    """Return a picture as a PIL image of mode L, LA, RGB or RGBA, its longer side at most `side` pixels."""
    from PIL import Image

    image = _pil_shown(pixels) if is_pil(pixels) else _array_shown(np.asarray(pixels), side)
    if side is not None and max(image.size) > side:
        scale = side / max(image.size)
        size = tuple(max(1, round(length * scale)) for length in image.size)
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _pil_shown(image: Any) -> Any:
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if image.mode == "F" or image.mode.startswith("I;16"):
        array = np.asarray(image)
        return _array_shown(array if image.mode == "F" else array.astype(np.uint16), None)
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.mode != "CMYK" and image.has_transparency_data else "RGB")


def _array_shown(array: npt.NDArray[Any], side: int | None) -> Any:
    from PIL import Image

    if side is not None:                                  # twice what is shown is enough to be smoothed
        skip = max(1, max(array.shape[:2]) // (2 * side))
        array = array[::skip, ::skip]
    array = array[..., None] if array.ndim == 2 else array
    array = array if array.shape[2] in _MODES else array[..., :3]
    bytes_ = np.ascontiguousarray(_bytes(array))
    return Image.fromarray(bytes_[..., 0] if bytes_.shape[2] == 1 else bytes_)


def _bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    floats = array.astype(np.float32)
    alpha = floats.shape[2] in (2, 4)
    colours = floats[..., : floats.shape[2] - alpha]
    low, high = float(colours.min()), float(colours.max())
    if low < 0 or high > 1:
        high = max(float(np.percentile(colours, _BRIGHTEST)), low + 1e-6)
        colours -= np.float32(low)
        colours /= np.float32(high - low)
    shown: npt.NDArray[np.uint8] = (np.clip(floats, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return shown
