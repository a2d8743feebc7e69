"""Loops of pictures <-> files.

======  ===================================  ==========================================
suffix  holds                                how
======  ===================================  ==========================================
.webp   8 bits: grey, RGB, RGBA              lossy, quality 90; alpha as it is
.gif    8 bits: grey, RGB                    256 colours, the same for all frames
.mp4    8 bits: grey, RGB; extra ``video``   H.264, quality (CRF) 18, plays once in most players
======  ===================================  ==========================================

GIF and WebP start again by themselves, for ever. What is known of a file stands in WebP's Exif,
GIF's comment and MP4's comment. The same call gives the same bytes with the same version of the encoder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import is_pil
from ..errors import ImageError, MissingExtraError, ParameterError, explain
from .formats import KINDS, check_suffix, encoding, kind_of

ANIMATED = (".webp", ".gif", ".mp4")
"""Suffixes of loops."""

FPS = (1.0, 50.0)
"""Frames a second: GIF tells time in hundredths of a second, and viewers slow down below two of them."""

_HOLDS = {".webp": ("1", "L", "LA", "P", "PA", "RGB", "RGBA"), ".gif": ("1", "L", "P", "RGB"),
          ".mp4": ("1", "L", "P", "RGB")}
_WEBP = {"quality": 90, "method": 4, "alpha_quality": 100}
_CRF = "18"
_COLOURS = 256
_DESCRIPTION = 270


def as_fps(fps: Any) -> float:
    """Return frames a second."""
    try:
        number = -1.0 if isinstance(fps, (bool, str)) else float(fps)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not FPS[0] <= number <= FPS[1]:
        raise ParameterError(explain("fps", repr(fps), f"must be a number, {FPS[0]:g} to {FPS[1]:g}"))
    return number


def check_frames(pixels: Any, suffix: str) -> None:
    """Refuse a suffix whose files do not hold such pixels, or that needs what is not installed.

    Raises
    ------
    FileError
        If the suffix is no loop's.
    ImageError
        If they do not.
    MissingExtraError
        If PyAV is needed and not installed.
    """
    suffix = check_suffix(suffix, ANIMATED)
    kind = kind_of(pixels)
    if kind not in _HOLDS[suffix]:
        able = [other for other in ANIMATED if kind in _HOLDS[other]]
        remedy = f"try {' or '.join(able)}" if able else "convert the picture to 8 bits per channel, grey or RGB"
        raise ImageError(explain("output", suffix, f"does not hold {KINDS[kind]}", remedy))
    if suffix == ".mp4":
        _video()


def encode_frames(
    frames: Sequence[Any], suffix: str, *, fps: float, icc: bytes | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a file that shows frames one after the other, again and again.

    Parameters
    ----------
    frames : sequence of arrays or PIL images
        Of one size, as `patchloom.animate` returns them.
    suffix : str
        One of `ANIMATED`.
    fps : float
        Frames a second, 1 to 50; GIF rounds their duration to hundredths, WebP to thousandths of a second.
    icc : bytes, optional
        Colour profile to embed (only WebP has a place for it).
    metadata : mapping of str to str, optional
        One JSON text.

    Raises
    ------
    ImageError
        If the format does not hold such pixels.
    FileError
        If the suffix is unknown or the encoder fails.
    MissingExtraError
        If PyAV is needed and not installed.
    """
    check_frames(frames[0], suffix)
    about = json.dumps(dict(metadata)) if metadata else ""
    pictures = [_as_pil(frame) for frame in frames]
    with encoding(suffix):
        if suffix.lower() == ".mp4":
            return _mp4(pictures, fps, about)
        return _gif(pictures, fps, about) if suffix.lower() == ".gif" else _webp(pictures, fps, about, icc)


def decode_frames(data: bytes) -> list[npt.NDArray[np.uint8]]:
    """Return the frames of a loop that `encode_frames` wrote, as (H, W, 3 or 4)."""
    if is_video(data):
        with _video().open(BytesIO(data)) as file:
            return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    from PIL import Image, ImageSequence

    with Image.open(BytesIO(data)) as file:
        return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(file)]


def is_video(data: bytes) -> bool:
    """Whether bytes are those of an MP4 file."""
    return data[4:8] == b"ftyp"


def video_comment(data: bytes) -> str:
    """Return the comment of an MP4 file, empty if it has none."""
    with _video().open(BytesIO(data)) as file:
        return str(file.metadata.get("comment", ""))


def _video() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(
            explain("output", ".mp4", "needs PyAV", "pip install 'patchloom[video]', or use .webp or .gif")
        ) from error
    return av


def _as_pil(frame: Any) -> Any:
    from PIL import Image

    if not is_pil(frame):
        array = np.asarray(frame)
        array = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
        frame = Image.fromarray(array.astype(np.uint8) * 255 if array.dtype == np.bool_ else array)
    clear = frame.mode in ("LA", "RGBA") or (frame.mode == "P" and frame.has_transparency_data)
    return frame.convert("RGBA" if clear else "RGB")


def _webp(pictures: list[Any], fps: float, about: str, icc: bytes | None) -> bytes:
    from PIL import Image

    exif, file = Image.Exif(), BytesIO()
    options: dict[str, Any] = {} if icc is None else {"icc_profile": icc}
    if about:
        exif[_DESCRIPTION] = about
        options["exif"] = exif.tobytes()
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:], duration=round(1000 / fps), loop=0, **_WEBP, **options
    )
    return file.getvalue()


def _gif(pictures: list[Any], fps: float, about: str) -> bytes:
    """Encode with one palette, and without dithering: either would flicker."""
    from PIL import Image

    every = np.concatenate([np.asarray(picture) for picture in pictures])
    palette = Image.fromarray(every).quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    file = BytesIO()
    options = {"comment": about.encode("ascii")} if about else {}
    indexed[0].save(
        file, "GIF", save_all=True, append_images=indexed[1:], duration=10 * round(100 / fps), loop=0, optimize=False,
        **options,
    )
    return file.getvalue()


def _mp4(pictures: list[Any], fps: float, about: str) -> bytes:
    """Encode on one thread, so that the bytes do not depend on the machine; colour halved only where sides are even."""
    av, file = _video(), BytesIO()
    width, height = pictures[0].size
    with av.open(file, "w", format="mp4") as container:
        if about:
            container.metadata["comment"] = about
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"crf": _CRF, "preset": "medium"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
