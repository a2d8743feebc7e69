"""PNG as decoders get it; what for, `patchloom.io.plain` says."""

from __future__ import annotations

import contextlib
import re
import struct
import zlib

from ..errors import ImageError, explain
from . import headers
from .formats import check_single
from .plain import MOST_PROFILE, MOST_TEXT, Kept, Plain, check_count

_MOST_CHUNKS = 500_000
_MOST_SPARE = 1 << 20                                     # bytes of a deep PNG's pixels that are too many

_PNG_NAME = re.compile(rb"\w{4}")                         # what Pillow takes for one
_PNG_ONCE = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL")
_PNG_XMP, _PNG_EXIF = b"XML:com.adobe.xmp\0", b"Raw profile type exif\0"


def png(data: bytes, label: str) -> Plain:
    """Return a PNG of header, palette, transparent colour and pixels, and what makes an animation known as one."""
    kept, seen, name, count, place = Kept(data), set[bytes](), b"", 0, len(headers.PNG_SIGNATURE)
    kept.keep(0, place)
    while name != b"IEND":
        length, name = struct.unpack(">I4s", data[place : place + 8].ljust(8, b"\0"))
        start, end, count = place + 8, place + 12 + length, count + 1
        check_count(label, count, _MOST_CHUNKS, "chunks")
        if not _PNG_NAME.fullmatch(name) or end > len(data):
            kept.keep(place)
            break
        if (name == b"IDAT" and length) or name == b"IEND" or (name in _PNG_ONCE and name not in seen):
            kept.keep(place, end)
            seen.add(name)
        elif name in (b"iCCP", b"eXIf"):
            kept.note({b"iCCP": "icc", b"eXIf": "exif"}[name], start, start + length)
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            for key, which in ((_PNG_XMP, "xmp"), (_PNG_EXIF, "text")):
                if data.startswith(key, start):
                    kept.note(which, start - 4, start + length)
        place = end
    _open_notes(kept.notes)
    return kept.plain(kept.notes.get("icc"), label)


def _open_notes(notes: dict[str, bytes]) -> None:
    """Unpack what notes of a PNG hold; what cannot be is left out, and what is too much stays too much."""
    if "icc" in notes:
        packed = notes["icc"].partition(b"\0")[2]
        notes["icc"] = _unpacked(packed[1:], MOST_PROFILE) if packed[:1] == b"\0" else b""
    if "xmp" in notes:
        notes["xmp"] = _png_text(notes["xmp"])
    if "text" in notes and "exif" not in notes:
        lines = _png_text(notes["text"]).decode("latin-1").split("\n")
        with contextlib.suppress(ValueError):
            notes["exif"] = bytes.fromhex("".join(lines[3:]))


def _png_text(chunk: bytes) -> bytes:
    """Return the text of a chunk, name and body."""
    name, text = chunk[:4], chunk[4:].partition(b"\0")[2]
    packed = name == b"zTXt"
    if name == b"iTXt":
        packed, text = text[:1] == b"\1", b"".join(text[2:].split(b"\0", 2)[2:])
    elif packed:
        text = text[1:]
    return _unpacked(text, MOST_TEXT) if packed else text[:MOST_TEXT]


def _unpacked(packed: bytes, most: int) -> bytes:
    """Return at most `most` bytes and one, or none if they are damaged."""
    try:
        return zlib.decompressobj().decompress(packed, most + 1)
    except zlib.error:
        return b""


def check_deep_png(data: bytes, label: str) -> None:
    """Refuse a PNG that holds more than its pixels (libpng unpacks all of it) or several pictures.

    Raises
    ------
    ImageError
        If it does.
    ValueError
        If a chunk is cut off or its checksum is wrong, about which libpng would print to standard error.
    """
    unpack, left = zlib.decompressobj(), headers.png_unpacked(data) + _MOST_SPARE
    for name, body in headers.png_chunks(data):
        if name == b"acTL":
            check_single(label, int.from_bytes(body[:4], "big"))
        if name == b"IDAT" and left >= 0:
            left = _unpacked_left(unpack, body, left)
        if left < 0:
            raise ImageError(
                explain("image", f"{label} (more data than pixels)", "a PNG must hold its pixels only", "save it anew")
            )


def _unpacked_left(unpack: zlib._Decompress, body: bytes, left: int) -> int:
    """Return how much more may be unpacked after this part; negative: it is too much."""
    with contextlib.suppress(zlib.error):                 # of which libpng will tell
        for start in range(0, len(body), 1 << 16):
            piece = body[start : start + (1 << 16)]
            while piece and not unpack.eof and left >= 0:
                left -= len(unpack.decompress(piece, 1 << 20))
                piece = unpack.unconsumed_tail
    return left
