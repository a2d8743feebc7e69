"""Pictures that a user may pass <-> `Image`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from .cancelling import bands
from .errors import ImageError, explain
from .palette import nearest_colours
from .params import MAX_CHANNELS
from .types import Image, PixelFormat, Size

MAX_SIDE = 1 << 15

_MOST_FLOAT = 1e30                                        # sums of a patch's pixels must be float32 numbers too


def is_pil(value: object) -> bool:
    """Whether `value` is a PIL image (without importing Pillow)."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def size_of(pixels: Any) -> Size:
    """Return (rows, columns) of an array or PIL image."""
    return (pixels.height, pixels.width) if is_pil(pixels) else np.shape(pixels)[:2]


def as_image(value: Any, name: str = "source") -> tuple[Image, PixelFormat]:
    """Return `value` as an `Image`, and the format to bring results back to.

    Parameters
    ----------
    value : array or PIL image
        Arrays are (H, W) or (H, W, C) with 1 to 32 channels of bool, uint8,
        uint16 or float; two and four channels end with alpha. Float arrays that
        leave [0, 1] are mapped onto it by their minimum and maximum.
    name : str
        What errors call it.

    Raises
    ------
    ImageError
        If it is no picture, is empty, or holds values that are not finite.
    """
    if is_pil(value):
        pixels, kind = _from_pil(value, name)
    else:
        pixels, kind = _from_array(value, name)
    if min(pixels.shape) < 1 or max(pixels.shape[:2]) > MAX_SIDE:
        raise ImageError(explain(name, _shape(pixels), f"sides must be 1 to {MAX_SIDE} pixels"))
    if kind.alpha:
        for rows in bands(len(pixels), pixels[:1].size):
            pixels[rows, :, :-1] *= pixels[rows, :, -1:]
    return np.ascontiguousarray(pixels), kind


def _shape(array: npt.NDArray[Any]) -> str:
    return " x ".join(map(str, array.shape))


def _from_pil(value: Any, name: str) -> tuple[Image, PixelFormat]:
    uint8 = np.dtype(np.uint8)
    mode = value.mode
    if getattr(value, "n_frames", 1) > 1:
        raise ImageError(explain(name, f"{value.n_frames} frames", "must be a single picture", "pass one frame"))
    if mode == "P":
        clear = value.has_transparency_data
        array = np.asarray(value.convert("RGBA" if clear else "RGB"))
        return _scaled(array, 255), PixelFormat(mode, uint8, alpha=clear, palette=_palette(value, clear))
    if mode == "1":
        return _scaled(np.asarray(value.convert("L"))[..., None], 255), PixelFormat(mode, uint8, flat=True)
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        array = np.asarray(value)
        flat = array.ndim == 2
        kind = PixelFormat(mode, uint8, flat=flat, alpha=mode in ("LA", "RGBA"))
        return _scaled(array[..., None] if flat else array, 255), kind
    if mode.startswith("I;16"):
        array = np.asarray(value).astype(np.uint16)
        return _scaled(array[..., None], 65535), PixelFormat(mode, np.dtype(np.uint16), flat=True)
    if mode == "F":
        pixels, kind = _from_array(np.asarray(value), name)
        return pixels, PixelFormat(mode, kind.dtype, flat=True, low=kind.low, high=kind.high)
    raise ImageError(
        explain(name, f"PIL mode {mode}", "must be 1, L, LA, P, RGB, RGBA, CMYK, I;16 or F", "convert it first")
    )


def _palette(value: Any, clear: bool) -> bytes:
    entries = np.array(value.getpalette("RGBA" if clear else "RGB"), np.uint8).reshape(-1, 4 if clear else 3)
    # Pillow keeps the transparency of files beside the palette: one clear entry, or an alpha for each.
    transparency = value.info.get("transparency")
    if isinstance(transparency, bytes):
        entries[: len(transparency), 3] = list(transparency)[: len(entries)]
    elif transparency is not None:
        entries[transparency : transparency + 1, 3] = 0
    return entries.tobytes()


def _scaled(array: npt.NDArray[Any], top: int) -> Image:
    scaled = np.empty(array.shape, np.float32)
    for rows in bands(len(array), array[:1].size):
        np.divide(array[rows], np.float32(top), out=scaled[rows], dtype=np.float32)
    return scaled


def _from_array(value: Any, name: str) -> tuple[Image, PixelFormat]:
    array = as_array(value, name)
    kind = array.dtype
    if kind.kind not in "bfu" or (kind.kind == "u" and kind.itemsize > 2):
        raise ImageError(
            explain(name, f"{type(value).__name__} of {kind}", "must be bool, uint8, uint16 or float pixels",
                    "convert it, or read files with patchloom.io.read")
        )
    flat = array.ndim == 2
    if flat:
        array = array[..., None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= MAX_CHANNELS:
        raise ImageError(explain(f"{name}.shape", np.shape(value), f"must be (H, W) or (H, W, 1 to {MAX_CHANNELS})"))
    alpha = array.shape[2] in (2, 4)
    if kind.kind != "f":
        top = {1: 1 if kind.kind == "b" else 255, 2: 65535}[kind.itemsize]
        return _scaled(array, top), PixelFormat("", kind, flat=flat, alpha=alpha)
    return _from_float(array, PixelFormat("", kind, flat=flat, alpha=alpha), name)


def as_array(value: Any, name: str) -> npt.NDArray[Any]:
    """Return the numbers of a picture, or of what may be none, as they are."""
    try:
        return np.asarray(value)
    except Exception as error:
        raise ImageError(explain(name, type(value).__name__, "must be an array or a PIL image")) from error


def _from_float(array: npt.NDArray[Any], kind: PixelFormat, name: str) -> tuple[Image, PixelFormat]:
    if array.size and not np.isfinite(array).all():
        bad = int(array.size - np.isfinite(array).sum())
        raise ImageError(explain(name, f"{bad} values that are NaN or infinite", "must be finite", "replace them"))
    if not array.size:
        return array.astype(np.float32), kind
    low, high = float(array.min()), float(array.max())
    if max(-low, high) > _MOST_FLOAT:
        raise ImageError(
            explain(name, f"values from {low:g} to {high:g}", f"must be within {_MOST_FLOAT:g}", "scale them")
        )
    pixels = array.astype(np.float32)
    if low >= 0 and high <= 1:
        return pixels, kind
    if kind.alpha:
        raise ImageError(
            explain(name, f"values from {low:g} to {high:g} with alpha", "must be within [0, 1]",
                    "scale it, or pass colour and alpha as other than 2 or 4 channels")
        )
    high = high if high > low else low + max(1.0, abs(low))
    pixels = ((array.astype(np.float64) - low) / (high - low)).astype(np.float32)
    return pixels, PixelFormat(kind.mode, kind.dtype, kind.flat, kind.alpha, low, high)


def from_image(image: Image, kind: PixelFormat) -> Any:
    """Return `image` as what the picture of `kind` was: the inverse of `as_image`."""
    array = np.empty(image.shape, kind.dtype)
    for rows in bands(len(image), 16 * image[:1].size):   # the numbers in between take eight times the pixels
        array[rows] = _numbers(image[rows], kind)
    if kind.flat:
        array = array[..., 0]
    return _to_pil(array, kind) if kind.mode else array


def _numbers(image: Image, kind: PixelFormat) -> npt.NDArray[Any]:
    """Values in the range of the kind, alpha divided out; still float64."""
    pixels = image.astype(np.float64)
    if kind.alpha:
        alpha = pixels[..., -1:]
        colour = np.divide(pixels[..., :-1], alpha, out=np.zeros_like(pixels[..., :-1]), where=alpha > 0)
        pixels = np.concatenate([colour, alpha], axis=2)
    if kind.dtype.kind == "f":
        return pixels * (kind.high - kind.low) + kind.low
    top = {1: 1 if kind.dtype.kind == "b" else 255, 2: 65535}[kind.dtype.itemsize]
    return np.floor(np.clip(pixels, 0, 1) * top + 0.5)


def _to_pil(array: npt.NDArray[Any], kind: PixelFormat) -> Any:
    from PIL import Image as pil

    if kind.palette is not None:
        return _to_palette(array, kind)
    if kind.mode == "1":
        return pil.fromarray(np.where(array >= 128, 255, 0).astype(np.uint8)).convert("1", dither=pil.Dither.NONE)
    if kind.mode.startswith("I;16"):
        return pil.fromarray(array.astype("<u2"))
    if kind.mode == "CMYK":
        return pil.frombytes("CMYK", (array.shape[1], array.shape[0]), array.tobytes())
    return pil.fromarray(array)


def _to_palette(array: npt.NDArray[Any], kind: PixelFormat) -> Any:
    from PIL import Image as pil

    palette = np.frombuffer(kind.palette or b"", np.uint8).reshape(-1, array.shape[2])
    image = pil.fromarray(nearest_colours(array, palette))
    image.putpalette(palette[:, :3].tobytes(), "RGB")
    if array.shape[2] == 4:
        image.info["transparency"] = palette[:, 3].tobytes()
    return image


def again(pixels: npt.NDArray[Any], like: Any) -> Any:
    """Return an array of pixels, as ``numpy.asarray`` gives them, as a picture of the kind of `like`."""
    if not is_pil(like):
        return pixels
    from PIL import Image as pil

    if like.mode == "1":
        return pil.fromarray(np.where(pixels, 255, 0).astype(np.uint8)).convert("1", dither=pil.Dither.NONE)
    image = pil.frombytes(like.mode, pixels.shape[1::-1], np.ascontiguousarray(pixels).tobytes())
    if like.mode == "P":
        image.putpalette(like.getpalette(), "RGB")
        image.info.update(like.info)
    return image


def repeated(picture: Any, times: int = 3) -> Any:
    """Return a picture repeated in both directions, to see whether it tiles.

    Parameters
    ----------
    picture : array or PIL image
        (H, W) or (H, W, C), of any type.
    times : int
        How often it stands in a row, and in a column.

    Returns
    -------
    array or PIL image
        Of the same type.

    Examples
    --------
    >>> import numpy as np, patchloom
    >>> patchloom.repeated(np.zeros((4, 5), np.uint8)).shape
    (12, 15)
    """
    array = np.asarray(picture)
    return again(np.tile(array, (times, times, *[1] * (array.ndim - 2))), picture)
