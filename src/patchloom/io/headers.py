"""What a file says about itself before it is decoded: kind, size, depth, pages."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# TIFF tags, with their values for files that leave them out.
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _EXTRA, _FORMAT = 256, 257, 258, 262, 277, 338, 339
_DEFAULTS = {_WIDTH: (0,), _HEIGHT: (0,), _BITS: (1,), _PHOTOMETRIC: (0,), _SAMPLES: (1,), _EXTRA: (), _FORMAT: (1,)}
_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_MOST_VALUES = 64

BLACK_IS_ZERO, RGB = 1, 2
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
ASSOCIATED, UNASSOCIATED = 1, 2


@dataclass(frozen=True)
class TiffPage:
    """The tags of one page that decide how it is read; names as in TIFF 6.0."""

    cols: int
    rows: int
    bits: int
    format: int
    photometric: int
    samples: int
    extra: tuple[int, ...]


def sniff(data: bytes) -> str:
    """Return PNG, JPEG, WEBP, TIFF, BMP, GIF or EXR by the first bytes; empty if none fits."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:4] in _TIFF:
        return "TIFF"
    starts = {"PNG": PNG_SIGNATURE, "JPEG": b"\xff\xd8\xff", "BMP": b"BM", "GIF": b"GIF8", "EXR": b"v/1\x01"}
    return next((kind for kind, start in starts.items() if data.startswith(start)), "")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, body) of a PNG's chunks, up to IEND.

    Raises
    ------
    ValueError
        If a chunk is cut off or its checksum is wrong.
    """
    name, place = b"", len(PNG_SIGNATURE)
    while name != b"IEND":
        head = data[place : place + 8]
        if len(head) < 8:
            raise ValueError("the file ends early")
        length, name = struct.unpack(">I4s", head)
        body, check = data[place + 8 : place + 8 + length], data[place + 8 + length : place + 12 + length]
        if len(check) < 4:
            raise ValueError("the file ends early")
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(check, "big"):
            raise ValueError(f"the checksum of chunk {name.decode('latin-1')} is wrong")
        yield name, body
        place += 12 + length


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk as it stands in the file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def png_header(data: bytes) -> tuple[int, int, int]:
    """Return (rows, columns, bits per channel); ValueError if the header is cut off."""
    if len(data) < 26 or data[12:16] != b"IHDR":
        raise ValueError("it has no header")
    cols, rows, bits = struct.unpack(">IIB", data[16:25])
    return rows, cols, bits


def tiff_pages(data: bytes) -> list[TiffPage]:
    """Return what the file says about each of its pages.

    Raises
    ------
    ValueError
        If a directory is cut off.
    """
    order, big = "<" if data[:2] == b"II" else ">", b"+" in data[2:4]
    pages: list[TiffPage] = []
    seen = {0}
    try:
        (place,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
        while place not in seen:
            seen.add(place)
            tags, place = _directory(data, place, order, big)
            pages.append(_page(tags))
    except struct.error:
        raise ValueError("the file ends early") from None
    return pages


def _directory(data: bytes, place: int, order: str, big: bool) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return the tags that we know, and where the next directory is (0: nowhere)."""
    word, field = ("Q", 8) if big else ("I", 4)
    (entries,) = struct.unpack_from(order + ("Q" if big else "H"), data, place)
    place += 8 if big else 2
    tags = dict(_DEFAULTS)
    for _ in range(entries):
        tag, kind, count = struct.unpack_from(f"{order}HH{word}", data, place)
        if tag in _DEFAULTS and kind in _TYPES and 0 < count <= _MOST_VALUES:
            layout = f"{order}{count}{_TYPES[kind]}"
            value = place + 4 + field
            if struct.calcsize(layout) > field:
                (value,) = struct.unpack_from(order + word, data, value)
            tags[tag] = struct.unpack_from(layout, data, value)
        place += 4 + 2 * field
    (following,) = struct.unpack_from(order + word, data, place)
    return tags, following


def _page(tags: dict[int, tuple[int, ...]]) -> TiffPage:
    # Depth and format are given for each channel; what differs between channels is the reader's to refuse.
    bits, format = (max(tags[tag]) if len(set(tags[tag])) == 1 else 0 for tag in (_BITS, _FORMAT))
    return TiffPage(
        cols=tags[_WIDTH][0], rows=tags[_HEIGHT][0], bits=bits, format=format,
        photometric=tags[_PHOTOMETRIC][0], samples=tags[_SAMPLES][0], extra=tags[_EXTRA],
    )
