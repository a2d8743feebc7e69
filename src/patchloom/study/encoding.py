"""Pictures -> bytes of one kind, so that only what they show can tell real from fake.

Every picture, real or fake, becomes 8-bit RGB in one encoding, without profile or
metadata. A fake and its real also have the same size: as they are, or all of them
resampled. That removes what files differ in; it cannot remove what pixels carry, such
as the blocks of a JPEG that was decoded once: `lossy` tells where they may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .. import io
from ..errors import ImageError, explain
from ..io import headers
from ..pixels import as_image
from ..resize import resize

ENCODINGS = ("png", "jpeg")
"""How the page holds its pictures: exactly, or at JPEG's quality 95."""

LEAST_SIDE, MOST_SIDE = 16, 4096

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture that was read.

    Attributes
    ----------
    path : Path
        Where it was read from.
    pixels : uint8 array (H, W, 3)
        Red, green, blue.
    lossy : bool
        Whether the file was a JPEG.
    """

    path: Path
    pixels: Pixels
    lossy: bool


def load(path: Path) -> Loaded:
    """Read a picture as 8-bit RGB.

    Raises
    ------
    InputError
        If it cannot be read, is transparent somewhere, CMYK, or float.
    """
    data = io.read_bytes(path)
    pixels, kind = as_image(io.read(path, data=data).pixels, io.shown(path))
    got = ""
    if kind.mode == "CMYK":
        got = "CMYK"
    elif kind.dtype.kind == "f":
        got = "float"
    elif kind.alpha and pixels[..., -1].min() < 1:
        got = "transparent pixels"
    if got:
        raise ImageError(
            explain("image", f"{io.shown(path)} ({got})", "must be opaque grey or RGB of 8 or 16 bits",
                    "convert it first, as its real or fakes")
        )
    colours = pixels[..., :-1] if kind.alpha else pixels
    whole = np.floor(np.broadcast_to(colours, (*colours.shape[:2], 3)) * np.float32(255) + np.float32(0.5))
    return Loaded(path, whole.astype(np.uint8), headers.sniff(data) == "JPEG")


def fitted(pictures: Sequence[Loaded], side: int | None) -> list[Pixels]:
    """Return a real picture (the first) and its fakes at one size.

    Parameters
    ----------
    pictures : sequence of Loaded
        The real one first.
    side : int or None
        None: they must have one size already. Otherwise fakes are cut about their centre to the real's
        proportions, and all are resampled so that the longer side has `side` pixels.

    Returns
    -------
    list of uint8 arrays (H, W, 3)

    Raises
    ------
    ImageError
        If sizes differ and `side` is None, or a picture would have to be enlarged.
    """
    real = pictures[0].pixels
    if side is None:
        for picture in pictures:
            if picture.pixels.shape != real.shape:
                raise ImageError(
                    explain("fake", f"{io.shown(picture.path)} ({_size(picture.pixels)})",
                            f"must have its real's size, {_size(real)}, or sizes would tell them apart",
                            "pass --side (side= in Python) to bring all to one")
                )
        return [picture.pixels for picture in pictures]
    rows, cols = (max(1, round(length * side / max(real.shape[:2]))) for length in real.shape[:2])
    return [_resampled(_cut(picture.pixels, real), (rows, cols), picture.path) for picture in pictures]


def _cut(pixels: Pixels, like: Pixels) -> Pixels:
    """Return the largest part about the centre with the proportions of `like`."""
    rows, cols = pixels.shape[:2]
    tall, wide = like.shape[:2]
    new_rows, new_cols = min(rows, max(1, round(cols * tall / wide))), min(cols, max(1, round(rows * wide / tall)))
    top, left = (rows - new_rows) // 2, (cols - new_cols) // 2
    return pixels[top : top + new_rows, left : left + new_cols]


def _resampled(pixels: Pixels, size: tuple[int, int], path: Path) -> Pixels:
    if min(have - want for have, want in zip(pixels.shape[:2], size, strict=True)) < 0:
        most = max(size) * min(pixels.shape[:2]) // max(1, min(size))
        raise ImageError(
            explain("side", f"{max(size)} ({io.shown(path)} has {_size(pixels)})",
                    "pictures are made smaller only, for enlarging one of two would tell them apart",
                    f"try {most} or less" if most >= LEAST_SIDE else "leave this picture out")
        )
    image, _ = as_image(np.ascontiguousarray(pixels))
    made = np.floor(np.clip(resize(image, size), 0, 1) * np.float32(255) + np.float32(0.5))
    return made.astype(np.uint8)


def encode(pixels: Pixels, encoding: str) -> bytes:
    """Return the bytes that the page holds: no profile, no metadata, the same call the same bytes."""
    return io.encode(pixels, ".png" if encoding == "png" else ".jpg")


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"
